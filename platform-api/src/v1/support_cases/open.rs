//! `POST /v1/support_cases`

use axum::http::StatusCode;
use foundation::id::{OrderId, PaymentId, PayoutId};
use serde::Deserialize;
use tenancy::support_cases::{self, Category, NewCase};
use utoipa::ToSchema;

use super::CaseView;
use crate::web::{Allowed, Answer, Keyed, scope::SupportWrite};

/// What is the matter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSupportCase)]
pub(crate) struct NewCaseBody {
    category: Category,
    /// One line of at most 200 bytes.
    #[schema(example = "A payout has not arrived")]
    subject: String,
    /// At most 10,000 bytes; the case's first message.
    text: String,
    /// An order of yours that it is about.
    order_id: Option<OrderId>,
    /// A ticket of that order.
    item_no: Option<i16>,
    /// A payment of yours that it is about.
    payment_id: Option<PaymentId>,
    /// A payout of yours that it is about.
    payout_id: Option<PayoutId>,
}

/// Opens a support case. The platform's operators read and answer it.
#[utoipa::path(post, path = "/v1/support_cases", tag = "Support", request_body = NewCaseBody, responses((status = 201, body = CaseView)))]
pub(crate) async fn open(allowed: Allowed<SupportWrite>, Keyed { key, body }: Keyed<NewCaseBody>) -> Answer {
    let NewCaseBody { category, subject, text, order_id, item_no, payment_id, payout_id } = body;
    let new = NewCase { category, subject, text, order_id, item_no, payment_id, payout_id };
    let mut call = allowed.begin(key).await?;
    let case = support_cases::open(&mut call.tx, &new).await?;
    let version = case.version;
    call.finish(StatusCode::CREATED, &CaseView::from(case), Some(version)).await
}
