//! The table `fee_rules`: versions, added and never changed.

use foundation::{
    Error, Instant, Result, TenantTx,
    id::{FeeRuleId, OrderId, ShowId},
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{Channel, Component, FeeRule, FeeRules, ProviderShare, RefundPolicy, Scope};

#[derive(sqlx::FromRow)]
struct Row {
    fee_rule_id: FeeRuleId,
    show_id: Option<ShowId>,
    channel: Option<String>,
    valid_from: Instant,
    tax_rate: Decimal,
    components: Json<Vec<Component>>,
    provider: Option<Json<ProviderShare>>,
    refund_policy: String,
}

impl Row {
    fn rule(self) -> Result<(Scope, FeeRule)> {
        let id = self.fee_rule_id;
        let unreadable = || Error::Inconsistent(format!("fee rule {id} breaks a rule of its own"));
        let channel = self.channel.map(|name| Channel::named(&name).ok_or_else(unreadable)).transpose()?;
        let refund_policy = RefundPolicy::parse(&self.refund_policy).ok_or_else(unreadable)?;
        let rule = FeeRule::new(id, self.components.0, self.tax_rate)
            .and_then(|rule| rule.expecting(self.provider.map(|provider| provider.0)))
            .map_err(|_| unreadable())?;
        Ok((Scope { show: self.show_id, channel }, rule.refunding(refund_policy)))
    }
}

/// Of every scope that may cover tickets of these shows, the newest rule whose time has come.
pub(crate) async fn in_force(tx: &mut TenantTx, shows: &[ShowId]) -> Result<FeeRules> {
    let reseller = tx.reseller();
    let shows: Vec<uuid::Uuid> = shows.iter().map(|show| show.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select distinct on (show_id, channel) fee_rule_id, show_id, channel, valid_from, tax_rate, components, provider,
                refund_policy
         from fee_rules
         where reseller_id = $1 and (show_id is null or show_id = any ($2)) and valid_from <= (select cell_now())
         order by show_id, channel, valid_from desc",
    )
    .bind(reseller)
    .bind(shows)
    .fetch_all(tx.conn())
    .await?;
    Ok(FeeRules(rows.into_iter().map(Row::rule).collect::<Result<_>>()?))
}

/// All rules there ever were, the newest first, at most `limit`.
pub(crate) async fn newest(tx: &mut TenantTx, limit: i64) -> Result<Vec<(Instant, Scope, FeeRule)>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select fee_rule_id, show_id, channel, valid_from, tax_rate, components, provider, refund_policy
         from fee_rules
         where reseller_id = $1 order by valid_from desc, fee_rule_id desc limit $2",
    )
    .bind(reseller)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let with_time = |row: Row| {
        let from = row.valid_from;
        row.rule().map(|(scope, rule)| (from, scope, rule))
    };
    rows.into_iter().map(with_time).collect()
}

/// Adds a rule that holds from now on. Gives that time.
pub(crate) async fn add(tx: &mut TenantTx, scope: Scope, rule: &FeeRule) -> Result<Instant> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "insert into fee_rules (reseller_id, fee_rule_id, show_id, channel, valid_from, tax_rate, components, provider, refund_policy)
         values ($1, $2, $3, $4, cell_now(), $5, $6, $7, $8)
         returning valid_from",
    )
    .bind(reseller)
    .bind(rule.id)
    .bind(scope.show)
    .bind(scope.channel.map(Channel::as_str))
    .bind(rule.tax_rate())
    .bind(Json(rule.components()))
    .bind(rule.provider().map(Json))
    .bind(rule.refund_policy().as_str())
    .fetch_one(tx.conn())
    .await?)
}

/// The percentage of tax on fees: of this order's, by the rule of its first ticket; else by the rule that holds now for whatever no other
/// rule names.
pub(crate) async fn tax_rate(tx: &mut TenantTx, order: Option<OrderId>) -> Result<Decimal> {
    let reseller = tx.reseller();
    let of_order: Option<(FeeRuleId, Option<Decimal>)> = sqlx::query_as(
        "select i.fee_rule_id, r.tax_rate from told_items i
         left join fee_rules r on r.reseller_id = $1 and r.fee_rule_id = i.fee_rule_id
         where i.reseller_id = $1 and i.order_id = $2 order by i.item_no limit 1",
    )
    .bind(reseller)
    .bind(order)
    .fetch_optional(tx.conn())
    .await?;
    let default = FeeRule::platform_default();
    Ok(match of_order {
        Some((rule, None)) if rule == default.id => default.tax_rate(),
        Some((rule, None)) => return Err(Error::Inconsistent(format!("there is no fee rule {rule}"))),
        Some((_, Some(rate))) => rate,
        None => {
            let rules = in_force(tx, &[]).await?;
            let general = rules.0.iter().find(|(scope, _)| *scope == Scope::default());
            general.map_or(default.tax_rate(), |(_, rule)| rule.tax_rate())
        }
    })
}
