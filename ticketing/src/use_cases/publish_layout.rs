//! Puts a version of a layout into force, now or from a date on. Planned performances follow it; where what they have sold or hold
//! is in the way, it is refused, or told as tasks to be done by its date.

use foundation::{
    Cell, Code, Instant, Refusal, Result, TenantTx, event,
    id::{LayoutId, LayoutVersionId, PerformanceId, ResellerId, VenueId},
};

use super::{
    create_layout::told,
    follow_layout::{clashes, compare, follow, refusal},
    keep_tasks::keep_tasks,
};
use crate::{
    rules::layout::{Layout, LayoutState, LayoutVersion, clash::Clash},
    store::layouts,
};

/// How a version is to be published.
#[derive(Debug, Clone, Copy, Default)]
pub struct Publication {
    /// From when on; at once unless said.
    pub effective_from: Option<Instant>,
    /// Whether to tell only what would be.
    pub dry_run: bool,
}

/// What became of it, or would.
#[derive(Debug, Clone)]
pub struct Published {
    /// The layout.
    pub layout: Layout,
    /// The performances that follow it, or would.
    pub followed: Vec<PerformanceId>,
    /// What stands in the way: only of a version with a date, or of a dry run.
    pub clashes: Vec<Clash>,
}

/// Publishes a version that is not in force yet.
///
/// # Errors
/// `not_found`, `invalid_field` for a date that is past, `layout_in_force` if it is or was in force or is given up, `layout_clash`
/// with the performances and tickets that are in the way of publishing it now.
pub async fn publish_layout(
    tx: &mut TenantTx,
    venue: VenueId,
    id: LayoutId,
    version: LayoutVersionId,
    how: Publication,
) -> Result<Published> {
    if !how.dry_run {
        layouts::lock(tx, &[id]).await?;
    }
    let mut layout = layouts::get(tx, venue, id).await?;
    let mut version = layouts::get_version(tx, id, version).await?;
    if !version.state.is_open() {
        let state = version.state.as_str();
        let detail = format!("The version is {state}; only one that is not in force yet can be published.");
        return Err(Refusal::new(Code::LayoutInForce, detail).into());
    }
    let now = tx.now().await?;
    if how.effective_from.is_some_and(|from| from <= now) {
        return Err(Refusal::field("/effective_from", "must be in the future; leave it out to publish now").into());
    }
    let from = how.effective_from.unwrap_or(now);
    let at_once = how.effective_from.is_none();
    let comparison = compare(tx, id, version.id, from, at_once && !how.dry_run).await?;
    let found = clashes(tx, &comparison).await?;
    if how.dry_run {
        return Ok(Published { layout, followed: comparison.performances(), clashes: found });
    }
    if !at_once {
        layouts::move_to(tx, &mut version, LayoutState::Scheduled, Some(from)).await?;
        keep_tasks(tx, venue, &version, &found).await?;
        layout.open = Some(version.clone());
        changed(tx, &mut layout, "layout.scheduled", &version).await?;
        return Ok(Published { layout, followed: Vec::new(), clashes: found });
    }
    if !found.is_empty() {
        return Err(refusal(&found).into());
    }
    let followed = follow(tx, &comparison).await?;
    put_into_force(tx, &mut layout, version, now).await?;
    Ok(Published { layout, followed, clashes: Vec::new() })
}

/// Puts versions into force whose date has come, if nothing stands in the way then. Gives how many were decided over.
///
/// # Errors
/// If it cannot be read whose date has come.
pub async fn publish_due(cell: &Cell) -> Result<usize> {
    let mut decided = 0;
    for (reseller, version) in layouts::due(cell).await? {
        match publish_one(cell, reseller, version).await {
            Ok(()) => decided += 1,
            Err(error) => tracing::warn!(%error, %version, "a layout could not be put into force; it is tried again"),
        }
    }
    Ok(decided)
}

async fn publish_one(cell: &Cell, reseller: ResellerId, id: LayoutVersionId) -> Result<()> {
    let mut tx = cell.tenant(reseller).await?;
    let (venue, layout) = layouts::owner_of(&mut tx, id).await?;
    layouts::lock(&mut tx, &[layout]).await?;
    let mut layout = layouts::get(&mut tx, venue, layout).await?;
    let mut version = layouts::get_version(&mut tx, layout.id, id).await?;
    let now = tx.now().await?;
    // Another process may have been faster, or a person.
    if version.state != LayoutState::Scheduled || version.effective_from.is_none_or(|from| from > now) {
        return Ok(());
    }
    let comparison = compare(&mut tx, layout.id, id, now, true).await?;
    let found = clashes(&mut tx, &comparison).await?;
    if found.is_empty() {
        follow(&mut tx, &comparison).await?;
        put_into_force(&mut tx, &mut layout, version, now).await?;
    } else {
        let from = version.effective_from;
        layouts::move_to(&mut tx, &mut version, LayoutState::Clashed, from).await?;
        keep_tasks(&mut tx, venue, &version, &found).await?;
        changed(&mut tx, &mut layout, "layout.clashed", &version).await?;
    }
    Ok(tx.commit().await?)
}

async fn put_into_force(
    tx: &mut TenantTx,
    layout: &mut Layout,
    mut version: LayoutVersion,
    now: Instant,
) -> Result<()> {
    if let Some(before) = &mut layout.published {
        let from = before.effective_from;
        layouts::move_to(tx, before, LayoutState::Superseded, from).await?;
    }
    layouts::move_to(tx, &mut version, LayoutState::Published, Some(now)).await?;
    keep_tasks(tx, layout.venue, &version, &[]).await?;
    layout.open = None;
    layout.published = Some(version.clone());
    changed(tx, layout, "layout.published", &version).await
}

async fn changed(tx: &mut TenantTx, layout: &mut Layout, kind: &'static str, version: &LayoutVersion) -> Result<()> {
    layout.version = layouts::update(tx, layout.id, &layout.name).await?;
    Ok(event::append(tx, &[told(kind, layout, Some(version))]).await?)
}
