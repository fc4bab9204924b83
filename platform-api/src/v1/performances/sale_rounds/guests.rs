//! `POST /v1/performances/{performance_id}/sale_rounds/{sale_round_id}/guests`

use axum::http::StatusCode;
use foundation::{
    Refusal,
    id::{PerformanceId, SaleRoundId},
};
use serde::{Deserialize, Serialize};
use ticketing::use_cases::set_sale_round::{Guests, admit_guests};
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// Whom to let into a sale round, 1,000 at most in one call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SaleRoundGuests)]
pub(crate) struct GuestsBody {
    /// Who shows one of these codes; for a round whose access is `codes`. Make them hard to guess.
    codes: Option<Vec<String>>,
    /// The buyers with these references or e-mail addresses; for a round whose access is `list`.
    buyers: Option<Vec<String>>,
}

/// How many are new.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaleRoundGuestsAdded)]
pub(crate) struct GuestsAddedView {
    /// How many of them were not let in before.
    added: u64,
}

/// Lets buyers into a sale round by codes or by a list. What is given is kept as keyed hashes and can be read by nobody.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/sale_rounds/{sale_round_id}/guests", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("sale_round_id" = SaleRoundId, Path)), request_body = GuestsBody, responses((status = 200, body = GuestsAddedView)))]
pub(crate) async fn admit(
    allowed: Allowed<ShowsWrite>,
    Path((performance, id)): Path<(PerformanceId, SaleRoundId)>,
    Keyed { key, body }: Keyed<GuestsBody>,
) -> Answer {
    let guests = match (body.codes, body.buyers) {
        (Some(codes), None) => Guests::Codes(codes),
        (None, Some(buyers)) => Guests::Buyers(buyers),
        _ => return Err(Refusal::field("/codes", "give either codes or buyers").into()),
    };
    let mut call = allowed.begin(key).await?;
    let added = admit_guests(&mut call.tx, performance, id, &guests).await?;
    call.finish(StatusCode::OK, &GuestsAddedView { added }, None).await
}
