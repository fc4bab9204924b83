//! The table `fee_rules`: versions, added and never changed.

use foundation::{Error, Result, TenantTx, id::FeeRuleId};
use rust_decimal::Decimal;

use crate::{FeeRule, Payer};

/// The newest rule whose time has come.
pub(crate) async fn newest(tx: &mut TenantTx) -> Result<Option<FeeRule>> {
    let reseller = tx.reseller();
    let row: Option<(FeeRuleId, Decimal, Decimal, Decimal, String)> = sqlx::query_as(
        "select fee_rule_id, percentage, fixed_per_ticket, tax_rate, payer from fee_rules
         where reseller_id = $1 and valid_from <= (select cell_now())
         order by valid_from desc limit 1",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?;
    let Some((id, percentage, fixed_per_ticket, tax_rate, payer)) = row else {
        return Ok(None);
    };
    let unreadable = || Error::Inconsistent(format!("fee rule {id} breaks a rule of its own"));
    let payer = Payer::named(&payer).ok_or_else(unreadable)?;
    FeeRule::new(id, percentage, fixed_per_ticket, tax_rate, payer).map(Some).map_err(|_| unreadable())
}

/// Adds a rule that holds from now on.
pub(crate) async fn add(tx: &mut TenantTx, rule: &FeeRule) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into fee_rules (reseller_id, fee_rule_id, valid_from, percentage, fixed_per_ticket, tax_rate, payer)
         values ($1, $2, cell_now(), $3, $4, $5, $6)",
    )
    .bind(reseller)
    .bind(rule.id)
    .bind(rule.percentage())
    .bind(rule.fixed_per_ticket())
    .bind(rule.tax_rate())
    .bind(rule.payer.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}
