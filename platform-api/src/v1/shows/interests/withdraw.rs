//! `POST /v1/shows/{show_id}/interests/{interest_id}/withdraw`

use axum::http::StatusCode;
use foundation::id::{InterestId, ShowId};
use ticketing::use_cases::register_interest::withdraw_interest;

use super::InterestView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::WaitlistsWrite};

/// Erases an interest and the address with it. The answer is the last that is told of it.
#[utoipa::path(post, path = "/v1/shows/{show_id}/interests/{interest_id}/withdraw", tag = "Waitlists", params(("show_id" = ShowId, Path), ("interest_id" = InterestId, Path)), responses((status = 200, body = InterestView)))]
pub(crate) async fn withdraw(
    allowed: Allowed<WaitlistsWrite>,
    Path((show, id)): Path<(ShowId, InterestId)>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let erased = withdraw_interest(&mut call.tx, show, id).await?;
    call.finish(StatusCode::OK, &InterestView::from(&erased), None).await
}
