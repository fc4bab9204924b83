//! Creates and changes what a show asks its buyers. It holds for orders that are not paid yet, those that are made already too.

use foundation::{
    Refusal, Result, TenantTx, event,
    id::{QuestionId, ShowId},
    version::IfVersion,
};
use serde_json::json;

use super::stale;
use crate::{
    rules::question::{QUESTIONS_MAX, Question},
    store::{questions, shows},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct QuestionChanges {
    /// What is asked.
    pub text: Option<String>,
    /// What may be chosen.
    pub choices: Option<Vec<String>>,
    /// Whether an order can be paid without an answer.
    pub required: Option<bool>,
    /// Whether it is no longer asked.
    pub retired: Option<bool>,
}

/// Creates a question as the last of its show.
///
/// # Errors
/// `not_found`, `invalid_field`.
pub async fn create_question(tx: &mut TenantTx, question: &Question) -> Result<()> {
    shows::lock(tx, question.show).await?;
    shows::get(tx, question.show).await?;
    question.check()?;
    if questions::of_shows(tx, &[question.show]).await?.len() >= QUESTIONS_MAX {
        let detail = format!("is one of {QUESTIONS_MAX} questions already; that is the most");
        return Err(Refusal::field("/text", detail).into());
    }
    questions::insert(tx, question).await?;
    Ok(event::append(tx, &[question_event("question.created", question)]).await?)
}

/// Changes the question of this version. Its kind stays, for the sake of the answers that were given.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field`.
pub async fn update_question(
    tx: &mut TenantTx,
    show: ShowId,
    id: QuestionId,
    version: impl Into<IfVersion>,
    changes: QuestionChanges,
) -> Result<Question> {
    shows::lock(tx, show).await?;
    let mut question = questions::get(tx, show, id).await?;
    if !version.into().admits(question.version) {
        return Err(stale().into());
    }
    let was = question.clone();
    question.text = changes.text.unwrap_or(question.text);
    question.choices = changes.choices.unwrap_or(question.choices);
    question.required = changes.required.unwrap_or(question.required);
    question.retired = changes.retired.unwrap_or(question.retired);
    question.check()?;
    if question == was {
        return Ok(question);
    }
    question.version = questions::update(tx, &question).await?;
    event::append(tx, &[question_event("question.updated", &question)]).await?;
    Ok(question)
}

fn question_event(kind: &'static str, question: &Question) -> event::NewEvent {
    let data = json!({
        "id": question.id, "show_id": question.show, "text": question.text, "kind": question.kind, "choices": question.choices,
        "required": question.required, "retired": question.retired,
    });
    event::NewEvent::of(kind, "question", question.id, question.version, data)
}
