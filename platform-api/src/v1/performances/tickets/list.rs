//! `GET /v1/performances/{performance_id}/tickets`

use foundation::{
    id::{PerformanceId, PriceTierId, TicketId},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::store::tickets::{self, ListedTicket, TicketFilter};
use utoipa::{IntoParams, ToSchema};

use super::super::seen;
use crate::web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::ShowsRead};

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
    /// Whether it can be held now.
    available: bool,
}

impl From<ListedTicket> for TicketView {
    fn from(ticket: ListedTicket) -> Self {
        Self {
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
    seen(&mut tx, &allowed.caller, performance).await?;
    let rows = tickets::list(&mut tx, performance, &filter, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |ticket| ticket.ordinal).map(TicketView::from)))
}
