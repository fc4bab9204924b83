//! The table `adjustments`.

use foundation::{
    Error, Instant, Money, Refusal, Result, TenantTx,
    id::{AdjustmentId, OrderId},
};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;

use crate::{AdjustmentState, Correction, Reason};

#[derive(sqlx::FromRow)]
struct Row {
    adjustment_id: AdjustmentId,
    state: String,
    kind: String,
    amount: Decimal,
    currency: String,
    order_id: Option<OrderId>,
    reason: String,
    proposed_by: String,
    approved_by: Option<String>,
    reversed_by: Option<String>,
    created_at: Instant,
}

const COLUMNS: &str = "adjustment_id, state, kind, amount, currency::text, order_id, reason, proposed_by, approved_by, reversed_by, created_at";

impl Row {
    fn correction(self) -> Result<Correction> {
        let unknown = |what: &str| Error::Inconsistent(format!("an adjustment's {what} in the database is none"));
        let currency = super::journals::read_currency(&self.currency)?;
        Ok(Correction {
            id: self.adjustment_id,
            state: AdjustmentState::parse(&self.state).ok_or_else(|| unknown("state"))?,
            kind: Reason::parse(&self.kind).ok_or_else(|| unknown("kind"))?,
            amount: Money::rounded(self.amount, currency),
            order_id: self.order_id,
            reason: self.reason,
            proposed_by: self.proposed_by,
            approved_by: self.approved_by,
            reversed_by: self.reversed_by,
            created_at: self.created_at,
        })
    }
}

pub(crate) async fn insert(tx: &mut TenantTx, correction: &Correction) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into adjustments (reseller_id, adjustment_id, state, kind, amount, currency, order_id, reason, proposed_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(reseller)
    .bind(correction.id)
    .bind(correction.state.as_str())
    .bind(correction.kind.as_str())
    .bind(correction.amount.amount())
    .bind(correction.amount.currency().code())
    .bind(correction.order_id)
    .bind(&correction.reason)
    .bind(&correction.proposed_by)
    .bind(correction.created_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The adjustment of this id, locked.
pub(crate) async fn lock(tx: &mut TenantTx, id: AdjustmentId) -> Result<Correction> {
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from adjustments where reseller_id = $1 and adjustment_id = $2 for update");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(id).fetch_optional(tx.conn()).await?;
    row.ok_or_else(|| Refusal::missing("adjustment"))?.correction()
}

pub(crate) async fn save(tx: &mut TenantTx, correction: &Correction) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update adjustments set state = $3, approved_by = $4, reversed_by = $5 where reseller_id = $1 and adjustment_id = $2",
    )
    .bind(reseller)
    .bind(correction.id)
    .bind(correction.state.as_str())
    .bind(&correction.approved_by)
    .bind(&correction.reversed_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The newest adjustments after the one named.
pub(crate) async fn list(
    tx: &mut TenantTx,
    after: Option<(Instant, AdjustmentId)>,
    limit: i64,
) -> Result<Vec<Correction>> {
    let reseller = tx.reseller();
    let (before, id) = after.unzip();
    let select = format!(
        "select {COLUMNS} from adjustments
         where reseller_id = $1 and ($2::timestamptz is null or (created_at, adjustment_id) < ($2, $3))
         order by created_at desc, adjustment_id desc limit $4"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select))
        .bind(reseller)
        .bind(before)
        .bind(id)
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(Row::correction).collect()
}
