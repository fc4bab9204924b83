//! `POST /v1/performances/{performance_id}/pools`

use axum::http::StatusCode;
use foundation::id::{OfferId, PerformanceId, PoolId};
use serde::Deserialize;
use ticketing::{rules::sale_round::Pool, use_cases::set_pool::create_pool};
use utoipa::ToSchema;

use super::PoolView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// A pool to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPool)]
pub(crate) struct NewPoolBody {
    #[schema(example = "reduced prices")]
    name: String,
    /// How many tickets of all its offers together.
    #[schema(example = 100)]
    capacity: i32,
    /// Whose tickets count.
    offer_ids: Vec<OfferId>,
}

/// Creates a pool, before anything of the performance is held or sold.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/pools", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewPoolBody, responses((status = 201, body = PoolView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewPoolBody>,
) -> Answer {
    let NewPoolBody { name, capacity, offer_ids: offers } = body;
    let pool = Pool { id: PoolId::new(), performance, name, capacity, offers, version: 1 };
    let mut call = allowed.begin(key).await?;
    create_pool(&mut call.tx, &pool).await?;
    call.finish(StatusCode::CREATED, &PoolView::from(pool), Some(1)).await
}
