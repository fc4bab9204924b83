//! `/v1/support_cases/{case_id}/messages`

use axum::http::StatusCode;
use foundation::{id::SupportCaseId, page::PageOf};
use serde::Deserialize;
use tenancy::support_cases;
use utoipa::{IntoParams, ToSchema};

use super::{CaseView, MessageView};
use crate::web::{
    Allowed, Answer, Keyed, ListOf, Path, Query, Reply,
    scope::{SupportRead, SupportWrite},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessagesQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists what was written of a support case, the first first.
#[utoipa::path(get, path = "/v1/support_cases/{case_id}/messages", tag = "Support", params(("case_id" = SupportCaseId, Path), MessagesQuery), responses((status = 200, body = ListOf<MessageView>)))]
pub(crate) async fn list(
    allowed: Allowed<SupportRead>,
    Path(id): Path<SupportCaseId>,
    Query(query): Query<MessagesQuery>,
) -> Answer {
    let page = PageOf::parse(query.limit, query.cursor.as_deref())?;
    let messages = support_cases::messages(&mut allowed.snapshot().await?, id, &page).await?;
    Reply::ok(&ListOf::from(messages.map(MessageView::from)))
}

/// What to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSupportMessage)]
pub(crate) struct NewMessageBody {
    /// At most 10,000 bytes.
    text: String,
}

/// Writes of a support case: it is for the operators to answer then. One that was resolved opens again.
#[utoipa::path(post, path = "/v1/support_cases/{case_id}/messages", tag = "Support", params(("case_id" = SupportCaseId, Path)), request_body = NewMessageBody, responses((status = 201, body = CaseView)))]
pub(crate) async fn write(
    allowed: Allowed<SupportWrite>,
    Path(id): Path<SupportCaseId>,
    Keyed { key, body }: Keyed<NewMessageBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let case = support_cases::write(&mut call.tx, id, &body.text).await?;
    let version = case.version;
    call.finish(StatusCode::CREATED, &CaseView::from(case), Some(version)).await
}
