//! What a reseller has asked, and what both sides wrote of it.

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::Instant;
use serde::Serialize;
use tenancy::support_cases::{self, Author, Message};

use super::{CasePath, CaseShown};
use crate::{
    operator::Operator,
    problem::Problem,
    regions::resellers::{List, Which, page_of},
};

/// What was written.
#[derive(Serialize)]
pub(in crate::regions::resellers) struct MessageShown {
    no: i32,
    author: Author,
    operator: Option<String>,
    text: String,
    created_at: Instant,
}

impl From<Message> for MessageShown {
    fn from(message: Message) -> Self {
        let Message { no, author, operator, text, created_at } = message;
        Self { no, author, operator, text, created_at }
    }
}

pub(in crate::regions::resellers) async fn get(
    operator: Operator,
    CasePath(reseller, id): CasePath,
) -> Result<Json<CaseShown>, Problem> {
    let mut tx = operator.tenant(reseller).await?;
    Ok(Json(CaseShown::of(reseller, support_cases::get(&mut tx, id).await?)))
}

pub(in crate::regions::resellers) async fn messages(
    operator: Operator,
    CasePath(reseller, id): CasePath,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<List<MessageShown>>, Problem> {
    let page = page_of::<i32>(which)?;
    let mut tx = operator.tenant(reseller).await?;
    let messages = support_cases::messages(&mut tx, id, &page).await?;
    Ok(Json(messages.map(MessageShown::from).into()))
}
