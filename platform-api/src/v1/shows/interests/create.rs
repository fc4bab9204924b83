//! `POST /v1/shows/{show_id}/interests`

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
};
use foundation::id::{PerformanceId, SaleRoundId, ShowId};
use serde::Deserialize;
use ticketing::{rules::interest::NewInterest, store::shows, use_cases::register_interest::register_interest};
use utoipa::ToSchema;

use super::InterestView;
use crate::{
    app::App,
    v1::{orders::BuyerBody, public::seen_by},
    web::{Allowed, Answer, Keyed, Path, scope::WaitlistsWrite},
};

/// Who wants to be told when it is on sale.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInterest)]
pub(crate) struct NewInterestBody {
    /// Left out: whichever of the show's performances opens first.
    performance_id: Option<PerformanceId>,
    /// A sale round of that performance, such as a presale, that is to open at a known time; left out: its sale as a whole.
    sale_round_id: Option<SaleRoundId>,
    /// The e-mail address is needed.
    buyer: BuyerBody,
}

/// Registers interest in what is not on sale yet: the address is told once, by e-mail, when it opens.
#[utoipa::path(post, path = "/v1/shows/{show_id}/interests", tag = "Waitlists", params(("show_id" = ShowId, Path)), request_body = NewInterestBody, responses((status = 201, body = InterestView)))]
pub(crate) async fn create(
    allowed: Allowed<WaitlistsWrite>,
    State(app): State<App>,
    Path(id): Path<ShowId>,
    parts: Parts,
    Keyed { key, body }: Keyed<NewInterestBody>,
) -> Answer {
    allowed.throttle_joins(&parts, &app).await?;
    let new = NewInterest { performance: body.performance_id, round: body.sale_round_id, buyer: body.buyer.read()? };
    let mut call = allowed.begin(key).await?;
    let show = shows::get(&mut call.tx, id).await?;
    seen_by(&mut call.tx, &allowed.caller, &show, "show").await?;
    let interest = register_interest(&mut call.tx, id, new).await?;
    call.finish(StatusCode::CREATED, &InterestView::from(&interest), None).await
}
