//! The SQL of promotions.

use foundation::{
    Currency, Instant, Money, Refusal, Result, TenantTx,
    id::{OfferId, PromotionId},
    refusal::{Code, OnConstraint},
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::promotion::{Discount, Promotion};

#[derive(sqlx::FromRow)]
struct Row {
    promotion_id: PromotionId,
    code: String,
    name: String,
    percent: Option<Decimal>,
    amount: Option<Decimal>,
    currency: Option<String>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    max_uses: Option<i32>,
    max_per_buyer: Option<i32>,
    offer_ids: Vec<OfferId>,
    version: i64,
}

const COLUMNS: &str = "promotion_id, code, name, percent, amount, currency, starts_at, ends_at, max_uses, max_per_buyer, offer_ids, version";

impl Row {
    fn promotion(self) -> Result<Promotion> {
        let discount = match (self.percent, self.amount, self.currency) {
            (Some(percent), ..) => Discount::Percent(percent),
            (None, Some(amount), Some(code)) => {
                let currency: Currency = known("a currency", &code, code.parse().ok())?;
                Discount::Amount(Money::rounded(amount, currency))
            }
            _ => return Err(foundation::Error::Inconsistent(format!("{} takes nothing off", self.promotion_id))),
        };
        Ok(Promotion {
            id: self.promotion_id,
            code: self.code,
            name: self.name,
            discount,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            max_uses: self.max_uses,
            max_per_buyer: self.max_per_buyer,
            offers: self.offer_ids,
            version: self.version,
        })
    }
}

/// The promotions of these codes or ids, held against a change of them until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn for_sale(tx: &mut TenantTx, codes: &[&str], ids: &[PromotionId]) -> Result<Vec<Promotion>> {
    if codes.is_empty() && ids.is_empty() {
        return Ok(Vec::new());
    }
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from promotions where reseller_id = $1 and (code = any($2) or promotion_id = any($3))
         order by promotion_id for share"
    )))
    .bind(reseller)
    .bind(codes)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::promotion).collect()
}

/// A page of promotions in the order of their creation.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, after: Option<PromotionId>, limit: i64) -> Result<Vec<Promotion>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from promotions where reseller_id = $1 and ($2::uuid is null or promotion_id > $2)
         order by promotion_id limit $3"
    )))
    .bind(reseller)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::promotion).collect()
}

/// The promotion of this id; locked against sales where it is to be changed.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: PromotionId, to_change: bool) -> Result<Promotion> {
    let reseller = tx.reseller();
    let lock = if to_change { "for update" } else { "" };
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from promotions where reseller_id = $1 and promotion_id = $2 {lock}"
    )))
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("promotion"))?.promotion()
}

/// Writes a new promotion.
///
/// # Errors
/// `name_taken` for its code, or the database's.
pub async fn insert(tx: &mut TenantTx, promotion: &Promotion) -> Result<()> {
    let reseller = tx.reseller();
    let (percent, amount) = match promotion.discount {
        Discount::Percent(percent) => (Some(percent), None),
        Discount::Amount(amount) => (None, Some(amount)),
    };
    sqlx::query(
        "insert into promotions (reseller_id, promotion_id, code, name, percent, amount, currency, starts_at, ends_at, max_uses,
                                 max_per_buyer, offer_ids, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, cell_now())",
    )
    .bind(reseller)
    .bind(promotion.id)
    .bind(&promotion.code)
    .bind(&promotion.name)
    .bind(percent)
    .bind(amount.map(Money::amount))
    .bind(amount.map(|amount| amount.currency().code().to_owned()))
    .bind(promotion.starts_at)
    .bind(promotion.ends_at)
    .bind(promotion.max_uses)
    .bind(promotion.max_per_buyer)
    .bind(&promotion.offers)
    .execute(tx.conn())
    .await
    .on_constraint("promotions_code_key", || Refusal::new(Code::NameTaken, "There is a promotion with this code."))?;
    Ok(())
}

/// Writes when and how often a locked promotion holds. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn update(tx: &mut TenantTx, promotion: &Promotion) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update promotions set name = $3, starts_at = $4, ends_at = $5, max_uses = $6, max_per_buyer = $7, version = version + 1
         where reseller_id = $1 and promotion_id = $2 returning version",
    )
    .bind(reseller)
    .bind(promotion.id)
    .bind(&promotion.name)
    .bind(promotion.starts_at)
    .bind(promotion.ends_at)
    .bind(promotion.max_uses)
    .bind(promotion.max_per_buyer)
    .fetch_one(tx.conn())
    .await?)
}
