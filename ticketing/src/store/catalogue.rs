//! The SQL of venues, shows, performances, offers and tickets.

use foundation::{
    Currency, Instant, Money, Result, TenantTx,
    id::{OfferId, PerformanceId, PriceTierId, ShowId, TicketId, TicketTypeId, VenueId},
    refusal::{Code, OnConstraint, Refusal},
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::{
    catalogue::{
        NewPerformance, NewTickets, NewTicketsKind, NewVenue, Offer, Performance, PerformanceState, Show, ShowState,
        TicketType, Times, Venue, Visibility,
    },
    order::Place,
};

/// Writes a venue.
///
/// # Errors
/// The database's.
pub async fn insert_venue(tx: &mut TenantTx, new: &NewVenue) -> Result<Venue> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "insert into venues (reseller_id, venue_id, name, city, country, time_zone, created_at)
         values ($1, $2, $3, $4, $5, $6, cell_now()) returning venue_id, name, city, country, time_zone, version",
    )
    .bind(reseller)
    .bind(VenueId::new())
    .bind(&new.name)
    .bind(&new.city)
    .bind(&new.country)
    .bind(&new.time_zone)
    .fetch_one(tx.conn())
    .await?)
}

/// The venue of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_venue(tx: &mut TenantTx, id: VenueId) -> Result<Venue> {
    let reseller = tx.reseller();
    let venue: Option<Venue> = sqlx::query_as(
        "select venue_id, name, city, country, time_zone, version from venues where reseller_id = $1 and venue_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    Ok(venue.ok_or_else(|| Refusal::missing("venue"))?)
}

/// A page of venues in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn list_venues(tx: &mut TenantTx, after: Option<VenueId>, limit: i64) -> Result<Vec<Venue>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select venue_id, name, city, country, time_zone, version from venues
         where reseller_id = $1 and ($2::uuid is null or venue_id > $2) order by venue_id limit $3",
    )
    .bind(reseller)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Holds other changes of a venue off until the transaction ends: what is read of it now stays.
///
/// # Errors
/// The database's.
pub async fn lock_venue(tx: &mut TenantTx, id: VenueId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select venue_id from venues where reseller_id = $1 and venue_id = $2 for no key update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Changes a venue of this version; none if the version is another.
///
/// # Errors
/// The database's.
pub async fn update_venue(tx: &mut TenantTx, id: VenueId, version: i64, to: &NewVenue) -> Result<Option<Venue>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "update venues set name = $4, city = $5, country = $6, time_zone = $7, version = version + 1
         where reseller_id = $1 and venue_id = $2 and version = $3
         returning venue_id, name, city, country, time_zone, version",
    )
    .bind(reseller)
    .bind(id)
    .bind(version)
    .bind(&to.name)
    .bind(&to.city)
    .bind(&to.country)
    .bind(&to.time_zone)
    .fetch_optional(tx.conn())
    .await?)
}

