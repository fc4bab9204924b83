//! `/v1/holds`

pub(crate) mod add;
pub(crate) mod create;
pub(crate) mod extend;
pub(crate) mod get;
pub(crate) mod release;
pub(crate) mod remove;

use axum::http::StatusCode;
use foundation::{
    Instant, Money, Refusal,
    id::{HoldId, OfferId, OrderId, PerformanceId, TicketId},
    idempotency::StoredAnswer,
};
use serde::{Deserialize, Serialize};
use ticketing::rules::order::{Hold, HoldItem, HoldState, Pick, Want};
use utoipa::ToSchema;

use crate::web::reply::stored;

/// A timed claim on tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldView {
    id: HoldId,
    #[schema(value_type = String, example = "active")]
    state: HoldState,
    items: Vec<HoldItemView>,
    /// What the items would cost if ordered now, without fees passed on to the buyer; null over several currencies.
    face_value: Option<Money>,
    buyer_reference: Option<String>,
    created_at: Instant,
    /// Until when the tickets are kept.
    expires_at: Instant,
    /// What it has become.
    order_id: Option<OrderId>,
    /// Counts its changes.
    version: i64,
}

/// A held ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HoldItem)]
pub(crate) struct HoldItemView {
    performance_id: PerformanceId,
    ticket_id: TicketId,
    offer_id: OfferId,
    ticket_type: String,
    price_tier: String,
    section: String,
    row: Option<String>,
    seat: Option<String>,
    /// The face value if ordered now.
    price: Money,
}

impl From<HoldItem> for HoldItemView {
    fn from(item: HoldItem) -> Self {
        Self {
            performance_id: item.held.performance,
            ticket_id: item.held.ticket,
            offer_id: item.held.offer,
            ticket_type: item.ticket_type,
            price_tier: item.price_tier,
            section: item.place.section,
            row: item.place.row,
            seat: item.place.seat,
            price: item.price,
        }
    }
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        let currency = hold.items.first().map(|item| item.price.currency());
        let one = currency.filter(|c| hold.items.iter().all(|item| item.price.currency() == *c));
        let face_value = one.map(|c| Money::rounded(hold.items.iter().map(|item| item.price.amount()).sum(), c));
        Self {
            id: hold.id,
            state: hold.state,
            face_value,
            buyer_reference: hold.buyer_reference,
            created_at: hold.created_at,
            expires_at: hold.expires_at,
            order_id: hold.order,
            version: hold.version,
            items: hold.items.into_iter().map(HoldItemView::from).collect(),
        }
    }
}

/// The answer to a hold made, as the lanes store it with the hold.
#[must_use]
pub fn render_hold(hold: &Hold) -> StoredAnswer {
    let version = hold.version;
    stored(StatusCode::CREATED, &HoldView::from(hold.clone()), Some(version)).unwrap_or_else(|_| StoredAnswer {
        status: StatusCode::CREATED.as_u16(),
        body: "{}".to_owned(),
        etag: None,
    })
}

/// What is wanted: one ticket by its id, or any so many under the offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Want)]
pub(crate) struct WantBody {
    performance_id: PerformanceId,
    offer_id: OfferId,
    /// This ticket; instead of `quantity`.
    ticket_id: Option<TicketId>,
    /// Any so many; instead of `ticket_id`.
    quantity: Option<u32>,
    /// With `quantity`: of this section.
    section: Option<String>,
}

/// What the use cases take.
pub(crate) fn read_wants(bodies: Vec<WantBody>) -> Result<Vec<Want>, Refusal> {
    let read = |(i, body): (usize, WantBody)| {
        let pick = match (body.ticket_id, body.quantity, body.section) {
            (Some(ticket), None, None) => Pick::Ticket(ticket),
            (None, Some(quantity), section) => Pick::Any { quantity: quantity as usize, section },
            _ => {
                return Err(Refusal::field(
                    format!("/items/{i}"),
                    "must have either ticket_id, or quantity (with section or without)",
                ));
            }
        };
        Ok(Want { performance: body.performance_id, offer: body.offer_id, pick })
    };
    bodies.into_iter().enumerate().map(read).collect()
}
