//! `GET /v1/support_cases`

use foundation::page::PageOf;
use serde::Deserialize;
use tenancy::support_cases::{self, CaseState};
use utoipa::IntoParams;

use super::CaseView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::SupportRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CasesQuery {
    /// Only those that are so.
    state: Option<CaseState>,
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists support cases, the newest first.
#[utoipa::path(get, path = "/v1/support_cases", tag = "Support", params(CasesQuery), responses((status = 200, body = ListOf<CaseView>)))]
pub(crate) async fn list(allowed: Allowed<SupportRead>, Query(query): Query<CasesQuery>) -> Answer {
    let page = PageOf::parse(query.limit, query.cursor.as_deref())?;
    let cases = support_cases::list(&mut allowed.snapshot().await?, query.state, &page).await?;
    Reply::ok(&ListOf::from(cases.map(CaseView::from)))
}
