//! `GET /v1/support_cases/{case_id}`

use foundation::id::SupportCaseId;
use tenancy::support_cases;

use super::CaseView;
use crate::web::{Allowed, Answer, Path, Reply, scope::SupportRead};

/// Reads a support case.
#[utoipa::path(get, path = "/v1/support_cases/{case_id}", tag = "Support", params(("case_id" = SupportCaseId, Path)), responses((status = 200, body = CaseView)))]
pub(crate) async fn get(allowed: Allowed<SupportRead>, Path(id): Path<SupportCaseId>) -> Answer {
    let case = support_cases::get(&mut allowed.snapshot().await?, id).await?;
    let version = case.version;
    Reply::versioned(&CaseView::from(case), version)
}
