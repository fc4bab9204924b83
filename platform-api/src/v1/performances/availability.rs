//! `GET /v1/performances/{performance_id}/availability`

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use foundation::{
    Error, Result,
    id::{PerformanceId, PriceTierId, ResellerId},
};
use serde::Serialize;
use tenancy::KeyKind;
use ticketing::inventory::Inventory;
use utoipa::ToSchema;

use super::seen;
use crate::web::{Allowed, Answer, Path, Reply, scope::ShowsRead};

/// What can be had of a performance, from memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Availability)]
pub(crate) struct AvailabilityView {
    performance_id: PerformanceId,
    /// Tickets created.
    total: usize,
    /// Tickets that can be held now.
    available: usize,
    sections: Vec<SectionView>,
}

/// A section's part in one price tier.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SectionAvailability)]
pub(crate) struct SectionView {
    section: String,
    price_tier_id: PriceTierId,
    /// Whether its seats are numbered.
    numbered: bool,
    total: usize,
    available: usize,
    /// Those of the available that are kept for people in wheelchairs and their companions now.
    accessible: usize,
}

/// Reads how many tickets are available, by section and price tier. Cheap: it is answered from memory, and `If-None-Match`
/// with the last ETag is answered 304 while nothing has changed.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/availability", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = AvailabilityView), (status = 304)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>, headers: HeaderMap) -> Answer {
    if allowed.caller.kind == KeyKind::Publishable {
        seen(&mut allowed.snapshot().await?, &allowed.caller, id).await?;
    }
    answer(&allowed.services.inventory, allowed.caller.reseller, id, &headers).await
}

/// The answer, for this route and the public one.
pub(crate) async fn answer(
    inventory: &Inventory,
    reseller: ResellerId,
    id: PerformanceId,
    headers: &HeaderMap,
) -> Answer {
    let view = read(inventory, reseller, id).await?;
    let etag = format!("\"{}\"", view.1);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|given| given == etag);
    let response = if known {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response()
    } else {
        (StatusCode::OK, [(header::ETAG, etag)], axum::Json(view.0)).into_response()
    };
    Ok(Reply::raw(response))
}

async fn read(
    inventory: &Inventory,
    reseller: ResellerId,
    id: PerformanceId,
) -> Result<(AvailabilityView, String), Error> {
    let availability = inventory.availability(reseller, id).await?;
    let section = |count: &ticketing::rules::stock::Count| SectionView {
        section: count.section.as_ref().to_owned(),
        price_tier_id: count.tier,
        numbered: count.seated,
        total: count.total,
        available: count.available,
        accessible: count.accessible,
    };
    let sections: Vec<SectionView> = availability.counts.iter().map(section).collect();
    let sum = |of: fn(&SectionView) -> usize| sections.iter().map(of).sum();
    let view =
        AvailabilityView { performance_id: id, total: sum(|s| s.total), available: sum(|s| s.available), sections };
    Ok((view, availability.mark))
}
