//! Creates a layout of a venue, with a first draft.

use foundation::{
    Code, Error, Refusal, Result, TenantTx, event,
    id::{LayoutId, VenueId},
};
use serde_json::{Value, json};

use crate::{
    rules::layout::{Layout, LayoutVersion, Plan, check_name},
    store::{layouts, venues},
};

/// A layout to be created.
#[derive(Debug)]
pub struct NewLayout<'a> {
    /// What it is called at its venue.
    pub name: String,
    /// A layout of the venue that is set up in the same room; none: a room of its own.
    pub same_room_as: Option<LayoutId>,
    /// Its first draft.
    pub plan: &'a Plan,
}

/// Creates it. The draft is published by a call of its own.
///
/// # Errors
/// `not_found` for the venue, `invalid_field` for a room that is not there, `name_taken`, and what [`Plan::check`] refuses.
pub async fn create_layout(tx: &mut TenantTx, venue: VenueId, new: NewLayout<'_>) -> Result<Layout> {
    check_name(&new.name)?;
    new.plan.check("/plan")?;
    venues::get(tx, venue).await?;
    let id = LayoutId::new();
    let room = match new.same_room_as {
        Some(other) => room_of(tx, venue, other).await?,
        None => id,
    };
    let mut layout = Layout { id, venue, room, name: new.name, published: None, open: None, version: 1 };
    layouts::insert(tx, &layout).await?;
    layout.open = Some(layouts::insert_draft(tx, layout.id, 1, new.plan).await?);
    event::append(tx, &[told("layout.created", &layout, layout.open.as_ref())]).await?;
    Ok(layout)
}

async fn room_of(tx: &mut TenantTx, venue: VenueId, layout: LayoutId) -> Result<LayoutId> {
    match layouts::get(tx, venue, layout).await {
        Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => {
            Err(Refusal::field("/same_room_as", "is no layout of this venue").into())
        }
        found => Ok(found?.room),
    }
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