/// Writes a show without its performances.
///
/// # Errors
/// The database's.
pub async fn insert_show(tx: &mut TenantTx, show: &Show) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into shows (reseller_id, show_id, title, description, currency, state, visibility, search_text, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(reseller)
    .bind(show.id)
    .bind(&show.title)
    .bind(&show.description)
    .bind(show.currency.code())
    .bind(show.state.as_str())
    .bind(show.visibility.as_str())
    .bind(search_text(show))
    .bind(show.created_at)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into ticket_types (reseller_id, show_id, ticket_type_id, name, position)
         select $1, $2, t.id, t.name, t.nth from unnest($3::uuid[], $4::text[]) with ordinality as t (id, name, nth)",
    )
    .bind(reseller)
    .bind(show.id)
    .bind(show.ticket_types.iter().map(|t| t.id).collect::<Vec<_>>())
    .bind(show.ticket_types.iter().map(|t| t.name.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn search_text(show: &Show) -> String {
    format!("{} {}", show.title, show.description).to_lowercase()
}

/// Holds other changes of a show off until the transaction ends. Taken before the locks of its performances.
///
/// # Errors
/// The database's.
pub async fn lock_show(tx: &mut TenantTx, id: ShowId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select show_id from shows where reseller_id = $1 and show_id = $2 for no key update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Changes a show of this version. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn update_show(tx: &mut TenantTx, version: i64, to: &Show) -> Result<bool> {
    let reseller = tx.reseller();
    let changed = sqlx::query(
        "update shows set title = $4, description = $5, state = $6, visibility = $7, search_text = $8, version = version + 1
         where reseller_id = $1 and show_id = $2 and version = $3",
    )
    .bind(reseller)
    .bind(to.id)
    .bind(version)
    .bind(&to.title)
    .bind(&to.description)
    .bind(to.state.as_str())
    .bind(to.visibility.as_str())
    .bind(search_text(to))
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Removes a show of this version with everything in it. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn delete_show(tx: &mut TenantTx, id: ShowId, version: i64) -> Result<bool> {
    let reseller = tx.reseller();
    sqlx::query(
        "delete from tickets t using performances p
         where t.reseller_id = $1 and p.reseller_id = $1 and p.show_id = $2 and t.performance_id = p.performance_id",
    )
    .bind(reseller)
    .bind(id)
    .execute(tx.conn())
    .await?;
    let deleted = sqlx::query("delete from shows where reseller_id = $1 and show_id = $2 and version = $3")
        .bind(reseller)
        .bind(id)
        .bind(version)
        .execute(tx.conn())
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// What shows to list.
#[derive(Debug, Clone, Default)]
pub struct ShowFilter {
    /// Words that title or description have, in any case.
    pub search: Option<String>,
    /// Draft or published.
    pub state: Option<ShowState>,
    /// Public or hidden.
    pub visibility: Option<Visibility>,
    /// With a performance at this venue.
    pub venue: Option<VenueId>,
    /// With a performance that starts then or later.
    pub from: Option<Instant>,
    /// With a performance that starts before then.
    pub to: Option<Instant>,
    /// With a performance that is on sale now.
    pub on_sale: Option<bool>,
}

/// A page of shows, newest first.
///
/// # Errors
/// The database's.
pub async fn list_shows(
    tx: &mut TenantTx,
    filter: &ShowFilter,
    after: Option<ShowId>,
    limit: i64,
) -> Result<Vec<Show>> {
    let reseller = tx.reseller();
    let escaped = |text: &String| text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let ids: Vec<ShowId> = sqlx::query_scalar(
        "select s.show_id from shows s
         where s.reseller_id = $1 and ($2::uuid is null or s.show_id < $2)
           and ($3::text is null or s.search_text like '%' || $3 || '%')
           and ($4::text is null or s.state = $4) and ($5::text is null or s.visibility = $5)
           and (($6::uuid is null and $7::timestamptz is null and $8::timestamptz is null) or exists (
               select from performances p where p.reseller_id = $1 and p.show_id = s.show_id
                 and ($6::uuid is null or p.venue_id = $6) and ($7::timestamptz is null or p.starts_at >= $7)
                 and ($8::timestamptz is null or p.starts_at < $8)))
           and ($9::boolean is null or $9 = (s.state = 'published' and exists (
               select from performances p, (select cell_now() as now) n
               where p.reseller_id = $1 and p.show_id = s.show_id and p.state = 'open'
                 and p.on_sale_at <= n.now and p.off_sale_at > n.now)))
         order by s.show_id desc limit $10",
    )
    .bind(reseller)
    .bind(after)
    .bind(filter.search.as_ref().map(escaped))
    .bind(filter.state.map(ShowState::as_str))
    .bind(filter.visibility.map(Visibility::as_str))
    .bind(filter.venue)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.on_sale)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    shows(tx, &ids).await
}

#[derive(sqlx::FromRow)]
struct ShowRow {
    show_id: ShowId,
    title: String,
    description: String,
    currency: String,
    state: String,
    visibility: String,
    version: i64,
    created_at: Instant,
}

/// These shows, in this order, with their ticket types and performances.
///
/// # Errors
/// The database's.
pub async fn shows(tx: &mut TenantTx, ids: &[ShowId]) -> Result<Vec<Show>> {
    let reseller = tx.reseller();
    let rows: Vec<ShowRow> = sqlx::query_as(
        "select s.show_id, s.title, s.description, s.currency, s.state, s.visibility, s.version, s.created_at
         from unnest($2::uuid[]) with ordinality as w (show_id, nth)
         join shows s on s.reseller_id = $1 and s.show_id = w.show_id order by w.nth",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let types: Vec<(ShowId, TicketTypeId, String)> = sqlx::query_as(
        "select show_id, ticket_type_id, name from ticket_types
         where reseller_id = $1 and show_id = any($2) order by show_id, position",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let performances = performances_of(tx, ids).await?;
    rows.into_iter()
        .map(|row| {
            let of_show = |(show, id, name): &(ShowId, TicketTypeId, String)| {
                (*show == row.show_id).then(|| TicketType { id: *id, name: name.clone() })
            };
            Ok(Show {
                id: row.show_id,
                title: row.title,
                description: row.description,
                currency: known("a currency", &row.currency, row.currency.parse::<Currency>().ok())?,
                state: known("a show's state", &row.state, ShowState::parse(&row.state))?,
                visibility: known("a show's visibility", &row.visibility, Visibility::parse(&row.visibility))?,
                version: row.version,
                created_at: row.created_at,
                ticket_types: types.iter().filter_map(of_show).collect(),
                performances: performances.iter().filter(|p| p.show == row.show_id).cloned().collect(),
            })
        })
        .collect()
}

/// The show of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_show(tx: &mut TenantTx, id: ShowId) -> Result<Show> {
    Ok(shows(tx, &[id]).await?.pop().ok_or_else(|| Refusal::missing("show"))?)
}

#[derive(sqlx::FromRow)]
struct PerformanceRow {
    performance_id: PerformanceId,
    show_id: ShowId,
    venue_id: VenueId,
    starts_at: Instant,
    ends_at: Instant,
    doors_at: Instant,
    time_zone: String,
    on_sale_at: Instant,
    off_sale_at: Instant,
    state: String,
    version: i64,
}

impl PerformanceRow {
    fn performance(self) -> Result<Performance> {
        Ok(Performance {
            id: self.performance_id,
            show: self.show_id,
            venue: self.venue_id,
            time_zone: self.time_zone,
            times: Times {
                doors_at: self.doors_at,
                starts_at: self.starts_at,
                ends_at: self.ends_at,
                on_sale_at: self.on_sale_at,
                off_sale_at: self.off_sale_at,
            },
            state: known("a performance's state", &self.state, PerformanceState::parse(&self.state))?,
            version: self.version,
        })
    }
}

async fn performances_of(tx: &mut TenantTx, shows: &[ShowId]) -> Result<Vec<Performance>> {
    let reseller = tx.reseller();
    let rows: Vec<PerformanceRow> = sqlx::query_as(
        "select performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone, on_sale_at, off_sale_at, state, version
         from performances where reseller_id = $1 and show_id = any($2) order by starts_at, performance_id",
    )
    .bind(reseller)
    .bind(shows)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(PerformanceRow::performance).collect()
}

/// The performance of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_performance(tx: &mut TenantTx, id: PerformanceId) -> Result<Performance> {
    let reseller = tx.reseller();
    let row: Option<PerformanceRow> = sqlx::query_as(
        "select performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone, on_sale_at, off_sale_at, state, version
         from performances where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("performance"))?.performance()
}

/// Locks performances: shared by all who claim in them, exclusive for who changes their state, which so waits for what is in
/// flight and is seen by what comes after.
///
/// # Errors
/// The database's.
pub async fn lock_performances(tx: &mut TenantTx, ids: &[PerformanceId], exclusive: bool) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    let statement = if exclusive {
        "select 1 from performances where reseller_id = $1 and performance_id = any($2) order by performance_id for update"
    } else {
        "select 1 from performances where reseller_id = $1 and performance_id = any($2) order by performance_id for share"
    };
    sqlx::query(statement).bind(reseller).bind(ids).execute(tx.conn()).await?;
    Ok(())
}

/// Writes a locked performance. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn update_performance(tx: &mut TenantTx, to: &Performance) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update performances set doors_at = $3, starts_at = $4, ends_at = $5, on_sale_at = $6, off_sale_at = $7, state = $8,
                                 version = version + 1
         where reseller_id = $1 and performance_id = $2 returning version",
    )
    .bind(reseller)
    .bind(to.id)
    .bind(to.times.doors_at)
    .bind(to.times.starts_at)
    .bind(to.times.ends_at)
    .bind(to.times.on_sale_at)
    .bind(to.times.off_sale_at)
    .bind(to.state.as_str())
    .fetch_one(tx.conn())
    .await?)
}

