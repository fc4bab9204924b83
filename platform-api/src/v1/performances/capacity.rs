//! `GET /v1/performances/{performance_id}/capacity`

use foundation::id::PerformanceId;
use serde::Serialize;
use ticketing::{
    rules::capacity::{Capacity, beside},
    store::{capacity, layouts, performances},
};
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// How full a performance is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capacity)]
pub(crate) struct CapacityView {
    performance_id: PerformanceId,
    /// How many people the law allows in all, by the layout; null where it says nothing.
    maximum: Option<u32>,
    totals: CountsView,
    /// In the drawing order.
    sections: Vec<SectionCapacityView>,
}

/// How many tickets are what. All that are created are sold, held, blocked, allocated, for the waitlist or available.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = TicketCounts)]
pub(crate) struct CountsView {
    /// Tickets there are.
    created: i64,
    /// Bought.
    sold: i64,
    /// In holds, and in orders that are not paid yet.
    held: i64,
    /// Kept off sale.
    blocked: i64,
    /// Free, but set aside for a channel or a key.
    allocated: i64,
    /// Free, but for who is on the waitlist.
    for_waitlist: i64,
    /// Can be held now.
    available: i64,
}

/// How full a section or general admission area is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SectionCapacity)]
pub(crate) struct SectionCapacityView {
    section: String,
    /// Whether its seats are numbered.
    numbered: bool,
    /// The layout's seats or places; null where there is no layout, or where it no longer has the section.
    capacity: Option<u32>,
    /// How many people the law allows in it; null where the layout says nothing.
    maximum: Option<u32>,
    #[serde(flatten)]
    counts: CountsView,
}

impl From<Capacity> for SectionCapacityView {
    fn from(capacity: Capacity) -> Self {
        let available = capacity.filled.available();
        let filled = capacity.filled;
        Self {
            section: filled.section,
            numbered: filled.numbered,
            capacity: capacity.room,
            maximum: capacity.maximum,
            counts: CountsView {
                created: filled.created,
                sold: filled.sold,
                held: filled.held,
                blocked: filled.blocked,
                allocated: filled.allocated,
                for_waitlist: filled.for_waitlist,
                available,
            },
        }
    }
}

/// Reads how full a performance is, by section and area: what the layout has room for and the law allows, and what is created,
/// sold, held and blocked.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/capacity", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = CapacityView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let manifest = performances::get(&mut tx, id).await?.manifest;
    let filled = capacity::by_section(&mut tx, id).await?;
    let plan = match &manifest {
        Some(manifest) => Some(layouts::plan(&mut tx, manifest.version).await?),
        None => None,
    };
    let chosen = plan.as_ref().zip(manifest.as_ref()).map(|(plan, manifest)| plan.chosen(&manifest.choices));
    let sections: Vec<SectionCapacityView> =
        beside(chosen.as_ref(), filled).into_iter().map(SectionCapacityView::from).collect();
    let sum = |of: fn(&CountsView) -> i64| sections.iter().map(|section| of(&section.counts)).sum();
    let totals = CountsView {
        created: sum(|c| c.created),
        sold: sum(|c| c.sold),
        held: sum(|c| c.held),
        blocked: sum(|c| c.blocked),
        allocated: sum(|c| c.allocated),
        for_waitlist: sum(|c| c.for_waitlist),
        available: sum(|c| c.available),
    };
    let maximum = plan.as_ref().and_then(|plan| plan.maximum);
    Reply::ok(&CapacityView { performance_id: id, maximum, totals, sections })
}
