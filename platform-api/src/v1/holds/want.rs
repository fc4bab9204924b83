//! What a hold or an order is wanted of, as requests say it.

use foundation::{
    Refusal,
    id::{OfferId, PerformanceId, TicketId},
};
use serde::Deserialize;
use ticketing::rules::{
    choose::{Line, Party, Together},
    order::{Pick, Want},
    seating::SeatKind,
};
use utoipa::ToSchema;

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
    pub(crate) fn read(self) -> Party {
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
