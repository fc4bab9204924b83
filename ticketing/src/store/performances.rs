//! The SQL of performances with their price tiers.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{LayoutId, LayoutVersionId, PerformanceId, PriceTierId, ShowId, VenueId},
};

use sqlx::types::Json;

use super::{
    known, offers,
    show_filter::{PerformanceFilter, performances_query},
};
use crate::rules::{
    layout::{Manifest, chosen::Choices},
    performance::{NewPerformance, Performance, PerformanceState},
    show::TicketType,
    times::Times,
};

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
    checkouts_ended_at: Instant,
    archived_at: Option<Instant>,
    layout_id: Option<LayoutId>,
    layout_version_id: Option<LayoutVersionId>,
    layout_choices: Option<Json<Choices>>,
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
            checkouts_ended_at: self.checkouts_ended_at,
            archived_at: self.archived_at,
            manifest: match (self.layout_id, self.layout_version_id, self.layout_choices) {
                (Some(layout), Some(version), Some(Json(choices))) => Some(Manifest { layout, version, choices }),
                _ => None,
            },
            version: self.version,
        })
    }
}

/// At most so many performances of each show: those to come before those that are over, in the order of their start.
pub(super) async fn of_shows(tx: &mut TenantTx, shows: &[ShowId], each: i64) -> Result<Vec<Performance>> {
    let now = tx.now().await?;
    let reseller = tx.reseller();
    let rows: Vec<PerformanceRow> = sqlx::query_as(
        "select p.* from unnest($2::uuid[]) as w (show_id) cross join lateral (
             select performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone, on_sale_at, off_sale_at, state,
                    checkouts_ended_at, archived_at,
                    layout_id, layout_version_id, layout_choices, version
             from performances where reseller_id = $1 and show_id = w.show_id
             order by ends_at <= $3, starts_at limit $4) p
         order by p.starts_at, p.performance_id",
    )
    .bind(reseller)
    .bind(shows)
    .bind(now)
    .bind(each)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(PerformanceRow::performance).collect()
}

/// A page of performances in the order of their start.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    filter: &PerformanceFilter,
    after: Option<(Instant, PerformanceId)>,
    limit: i64,
) -> Result<Vec<Performance>> {
    let now = tx.now().await?;
    let mut query = performances_query(tx.reseller(), filter, now, after, limit);
    let ids: Vec<PerformanceId> = query.build_query_scalar().persistent(false).fetch_all(tx.conn()).await?;
    let reseller = tx.reseller();
    let rows: Vec<PerformanceRow> = sqlx::query_as(
        "select p.performance_id, p.show_id, p.venue_id, p.starts_at, p.ends_at, p.doors_at, p.time_zone, p.on_sale_at,
                p.off_sale_at, p.state, p.checkouts_ended_at, p.archived_at,
                p.layout_id, p.layout_version_id, p.layout_choices, p.version
         from unnest($2::uuid[]) with ordinality as w (performance_id, nth)
         join performances p on p.reseller_id = $1 and p.performance_id = w.performance_id order by w.nth",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(PerformanceRow::performance).collect()
}

/// Counts a change of what there is to sell, which every memory must see before it proposes anything. The performance is locked
/// exclusively. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn stock_changed(tx: &mut TenantTx, id: PerformanceId) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update performances set stock_epoch = stock_epoch + 1, version = version + 1
         where reseller_id = $1 and performance_id = $2 returning version",
    )
    .bind(reseller)
    .bind(id)
    .fetch_one(tx.conn())
    .await?)
}

/// The same where only who may buy has changed, which is no change of the performance itself.
///
/// # Errors
/// The database's.
pub async fn stock_regrouped(tx: &mut TenantTx, id: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update performances set stock_epoch = stock_epoch + 1 where reseller_id = $1 and performance_id = $2")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// How often what there is to sell has changed in each of these performances.
///
/// # Errors
/// The database's.
pub async fn stock_epochs(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<Vec<(PerformanceId, i64)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select performance_id, stock_epoch from performances where reseller_id = $1 and performance_id = any($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}

/// Removes a locked performance with its tickets.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut TenantTx, id: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    for statement in [
        "delete from tickets where reseller_id = $1 and performance_id = $2",
        "delete from performances where reseller_id = $1 and performance_id = $2",
    ] {
        sqlx::query(statement).bind(reseller).bind(id).execute(tx.conn()).await?;
    }
    Ok(())
}

/// The other performances of the same show that are sold now, the nearest in time first; at most so many.
///
/// # Errors
/// The database's.
pub async fn other_dates(tx: &mut TenantTx, id: PerformanceId, limit: i64) -> Result<Vec<(PerformanceId, Instant)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.performance_id, p.starts_at
         from (select cell_now() as now) n, performances own
         join shows s on s.reseller_id = $1 and s.show_id = own.show_id and s.state = 'published'
         join performances p on p.reseller_id = $1 and p.show_id = own.show_id and p.performance_id <> own.performance_id
         where own.reseller_id = $1 and own.performance_id = $2
           and p.state = 'open' and p.sells_from <= n.now and p.sells_until > n.now
         order by abs(extract(epoch from p.starts_at - own.starts_at)), p.performance_id limit $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// The shows that these performances are of.
///
/// # Errors
/// The database's.
pub async fn shows_of(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<Vec<(PerformanceId, ShowId)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select performance_id, show_id from performances where reseller_id = $1 and performance_id = any($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}

/// How many performances a show has.
///
/// # Errors
/// The database's.
pub async fn count(tx: &mut TenantTx, show: ShowId) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar("select count(*) from performances where reseller_id = $1 and show_id = $2")
        .bind(reseller)
        .bind(show)
        .fetch_one(tx.conn())
        .await?)
}

