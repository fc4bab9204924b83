//! `GET /v1/performances/{performance_id}/tickets`

use foundation::{
    id::{PerformanceId, PriceTierId, TicketId},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::layout::Plan,
    store::tickets::{self, ListedTicket, TicketFilter},
};
use utoipa::{IntoParams, ToSchema};

use super::super::seen;
use crate::{
    v1::venues::layouts::plan::Attribute,
    web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::ShowsRead},
};

/// A ticket: the unit of inventory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(crate) struct TicketView {
    id: TicketId,
    price_tier_id: PriceTierId,
    section: String,
    /// Row, for a numbered seat.
    row: Option<String>,
    /// Seat, for a numbered seat.
    seat: Option<String>,
    /// Whether it can be held now; what is kept for somebody only as that.
    available: bool,
    /// What is particular about the seat; left out where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
}

impl TicketView {
    fn of(ticket: ListedTicket, plan: Option<&Plan>) -> Self {
        let attributes = plan.map(|plan| plan.attributes(&ticket.place)).unwrap_or_default();
        Self {
            attributes: attributes.iter().copied().map(Attribute::from).collect(),
            id: ticket.ticket_id,
            price_tier_id: ticket.price_tier_id,
            section: ticket.place.section,
            row: ticket.place.row,
            seat: ticket.place.seat,
            available: ticket.available,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TicketsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Available ones only, or the others only.
    available: Option<bool>,
    section: Option<String>,
    price_tier_id: Option<PriceTierId>,
}

/// Lists a performance's tickets in drawing order.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/tickets", tag = "Performances", params(("performance_id" = PerformanceId, Path), TicketsQuery), responses((status = 200, body = ListOf<TicketView>)))]
pub(crate) async fn list(
    allowed: Allowed<ShowsRead>,
    Path(performance): Path<PerformanceId>,
    Query(query): Query<TicketsQuery>,
) -> Answer {
    let page = PageOf::<i32>::parse(query.limit, query.cursor.as_deref())?;
    let filter = TicketFilter { available: query.available, section: query.section, price_tier: query.price_tier_id };
    let mut tx = allowed.snapshot().await?;
    let manifest = seen(&mut tx, &allowed.caller, performance).await?.manifest;
    let plan = match manifest {
        Some(manifest) => Some(allowed.services.inventory.plans.get(&mut tx, manifest.version).await?),
        None => None,
    };
    let rows = tickets::list(&mut tx, performance, &filter, page.after, page.fetch_limit()).await?;
    let page = Page::cut(rows, page.limit, |ticket| ticket.ordinal);
    Reply::ok(&ListOf::from(page.map(|ticket| TicketView::of(ticket, plan.as_deref()))))
}
