//! `POST /v1/performances/{performance_id}/sale_rounds`

use axum::http::StatusCode;
use foundation::{
    Instant,
    id::{PerformanceId, SaleRoundId},
};
use serde::Deserialize;
use ticketing::{rules::sale_round::SaleRound, use_cases::set_sale_round::create_sale_round};
use utoipa::ToSchema;

use super::{SaleRoundAccess, SaleRoundPrice, SaleRoundView};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// A sale round to create. It comes after those that the performance has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSaleRound)]
pub(crate) struct NewSaleRoundBody {
    #[schema(example = "early bird")]
    name: String,
    /// Left out: when the round before it has closed, or has fewer tickets left than are wanted; the first: at once.
    opens_at: Option<Instant>,
    /// Left out: with the performance's sale.
    closes_at: Option<Instant>,
    /// How many tickets it sells; left out: as many as there are.
    capacity: Option<i32>,
    /// Anyone unless said.
    access: Option<SaleRoundAccess>,
    /// How many tickets each of its codes is good for, 1 unless said.
    tickets_per_code: Option<i32>,
    /// The offers that it sells.
    prices: Vec<SaleRoundPrice>,
}

/// Creates a sale round. From its first one on, a performance sells in its rounds only.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/sale_rounds", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewSaleRoundBody, responses((status = 201, body = SaleRoundView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewSaleRoundBody>,
) -> Answer {
    let round = SaleRound {
        id: SaleRoundId::new(),
        performance,
        name: body.name,
        opens_at: body.opens_at,
        closes_at: body.closes_at,
        capacity: body.capacity,
        access: body.access.unwrap_or(SaleRoundAccess::Anyone).into(),
        tickets_per_code: body.tickets_per_code.unwrap_or(1),
        prices: body.prices.into_iter().map(Into::into).collect(),
        version: 1,
    };
    let mut call = allowed.begin(key).await?;
    create_sale_round(&mut call.tx, &round).await?;
    call.finish(StatusCode::CREATED, &SaleRoundView::from(round), Some(1)).await
}
