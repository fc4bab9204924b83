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
use ticketing::rules::{
    choose::{Line, Party, Together},
    order::{Hold, HoldItem, HoldState, ItemSeating, Pick, Want},
    seating::SeatKind,
    seating_note::{Code, SeatingNote},
};
use utoipa::ToSchema;

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
    /// The sale round that it is held in.
    sale_round_id: Option<SaleRoundId>,
    promotion_id: Option<PromotionId>,
    /// The price if ordered now, before any discount.
    price: Money,
    /// What the promotion takes off.
    discount: Money,
    /// What is left of the price.
    face_value: Money,
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

/// What is wanted: one ticket by its id, any so many under an offer, or the best seats for a party.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Want)]
pub(crate) struct WantBody {
    performance_id: PerformanceId,
    /// Under which offer; with `ticket_id` or `quantity`.
    offer_id: Option<OfferId>,
    /// This ticket; instead of `quantity` and `choose`.
    ticket_id: Option<TicketId>,
    /// With `ticket_id`: what the place is wanted for, where it is kept for somebody.
    place: Option<PlaceBody>,
    /// Any so many, the first that are free; instead of `ticket_id` and `choose`.
    quantity: Option<u32>,
    /// With `quantity`: of this section.
    section: Option<String>,
    /// The best seats for a party; instead of `ticket_id` and `quantity`.
    choose: Option<ChooseBody>,
}

/// Whom a place is for.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PlaceKind)]
pub(crate) enum PlaceBody {
    /// Anyone.
    #[default]
    Seat,
    /// Who comes in a wheelchair.
    Wheelchair,
    /// Who comes with somebody at the wheelchair place beside it.
    Companion,
}

impl From<PlaceBody> for SeatKind {
    fn from(wire: PlaceBody) -> Self {
        match wire {
            PlaceBody::Seat => Self::Ordinary,
            PlaceBody::Wheelchair => Self::Wheelchair,
            PlaceBody::Companion => Self::Companion,
        }
    }
}

/// A party to choose seats for. The best are side by side, leave no single seat alone if that can be, have a free view, and are
/// nearest to the layout's focal point, in this order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Choose)]
pub(crate) struct ChooseBody {
    /// Who sits together: ticket types of one price tier.
    party: Vec<PartyLineBody>,
    /// In this section only.
    section: Option<String>,
    /// `required` unless said: side by side, or not at all.
    #[serde(default)]
    #[schema(inline)]
    together: TogetherBody,
    /// `allowed` unless said.
    #[serde(default)]
    #[schema(inline)]
    restricted_view: RestrictedViewBody,
}

/// So many tickets of one type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PartyLine)]
pub(crate) struct PartyLineBody {
    offer_id: OfferId,
    quantity: u32,
    /// `seat` unless said. Wheelchair places and companions' seats are given to who asks for them here; a companion's is beside the
    /// wheelchair place.
    place: Option<PlaceBody>,
}

/// Whether a party may be split.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TogetherBody {
    /// Side by side in one row, or not at all.
    #[default]
    Required,
    /// Where so many are not side by side, in as few groups as can be.
    Preferred,
}

/// Whether seats with a restricted view will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestrictedViewBody {
    /// Where nothing better is left.
    #[default]
    Allowed,
    /// Not at all.
    Excluded,
}

impl ChooseBody {
    fn read(self) -> Party {
        let line = |line: PartyLineBody| Line {
            offer: line.offer_id,
            quantity: line.quantity as usize,
            kind: line.place.unwrap_or_default().into(),
        };
        Party {
            lines: self.party.into_iter().map(line).collect(),
            section: self.section,
            together: match self.together {
                TogetherBody::Required => Together::Required,
                TogetherBody::Preferred => Together::Preferred,
            },
            restricted_view: self.restricted_view == RestrictedViewBody::Allowed,
        }
    }
}

impl WantBody {
    /// `at` is where in the body it stands.
    fn read(self, at: &str) -> Result<Want, Refusal> {
        let misplaced =
            |field: &str, with: &str| Err(Refusal::field(format!("{at}/{field}"), format!("stands with {with} only")));
        let offer = || self.offer_id.ok_or_else(|| Refusal::field(format!("{at}/offer_id"), "is missing"));
        let pick = match (self.ticket_id, self.quantity, self.choose) {
            (Some(ticket), None, None) if self.section.is_none() => {
                Pick::Ticket { offer: offer()?, ticket, kind: self.place.unwrap_or_default().into() }
            }
            (None, Some(quantity), None) if self.place.is_none() => {
                Pick::Any { offer: offer()?, quantity: quantity as usize, section: self.section }
            }
            (None, Some(_), None) => return misplaced("place", "ticket_id"),
            (None, None, Some(_)) if self.offer_id.is_some() => return misplaced("offer_id", "ticket_id or quantity"),
            (None, None, Some(_)) if self.place.is_some() => return misplaced("place", "ticket_id"),
            (None, None, Some(_)) if self.section.is_some() => return misplaced("section", "quantity"),
            (None, None, Some(choose)) => Pick::Best(choose.read()),
            _ => {
                let one = "must have one of ticket_id, quantity (with section or without) and choose";
                return Err(Refusal::field(at, one));
            }
        };
        Ok(Want { performance: self.performance_id, pick })
    }
}

/// What the use cases take.
pub(crate) fn read_wants(bodies: Vec<WantBody>) -> Result<Vec<Want>, Refusal> {
    bodies.into_iter().enumerate().map(|(i, body)| body.read(&format!("/items/{i}"))).collect()
}
