//! The SQL of what limits a performance's sale: the maximum per buyer.

use foundation::{
    Result, TenantTx,
    id::{PerformanceId, ShowId},
};

use super::known;
use crate::rules::limit::{BuyerMax, Per};

/// A maximum per buyer as it is read.
#[derive(Debug, sqlx::FromRow)]
pub struct BuyerMaxRow {
    performance_id: PerformanceId,
    show_id: ShowId,
    own_max: Option<i32>,
    show_max: Option<i32>,
    buyer_max_per: String,
}

impl BuyerMaxRow {
    /// Of which performance.
    #[must_use]
    pub fn performance(&self) -> PerformanceId {
        self.performance_id
    }

    /// Of which show that is.
    #[must_use]
    pub fn show(&self) -> ShowId {
        self.show_id
    }

    /// What it says.
    ///
    /// # Errors
    /// Inconsistent, for a word that no rule could have written.
    pub fn read(&self) -> Result<BuyerMax> {
        Ok(BuyerMax {
            performance: self.performance_id,
            show: self.show_id,
            own: self.own_max,
            of_show: self.show_max,
            per: known("over what a buyer counts", &self.buyer_max_per, Per::parse(&self.buyer_max_per))?,
        })
    }
}

/// How many tickets a buyer may have of each of these performances.
///
/// # Errors
/// The database's.
pub async fn buyer_max(tx: &mut TenantTx, performances: &[PerformanceId]) -> Result<Vec<BuyerMax>> {
    let reseller = tx.reseller();
    let rows: Vec<BuyerMaxRow> = sqlx::query_as(
        "select p.performance_id, p.show_id, p.buyer_max as own_max, s.buyer_max as show_max, s.buyer_max_per
         from performances p join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id
         where p.reseller_id = $1 and p.performance_id = any($2)",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(BuyerMaxRow::read).collect()
}

/// Sets a locked performance's own maximum per buyer. Gives the performance's new version.
///
/// # Errors
/// The database's.
pub async fn set_of_performance(tx: &mut TenantTx, id: PerformanceId, max: Option<i32>) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update performances set buyer_max = $3, version = version + 1
         where reseller_id = $1 and performance_id = $2 returning version",
    )
    .bind(reseller)
    .bind(id)
    .bind(max)
    .fetch_one(tx.conn())
    .await?)
}

/// Gives a performance that was just made the maximum of another one's own.
///
/// # Errors
/// The database's.
pub async fn copy(tx: &mut TenantTx, from: PerformanceId, to: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update performances p set buyer_max = l.buyer_max from performances l
         where p.reseller_id = $1 and p.performance_id = $3 and l.reseller_id = $1 and l.performance_id = $2",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many tickets a buyer may have of a show, and over what they count; with the show's version.
///
/// # Errors
/// The database's.
pub async fn of_show(tx: &mut TenantTx, id: ShowId) -> Result<Option<(Option<i32>, Per, i64)>> {
    let reseller = tx.reseller();
    let row: Option<(Option<i32>, String, i64)> =
        sqlx::query_as("select buyer_max, buyer_max_per, version from shows where reseller_id = $1 and show_id = $2")
            .bind(reseller)
            .bind(id)
            .fetch_optional(tx.conn())
            .await?;
    row.map(|(max, per, version)| Ok((max, known("over what a buyer counts", &per, Per::parse(&per))?, version)))
        .transpose()
}

/// Sets a show's maximum per buyer, at this version. Gives the new one; none if it was another.
///
/// # Errors
/// The database's.
pub async fn set_of_show(
    tx: &mut TenantTx,
    id: ShowId,
    version: i64,
    max: Option<i32>,
    per: Per,
) -> Result<Option<i64>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update shows set buyer_max = $4, buyer_max_per = $5, version = version + 1
         where reseller_id = $1 and show_id = $2 and version = $3 returning version",
    )
    .bind(reseller)
    .bind(id)
    .bind(version)
    .bind(max)
    .bind(per.as_str())
    .fetch_optional(tx.conn())
    .await?)
}
