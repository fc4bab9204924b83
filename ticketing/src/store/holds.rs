//! The SQL of holds. What a hold's tickets cost now is read with it: prices reach holds until they are ordered.

use accounting::{Channel, TaxRate};
use foundation::{
    Currency, Instant, Money, Result, TenantTx,
    id::{HoldId, OfferId, OrderId, PerformanceId, TicketId, WaitlistEntryId},
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use super::known;
use crate::rules::{
    order::{HeldTicket, Hold, HoldItem, HoldState, Place},
    promotion::Discount,
};

/// A hold to be written.
#[derive(Debug, Clone)]
pub struct NewHold {
    /// Its id.
    pub id: HoldId,
    /// What it holds.
    pub items: Vec<HeldTicket>,
    /// The reseller's own word for the buyer.
    pub buyer_reference: Option<String>,
    /// By what the key sells that made it.
    pub sold_through: Channel,
    /// Until when.
    pub expires_at: Instant,
}

/// Writes many holds at once.
///
/// # Errors
/// The database's own.
pub async fn insert_many(tx: &mut TenantTx, holds: &[NewHold], now: Instant) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into holds (reseller_id, hold_id, items, buyer_reference, created_at, expires_at, sold_through)
         select $1, h.id, h.items, h.buyer_reference, $6, h.expires_at, h.sold_through
         from unnest($2::uuid[], $3::jsonb[], $4::text[], $5::timestamptz[], $7::text[])
             as h (id, items, buyer_reference, expires_at, sold_through)",
    )
    .bind(reseller)
    .bind(holds.iter().map(|h| h.id).collect::<Vec<_>>())
    .bind(holds.iter().map(|h| Json(&h.items)).collect::<Vec<_>>())
    .bind(holds.iter().map(|h| h.buyer_reference.as_deref()).collect::<Vec<_>>())
    .bind(holds.iter().map(|h| h.expires_at).collect::<Vec<_>>())
    .bind(now)
    .bind(holds.iter().map(|h| h.sold_through.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A hold as it is stored, without prices.
#[derive(Debug, Clone)]
pub struct StoredHold {
    /// Its id.
    pub id: HoldId,
    /// Its state as written; an active one may have expired by now.
    pub state: HoldState,
    /// What it holds.
    pub items: Vec<HeldTicket>,
    /// The reseller's own word for the buyer.
    pub buyer_reference: Option<String>,
    /// By what the key sells that made it: it shows the fees of that channel until it is ordered.
    pub sold_through: Channel,
    /// When it was made.
    pub created_at: Instant,
    /// Until when.
    pub expires_at: Instant,
    /// What it became.
    pub order: Option<OrderId>,
    /// The entry of a waitlist that it is the offer of.
    pub waitlist_entry: Option<WaitlistEntryId>,
    /// Counts its changes.
    pub version: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    hold_id: HoldId,
    state: String,
    items: Json<Vec<HeldTicket>>,
    buyer_reference: Option<String>,
    sold_through: String,
    created_at: Instant,
    expires_at: Instant,
    order_id: Option<OrderId>,
    waitlist_entry_id: Option<WaitlistEntryId>,
    version: i64,
}

/// The hold of this id, if there is one.
///
/// # Errors
/// The database's.
pub async fn find(tx: &mut TenantTx, id: HoldId) -> Result<Option<StoredHold>> {
    Ok(of_ids(tx, &[id]).await?.pop())
}

/// Those holds of these ids that there are, in no order.
///
/// # Errors
/// The database's.
pub async fn of_ids(tx: &mut TenantTx, ids: &[HoldId]) -> Result<Vec<StoredHold>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select hold_id, state, items, buyer_reference, sold_through, created_at, expires_at, order_id, waitlist_entry_id, version
         from all_holds where reseller_id = $1 and hold_id = any($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let hold = |row: Row| {
        Ok(StoredHold {
            id: row.hold_id,
            state: known("a hold's state", &row.state, HoldState::parse(&row.state))?,
            items: row.items.0,
            buyer_reference: row.buyer_reference,
            sold_through: known("a channel", &row.sold_through, Channel::named(&row.sold_through))?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            order: row.order_id,
            waitlist_entry: row.waitlist_entry_id,
            version: row.version,
        })
    };
    rows.into_iter().map(hold).collect()
}

/// Changes an active hold of this version. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn change(tx: &mut TenantTx, hold: &StoredHold, to: &StoredHold) -> Result<bool> {
    let reseller = tx.reseller();
    let changed = sqlx::query(
        "update holds set state = $4, items = $5, expires_at = $6, order_id = $7, version = version + 1
         where reseller_id = $1 and hold_id = $2 and version = $3 and state = 'active'",
    )
    .bind(reseller)
    .bind(hold.id)
    .bind(hold.version)
    .bind(to.state.as_str())
    .bind(Json(&to.items))
    .bind(to.expires_at)
    .bind(to.order)
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Makes orders of active holds of these versions. Gives whether all of them were so.
///
/// # Errors
/// The database's.
pub async fn convert(tx: &mut TenantTx, holds: &[(&StoredHold, OrderId)]) -> Result<bool> {
    let reseller = tx.reseller();
    let converted = sqlx::query(
        "update holds h set state = $5, order_id = c.order_id, version = h.version + 1
         from unnest($2::uuid[], $3::bigint[], $4::uuid[]) as c (hold_id, version, order_id)
         where h.reseller_id = $1 and h.hold_id = any($2) and h.hold_id = c.hold_id and h.version = c.version and h.state = 'active'",
    )
    .bind(reseller)
    .bind(holds.iter().map(|(hold, _)| hold.id).collect::<Vec<_>>())
    .bind(holds.iter().map(|(hold, _)| hold.version).collect::<Vec<_>>())
    .bind(holds.iter().map(|(_, order)| *order).collect::<Vec<_>>())
    .bind(HoldState::Converted.as_str())
    .execute(tx.conn())
    .await?;
    Ok(converted.rows_affected() == u64::try_from(holds.len()).unwrap_or(u64::MAX))
}

/// Active holds with tickets of this performance that were made before then; at most so many.
///
/// # Errors
/// The database's.
pub async fn active_of(
    tx: &mut TenantTx,
    performance: PerformanceId,
    before: Instant,
    after: Option<HoldId>,
    limit: i64,
) -> Result<Vec<HoldId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select h.hold_id from (
             select distinct c.owner_id from claims c, (select cell_now() as now) n
             where c.reseller_id = $1 and c.performance_id = $2 and c.owner_kind = 'hold' and c.expires_at > n.now) owners
         join holds h on h.reseller_id = $1 and h.hold_id = owners.owner_id
         where h.state = 'active' and h.created_at < $3 and ($4::uuid is null or h.hold_id > $4) order by h.hold_id limit $5",
    )
    .bind(reseller)
    .bind(performance)
    .bind(before)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// A hold that has just expired: its new version, its tickets, and the entry of a waitlist that it was the offer of.
pub type Expired = (HoldId, i64, Vec<HeldTicket>, Option<WaitlistEntryId>);

/// Marks those of the holds as expired that are active and past their time. Gives them.
///
/// # Errors
/// The database's.
pub async fn expire(tx: &mut TenantTx, ids: &[HoldId]) -> Result<Vec<Expired>> {
    let reseller = tx.reseller();
    type Ended = (HoldId, i64, Json<Vec<HeldTicket>>, Option<WaitlistEntryId>);
    let rows: Vec<Ended> = sqlx::query_as(
        "with due as (
             select hold_id from holds
             where reseller_id = $1 and hold_id = any($2) and state = 'active' and expires_at <= (select cell_now())
             order by hold_id for update skip locked)
         update holds h set state = 'expired', version = version + 1
         from due where h.reseller_id = $1 and h.hold_id = due.hold_id
         returning h.hold_id, h.version, h.items, h.waitlist_entry_id",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(id, version, items, entry)| (id, version, items.0, entry)).collect())
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    section: String,
    row_label: Option<String>,
    seat_label: Option<String>,
    ticket_type: String,
    price_tier: String,
    price: Decimal,
    tax_rate: Option<TaxRate>,
    currency: String,
    percent: Option<Decimal>,
    amount: Option<Decimal>,
    amount_currency: Option<String>,
}

impl ItemRow {
    fn discount(&self, price: Money) -> Money {
        let amount = self.amount.zip(self.amount_currency.as_deref().and_then(|code| code.parse().ok()));
        let amount = amount.map(|(amount, currency)| Discount::Amount(Money::rounded(amount, currency)));
        let discount = self.percent.map(Discount::Percent).or(amount);
        discount.map_or_else(|| Money::rounded(Decimal::ZERO, price.currency()), |discount| discount.off(price))
    }
}

/// What these tickets are and cost now, in their order; not what is particular about their seats, which the layout knows.
///
/// # Errors
/// The database's; inconsistent if one of them is not there.
pub async fn items(tx: &mut TenantTx, held: &[HeldTicket]) -> Result<Vec<HoldItem>> {
    let reseller = tx.reseller();
    let rows: Vec<ItemRow> = sqlx::query_as(
        "select t.section, t.row_label, t.seat_label, tt.name as ticket_type, pt.name as price_tier,
                coalesce(rp.price, o.price) as price, o.tax_rate, s.currency, pr.percent, pr.amount, pr.currency as amount_currency
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[]) with ordinality
             as w (performance_id, ticket_id, offer_id, round_id, promotion_id, nth)
         join all_tickets t on t.reseller_id = $1 and t.performance_id = w.performance_id and t.ticket_id = w.ticket_id
         join offers o on o.reseller_id = $1 and o.performance_id = w.performance_id and o.offer_id = w.offer_id
         join price_tiers pt on pt.reseller_id = $1 and pt.performance_id = w.performance_id and pt.price_tier_id = o.price_tier_id
         join performances p on p.reseller_id = $1 and p.performance_id = w.performance_id
         join shows s on s.reseller_id = $1 and s.show_id = p.show_id
         join ticket_types tt on tt.reseller_id = $1 and tt.show_id = p.show_id and tt.ticket_type_id = o.ticket_type_id
         left join sale_round_prices rp on rp.reseller_id = $1 and rp.performance_id = w.performance_id
             and rp.sale_round_id = w.round_id and rp.offer_id = w.offer_id
         left join promotions pr on pr.reseller_id = $1 and pr.promotion_id = w.promotion_id
         order by w.nth",
    )
    .bind(reseller)
    .bind(held.iter().map(|h| h.performance).collect::<Vec<PerformanceId>>())
    .bind(held.iter().map(|h| h.ticket).collect::<Vec<TicketId>>())
    .bind(held.iter().map(|h| h.offer).collect::<Vec<OfferId>>())
    .bind(held.iter().map(|h| h.round).collect::<Vec<_>>())
    .bind(held.iter().map(|h| h.promotion).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    if rows.len() != held.len() {
        return Err(foundation::Error::Inconsistent("a held ticket is gone".to_owned()));
    }
    rows.into_iter()
        .zip(held)
        .map(|(row, held)| {
            let currency: Currency = known("a currency", &row.currency, row.currency.parse().ok())?;
            let price = Money::rounded(row.price, currency);
            let discount = row.discount(price);
            Ok(HoldItem {
                held: *held,
                place: Place { section: row.section, row: row.row_label, seat: row.seat_label },
                ticket_type: row.ticket_type,
                price_tier: row.price_tier,
                price,
                discount,
                tax_rate: row.tax_rate,
                buyer_fee: Money::rounded(Decimal::ZERO, currency),
                attributes: Vec::new(),
            })
        })
        .collect()
}

/// The hold as it is told at this time.
///
/// # Errors
/// As [`items`].
pub async fn told(tx: &mut TenantTx, hold: StoredHold, now: Instant) -> Result<Hold> {
    let items = items(tx, &hold.items).await?;
    let lapsed = hold.state == HoldState::Active && hold.expires_at <= now;
    Ok(Hold {
        id: hold.id,
        state: if lapsed { HoldState::Expired } else { hold.state },
        items,
        buyer_reference: hold.buyer_reference,
        created_at: hold.created_at,
        expires_at: hold.expires_at,
        order: hold.order,
        version: hold.version,
        seating: Vec::new(),
    })
}
