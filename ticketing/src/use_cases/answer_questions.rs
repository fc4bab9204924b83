//! Takes a buyer's answers to what the shows of an order ask, until it is paid.

use std::collections::BTreeMap;

use foundation::{
    Result, TenantTx, event,
    id::{OrderId, QuestionId},
    refusal::{FieldErrors, Refusal},
    version::IfVersion,
};
use serde_json::Value;

use super::{settle::order_event, stale};
use crate::{
    rules::{order::Order, question::Question},
    store::{orders, questions},
};

/// Writes answers on the order of this version; null takes one away, what is not given stays.
///
/// # Errors
/// `not_found`, `if_match_stale`, `order_locked`, `order_expired`, `order_not_payable`, `invalid_field` naming each answer that is none.
pub async fn answer_questions(
    tx: &mut TenantTx,
    id: OrderId,
    version: impl Into<IfVersion>,
    given: &[(QuestionId, Value)],
) -> Result<Order> {
    let now = tx.now().await?;
    let mut order = orders::lock(tx, id).await?;
    if !version.into().admits(order.version) {
        return Err(stale().into());
    }
    order.open_at(now)?;
    let asked = questions::of_shows(tx, &order.shows()).await?;
    let answers = read(&asked, order.answers.clone(), given)?;
    if answers == order.answers {
        return Ok(order);
    }
    orders::set_answers(tx, &mut order, answers).await?;
    event::append(tx, &[order_event("order.updated", &order)]).await?;
    orders::get(tx, id).await
}

/// The answers with those that are given, each to one of the questions that are asked.
pub(super) fn read(
    asked: &[Question],
    mut answers: BTreeMap<QuestionId, Value>,
    given: &[(QuestionId, Value)],
) -> Result<BTreeMap<QuestionId, Value>, Refusal> {
    let mut fields = FieldErrors::default();
    for (i, (id, answer)) in given.iter().enumerate() {
        let at = format!("/answers/{i}");
        if given[..i].iter().any(|(other, _)| other == id) {
            fields.check(false, format!("{at}/question_id"), "is answered twice");
            continue;
        }
        let Some(question) = asked.iter().find(|question| question.id == *id && !question.retired) else {
            fields.check(false, format!("{at}/question_id"), "is not a question of this order's shows");
            continue;
        };
        if answer.is_null() {
            answers.remove(id);
            continue;
        }
        match question.answered_by(answer) {
            Ok(()) => drop(answers.insert(*id, answer.clone())),
            Err(would) => fields.check(false, format!("{at}/value"), would),
        }
    }
    fields.done()?;
    Ok(answers)
}
