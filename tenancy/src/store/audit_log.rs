//! The table `audit_log`: rows are added, never changed.

use foundation::{Result, TenantTx, id::AuditId};

use crate::AuditEntry;

/// Adds an act.
pub(crate) async fn insert(tx: &mut TenantTx, operator: &str, act: &str, reason: &str) -> Result<AuditEntry> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "with real as materialized (select clock_timestamp() as now)
         insert into audit_log (reseller_id, audit_id, operator, act, reason, at, test_clock_at)
         select $1, $2, $3, $4, $5, real.now,
                (select real.now + c.ahead from test_clocks c where c.reseller_id = $1 and c.ahead > interval '0')
         from real
         returning audit_id, operator, act, reason, at, test_clock_at",
    )
    .bind(reseller)
    .bind(AuditId::new())
    .bind(operator)
    .bind(act)
    .bind(reason)
    .fetch_one(tx.conn())
    .await?)
}

/// The acts before this one, newest first.
pub(crate) async fn list(tx: &mut TenantTx, before: Option<AuditId>, limit: i64) -> Result<Vec<AuditEntry>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select audit_id, operator, act, reason, at, test_clock_at from audit_log
         where reseller_id = $1 and ($2::uuid is null or audit_id < $2)
         order by audit_id desc limit $3",
    )
    .bind(reseller)
    .bind(before)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
