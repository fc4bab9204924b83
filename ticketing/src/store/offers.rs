//! The SQL of offers.

use std::collections::HashSet;

use accounting::TaxRate;
use foundation::{
    Currency, Money, Result, TenantTx,
    id::{OfferId, PerformanceId, PriceTierId, TicketId, TicketTypeId},
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::{
    offer::{NewPrice, NewPriceTier, Offer},
    order::Place,
    show::TicketType,
};

/// Writes a price tier after those that its performance has, with its offers; `types` are its show's. Gives its id.
///
/// # Errors
/// The database's.
pub async fn insert_tier(
    tx: &mut TenantTx,
    performance: PerformanceId,
    new: &NewPriceTier,
    types: &[TicketType],
) -> Result<PriceTierId> {
    let (reseller, tier) = (tx.reseller(), PriceTierId::new());
    sqlx::query(
        "insert into price_tiers (reseller_id, performance_id, price_tier_id, name, position)
         select $1, $2, $3, $4, count(*) from price_tiers where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .bind(tier)
    .bind(&new.name)
    .execute(tx.conn())
    .await?;
    for price in &new.prices {
        insert(tx, performance, tier, price, types).await?;
    }
    Ok(tier)
}

/// Writes an offer of a price tier. Gives its id.
///
/// # Errors
/// The database's.
pub async fn insert(
    tx: &mut TenantTx,
    performance: PerformanceId,
    tier: PriceTierId,
    new: &NewPrice,
    types: &[TicketType],
) -> Result<OfferId> {
    let ticket_type: Option<TicketTypeId> =
        types.iter().find(|known| known.name == new.ticket_type).map(|known| known.id);
    let (reseller, id) = (tx.reseller(), OfferId::new());
    sqlx::query(
        "insert into offers (reseller_id, performance_id, offer_id, price_tier_id, ticket_type_id, price, tax_rate)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(reseller)
    .bind(performance)
    .bind(id)
    .bind(tier)
    .bind(ticket_type)
    .bind(new.price.amount())
    .bind(new.tax_rate)
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Those of these offers that the tenant has.
///
/// # Errors
/// The database's.
pub async fn existing(tx: &mut TenantTx, ids: &[OfferId]) -> Result<HashSet<OfferId>> {
    let reseller = tx.reseller();
    let sql = "select offer_id from offers where reseller_id = $1 and offer_id = any($2)";
    let existing: Vec<OfferId> = sqlx::query_scalar(sql).bind(reseller).bind(ids).fetch_all(tx.conn()).await?;
    Ok(existing.into_iter().collect())
}

/// The offers of a performance.
///
/// # Errors
/// The database's.
pub async fn of_performance(tx: &mut TenantTx, performance: PerformanceId) -> Result<Vec<Offer>> {
    type Row = (OfferId, PriceTierId, String, String, Decimal, Option<TaxRate>, String, i64);
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select o.offer_id, o.price_tier_id, pt.name, tt.name, o.price, o.tax_rate, s.currency, o.version from offers o
         join performances p on p.reseller_id = o.reseller_id and p.performance_id = o.performance_id
         join shows s on s.reseller_id = o.reseller_id and s.show_id = p.show_id
         join price_tiers pt on pt.reseller_id = o.reseller_id and pt.performance_id = o.performance_id
             and pt.price_tier_id = o.price_tier_id
         join ticket_types tt on tt.reseller_id = o.reseller_id and tt.show_id = p.show_id
             and tt.ticket_type_id = o.ticket_type_id
         where o.reseller_id = $1 and o.performance_id = $2 order by pt.position, tt.position",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(id, price_tier_id, price_tier, ticket_type, price, tax_rate, currency, version)| {
            let currency: Currency = known("a currency", &currency, currency.parse().ok())?;
            let price = Money::rounded(price, currency);
            Ok(Offer { id, price_tier_id, price_tier, ticket_type, price, tax_rate, version })
        })
        .collect()
}

/// A ticket as it would be sold.
#[derive(Debug, Clone)]
pub struct Sellable {
    /// Where it is.
    pub place: Place,
    /// The tier it is in.
    pub price_tier: String,
    /// The offer of its tier for the ticket type, if there is one, and the price now.
    pub offer: Option<(OfferId, Money)>,
}

#[derive(sqlx::FromRow)]
struct SellableRow {
    #[sqlx(flatten)]
    place: Place,
    price_tier: String,
    offer_id: Option<OfferId>,
    price: Option<Decimal>,
    currency: String,
}

/// This ticket of a performance, as it would be sold for the ticket type of this name.
///
/// # Errors
/// The database's.
pub async fn for_ticket(
    tx: &mut TenantTx,
    performance: PerformanceId,
    ticket: TicketId,
    ticket_type: &str,
) -> Result<Option<Sellable>> {
    let reseller = tx.reseller();
    let row: Option<SellableRow> = sqlx::query_as(
        "select t.section, t.row_label, t.seat_label, pt.name as price_tier, o.offer_id, o.price, s.currency from all_tickets t
         join performances p on p.reseller_id = $1 and p.performance_id = $2
         join shows s on s.reseller_id = $1 and s.show_id = p.show_id
         join price_tiers pt on pt.reseller_id = $1 and pt.performance_id = $2 and pt.price_tier_id = t.price_tier_id
         left join ticket_types tt on tt.reseller_id = $1 and tt.show_id = p.show_id and tt.name = $4
         left join offers o on o.reseller_id = $1 and o.performance_id = $2 and o.price_tier_id = t.price_tier_id
             and o.ticket_type_id = tt.ticket_type_id
         where t.reseller_id = $1 and t.performance_id = $2 and t.ticket_id = $3",
    )
    .bind(reseller)
    .bind(performance)
    .bind(ticket)
    .bind(ticket_type)
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency: Currency = known("a currency", &row.currency, row.currency.parse().ok())?;
    let price = row.price.map(|price| Money::rounded(price, currency));
    Ok(Some(Sellable { place: row.place, price_tier: row.price_tier, offer: row.offer_id.zip(price) }))
}

/// Holds other changes of an offer off until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut TenantTx, performance: PerformanceId, offer: OfferId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "select offer_id from offers where reseller_id = $1 and performance_id = $2 and offer_id = $3 for no key update",
    )
    .bind(reseller)
    .bind(performance)
    .bind(offer)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Changes the price of an offer of this version and the tax in it. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn update(
    tx: &mut TenantTx,
    performance: PerformanceId,
    offer: OfferId,
    version: i64,
    (price, tax_rate): (Money, Option<TaxRate>),
) -> Result<bool> {
    let reseller = tx.reseller();
    let changed = sqlx::query(
        "update offers set price = $5, tax_rate = $6, version = version + 1
         where reseller_id = $1 and performance_id = $2 and offer_id = $3 and version = $4",
    )
    .bind(reseller)
    .bind(performance)
    .bind(offer)
    .bind(version)
    .bind(price.amount())
    .bind(tax_rate)
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}