/// The performance of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: PerformanceId) -> Result<Performance> {
    let reseller = tx.reseller();
    let row: Option<PerformanceRow> = sqlx::query_as(
        "select performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone, on_sale_at, off_sale_at, state,
                checkouts_ended_at, archived_at, layout_id, layout_version_id, layout_choices, version
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
pub async fn lock(tx: &mut TenantTx, ids: &[PerformanceId], exclusive: bool) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    let statement = if exclusive {
        "select 1 from performances where reseller_id = $1 and performance_id = any($2) order by performance_id for update"
    } else {
        "select 1 from performances where reseller_id = $1 and performance_id = any($2) order by performance_id for share"
    };
    sqlx::query(statement).bind(reseller).bind(ids).execute(tx.conn()).await?;
    Ok(())
}

/// A performance as an order of its tickets finds it.
#[derive(Debug, sqlx::FromRow)]
pub struct AtOrder {
    /// Which.
    pub performance_id: PerformanceId,
    /// Of which show.
    pub show_id: ShowId,
    /// The latest time before which checkouts in it have been ended.
    pub checkouts_ended_at: Instant,
    /// The tenant's time.
    pub now: Instant,
}

/// Locks performances against a change of their state, for orders.
///
/// # Errors
/// The database's.
pub async fn lock_for_orders(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<Vec<AtOrder>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select performance_id, show_id, coalesce(checkouts_ended_at, '-infinity') as checkouts_ended_at, cell_now() as now
         from performances where reseller_id = $1 and performance_id = any($2) order by performance_id for share",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}

/// Locks a performance for a change of it or of what it sells, exclusively.
///
/// # Errors
/// `performance_archived`; the database's.
pub async fn lock_to_change(tx: &mut TenantTx, id: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    let archived_at: Option<Option<Instant>> = sqlx::query_scalar(
        "select archived_at from performances where reseller_id = $1 and performance_id = $2 for update",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    Ok(not_archived(archived_at.flatten())?)
}

/// Refuses a change of what is archived.
///
/// # Errors
/// `performance_archived`.
pub fn not_archived(archived_at: Option<Instant>) -> Result<(), Refusal> {
    let Some(at) = archived_at else { return Ok(()) };
    let detail = format!(
        "The performance was archived at {at}: its orders can still be refunded, and nothing else of it changed."
    );
    Err(Refusal::new(Code::PerformanceArchived, detail))
}

/// Whether any of these performances is archived.
///
/// # Errors
/// The database's.
pub async fn any_archived(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select exists (select from performances where reseller_id = $1 and performance_id = any($2) and archived_at is not null)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_one(tx.conn())
    .await?)
}

/// Writes a locked performance, which is not archived. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn update(tx: &mut TenantTx, to: &Performance) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update performances set doors_at = $3, starts_at = $4, ends_at = $5, on_sale_at = $6, off_sale_at = $7, state = $8,
                                 checkouts_due = checkouts_due or checkouts_ended_at < $9, checkouts_ended_at = $9,
                                 on_sale_told = on_sale_told and $8 = 'open' and $6 <= cell_now(), archive_from = $5,
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
    .bind(to.checkouts_ended_at)
    .fetch_one(tx.conn())
    .await?)
}

/// The latest time before which checkouts in one of these performances have been ended.
///
/// # Errors
/// The database's.
pub async fn checkouts_ended_at(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<Instant> {
    let reseller = tx.reseller();
    let latest: Option<Instant> = sqlx::query_scalar(
        "select max(checkouts_ended_at) from performances where reseller_id = $1 and performance_id = any($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_one(tx.conn())
    .await?;
    Ok(latest.unwrap_or(Instant::LONG_AGO))
}

/// Notes that it was told that a performance is on sale. Gives whether that had not been told, and is so.
///
/// # Errors
/// The database's.
pub async fn note_on_sale_told(tx: &mut TenantTx, id: PerformanceId) -> Result<bool> {
    let reseller = tx.reseller();
    let noted = sqlx::query(
        "update performances p set on_sale_told = true from shows s, (select cell_now() as now) n
         where p.reseller_id = $1 and p.performance_id = $2 and p.state = 'open' and not p.on_sale_told
           and p.sells_from <= n.now and p.sells_until > n.now
           and s.reseller_id = $1 and s.show_id = p.show_id and s.state = 'published'",
    )
    .bind(reseller)
    .bind(id)
    .execute(tx.conn())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Notes that nothing is left of the checkouts that were ended then, unless more were ended meanwhile.
///
/// # Errors
/// The database's.
pub async fn checkouts_tidied(tx: &mut TenantTx, id: PerformanceId, ended_at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update performances set checkouts_due = false
         where reseller_id = $1 and performance_id = $2 and checkouts_ended_at = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(ended_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a performance with its tiers and offers, without tickets.
///
/// # Errors
/// The database's.
pub async fn insert(
    tx: &mut TenantTx,
    performance: &Performance,
    new: &NewPerformance,
    types: &[TicketType],
) -> Result<()> {
    let reseller = tx.reseller();
    let times = performance.times;
    sqlx::query(
        "insert into performances (reseller_id, performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone,
                                   on_sale_at, off_sale_at, state, layout_id, layout_version_id, layout_choices, created_at,
                                   archive_from)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, cell_now(), $6)",
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
    .bind(performance.manifest.as_ref().map(|manifest| manifest.layout))
    .bind(performance.manifest.as_ref().map(|manifest| manifest.version))
    .bind(performance.manifest.as_ref().map(|manifest| Json(&manifest.choices)))
    .execute(tx.conn())
    .await?;
    for tier in &new.price_tiers {
        offers::insert_tier(tx, performance.id, tier, types).await?;
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
