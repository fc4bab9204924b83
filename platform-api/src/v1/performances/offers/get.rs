//! `GET /v1/performances/{performance_id}/offers/{offer_id}`

use foundation::{
    Refusal,
    id::{OfferId, PerformanceId},
};
use ticketing::store::offers;

use super::super::{OfferView, seen};
use crate::web::{Allowed, Answer, Path, Reply, scope::ShowsRead};

/// Reads an offer.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/offers/{offer_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("offer_id" = OfferId, Path)), responses((status = 200, body = OfferView)))]
pub(crate) async fn get(
    allowed: Allowed<ShowsRead>,
    Path((performance, id)): Path<(PerformanceId, OfferId)>,
) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, performance).await?;
    let offers = offers::of_performance(&mut tx, performance).await?;
    let offer = offers.into_iter().find(|offer| offer.id == id).ok_or_else(|| Refusal::missing("offer"))?;
    let version = offer.version;
    Reply::versioned(&OfferView::from(offer), version)
}
