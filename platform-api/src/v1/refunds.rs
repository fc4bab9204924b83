//! `/v1/refunds`

pub(crate) mod get;
pub(crate) mod retry;

use axum::http::StatusCode;
use foundation::{
    Instant, Money,
    id::{CreditId, OrderId, PaymentId, RefundId},
};
use serde::Serialize;
use ticketing::{
    rules::payment::{Refund, RefundState},
    store::claims::Change,
    use_cases::refund::send,
};
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, caller::Call};

/// Answers with a refund that was accepted in this call, then asks the provider for it.
pub(crate) async fn accepted<N>(allowed: &Allowed<N>, call: Call<'_>, refund: Refund, changes: &[Change]) -> Answer {
    let (id, version) = (refund.id, refund.version);
    let answer = call.finish_with(StatusCode::CREATED, &RefundView::from(refund), Some(version), changes).await;
    // Accepted is accepted: if the provider cannot be reached now, the worker asks again.
    if answer.is_ok()
        && let Err(error) = send(&allowed.services.inventory, allowed.provider(), allowed.caller.reseller, id).await
    {
        tracing::warn!(%error, refund = %id, "a refund has not reached the provider yet");
    }
    answer
}

/// Money given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundView {
    id: RefundId,
    order_id: OrderId,
    /// The payment whose money it is of; null where the order had it in credit.
    payment_id: Option<PaymentId>,
    /// The credit that the buyer gets; null where it is money that goes back.
    credit_id: Option<CreditId>,
    #[schema(value_type = String, example = "pending")]
    state: RefundState,
    amount: Money,
    /// Of the tax in the prices of the tickets, what goes back with it; null where none was told.
    ticket_tax: Option<Money>,
    /// Which items of the order; none for an amount of no ticket in particular, and for money that came late and went back whole.
    items: Vec<i16>,
    reason: String,
    /// Why it failed, in the payment provider's word.
    failure_reason: Option<String>,
    /// The failed refund that this one makes good.
    retry_of: Option<RefundId>,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self {
            id: refund.id,
            order_id: refund.order,
            payment_id: refund.payment,
            credit_id: refund.credit,
            state: refund.state,
            amount: refund.amount,
            ticket_tax: refund.ticket_tax.map(|tax| Money::rounded(tax, refund.amount.currency())),
            items: refund.items,
            reason: refund.reason,
            failure_reason: refund.failure_reason,
            retry_of: refund.retry_of,
            created_at: refund.created_at,
            version: refund.version,
        }
    }
}
