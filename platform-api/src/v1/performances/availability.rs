//! `GET /v1/performances/{performance_id}/availability`

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use foundation::{
    Instant, Refusal,
    id::{OfferId, PerformanceId, PriceTierId, ResellerId},
};
use serde::Serialize;
use tenancy::{Caller, KeyKind, Scope};
use ticketing::{
    inventory::{Availability, Inventory},
    rules::{
        availability::OfferLeft,
        stock::{Count, Taken},
    },
};
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, Path, Reply, etag::is_known, scope::ShowsRead};

/// What can be had of a performance, from memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Availability)]
pub(crate) struct AvailabilityView {
    performance_id: PerformanceId,
    /// How it is with the sale: `not_on_sale` (not yet, or between two sale
    /// rounds), `available`, `few` (at most one in ten is left), `held` (none is free, but
    /// some may come back), `sold_out`, `paused`, `ended`, `cancelled`.
    #[schema(value_type = String, example = "available")]
    status: &'static str,
    /// When the sale opens, or has opened; while no sale round is open, when the next one opens.
    on_sale_at: Instant,
    /// The place in the log of the last change that is in here; it begins the ETag.
    sequence: i64,
    /// Tickets created; only for a key that may see orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Tickets that can be held now.
    available: usize,
    /// Free tickets that are not among the available: they go to who is on the waitlist (`waitlist_first`).
    for_waitlist: usize,
    /// Why the others cannot be had; only for a key that may see orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<UnavailableView>,
    /// The most tickets that one party can have together: side by side in one row, or in one standing area.
    largest_party: usize,
    sections: Vec<SectionView>,
    offers: Vec<OfferLeftView>,
}

/// A section's part in one price tier.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SectionAvailability)]
pub(crate) struct SectionView {
    section: String,
    price_tier_id: PriceTierId,
    /// Whether its seats are numbered.
    numbered: bool,
    /// Tickets created; only for a key that may see orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Free tickets; rounds and pools may keep some of them from being sold now.
    available: usize,
    /// Free tickets that are not among the available: they go to who is on the waitlist.
    for_waitlist: usize,
    /// Those of the available that are kept for people in wheelchairs and their companions now.
    accessible: usize,
    /// Why the others cannot be had; only for a key that may see orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<UnavailableView>,
    /// The most free ones together.
    largest_party: usize,
}

/// Why tickets cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Unavailable)]
pub(crate) struct UnavailableView {
    /// Bought.
    sold: usize,
    /// In holds, and in orders that are not paid yet.
    held: usize,
    /// Kept off sale.
    blocked: usize,
    /// Free, but kept for a channel or a key.
    allocated: usize,
    /// Free, but beyond what their pools, rounds and offers sell now.
    other_pools: usize,
    /// Free, but for who is on the waitlist.
    waitlist: usize,
}

/// What is left of an offer.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OfferAvailability)]
pub(crate) struct OfferLeftView {
    offer_id: OfferId,
    price_tier_id: PriceTierId,
    #[schema(example = "adult")]
    ticket_type: String,
    /// Tickets that can be held now.
    available: usize,
    /// The most tickets that one party can have together.
    largest_party: usize,
    /// Who may buy now: `anyone`, or who has a code (`codes`) or is on the list (`list`) of the sale round; null while no round
    /// sells it.
    #[schema(value_type = Option<String>, example = "anyone")]
    access: Option<&'static str>,
}

/// Reads what can be had: whether the performance is on sale, how many tickets are left by section and by offer, how large a party
/// can still be. Cheap: it is answered from memory, and `If-None-Match` with the last ETag is answered 304 while nothing has
/// changed. A key that may see orders is told why the rest cannot be had.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/availability", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = AvailabilityView), (status = 304)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>, headers: HeaderMap) -> Answer {
    let sees = Sees::of(&allowed.caller);
    answer(&allowed.services.inventory, allowed.caller.reseller, id, sees, &headers).await
}

