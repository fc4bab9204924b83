//! The table `tenants`: the directory of a cell, ids only.

use foundation::{
    Cell, Mode, Result, TenantTx,
    id::{AccountId, ResellerId},
};

/// Enters the transaction's tenant.
pub(crate) async fn insert(tx: &mut TenantTx, account: AccountId, mode: Mode) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("insert into tenants (reseller_id, account_id, mode) values ($1, $2, $3)")
        .bind(reseller)
        .bind(account)
        .bind(mode.as_str())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The cell's tenants after this one, in the order of their ids.
pub(crate) async fn after(cell: &Cell, after: Option<ResellerId>, limit: i64) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select reseller_id from tenants where $1::uuid is null or reseller_id > $1 order by reseller_id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(cell.workers())
    .await?)
}
