//! `/v1/tickets/{ticket_id}`: a ticket at the door.

pub(crate) mod check_in;
pub(crate) mod undo_check_in;

use foundation::{
    Instant,
    id::{OrderId, PerformanceId, TicketId},
};
use serde::Serialize;
use ticketing::{rules::order::Credential, use_cases::check_in_ticket::AtTheDoor};
use utoipa::ToSchema;

/// A ticket as the door sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketAtTheDoor)]
pub(crate) struct AtTheDoorView {
    id: TicketId,
    performance_id: PerformanceId,
    order_id: OrderId,
    /// The number of the order's item.
    item_no: i16,
    /// `checked_in`, or `issued` after that was undone.
    #[schema(value_type = String, example = "checked_in")]
    credential: Credential,
    /// When it was scanned.
    checked_in_at: Option<Instant>,
    gate: Option<String>,
    ticket_type: String,
    section: String,
    row: Option<String>,
    seat: Option<String>,
    /// Whose it is, as far as known.
    owner_name: Option<String>,
}

impl From<AtTheDoor> for AtTheDoorView {
    fn from(AtTheDoor { order, item, owner }: AtTheDoor) -> Self {
        let (checked_in_at, gate) = item.checked_in.map_or((None, None), |done| (Some(done.at), done.gate));
        Self {
            id: item.held.ticket,
            performance_id: item.held.performance,
            order_id: order.id,
            item_no: item.no,
            credential: item.credential,
            checked_in_at,
            gate,
            ticket_type: item.ticket_type,
            section: item.place.section,
            row: item.place.row,
            seat: item.place.seat,
            owner_name: item.guest.or(owner.name),
        }
    }
}
