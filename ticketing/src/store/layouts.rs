//! The SQL of layouts and their versions. A version's plan is written once; a draft that is changed is another version.

use foundation::{
    Instant, Result, TenantTx,
    id::{LayoutId, LayoutVersionId, PerformanceId, ResellerId, VenueId},
    refusal::{Code, OnConstraint, Refusal},
};

use super::known;
use crate::rules::layout::{Layout, LayoutState, LayoutVersion, Plan};

#[derive(sqlx::FromRow)]
struct LayoutRow {
    layout_id: LayoutId,
    venue_id: VenueId,
    room_id: LayoutId,
    name: String,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    layout_id: LayoutId,
    layout_version_id: LayoutVersionId,
    number: i32,
    state: String,
    effective_from: Option<Instant>,
    seats: i32,
    places: i32,
}

impl VersionRow {
    fn version(self) -> Result<LayoutVersion> {
        Ok(LayoutVersion {
            id: self.layout_version_id,
            number: self.number,
            state: known("a layout's state", &self.state, LayoutState::parse(&self.state))?,
            effective_from: self.effective_from,
            seats: self.seats,
            places: self.places,
        })
    }
}

/// Writes a layout without a version.
///
/// # Errors
/// `name_taken`, or the database's.
pub async fn insert(tx: &mut TenantTx, layout: &Layout) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into layouts (reseller_id, layout_id, venue_id, room_id, name, created_at) values ($1, $2, $3, $4, $5, cell_now())",
    )
    .bind(reseller)
    .bind(layout.id)
    .bind(layout.venue)
    .bind(layout.room)
    .bind(&layout.name)
    .execute(tx.conn())
    .await
    .on_constraint("layouts_name_key", || name_taken(&layout.name))?;
    Ok(())
}

fn name_taken(name: &str) -> Refusal {
    Refusal::new(Code::NameTaken, format!("The venue has a layout `{name}` already; give this one another name."))
}

/// Holds other changes of these layouts and of all of the same rooms off until the transaction ends; performances that are being
/// made on them are waited for. Taken before the locks of performances.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut TenantTx, ids: &[LayoutId]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "select 1 from layouts where reseller_id = $1 and room_id = any (array(
             select room_id from layouts where reseller_id = $1 and layout_id = any($2)))
         order by layout_id for update",
    )
    .bind(reseller)
    .bind(ids)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Changes the name and counts the change. Gives the layout's new version.
///
/// # Errors
/// `name_taken`, or the database's.
pub async fn update(tx: &mut TenantTx, id: LayoutId, name: &str) -> Result<i64> {
    let reseller = tx.reseller();
    let updated = sqlx::query_scalar(
        "update layouts set name = $3, version = version + 1 where reseller_id = $1 and layout_id = $2 returning version",
    )
    .bind(reseller)
    .bind(id)
    .bind(name)
    .fetch_one(tx.conn())
    .await;
    updated.on_constraint("layouts_name_key", || name_taken(name))
}

/// The layout of this id at this venue.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, venue: VenueId, id: LayoutId) -> Result<Layout> {
    let reseller = tx.reseller();
    let row: Option<LayoutRow> = sqlx::query_as(
        "select layout_id, venue_id, room_id, name, version from layouts where reseller_id = $1 and layout_id = $2 and venue_id = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(venue)
    .fetch_optional(tx.conn())
    .await?;
    let row = row.ok_or_else(|| Refusal::missing("layout"))?;
    let mut found = with_versions(tx, vec![row]).await?;
    Ok(found.pop().ok_or_else(|| Refusal::missing("layout"))?)
}

/// A page of a venue's layouts in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, venue: VenueId, after: Option<LayoutId>, limit: i64) -> Result<Vec<Layout>> {
    let reseller = tx.reseller();
    let rows: Vec<LayoutRow> = sqlx::query_as(
        "select layout_id, venue_id, room_id, name, version from layouts
         where reseller_id = $1 and venue_id = $2 and ($3::uuid is null or layout_id > $3) order by layout_id limit $4",
    )
    .bind(reseller)
    .bind(venue)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    with_versions(tx, rows).await
}