/// Writes a performance with its tiers and offers, without tickets.
///
/// # Errors
/// The database's.
pub async fn insert_performance(
    tx: &mut TenantTx,
    performance: &Performance,
    new: &NewPerformance,
    types: &[TicketType],
) -> Result<()> {
    let reseller = tx.reseller();
    let times = performance.times;
    sqlx::query(
        "insert into performances (reseller_id, performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone,
                                   on_sale_at, off_sale_at, state, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, cell_now())",
    )
    .bind(reseller)
    .bind(performance.id)
    .bind(performance.show)
    .bind(performance.venue)
    .bind(times.starts_at)
    .bind(times.ends_at)
    .bind(times.doors_at)
    .bind(&performance.time_zone)
    .bind(times.on_sale_at)
    .bind(times.off_sale_at)
    .bind(performance.state.as_str())
    .execute(tx.conn())
    .await?;
    for (position, tier) in new.price_tiers.iter().enumerate() {
        let tier_id = PriceTierId::new();
        sqlx::query("insert into price_tiers (reseller_id, performance_id, price_tier_id, name, position) values ($1, $2, $3, $4, $5)")
            .bind(reseller)
            .bind(performance.id)
            .bind(tier_id)
            .bind(&tier.name)
            .bind(i32::try_from(position).unwrap_or(i32::MAX))
            .execute(tx.conn())
            .await?;
        for (ticket_type, price) in &tier.prices {
            let ticket_type = types.iter().find(|t| t.name == *ticket_type).map(|t| t.id);
            sqlx::query(
                "insert into offers (reseller_id, performance_id, offer_id, price_tier_id, ticket_type_id, price)
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(reseller)
            .bind(performance.id)
            .bind(OfferId::new())
            .bind(tier_id)
            .bind(ticket_type)
            .bind(price.amount())
            .execute(tx.conn())
            .await?;
        }
    }
    Ok(())
}

