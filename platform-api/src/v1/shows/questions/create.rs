//! `POST /v1/shows/{show_id}/questions`

use axum::http::StatusCode;
use foundation::id::{QuestionId, ShowId};
use serde::Deserialize;
use ticketing::{rules::question::Question, use_cases::set_question::create_question};
use utoipa::ToSchema;

use super::{QuestionKind, QuestionView};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// A question to create. It comes after those that the show has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewQuestion)]
pub(crate) struct NewQuestionBody {
    #[schema(example = "How old are you?")]
    text: String,
    kind: QuestionKind,
    /// What may be chosen, for a choice.
    #[serde(default)]
    choices: Vec<String>,
    /// Whether an order can be paid without an answer; it can unless said.
    #[serde(default)]
    required: bool,
}

/// Creates a question for the buyers of a show.
#[utoipa::path(post, path = "/v1/shows/{show_id}/questions", tag = "Shows", params(("show_id" = ShowId, Path)), request_body = NewQuestionBody, responses((status = 201, body = QuestionView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(show): Path<ShowId>,
    Keyed { key, body }: Keyed<NewQuestionBody>,
) -> Answer {
    let NewQuestionBody { text, kind, choices, required } = body;
    let (id, kind) = (QuestionId::new(), kind.into());
    let question = Question { id, show, text, kind, choices, required, retired: false, version: 1 };
    let mut call = allowed.begin(key).await?;
    create_question(&mut call.tx, &question).await?;
    call.finish(StatusCode::CREATED, &QuestionView::from(question), Some(1)).await
}