async fn with_versions(tx: &mut TenantTx, rows: Vec<LayoutRow>) -> Result<Vec<Layout>> {
    let reseller = tx.reseller();
    let versions: Vec<VersionRow> = sqlx::query_as(
        "select layout_id, layout_version_id, number, state, effective_from, seats, places from layout_versions
         where reseller_id = $1 and layout_id = any($2) and state in ('draft', 'scheduled', 'clashed', 'published')",
    )
    .bind(reseller)
    .bind(rows.iter().map(|row| row.layout_id).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    let mut layouts: Vec<Layout> = rows
        .into_iter()
        .map(|row| Layout {
            id: row.layout_id,
            venue: row.venue_id,
            room: row.room_id,
            name: row.name,
            published: None,
            open: None,
            version: row.version,
        })
        .collect();
    for row in versions {
        let of = row.layout_id;
        let version = row.version()?;
        let Some(layout) = layouts.iter_mut().find(|layout| layout.id == of) else { continue };
        let place = if version.state.is_open() { &mut layout.open } else { &mut layout.published };
        *place = Some(version);
    }
    Ok(layouts)
}

/// The highest number of a layout's versions.
///
/// # Errors
/// The database's.
pub async fn last_number(tx: &mut TenantTx, layout: LayoutId) -> Result<i32> {
    let reseller = tx.reseller();
    let last: Option<i32> =
        sqlx::query_scalar("select max(number) from layout_versions where reseller_id = $1 and layout_id = $2")
            .bind(reseller)
            .bind(layout)
            .fetch_one(tx.conn())
            .await?;
    Ok(last.unwrap_or(0))
}

/// Writes a draft. Gives it.
///
/// # Errors
/// The database's.
pub async fn insert_draft(tx: &mut TenantTx, layout: LayoutId, number: i32, plan: &Plan) -> Result<LayoutVersion> {
    let reseller = tx.reseller();
    let draft = LayoutVersion {
        id: LayoutVersionId::new(),
        number,
        state: LayoutState::Draft,
        effective_from: None,
        seats: i32::try_from(plan.seats()).unwrap_or(i32::MAX),
        places: i32::try_from(plan.places()).unwrap_or(i32::MAX),
    };
    let text = serde_json::to_string(plan).map_err(|error| foundation::Error::Inconsistent(error.to_string()))?;
    sqlx::query(
        "insert into layout_versions (reseller_id, layout_version_id, layout_id, number, seats, places, plan, created_at)
         values ($1, $2, $3, $4, $5, $6, $7::json, cell_now())",
    )
    .bind(reseller)
    .bind(draft.id)
    .bind(layout)
    .bind(draft.number)
    .bind(draft.seats)
    .bind(draft.places)
    .bind(text)
    .execute(tx.conn())
    .await?;
    Ok(draft)
}

/// Deletes a draft, which no performance can be using.
///
/// # Errors
/// The database's.
pub async fn delete_draft(tx: &mut TenantTx, id: LayoutVersionId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("delete from layout_versions where reseller_id = $1 and layout_version_id = $2 and state = 'draft'")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Moves a version on in its life, as far as the rules let it.
///
/// # Errors
/// The database's; inconsistent data, if the rules do not let it.
pub async fn move_to(
    tx: &mut TenantTx,
    version: &mut LayoutVersion,
    state: LayoutState,
    effective_from: Option<Instant>,
) -> Result<()> {
    if !version.state.may_become(state) {
        let (from, to) = (version.state.as_str(), state.as_str());
        return Err(foundation::Error::Inconsistent(format!("a layout's version cannot go from {from} to {to}")));
    }
    let reseller = tx.reseller();
    sqlx::query(
        "update layout_versions set state = $3, effective_from = $4 where reseller_id = $1 and layout_version_id = $2",
    )
    .bind(reseller)
    .bind(version.id)
    .bind(state.as_str())
    .bind(effective_from)
    .execute(tx.conn())
    .await?;
    version.state = state;
    version.effective_from = effective_from;
    Ok(())
}

/// The version of this id of this layout.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_version(tx: &mut TenantTx, layout: LayoutId, id: LayoutVersionId) -> Result<LayoutVersion> {
    let reseller = tx.reseller();
    let row: Option<VersionRow> = sqlx::query_as(
        "select layout_id, layout_version_id, number, state, effective_from, seats, places from layout_versions
         where reseller_id = $1 and layout_version_id = $2 and layout_id = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(layout)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("layout version"))?.version()
}

/// A page of a layout's versions, newest first.
///
/// # Errors
/// The database's.
pub async fn list_versions(
    tx: &mut TenantTx,
    layout: LayoutId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<LayoutVersion>> {
    let reseller = tx.reseller();
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select layout_id, layout_version_id, number, state, effective_from, seats, places from layout_versions
         where reseller_id = $1 and layout_id = $2 and ($3::int is null or number < $3) order by number desc limit $4",
    )
    .bind(reseller)
    .bind(layout)
    .bind(before)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(VersionRow::version).collect()
}

/// The plan of a version.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn plan(tx: &mut TenantTx, id: LayoutVersionId) -> Result<Plan> {
    let reseller = tx.reseller();
    let text: Option<String> =
        sqlx::query_scalar("select plan::text from layout_versions where reseller_id = $1 and layout_version_id = $2")
            .bind(reseller)
            .bind(id)
            .fetch_optional(tx.conn())
            .await?;
    let text = text.ok_or_else(|| Refusal::missing("layout version"))?;
    serde_json::from_str(&text).map_err(|error| foundation::Error::Inconsistent(format!("the plan of {id}: {error}")))
}

