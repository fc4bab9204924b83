//! `PATCH /v1/shows/{show_id}/questions/{question_id}`

use foundation::id::{QuestionId, ShowId};
use serde::Deserialize;
use ticketing::use_cases::set_question::{QuestionChanges, update_question};
use utoipa::ToSchema;

use super::QuestionView;
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuestionChanges)]
pub(crate) struct QuestionChangesBody {
    text: Option<String>,
    choices: Option<Vec<String>>,
    required: Option<bool>,
    /// True: it is no longer asked; answers stay.
    retired: Option<bool>,
}

/// Changes a question, for orders that are not paid yet.
#[utoipa::path(patch, path = "/v1/shows/{show_id}/questions/{question_id}", tag = "Shows", params(("show_id" = ShowId, Path), ("question_id" = QuestionId, Path)), request_body = QuestionChangesBody, responses((status = 200, body = QuestionView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path((show, id)): Path<(ShowId, QuestionId)>,
    IfMatch(version): IfMatch,
    Body(body): Body<QuestionChangesBody>,
) -> Answer {
    let QuestionChangesBody { text, choices, required, retired } = body;
    let changes = QuestionChanges { text, choices, required, retired };
    let mut tx = allowed.tx().await?;
    let question = update_question(&mut tx, show, id, version, changes).await?;
    commit(tx).await?;
    let version = question.version;
    Reply::versioned(&QuestionView::from(question), version)
}
