//! `GET /v1/performances/{performance_id}/tickets/{ticket_id}`

use foundation::id::{OrderId, PerformanceId, TicketId};
use serde::Serialize;
use ticketing::store::{listed_tickets, orders, owners};
use utoipa::ToSchema;

use super::{super::availability::Sees, list::TicketView, plan_of};
use crate::{
    v1::orders::items::TicketOwnerView,
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// A ticket as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketNow)]
pub(crate) struct TicketNowView {
    #[serde(flatten)]
    ticket: TicketView,
    /// The order that has it, paid or not; null: none has. Only for a key that may see orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Option<OrderOfTicketView>>,
}

/// The order that has a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderOfTicket)]
pub(crate) struct OrderOfTicketView {
    order_id: OrderId,
    /// Which of its items the ticket is.
    item_no: i16,
    /// Whose the ticket is now; null before the order is paid.
    owner: Option<TicketOwnerView>,
}

/// Reads a ticket as the list has it; a key that may see orders is told besides which order has it now, and whose it is.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/tickets/{ticket_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("ticket_id" = TicketId, Path)), responses((status = 200, body = TicketNowView)))]
pub(crate) async fn get(
    allowed: Allowed<ShowsRead>,
    Path((performance, id)): Path<(PerformanceId, TicketId)>,
) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let plan = plan_of(&allowed, &mut tx, performance).await?;
    let ticket = TicketView::of(listed_tickets::get(&mut tx, performance, id).await?, plan.as_deref());
    if Sees::of(&allowed.caller) != Sees::Why {
        return Reply::ok(&TicketNowView { ticket, order: None });
    }
    let order = match orders::with_ticket(&mut tx, performance, id).await? {
        Some((order_id, item_no)) => {
            let owner = owners::of_order(&mut tx, order_id).await?.remove(&item_no).and_then(TicketOwnerView::now);
            Some(OrderOfTicketView { order_id, item_no, owner })
        }
        None => None,
    };
    Reply::ok(&TicketNowView { ticket, order: Some(order) })
}
