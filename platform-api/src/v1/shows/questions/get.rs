//! `GET /v1/shows/{show_id}/questions/{question_id}`

use foundation::id::{QuestionId, ShowId};
use ticketing::store::{questions, shows};

use super::QuestionView;
use crate::{
    v1::public::seen_by,
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// Reads a question.
#[utoipa::path(get, path = "/v1/shows/{show_id}/questions/{question_id}", tag = "Shows", params(("show_id" = ShowId, Path), ("question_id" = QuestionId, Path)), responses((status = 200, body = QuestionView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path((show, id)): Path<(ShowId, QuestionId)>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let of = shows::get(&mut tx, show).await?;
    seen_by(&mut tx, &allowed.caller, &of, "show").await?;
    let question = questions::get(&mut tx, show, id).await?;
    let version = question.version;
    Reply::versioned(&QuestionView::from(question), version)
}
