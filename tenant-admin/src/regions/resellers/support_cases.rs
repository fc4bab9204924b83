//! `/regions/{region}/resellers/{reseller}/support_cases/{case}`: what a reseller has asked, and what operators answer.

mod acts;
mod read;

pub(super) use self::{
    acts::{answer, assign, resolve},
    read::{get, messages},
};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use foundation::{
    Instant, Refusal,
    id::{OrderId, PaymentId, PayoutId, ResellerId, SupportCaseId},
};
use serde::{Deserialize, Serialize};
use tenancy::support_cases::{CaseState, Category, SupportCase};

use crate::{Cells, problem::Problem};

/// The reseller and the case in the address.
pub(super) struct CasePath(ResellerId, SupportCaseId);

#[derive(Deserialize)]
struct Address {
    reseller: String,
    case: String,
}

impl FromRequestParts<Cells> for CasePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cells: &Cells) -> Result<Self, Problem> {
        let missing = || Refusal::missing("support case");
        let Path(address) = Path::<Address>::from_request_parts(parts, cells).await.map_err(|_| missing())?;
        let reseller = address.reseller.parse().map_err(|_| Refusal::missing("reseller"))?;
        Ok(Self(reseller, address.case.parse().map_err(|_| missing())?))
    }
}

/// A case, whole but for what was written.
#[derive(Serialize)]
pub(super) struct CaseShown {
    id: SupportCaseId,
    reseller_id: ResellerId,
    state: CaseState,
    category: Category,
    subject: String,
    order_id: Option<OrderId>,
    item_no: Option<i16>,
    payment_id: Option<PaymentId>,
    payout_id: Option<PayoutId>,
    assignee: Option<String>,
    messages: i32,
    created_at: Instant,
    written_at: Instant,
    version: i64,
}

impl CaseShown {
    fn of(reseller_id: ResellerId, case: SupportCase) -> Self {
        Self {
            id: case.id,
            reseller_id,
            state: case.state,
            category: case.category,
            subject: case.subject,
            order_id: case.order_id,
            item_no: case.item_no,
            payment_id: case.payment_id,
            payout_id: case.payout_id,
            assignee: case.assignee,
            messages: case.messages,
            created_at: case.created_at,
            written_at: case.written_at,
            version: case.version,
        }
    }
}
