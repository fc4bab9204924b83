//! The table `test_clocks`.

use foundation::{Result, TenantTx};

use crate::rules::test_clock::AHEAD_DAYS_MAX;

/// Moves the tenant's clock ahead. Returns whether it may stand so far ahead; if not, it stands where it stood.
pub(crate) async fn advance(tx: &mut TenantTx, by_micros: i64) -> Result<bool> {
    let reseller = tx.reseller();
    let done = sqlx::query(
        "insert into test_clocks (reseller_id, ahead) values ($1, $2 * interval '1 microsecond')
         on conflict (reseller_id) do update set ahead = test_clocks.ahead + excluded.ahead
             where test_clocks.ahead + excluded.ahead <= $3 * interval '1 day'",
    )
    .bind(reseller)
    .bind(by_micros)
    .bind(AHEAD_DAYS_MAX)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