/// The price tiers of a performance by name.
///
/// # Errors
/// The database's.
pub async fn price_tiers(tx: &mut TenantTx, performance: PerformanceId) -> Result<Vec<(PriceTierId, String)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select price_tier_id, name from price_tiers where reseller_id = $1 and performance_id = $2 order by position",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_all(tx.conn())
    .await?)
}

/// Rows of one insert: enough that the round trip does not count, few enough that memory does not.
const CHUNK: usize = 10_000;

/// Writes tickets after those that a performance has. Gives how many.
///
/// # Errors
/// `seat_twice` if a seat is there already, or the database's.
pub async fn insert_tickets(tx: &mut TenantTx, performance: PerformanceId, new: &[NewTickets]) -> Result<usize> {
    let reseller = tx.reseller();
    let tiers = price_tiers(tx, performance).await?;
    let last: Option<i32> =
        sqlx::query_scalar("select max(ordinal) from tickets where reseller_id = $1 and performance_id = $2")
            .bind(reseller)
            .bind(performance)
            .fetch_one(tx.conn())
            .await?;
    let mut ordinal = last.unwrap_or(0);
    let mut rows = TicketRows::default();
    let mut written = 0;
    for group in new {
        let tier = tiers.iter().find(|(_, name)| *name == group.price_tier).map(|(id, _)| *id);
        let tier = known("a price tier", &group.price_tier, tier)?;
        for (row, seat) in places(&group.kind) {
            ordinal += 1;
            rows.push(tier, &group.section, row, seat, ordinal);
            if rows.ids.len() == CHUNK {
                written += rows.write(tx, performance).await?;
            }
        }
    }
    Ok(written + rows.write(tx, performance).await?)
}

fn places(kind: &NewTicketsKind) -> Box<dyn Iterator<Item = (Option<&str>, Option<String>)> + Send + '_> {
    match kind {
        NewTicketsKind::Places(count) => Box::new((0..*count).map(|_| (None, None))),
        NewTicketsKind::Rows(rows) => Box::new(
            rows.iter()
                .flat_map(|(label, seats)| (1..=*seats).map(move |n| (Some(label.as_str()), Some(n.to_string())))),
        ),
    }
}

#[derive(Default)]
struct TicketRows<'a> {
    ids: Vec<TicketId>,
    tiers: Vec<PriceTierId>,
    sections: Vec<&'a str>,
    rows: Vec<Option<&'a str>>,
    seats: Vec<Option<String>>,
    ordinals: Vec<i32>,
}

