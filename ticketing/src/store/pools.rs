//! The SQL of pools.

use foundation::{
    Refusal, Result, TenantTx,
    id::{OfferId, PerformanceId, PoolId},
    refusal::{Code, OnConstraint},
};

use crate::rules::sale_round::Pool;

#[derive(sqlx::FromRow)]
struct Row {
    pool_id: PoolId,
    performance_id: PerformanceId,
    name: String,
    capacity: i32,
    offer_ids: Vec<OfferId>,
    version: i64,
}

impl From<Row> for Pool {
    fn from(row: Row) -> Self {
        Self {
            id: row.pool_id,
            performance: row.performance_id,
            name: row.name,
            capacity: row.capacity,
            offers: row.offer_ids,
            version: row.version,
        }
    }
}

/// The pools of performances, in the order of their creation.
///
/// # Errors
/// The database's.
pub async fn of_performances(tx: &mut TenantTx, performances: &[PerformanceId]) -> Result<Vec<Pool>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select pool_id, performance_id, name, capacity, offer_ids, version from pools
         where reseller_id = $1 and performance_id = any($2) order by performance_id, created_at, pool_id",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Pool::from).collect())
}

/// The pool of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, performance: PerformanceId, id: PoolId) -> Result<Pool> {
    let pools = of_performances(tx, &[performance]).await?;
    pools.into_iter().find(|pool| pool.id == id).ok_or_else(|| Refusal::missing("pool").into())
}

/// Writes a new pool.
///
/// # Errors
/// `name_taken`, or the database's.
pub async fn insert(tx: &mut TenantTx, pool: &Pool) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into pools (reseller_id, performance_id, pool_id, name, capacity, offer_ids, created_at)
         values ($1, $2, $3, $4, $5, $6, cell_now())",
    )
    .bind(reseller)
    .bind(pool.performance)
    .bind(pool.id)
    .bind(&pool.name)
    .bind(pool.capacity)
    .bind(&pool.offers)
    .execute(tx.conn())
    .await
    .on_constraint("pools_name_key", name_taken)?;
    Ok(())
}

/// Writes a pool's name and capacity, on its locked performance. Gives its new version.
///
/// # Errors
/// `name_taken`, or the database's.
pub async fn update(tx: &mut TenantTx, pool: &Pool) -> Result<i64> {
    let reseller = tx.reseller();
    sqlx::query_scalar(
        "update pools set name = $4, capacity = $5, version = version + 1
         where reseller_id = $1 and performance_id = $2 and pool_id = $3 returning version",
    )
    .bind(reseller)
    .bind(pool.performance)
    .bind(pool.id)
    .bind(&pool.name)
    .bind(pool.capacity)
    .fetch_one(tx.conn())
    .await
    .on_constraint("pools_name_key", name_taken)
}

fn name_taken() -> Refusal {
    Refusal::new(Code::NameTaken, "The performance has a pool of this name.")
}
