//! Support cases: what a reseller asks the platform's operators about, and what both sides wrote of it.
//!
//! Whoever was written to last has the next word, and the state says who that is. What is written stands in here and is shown to both
//! sides; events and mail tell that something was written and never what.

mod answer;
mod assign;
mod close;
mod list;
mod open;
mod resolve;
mod rules;
mod store;
mod write;

use foundation::{
    Instant,
    event::NewEvent,
    id::{OrderId, PaymentId, PayoutId, ResellerId, SupportCaseId},
};
use serde_json::json;

pub use self::{
    answer::answer,
    assign::assign,
    close::close,
    list::{get, list, list_all, messages},
    open::open,
    resolve::resolve,
    rules::{MESSAGES_MAX, OPEN_MAX, SUBJECT_MAX, TEXT_MAX},
    write::write,
};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CaseState {
    /// No operator has written yet.
    Open,
    /// The reseller has written last.
    WaitingForUs,
    /// An operator has written last.
    WaitingForReseller,
    /// An operator thinks that all is said; it opens again when the reseller writes.
    Resolved,
    /// The reseller has ended it.
    Closed,
}

impl CaseState {
    /// Every state, in the order of a life.
    pub const ALL: &'static [Self] =
        &[Self::Open, Self::WaitingForUs, Self::WaitingForReseller, Self::Resolved, Self::Closed];

    /// The states that may follow.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::WaitingForReseller, Self::Resolved, Self::Closed],
            Self::WaitingForUs => &[Self::WaitingForReseller, Self::Resolved, Self::Closed],
            Self::WaitingForReseller => &[Self::WaitingForUs, Self::Resolved, Self::Closed],
            Self::Resolved => &[Self::WaitingForUs, Self::Closed],
            Self::Closed => &[],
        }
    }
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Category {
    /// Shows, tickets, holds and orders.
    Sales,
    /// Payments, refunds and disputes.
    Payments,
    /// Balance, settlements and payouts.
    Payouts,
    /// Webhooks and events.
    Webhooks,
    /// The account and its keys.
    Account,
    /// Something else.
    Other,
}

/// Who has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Author {
    /// The reseller.
    Reseller,
    /// One of the platform's operators.
    Operator,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SupportCase {
    /// Its id.
    #[sqlx(rename = "case_id")]
    pub id: SupportCaseId,
    /// Whose turn it is.
    pub state: CaseState,
    /// What it is about.
    pub category: Category,
    /// The same in the reseller's words, one line.
    pub subject: String,
    /// The order that it is about.
    pub order_id: Option<OrderId>,
    /// The order's ticket that it is about.
    pub item_no: Option<i16>,
    /// The payment that it is about.
    pub payment_id: Option<PaymentId>,
    /// The payout that it is about.
    pub payout_id: Option<PayoutId>,
    /// The operator who sees to it.
    pub assignee: Option<String>,
    /// How many messages it has.
    pub messages: i32,
    /// When it was opened. By the tenant's clock, like all of these times.
    pub created_at: Instant,
    /// When something was last written.
    pub written_at: Instant,
    /// Raised by every change.
    pub version: i64,
}

/// What was written of a case.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Message {
    /// Counts them, from 1.
    #[sqlx(rename = "message_no")]
    pub no: i32,
    /// By whom.
    pub author: Author,
    /// By which operator.
    pub operator: Option<String>,
    /// What.
    pub text: String,
    /// When, by the tenant's clock.
    pub created_at: Instant,
}

/// A case to be opened.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// What it is about.
    pub category: Category,
    /// The same in one line.
    pub subject: String,
    /// What is the matter.
    pub text: String,
    /// The order that it is about.
    pub order_id: Option<OrderId>,
    /// The order's ticket that it is about.
    pub item_no: Option<i16>,
    /// The payment that it is about.
    pub payment_id: Option<PaymentId>,
    /// The payout that it is about.
    pub payout_id: Option<PayoutId>,
}

/// A case as it is seen over all resellers: without anything that was written.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, serde::Serialize)]
pub struct CaseLine {
    /// Its id.
    #[sqlx(rename = "case_id")]
    pub id: SupportCaseId,
    /// Whose it is.
    pub reseller_id: ResellerId,
    /// Whose turn it is.
    pub state: CaseState,
    /// What it is about.
    pub category: Category,
    /// The operator who sees to it.
    pub assignee: Option<String>,
    /// How many messages it has.
    pub messages: i32,
    /// When it was opened.
    pub created_at: Instant,
    /// When something was last written.
    pub written_at: Instant,
}

/// The event of a case as it now is: nothing that was written, and no operator's name.
fn case_event(kind: &'static str, case: &SupportCase) -> NewEvent {
    let data = json!({
        "id": case.id, "state": case.state, "category": case.category, "order_id": case.order_id, "item_no": case.item_no,
        "payment_id": case.payment_id, "payout_id": case.payout_id, "messages": case.messages,
    });
    NewEvent::of(kind, "support_case", case.id, case.version, data)
}
