//! `/v1/venues/{venue_id}/layouts`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod update;
pub(crate) mod versions;

use foundation::{
    Code, Instant, Refusal,
    id::{LayoutId, LayoutVersionId, VenueId},
};
use serde::{Deserialize, Serialize};
use tenancy::{Caller, KeyKind};
use ticketing::rules::layout::{self, Layout, LayoutVersion};
use utoipa::ToSchema;

/// Refuses a key that is in every browser: plans and drafts are the reseller's own.
pub(crate) fn not_public(caller: &Caller) -> Result<(), Refusal> {
    if caller.kind == KeyKind::Publishable {
        return Err(Refusal::new(Code::Forbidden, "This needs a secret key, or a restricted one with the scope."));
    }
    Ok(())
}

/// One way in which a venue is set up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Layout)]
pub(crate) struct LayoutView {
    id: LayoutId,
    venue_id: VenueId,
    /// The room that it is set up in, by the first layout of that room. Performances in one room do not overlap.
    room_id: LayoutId,
    /// What it is called at its venue.
    #[schema(example = "Concert")]
    name: String,
    /// The version in force, which performances use.
    published: Option<LayoutVersionView>,
    /// The version that is not in force yet: a draft, one that waits for its date, or one that clashed at its date.
    open: Option<LayoutVersionView>,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Layout> for LayoutView {
    fn from(layout: Layout) -> Self {
        Self {
            id: layout.id,
            venue_id: layout.venue,
            room_id: layout.room,
            name: layout.name,
            published: layout.published.map(LayoutVersionView::from),
            open: layout.open.map(LayoutVersionView::from),
            version: layout.version,
        }
    }
}

/// One version of a layout. What it says never changes: a draft that is changed becomes another version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutVersion)]
pub(crate) struct LayoutVersionView {
    id: LayoutVersionId,
    /// Counts the layout's versions, from 1.
    number: i32,
    state: LayoutState,
    /// From when it is in force.
    effective_from: Option<Instant>,
    /// How many seats it has, of all alternatives together.
    seats: i32,
    /// How many places its general admission areas have, of all alternatives together.
    places: i32,
}

/// The life of a layout's version.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LayoutState {
    /// In the making.
    Draft,
    /// It takes effect at a date, if it clashes with no performance then.
    Scheduled,
    /// At its date it clashed with performances and did not take effect.
    Clashed,
    /// In force.
    Published,
    /// A later one is in force.
    Superseded,
    /// Given up before it was in force.
    Withdrawn,
}

impl From<LayoutVersion> for LayoutVersionView {
    fn from(version: LayoutVersion) -> Self {
        Self {
            id: version.id,
            number: version.number,
            state: match version.state {
                layout::LayoutState::Draft => LayoutState::Draft,
                layout::LayoutState::Scheduled => LayoutState::Scheduled,
                layout::LayoutState::Clashed => LayoutState::Clashed,
                layout::LayoutState::Published => LayoutState::Published,
                layout::LayoutState::Superseded => LayoutState::Superseded,
                layout::LayoutState::Withdrawn => LayoutState::Withdrawn,
            },
            effective_from: version.effective_from,
            seats: version.seats,
            places: version.places,
        }
    }
}
