//! `/v1/shows/{show_id}/questions`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use foundation::id::QuestionId;
use serde::{Deserialize, Serialize};
use ticketing::rules::{self, question::Question};
use utoipa::ToSchema;

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QuestionKind {
    /// Some words.
    Text,
    /// A whole number.
    Number,
    /// A day, as `2001-12-31`.
    Date,
    /// True or false.
    YesNo,
    /// One of the choices.
    Choice,
}

impl From<QuestionKind> for rules::question::Kind {
    fn from(wire: QuestionKind) -> Self {
        match wire {
            QuestionKind::Text => Self::Text,
            QuestionKind::Number => Self::Number,
            QuestionKind::Date => Self::Date,
            QuestionKind::YesNo => Self::YesNo,
            QuestionKind::Choice => Self::Choice,
        }
    }
}

/// What a show asks its buyers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Question)]
pub(crate) struct QuestionView {
    id: QuestionId,
    #[schema(example = "How old are you?")]
    text: String,
    kind: QuestionKind,
    /// What may be chosen.
    choices: Vec<String>,
    /// Whether an order can be paid without an answer.
    required: bool,
    /// Whether it is no longer asked.
    retired: bool,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Question> for QuestionView {
    fn from(question: Question) -> Self {
        let kind = match question.kind {
            rules::question::Kind::Text => QuestionKind::Text,
            rules::question::Kind::Number => QuestionKind::Number,
            rules::question::Kind::Date => QuestionKind::Date,
            rules::question::Kind::YesNo => QuestionKind::YesNo,
            rules::question::Kind::Choice => QuestionKind::Choice,
        };
        let Question { id, text, choices, required, retired, version, .. } = question;
        Self { id, text, kind, choices, required, retired, version }
    }
}
