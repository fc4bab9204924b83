//! `/v1/support_cases`

pub(crate) mod close;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod messages;
pub(crate) mod open;

use foundation::{
    Instant,
    id::{OrderId, PaymentId, PayoutId, SupportCaseId},
};
use serde::Serialize;
use tenancy::support_cases::{Author, CaseState, Category, Message, SupportCase};
use utoipa::ToSchema;

/// What you have asked the platform's operators about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportCase)]
pub(crate) struct CaseView {
    id: SupportCaseId,
    state: CaseState,
    category: Category,
    subject: String,
    order_id: Option<OrderId>,
    /// The order's ticket that it is about.
    item_no: Option<i16>,
    payment_id: Option<PaymentId>,
    payout_id: Option<PayoutId>,
    /// How many messages it has.
    messages: i32,
    created_at: Instant,
    /// When something was last written.
    written_at: Instant,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<SupportCase> for CaseView {
    fn from(case: SupportCase) -> Self {
        Self {
            id: case.id,
            state: case.state,
            category: case.category,
            subject: case.subject,
            order_id: case.order_id,
            item_no: case.item_no,
            payment_id: case.payment_id,
            payout_id: case.payout_id,
            messages: case.messages,
            created_at: case.created_at,
            written_at: case.written_at,
            version: case.version,
        }
    }
}

/// What was written of a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportMessage)]
pub(crate) struct MessageView {
    /// Counts them, from 1.
    no: i32,
    author: Author,
    text: String,
    created_at: Instant,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self { no: message.no, author: message.author, text: message.text, created_at: message.created_at }
    }
}
