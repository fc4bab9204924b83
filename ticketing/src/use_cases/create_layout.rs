//! Creates a layout of a venue, with a first draft.

use foundation::{
    Result, TenantTx, event,
    id::{LayoutId, VenueId},
};
use serde_json::{Value, json};

use crate::{
    rules::layout::{Layout, LayoutVersion, Plan, check_name},
    store::{layouts, venues},
};

/// Creates it. The draft is published by a call of its own.
///
/// # Errors
/// `not_found` for the venue, `name_taken`, and what [`Plan::check`] refuses.
pub async fn create_layout(tx: &mut TenantTx, venue: VenueId, name: String, plan: &Plan) -> Result<Layout> {
    check_name(&name)?;
    plan.check("/plan")?;
    venues::get(tx, venue).await?;
    let mut layout = Layout { id: LayoutId::new(), venue, name, published: None, open: None, version: 1 };
    layouts::insert(tx, &layout).await?;
    layout.open = Some(layouts::insert_draft(tx, layout.id, 1, plan).await?);
    event::append(tx, &[told("layout.created", &layout, layout.open.as_ref())]).await?;
    Ok(layout)
}

/// The event of a change to a layout, and to this version of it if to one.
pub(super) fn told(kind: &'static str, layout: &Layout, version: Option<&LayoutVersion>) -> event::NewEvent {
    let data = json!({
        "id": layout.id,
        "venue_id": layout.venue,
        "name": layout.name,
        "layout_version": version.map(head),
    });
    event::NewEvent::of(kind, "layout", layout.id, layout.version, data)
}

fn head(version: &LayoutVersion) -> Value {
    json!({
        "id": version.id,
        "number": version.number,
        "state": version.state,
        "effective_from": version.effective_from,
    })
}
