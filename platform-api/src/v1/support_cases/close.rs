//! `POST /v1/support_cases/{case_id}/close`

use axum::http::StatusCode;
use foundation::id::SupportCaseId;
use tenancy::support_cases;

use super::CaseView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::SupportWrite};

/// Closes a support case for good.
#[utoipa::path(post, path = "/v1/support_cases/{case_id}/close", tag = "Support", params(("case_id" = SupportCaseId, Path)), responses((status = 200, body = CaseView)))]
pub(crate) async fn close(
    allowed: Allowed<SupportWrite>,
    Path(id): Path<SupportCaseId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let case = support_cases::close(&mut call.tx, id).await?;
    let version = case.version;
    call.finish(StatusCode::OK, &CaseView::from(case), Some(version)).await
}
