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
    id::{HoldId, OfferId, OrderId, PerformanceId, PromotionId, SaleRoundId, TicketId},
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
    /// What the items would cost if ordered now, discounts taken off, without fees passed on to the buyer; null over several
    /// currencies.
    face_value: Option<Money>,
    /// What promotions take off; null over several currencies.
    discount: Option<Money>,
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
    /// The sale round that it is held in.
    sale_round_id: Option<SaleRoundId>,
    promotion_id: Option<PromotionId>,
    /// The price if ordered now, before any discount.
    price: Money,
    /// What the promotion takes off.
    discount: Money,
    /// What is left of the price.
    face_value: Money,
}

impl From<HoldItem> for HoldItemView {
    fn from(item: HoldItem) -> Self {
        let face_value = item.face_value();
        Self {
            performance_id: item.held.performance,
            ticket_id: item.held.ticket,
            offer_id: item.held.offer,
            ticket_type: item.ticket_type,
            price_tier: item.price_tier,
            section: item.place.section,
            row: item.place.row,
            seat: item.place.seat,
            sale_round_id: item.held.round,
            promotion_id: item.held.promotion,
            face_value,
            price: item.price,
            discount: item.discount,
        }
    }
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        let currency = hold.items.first().map(|item| item.price.currency());
        let one = currency.filter(|c| hold.items.iter().all(|item| item.price.currency() == *c));
        let sum = |of: fn(&HoldItem) -> Money| {
            one.map(|c| Money::rounded(hold.items.iter().map(|item| of(item).amount()).sum(), c))
        };
        let (face_value, discount) = (sum(HoldItem::face_value), sum(|item| item.discount));
        Self {
            id: hold.id,
            state: hold.state,
            face_value,
            discount,
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