/// The versions that those of these performances use that have a layout.
///
/// # Errors
/// The database's.
pub async fn versions_of(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
) -> Result<Vec<(PerformanceId, LayoutVersionId)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select performance_id, layout_version_id from performances
         where reseller_id = $1 and performance_id = any($2) and layout_version_id is not null",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?)
}

/// To which layout and venue a version belongs.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn owner_of(tx: &mut TenantTx, id: LayoutVersionId) -> Result<(VenueId, LayoutId)> {
    let reseller = tx.reseller();
    let owner: Option<(VenueId, LayoutId)> = sqlx::query_as(
        "select l.venue_id, l.layout_id from layout_versions v
         join layouts l on l.reseller_id = v.reseller_id and l.layout_id = v.layout_id
         where v.reseller_id = $1 and v.layout_version_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    Ok(owner.ok_or_else(|| Refusal::missing("layout version"))?)
}

/// The version that a performance at this time is to use: the one in force, or the one that will be by then. Changes of the
/// layout wait until the transaction ends, so that a new version sees the performance.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn version_for(
    tx: &mut TenantTx,
    venue: VenueId,
    layout: LayoutId,
    starts_at: Instant,
) -> Result<Option<LayoutVersionId>> {
    let reseller = tx.reseller();
    let there: Option<i32> = sqlx::query_scalar(
        "select 1 from layouts where reseller_id = $1 and layout_id = $2 and venue_id = $3 for update",
    )
    .bind(reseller)
    .bind(layout)
    .bind(venue)
    .fetch_optional(tx.conn())
    .await?;
    there.ok_or_else(|| Refusal::missing("layout"))?;
    Ok(sqlx::query_scalar(
        "select layout_version_id from layout_versions
         where reseller_id = $1 and layout_id = $2
           and (state = 'published' or (state = 'scheduled' and effective_from <= $3))
         order by number desc limit 1",
    )
    .bind(reseller)
    .bind(layout)
    .bind(starts_at)
    .fetch_optional(tx.conn())
    .await?)
}

/// Versions whose date has come, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn due(cell: &foundation::Cell) -> Result<Vec<(ResellerId, LayoutVersionId)>> {
    Ok(sqlx::query_as(
        "select v.reseller_id, v.layout_version_id from layout_versions v left join test_clocks c using (reseller_id)
         where v.state = 'scheduled' and v.effective_from <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by v.effective_from limit $1",
    )
    .bind(super::due::PAGE)
    .fetch_all(cell.workers())
    .await?)
}
