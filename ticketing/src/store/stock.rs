//! Reads a performance's stock into memory, and tells other processes' memories what changed.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use foundation::{
    Currency, Instant, Money, Result, TenantTx,
    event::{self, NewEvent},
    id::{BlockId, LayoutVersionId, OfferId, PerformanceId, PriceTierId, TicketId},
};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{claims::Change, known, layouts, performances, seating};
use crate::{
    plans::Plans,
    rules::{
        layout::chosen::Choices,
        order::{Order, OrderItem, Place},
        seating::{SeatKind, SeatingRules, Spot, focal_point},
        stock::{Keeper, Stock, StockOffer, StockTicket},
    },
};

#[derive(sqlx::FromRow)]
struct TicketRow {
    ticket_id: TicketId,
    price_tier_id: PriceTierId,
    section: String,
    row_label: Option<String>,
    seat_label: Option<String>,
    ordinal: i32,
    until: Instant,
    by: Keeper,
    block_id: Option<BlockId>,
}

/// Reads a performance's tickets, claims and offers, and where its seats stand; none if there is no such performance.
///
/// # Errors
/// The database's.
pub async fn load(
    tx: &mut TenantTx,
    plans: &Plans,
    performance: PerformanceId,
    now: Instant,
    turn: usize,
) -> Result<Option<Stock>> {
    let Some(room) = room(tx, performance).await? else { return Ok(None) };
    let offers = offers(tx, performance, room.currency).await?;
    let plan = match room.layout {
        Some((version, choices)) => Some((plans.get(tx, version).await?, choices)),
        None => None,
    };
    let seats = plan.as_ref().map(|(plan, choices)| plan.chosen(choices).spots()).unwrap_or_default();
    let reseller = tx.reseller();
    let rows: Vec<TicketRow> = sqlx::query_as(
        "select t.ticket_id, t.price_tier_id, t.section, t.row_label, t.seat_label, t.ordinal, t.block_id,
                coalesce(c.expires_at, '-infinity') as until,
                case when o.state = 'paid' then 'sold' else coalesce(c.owner_kind, 'hold') end as by
         from all_tickets t
         left join all_claims c on c.reseller_id = t.reseller_id and c.performance_id = t.performance_id and c.ticket_id = t.ticket_id
         left join orders o on o.reseller_id = t.reseller_id and c.owner_kind = 'order' and o.order_id = c.owner_id
         where t.reseller_id = $1 and t.performance_id = $2 order by t.ordinal",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_all(tx.conn())
    .await?;
    // Sections and rows repeat by the thousand; each name is kept once.
    let mut names: HashMap<String, Arc<str>> = HashMap::new();
    let mut shared = |name: String| names.entry(name).or_insert_with_key(|name| name.as_str().into()).clone();
    let ticket = |row: TicketRow| {
        let labels = row.row_label.as_deref().zip(row.seat_label.as_deref());
        let planned = labels.and_then(|(label, seat)| seats.get(&(row.section.as_str(), label, seat)));
        let spot =
            planned.map_or(Spot { nth: row.ordinal, at: None }, |(nth, seat)| Spot { nth: *nth, at: Some(seat.at()) });
        StockTicket {
            id: row.ticket_id,
            tier: row.price_tier_id,
            attributes: planned.map(|(_, seat)| seat.attributes.clone()).unwrap_or_default(),
            spot,
            section: shared(row.section),
            row: row.row_label.map(&mut shared),
            seat: row.seat_label.map(Into::into),
            until: row.until,
            by: row.by,
            set_aside: row.block_id,
        }
    };
    let tickets: Vec<StockTicket> = rows.into_iter().map(ticket).collect();
    let focal = plan.as_ref().and_then(|(plan, _)| focal_point(plan));
    let sellers = super::blocks::sellers(tx, performance).await?;
    let single_seats = plan.as_ref().map(|(plan, _)| plan.single_seats()).unwrap_or_default();
    let stock = Stock::new(tickets, offers, now, turn).with_sellers(sellers);
    Ok(Some(stock.with_sections(single_seats).in_room(focal, room.rules)))
}

/// What a performance's stock is in.
struct Room {
    currency: Currency,
    layout: Option<(LayoutVersionId, Choices)>,
    rules: SeatingRules,
}

async fn room(tx: &mut TenantTx, performance: PerformanceId) -> Result<Option<Room>> {
    let reseller = tx.reseller();
    let row: Option<(String, Option<LayoutVersionId>, Option<Json<Choices>>)> = sqlx::query_as(
        "select s.currency, p.layout_version_id, p.layout_choices
         from performances p join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id
         where p.reseller_id = $1 and p.performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_optional(tx.conn())
    .await?;
    let Some((currency, version, choices)) = row else { return Ok(None) };
    let Some(rules) = seating::rules(tx, performance).await? else { return Ok(None) };
    let currency: Currency = known("a currency", &currency, currency.parse().ok())?;
    Ok(Some(Room { currency, layout: version.zip(choices.map(|Json(choices)| choices)), rules }))
}

async fn offers(
    tx: &mut TenantTx,
    performance: PerformanceId,
    currency: Currency,
) -> Result<HashMap<OfferId, StockOffer>> {
    let reseller = tx.reseller();
    let rows: Vec<(OfferId, PriceTierId, String, String, Decimal)> = sqlx::query_as(
        "select o.offer_id, o.price_tier_id, pt.name, tt.name, o.price from offers o
         join performances p on p.reseller_id = o.reseller_id and p.performance_id = o.performance_id
         join price_tiers pt on pt.reseller_id = o.reseller_id and pt.performance_id = o.performance_id
             and pt.price_tier_id = o.price_tier_id
         join ticket_types tt on tt.reseller_id = o.reseller_id and tt.show_id = p.show_id
             and tt.ticket_type_id = o.ticket_type_id
         where o.reseller_id = $1 and o.performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_all(tx.conn())
    .await?;
    let offer = |(id, tier, tier_name, ticket_type, price): (OfferId, PriceTierId, String, String, Decimal)| {
        let price = Money::rounded(price, currency);
        (id, StockOffer { tier, tier_name: tier_name.into(), ticket_type: ticket_type.into(), price })
    };
    Ok(rows.into_iter().map(offer).collect())
}

/// What a memory is told: these tickets are claimed until then, and by whom.
pub const CHANGED: &str = "stock.changed";
/// What a memory is told: read the performance anew.
pub const RELOAD: &str = "stock.reload";

/// Appends what changed, one event per performance, signed with the process that has it in its memory already.
///
/// # Errors
/// The database's own.
pub async fn tell(tx: &mut TenantTx, changes: &[Change], teller: u64) -> Result<(), sqlx::Error> {
    event::append(tx, &changed(changes, teller)).await
}

/// The same as events, to be appended with others.
#[must_use]
pub fn changed(changes: &[Change], teller: u64) -> Vec<NewEvent> {
    let mut by_performance: Vec<(PerformanceId, Vec<serde_json::Value>)> = Vec::new();
    for change in changes {
        let entry = json!([change.ticket, change.until.as_micros(), change.by]);
        match by_performance.iter_mut().find(|(performance, _)| *performance == change.performance) {
            Some((_, entries)) => entries.push(entry),
            None => by_performance.push((change.performance, vec![entry])),
        }
    }
    by_performance
        .into_iter()
        .map(|(performance, entries)| stock_event(CHANGED, performance, json!({ "by": teller, "tickets": entries })))
        .collect()
}

/// The event that makes every process read the performance anew.
#[must_use]
pub fn reload(performance: PerformanceId) -> NewEvent {
    stock_event(RELOAD, performance, json!({}))
}

/// The event that makes every process ask anew what is kept of a performance for who is on its waitlist.
#[must_use]
pub fn waited_for(performance: PerformanceId) -> NewEvent {
    stock_event("stock.waited_for", performance, json!({}))
}

fn stock_event(kind: &'static str, performance: PerformanceId, data: serde_json::Value) -> NewEvent {
    NewEvent { kind, object: "performance", object_id: performance.uuid(), version: None, data }
}

/// An entry of the log as a memory reads it: a change of stock, or of what says when it is sold.
#[derive(Debug, sqlx::FromRow)]
pub struct StockEvent {
    /// Its position.
    pub position: i64,
    /// What happened.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// To what.
    pub object_type: String,
    /// To which one of them.
    pub object_id: Uuid,
    /// The changes.
    pub data: serde_json::Value,
}

/// The tenant's events after a position that a memory must hear of, and the position up to which they were looked for.
///
/// # Errors
/// The database's.
pub async fn events_after(tx: &mut TenantTx, position: i64, limit: i64) -> Result<(Vec<StockEvent>, i64)> {
    let reseller = tx.reseller();
    let end: i64 = sqlx::query_scalar(
        "select coalesce(max(position), $2) from (
             select position from event_positions where reseller_id = $1 and position > $2 order by position limit $3) page",
    )
    .bind(reseller)
    .bind(position)
    .bind(limit)
    .fetch_one(tx.conn())
    .await?;
    let events = sqlx::query_as(
        "select p.position, e.type, e.object_type, e.object_id, e.data from event_positions p
         join events e on e.reseller_id = p.reseller_id and e.event_id = p.event_id
         where p.reseller_id = $1 and p.position > $2 and p.position <= $3
           and (e.type like 'stock.%' or e.object_type in ('performance', 'show', 'sale_round', 'pool'))
         order by p.position",
    )
    .bind(reseller)
    .bind(position)
    .bind(end)
    .fetch_all(tx.conn())
    .await?;
    Ok((events, end))
}

/// Where the tenant's log ends now.
///
/// # Errors
/// The database's.
pub async fn log_end(tx: &mut TenantTx) -> Result<i64> {
    let reseller = tx.reseller();
    let end: Option<i64> = sqlx::query_scalar("select position from event_counters where reseller_id = $1")
        .bind(reseller)
        .fetch_optional(tx.conn())
        .await?;
    Ok(end.unwrap_or(0))
}

/// For each item of an order, in the order of its items, a free ticket like its own: in the same price tier, in the same section
/// if there is one, as near as can be. None if there are not enough. They are free when this is read; claiming them decides. They
/// are locked against being deleted or set aside meanwhile. A place that is kept for who needs it is like its own kind only.
///
/// # Errors
/// The database's.
pub async fn equivalents(
    tx: &mut TenantTx,
    order: &Order,
    now: Instant,
) -> Result<Option<Vec<(i16, TicketId, Place)>>> {
    let reseller = tx.reseller();
    let mut found: Vec<(i16, TicketId, Place)> = Vec::with_capacity(order.items.len());
    let mut kept: HashMap<PerformanceId, KeptPlaces> = HashMap::new();
    for item in &order.items {
        let taken: Vec<TicketId> = found.iter().map(|(_, ticket, _)| *ticket).collect();
        let of = item.held.performance;
        if let Entry::Vacant(unread) = kept.entry(of) {
            unread.insert(kept_places(tx, of, now).await?);
        }
        let (among, (sections, labels, seats)) = kept[&of].for_item(item);
        let row: Option<(TicketId, String, Option<String>, Option<String>)> = sqlx::query_as(
            "select t.ticket_id, t.section, t.row_label, t.seat_label
             from tickets own join tickets t using (reseller_id, performance_id, price_tier_id)
             left join claims c on c.reseller_id = t.reseller_id and c.performance_id = t.performance_id
                 and c.ticket_id = t.ticket_id
             where own.reseller_id = $1 and own.performance_id = $2 and own.ticket_id = $3
               and coalesce(c.expires_at <= $4, true) and t.ticket_id <> all($5)
               and (t.block_id is null or t.block_id = $6)
               and coalesce((t.section, t.row_label, t.seat_label) in (
                   select * from unnest($8::text[], $9::text[], $10::text[])), false) = $7
             order by t.section <> own.section, t.row_label is distinct from own.row_label, abs(t.ordinal - own.ordinal)
             limit 1 for share of t",
        )
        .bind(reseller)
        .bind(item.held.performance)
        .bind(item.held.ticket)
        .bind(now)
        .bind(&taken)
        .bind(item.held.block)
        .bind(among)
        .bind(sections)
        .bind(labels)
        .bind(seats)
        .fetch_optional(tx.conn())
        .await?;
        let Some((ticket, section, row, seat)) = row else { return Ok(None) };
        found.push((item.no, ticket, Place { section, row, seat }));
    }
    Ok(Some(found))
}

/// Section, row and label of seats, column by column.
type Columns<'a> = (Vec<&'a str>, Vec<&'a str>, Vec<&'a str>);

/// The places of a performance that are kept for who needs them now, and for whom.
#[derive(Default)]
struct KeptPlaces(Vec<(SeatKind, [String; 3])>);

impl KeptPlaces {
    /// Whether a ticket for this item must be among these seats, or must not.
    fn for_item(&self, item: &OrderItem) -> (bool, Columns<'_>) {
        let Place { section, row, seat } = &item.place;
        let is_its =
            |at: &[String; 3]| at[0] == *section && Some(&at[1]) == row.as_ref() && Some(&at[2]) == seat.as_ref();
        let own = self.0.iter().find(|(_, at)| is_its(at)).map(|(kind, _)| *kind);
        let mut columns = Columns::default();
        for (_, [section, row, seat]) in self.0.iter().filter(|(kind, _)| own.is_none_or(|own| own == *kind)) {
            columns.0.push(section);
            columns.1.push(row);
            columns.2.push(seat);
        }
        (own.is_some(), columns)
    }
}

async fn kept_places(tx: &mut TenantTx, performance: PerformanceId, now: Instant) -> Result<KeptPlaces> {
    let keeps = seating::rules(tx, performance).await?.is_some_and(|rules| rules.keeps(now));
    let (true, Some(manifest)) = (keeps, performances::get(tx, performance).await?.manifest) else {
        return Ok(KeptPlaces::default());
    };
    let plan = layouts::plan(tx, manifest.version).await?;
    let spots = plan.chosen(&manifest.choices).seats();
    let kept = spots.into_iter().filter_map(|((section, row, label), seat)| {
        let kind = SeatKind::of(&seat.attributes);
        (kind != SeatKind::Ordinary).then(|| (kind, [section, row, label].map(str::to_owned)))
    });
    Ok(KeptPlaces(kept.collect()))
}
