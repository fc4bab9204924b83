//! `GET /v1/performances/{performance_id}/tickets`

use foundation::{
    Refusal,
    id::{PerformanceId, PriceTierId, TicketId, TicketTypeId},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::{layout::Plan, tickets::TicketStock},
    store::listed_tickets::{self, ListedTicket, TicketFilter},
};
use utoipa::{IntoParams, ToSchema};

use super::plan_of;
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
    /// `available`; `held` (in a hold or an unpaid order); `sold`; `blocked` (kept off sale); `allocated` (free, but kept for one seller);
    /// `waitlist` (free, but for who is on the waitlist).
    #[schema(value_type = String, example = "available")]
    state: &'static str,
    /// What is particular about the seat; left out where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
}

impl TicketView {
    pub(super) fn of(ticket: ListedTicket, plan: Option<&Plan>) -> Self {
        let attributes = plan.map(|plan| plan.attributes(&ticket.place)).unwrap_or_default();
        Self {
            attributes: attributes.iter().copied().map(Attribute::from).collect(),
            id: ticket.id,
            price_tier_id: ticket.price_tier,
            section: ticket.place.section,
            row: ticket.place.row,
            seat: ticket.place.seat,
            available: ticket.state == TicketStock::Available,
            state: ticket.state.as_str(),
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
    /// In this `state`.
    #[param(value_type = Option<String>, example = "sold")]
    state: Option<TicketStock>,
    section: Option<String>,
    /// A row of `section`, which must be said beside it.
    row: Option<String>,
    price_tier_id: Option<PriceTierId>,
    /// Those that some offer sells as this ticket type.
    ticket_type_id: Option<TicketTypeId>,
}

/// Lists a performance's tickets in drawing order: all, or those of a section, a row, a price tier, a ticket type, or in a state.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/tickets", tag = "Performances", params(("performance_id" = PerformanceId, Path), TicketsQuery), responses((status = 200, body = ListOf<TicketView>)))]
pub(crate) async fn list(
    allowed: Allowed<ShowsRead>,
    Path(performance): Path<PerformanceId>,
    Query(query): Query<TicketsQuery>,
) -> Answer {
    let page = PageOf::<i32>::parse(query.limit, query.cursor.as_deref())?;
    if query.row.is_some() && query.section.is_none() {
        return Err(Refusal::field("row", "needs `section`: rows are named within one").into());
    }
    let filter = TicketFilter {
        ticket: None,
        available: query.available,
        state: query.state,
        section: query.section,
        row: query.row,
        price_tier: query.price_tier_id,
        ticket_type: query.ticket_type_id,
    };
    let mut tx = allowed.snapshot().await?;
    let plan = plan_of(&allowed, &mut tx, performance).await?;
    let rows = listed_tickets::list(&mut tx, performance, &filter, page.after, page.fetch_limit()).await?;
    let page = Page::cut(rows, page.limit, |ticket| ticket.ordinal);
    Reply::ok(&ListOf::from(page.map(|ticket| TicketView::of(ticket, plan.as_deref()))))
}
