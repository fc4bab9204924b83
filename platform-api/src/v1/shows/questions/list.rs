//! `GET /v1/shows/{show_id}/questions`

use foundation::{id::ShowId, page::Page};
use ticketing::store::{questions, shows};

use super::QuestionView;
use crate::{
    v1::public::seen_by,
    web::{Allowed, Answer, ListOf, Path, Reply, scope::ShowsRead},
};

/// Lists what a show asks its buyers, in the order of asking; there are 50 at most.
#[utoipa::path(get, path = "/v1/shows/{show_id}/questions", tag = "Shows", params(("show_id" = ShowId, Path)), responses((status = 200, body = ListOf<QuestionView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Path(show): Path<ShowId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let of = shows::get(&mut tx, show).await?;
    seen_by(&mut tx, &allowed.caller, &of, "show").await?;
    let items = questions::of_shows(&mut tx, &[show]).await?;
    Reply::ok(&ListOf::from(Page { items, next_cursor: None }.map(QuestionView::from)))
}