/// How much one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// What can be bought, of performances that are public.
    Public,
    /// The same of any.
    Stock,
    /// And why the rest cannot.
    Why,
}

impl Sees {
    /// How much this caller is told.
    pub(crate) fn of(caller: &Caller) -> Self {
        match caller.kind {
            KeyKind::Publishable => Self::Public,
            _ if caller.may(Scope::OrdersRead).is_err() => Self::Stock,
            _ => Self::Why,
        }
    }
}

/// The answer, for this route and the public one.
pub(crate) async fn answer(
    inventory: &Inventory,
    reseller: ResellerId,
    id: PerformanceId,
    sees: Sees,
    headers: &HeaderMap,
) -> Answer {
    let seen = inventory.availability(reseller, id).await?;
    if sees == Sees::Public && !seen.public {
        return Err(Refusal::missing("performance").into());
    }
    let etag = format!("\"{}\"", seen.mark);
    let response = if is_known(headers, &etag) {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response()
    } else {
        (StatusCode::OK, [(header::ETAG, etag)], axum::Json(view(id, seen, sees))).into_response()
    };
    Ok(Reply::raw(response))
}

/// What is said of it to who sees so much.
pub(crate) fn view(id: PerformanceId, seen: Availability, sees: Sees) -> AvailabilityView {
    let Availability { sequence, on_sale_at, counts, left, .. } = seen;
    let told = sees == Sees::Why;
    let unavailable = |kept: Taken, (allocated, waitlist), other_pools| UnavailableView {
        sold: kept.sold,
        held: kept.held,
        blocked: kept.blocked,
        allocated,
        other_pools,
        waitlist,
    };
    let section = |count: &Count| SectionView {
        section: count.section.as_ref().to_owned(),
        price_tier_id: count.tier,
        numbered: count.seated,
        total: told.then_some(count.total),
        available: count.available,
        for_waitlist: count.waitlist,
        accessible: count.accessible,
        unavailable: told.then(|| unavailable(count.kept, (count.allocated, count.waitlist), 0)),
        largest_party: count.together,
    };
    let all: Taken = counts.iter().map(|count| count.kept).sum();
    let free = |of: fn(&Count) -> usize| counts.iter().map(of).sum();
    let (allocated, for_waitlist) = (free(|count| count.allocated), free(|count| count.waitlist));
    AvailabilityView {
        performance_id: id,
        status: left.status.as_str(),
        on_sale_at,
        sequence,
        total: told.then(|| counts.iter().map(|count| count.total).sum()),
        available: left.available,
        for_waitlist,
        unavailable: told.then(|| unavailable(all, (allocated, for_waitlist), left.beyond_limits)),
        largest_party: left.largest_party,
        sections: counts.iter().map(section).collect(),
        offers: left.offers.into_iter().map(OfferLeftView::from).collect(),
    }
}

impl AvailabilityView {
    /// The same with those sections and offers only that are other than before; none where some are gone, which cannot be said so.
    pub(crate) fn since(mut self, before: &Self) -> Option<Self> {
        let section = |of: &SectionView| (of.section.clone(), of.price_tier_id, of.numbered);
        let same_sections = before.sections.iter().map(section).eq(self.sections.iter().map(section));
        let same_offers = before.offers.iter().map(|of| of.offer_id).eq(self.offers.iter().map(|of| of.offer_id));
        let (mut were, mut had) = (before.sections.iter(), before.offers.iter());
        // In the same order, so that each is compared with itself.
        self.sections.retain(|section| were.next() != Some(section));
        self.offers.retain(|offer| had.next() != Some(offer));
        (same_sections && same_offers).then_some(self)
    }
}

impl From<OfferLeft> for OfferLeftView {
    fn from(left: OfferLeft) -> Self {
        Self {
            offer_id: left.offer,
            price_tier_id: left.tier,
            ticket_type: left.ticket_type.as_ref().to_owned(),
            available: left.available,
            largest_party: left.largest_party,
            access: left.access.map(ticketing::rules::sale_round::Access::as_str),
        }
    }
}
