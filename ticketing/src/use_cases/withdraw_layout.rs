//! Gives up a version of a layout that is not in force: a draft, one that waits for its date, or one that clashed.

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{LayoutId, LayoutVersionId, VenueId},
};

use super::{create_layout::told, keep_tasks::keep_tasks};
use crate::{
    rules::layout::{Layout, LayoutState},
    store::layouts,
};

/// Gives it up. It stays readable.
///
/// # Errors
/// `not_found`, `layout_in_force` if it is or was in force, or is given up already.
pub async fn withdraw_layout(
    tx: &mut TenantTx,
    venue: VenueId,
    id: LayoutId,
    version: LayoutVersionId,
) -> Result<Layout> {
    layouts::lock(tx, &[id]).await?;
    let mut layout = layouts::get(tx, venue, id).await?;
    let mut version = layouts::get_version(tx, id, version).await?;
    if !version.state.is_open() {
        let detail =
            format!("The version is {}; only one that is not in force yet can be withdrawn.", version.state.as_str());
        return Err(Refusal::new(Code::LayoutInForce, detail).into());
    }
    let from = version.effective_from;
    layouts::move_to(tx, &mut version, LayoutState::Withdrawn, from).await?;
    keep_tasks(tx, venue, &version, &[]).await?;
    layout.open = None;
    layout.version = layouts::update(tx, id, &layout.name).await?;
    event::append(tx, &[told("layout.withdrawn", &layout, Some(&version))]).await?;
    Ok(layout)
}