impl<'a> TicketRows<'a> {
    fn push(&mut self, tier: PriceTierId, section: &'a str, row: Option<&'a str>, seat: Option<String>, ordinal: i32) {
        self.ids.push(TicketId::new());
        self.tiers.push(tier);
        self.sections.push(section);
        self.rows.push(row);
        self.seats.push(seat);
        self.ordinals.push(ordinal);
    }

    async fn write(&mut self, tx: &mut TenantTx, performance: PerformanceId) -> Result<usize> {
        let reseller = tx.reseller();
        let chunk = std::mem::take(self);
        let count = chunk.ids.len();
        sqlx::query(
            "insert into tickets (reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal)
             select $1, $2, * from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::int[])",
        )
        .bind(reseller)
        .bind(performance)
        .bind(chunk.ids)
        .bind(chunk.tiers)
        .bind(chunk.sections)
        .bind(chunk.rows)
        .bind(chunk.seats)
        .bind(chunk.ordinals)
        .execute(tx.conn())
        .await
        .on_constraint("tickets_seat_key", || Refusal::new(Code::SeatTwice, "One of these seats is there already; nothing was created."))?;
        Ok(count)
    }
}

/// The offers of a performance.
///
/// # Errors
/// The database's.
pub async fn offers(tx: &mut TenantTx, performance: PerformanceId) -> Result<Vec<Offer>> {
    type Row = (OfferId, PriceTierId, String, String, Decimal, String, i64);
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select o.offer_id, o.price_tier_id, pt.name, tt.name, o.price, s.currency, o.version from offers o
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
        .map(|(id, price_tier_id, price_tier, ticket_type, price, currency, version)| {
            let currency: Currency = known("a currency", &currency, currency.parse().ok())?;
            Ok(Offer { id, price_tier_id, price_tier, ticket_type, price: Money::rounded(price, currency), version })
        })
        .collect()
}

/// Holds other changes of an offer off until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_offer(tx: &mut TenantTx, performance: PerformanceId, offer: OfferId) -> Result<()> {
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

/// Changes the price of an offer of this version. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn update_offer(
    tx: &mut TenantTx,
    performance: PerformanceId,
    offer: OfferId,
    version: i64,
    price: Money,
) -> Result<bool> {
    let reseller = tx.reseller();
    let changed = sqlx::query(
        "update offers set price = $5, version = version + 1
         where reseller_id = $1 and performance_id = $2 and offer_id = $3 and version = $4",
    )
    .bind(reseller)
    .bind(performance)
    .bind(offer)
    .bind(version)
    .bind(price.amount())
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// A ticket of a performance as it is listed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ListedTicket {
    /// Its id.
    pub ticket_id: TicketId,
    /// The tier it is sold in.
    pub price_tier_id: PriceTierId,
    /// Where it is.
    #[sqlx(flatten)]
    pub place: Place,
    /// Its place in the drawing order.
    pub ordinal: i32,
    /// Whether it has no live claim.
    pub available: bool,
}

/// What tickets to list.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Available ones only, or the others only.
    pub available: Option<bool>,
    /// Of this section.
    pub section: Option<String>,
    /// Of this tier.
    pub price_tier: Option<PriceTierId>,
}

/// A page of a performance's tickets in drawing order.
///
/// # Errors
/// The database's.
pub async fn list_tickets(
    tx: &mut TenantTx,
    performance: PerformanceId,
    filter: &TicketFilter,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<ListedTicket>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select t.ticket_id, t.price_tier_id, t.section, t.row_label, t.seat_label, t.ordinal,
                coalesce(c.expires_at <= n.now, true) as available
         from (select cell_now() as now) n cross join tickets t
         left join claims c on c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id
         where t.reseller_id = $1 and t.performance_id = $2 and ($3::int is null or t.ordinal > $3)
           and ($4::boolean is null or $4 = coalesce(c.expires_at <= n.now, true))
           and ($5::text is null or t.section = $5) and ($6::uuid is null or t.price_tier_id = $6)
         order by t.ordinal limit $7",
    )
    .bind(reseller)
    .bind(performance)
    .bind(after)
    .bind(filter.available)
    .bind(&filter.section)
    .bind(filter.price_tier)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
