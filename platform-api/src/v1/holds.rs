//! `/v1/holds`

pub(crate) mod add;
pub(crate) mod create;
pub(crate) mod extend;
pub(crate) mod get;
pub(crate) mod release;
pub(crate) mod remove;
mod want;

use accounting::Channel;
use axum::http::StatusCode;
use foundation::{
    Instant, Money, Refusal,
    id::{BlockId, HoldId, OfferId, OrderId, PerformanceId, PromotionId, SaleRoundId, TicketId},
    idempotency::StoredAnswer,
};
use serde::Serialize;
use tenancy::{Caller, KeyKind};
use ticketing::rules::{
    block::{Through, check_channel},
    order::{Hold, HoldItem, HoldState, ItemSeating},
    seating_note::{Code, SeatingNote},
};
use utoipa::ToSchema;

pub(crate) use self::want::{ChooseBody, WantBody, read_wants};
use super::venues::layouts::plan::Attribute;
use crate::web::reply::stored;

/// A timed claim on tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldView {
    id: HoldId,
    #[schema(value_type = String, example = "active")]
    state: HoldState,
    items: Vec<HoldItemView>,
    /// What the items cost if ordered now, before discounts and fees.
    price: Option<Money>,
    /// What promotions take off.
    discount: Option<Money>,
    /// What is left of the price, without fees.
    face_value: Option<Money>,
    /// The fees that the buyer pays on top; there is no order without them.
    buyer_fee: Option<Money>,
    /// What the buyer pays, all in: the `expected_total` of an order made now. Null only once no ticket is left in it.
    total: Option<Money>,
    buyer_reference: Option<String>,
    created_at: Instant,
    /// Until when the tickets are kept.
    expires_at: Instant,
    /// What it has become.
    order_id: Option<OrderId>,
    /// Counts its changes.
    version: i64,
    /// Why these seats; only in the answer to the call that chose them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seating: Vec<SeatingView>,
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
    /// The allocation that it is taken from.
    block_id: Option<BlockId>,
    /// The sale round that it is held in.
    sale_round_id: Option<SaleRoundId>,
    promotion_id: Option<PromotionId>,
    /// The price if ordered now, before any discount.
    price: Money,
    /// What the promotion takes off.
    discount: Money,
    /// What is left of the price.
    face_value: Money,
    /// The fees that the buyer pays on top.
    buyer_fee: Money,
    /// What the buyer pays, all in.
    total: Money,
    /// What is particular about the seat; left out where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
}

/// What is to be said of a choice of seats, as it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seating)]
pub(crate) struct SeatingView {
    /// Which of the request's items, counted from 0; null for the tickets that it named.
    item: Option<usize>,
    /// `adjacent`, `split`, `leaves_single_seat`, `restricted_view`, `general_admission`.
    #[schema(value_type = Vec<String>, example = json!(["adjacent"]))]
    codes: Vec<Code>,
    /// The same for a person.
    detail: String,
    /// Tickets that are left alone between taken seats.
    single_seats: Vec<TicketId>,
}

impl From<ItemSeating> for SeatingView {
    fn from(seating: ItemSeating) -> Self {
        let SeatingNote { codes, detail, single_seats } = seating.note;
        Self { item: seating.item, codes, detail, single_seats }
    }
}

impl From<HoldItem> for HoldItemView {
    fn from(item: HoldItem) -> Self {
        let (face_value, total) = (item.face_value(), item.total());
        Self {
            performance_id: item.held.performance,
            ticket_id: item.held.ticket,
            offer_id: item.held.offer,
            ticket_type: item.ticket_type,
            price_tier: item.price_tier,
            section: item.place.section,
            row: item.place.row,
            seat: item.place.seat,
            block_id: item.held.block,
            sale_round_id: item.held.round,
            promotion_id: item.held.promotion,
            face_value,
            buyer_fee: item.buyer_fee,
            total,
            price: item.price,
            discount: item.discount,
            attributes: item.attributes.into_iter().map(Attribute::from).collect(),
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
        let (price, discount, buyer_fee) =
            (sum(|item| item.price), sum(|item| item.discount), sum(|item| item.buyer_fee));
        let (face_value, total) = (sum(HoldItem::face_value), sum(HoldItem::total));
        Self {
            id: hold.id,
            state: hold.state,
            price,
            discount,
            face_value,
            buyer_fee,
            total,
            buyer_reference: hold.buyer_reference,
            created_at: hold.created_at,
            expires_at: hold.expires_at,
            order_id: hold.order,
            version: hold.version,
            items: hold.items.into_iter().map(HoldItemView::from).collect(),
            seating: hold.seating.into_iter().map(SeatingView::from).collect(),
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

/// Through what a caller asks for tickets.
pub(crate) fn through(caller: &Caller, channel: Option<String>) -> Result<Through, Refusal> {
    check_channel("/channel", channel.as_deref())?;
    Ok(Through { key: Some(caller.key), channel, sold_through: sold_through(caller) })
}

/// By what the caller sells: its key says so, and nothing in a request does (decision 35).
pub(crate) fn sold_through(caller: &Caller) -> Channel {
    match caller.kind {
        KeyKind::HostedShop => Channel::HostedShop,
        KeyKind::Secret | KeyKind::Restricted | KeyKind::Publishable => Channel::Api,
    }
}
