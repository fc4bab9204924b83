//! Renames a layout or changes its draft.

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{LayoutId, VenueId},
    version::IfVersion,
};

use super::{create_layout::told, keep_tasks::keep_tasks, stale};
use crate::{
    rules::layout::{Layout, LayoutState, Plan, check_name, csv},
    store::layouts,
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct LayoutChanges {
    /// The name.
    pub name: Option<String>,
    /// The draft's plan, whole. Where there is no draft, a new one begins with it.
    pub plan: Option<Plan>,
}

/// Changes the layout of this version; where nothing changes, nothing is written, but a plan is always taken anew. What is published stays as it is: only a draft is changed.
///
/// # Errors
/// `not_found`, `if_match_stale`, `name_taken`, `layout_in_force` while a version waits for its date, and what [`Plan::check`]
/// refuses.
pub async fn update_layout(
    tx: &mut TenantTx,
    venue: VenueId,
    id: LayoutId,
    version: impl Into<IfVersion>,
    changes: LayoutChanges,
) -> Result<Layout> {
    layouts::lock(tx, &[id]).await?;
    let mut layout = layouts::get(tx, venue, id).await?;
    if !version.into().admits(layout.version) {
        return Err(stale().into());
    }
    let renames = changes.name.filter(|name| *name != layout.name);
    if renames.is_none() && changes.plan.is_none() {
        return Ok(layout);
    }
    if let Some(name) = renames {
        check_name(&name)?;
        layout.name = name;
    }
    if let Some(plan) = &changes.plan {
        plan.check("/plan")?;
        redraft(tx, &mut layout, plan).await?;
    }
    changed(tx, layout).await
}

/// Takes the seats of a table into the draft: the sections that it names become what it says, all others stay. Where there is no
/// draft, a new one begins with what is published.
///
/// # Errors
/// `not_found`, `csv_invalid`, `too_many_tickets`, `layout_in_force` while a version waits for its date.
pub async fn import_seats(tx: &mut TenantTx, venue: VenueId, id: LayoutId, table: &str) -> Result<Layout> {
    let read = csv::read(table, "/csv")?;
    layouts::lock(tx, &[id]).await?;
    let mut layout = layouts::get(tx, venue, id).await?;
    let from = layout.open.as_ref().or(layout.published.as_ref()).map(|version| version.id);
    let mut plan = match from {
        Some(from) => layouts::plan(tx, from).await?,
        None => Plan::default(),
    };
    read.put_into(&mut plan, "/csv")?;
    plan.check("/csv")?;
    redraft(tx, &mut layout, &plan).await?;
    changed(tx, layout).await
}

/// Writes the plan as the layout's draft, in the place of what is open.
async fn redraft(tx: &mut TenantTx, layout: &mut Layout, plan: &Plan) -> Result<()> {
    let number = match &mut layout.open {
        Some(draft) if draft.state == LayoutState::Draft => {
            layouts::delete_draft(tx, draft.id).await?;
            draft.number
        }
        Some(clashed) if clashed.state == LayoutState::Clashed => {
            let from = clashed.effective_from;
            layouts::move_to(tx, clashed, LayoutState::Withdrawn, from).await?;
            keep_tasks(tx, layout.venue, clashed, &[]).await?;
            clashed.number + 1
        }
        Some(_) => {
            let detail = "A version of the layout waits for its date; withdraw it before you change the layout.";
            return Err(Refusal::new(Code::LayoutInForce, detail).into());
        }
        None => layouts::last_number(tx, layout.id).await? + 1,
    };
    layout.open = Some(layouts::insert_draft(tx, layout.id, number, plan).await?);
    Ok(())
}

async fn changed(tx: &mut TenantTx, mut layout: Layout) -> Result<Layout> {
    layout.version = layouts::update(tx, layout.id, &layout.name).await?;
    event::append(tx, &[told("layout.updated", &layout, layout.open.as_ref())]).await?;
    Ok(layout)
}
