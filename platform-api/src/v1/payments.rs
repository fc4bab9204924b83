//! `/v1/payments`

pub(crate) mod get;

use foundation::{
    Instant, Money,
    id::{OrderId, PaymentId},
};
use serde::Serialize;
use ticketing::{
    provider::Provider,
    rules::order::{Payment, PaymentState},
};
use utoipa::ToSchema;

/// An attempt to pay an order. The buyer pays it with the provider: by `client_secret` in a widget, or on `page_url`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    id: PaymentId,
    order_id: OrderId,
    #[schema(value_type = String, example = "requires_payment")]
    state: PaymentState,
    amount: Money,
    /// The provider's id of it.
    provider_payment: Option<String>,
    /// What the buyer's browser confirms with; give it to the buyer only.
    client_secret: Option<String>,
    /// The provider's key for browsers.
    publishable_key: String,
    /// The provider's hosted page, where there is one.
    page_url: Option<String>,
    /// Why the last try was declined; the buyer may try again.
    decline: Option<DeclineView>,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

/// Why a try was declined.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decline)]
pub(crate) struct DeclineView {
    /// The provider's code.
    code: String,
    /// The provider's words.
    message: String,
}

impl PaymentView {
    /// The payment with what the buyer needs to pay it through this account.
    pub(crate) fn of(payment: Payment, provider: &Provider) -> Self {
        let open = !matches!(payment.state, PaymentState::Succeeded | PaymentState::Cancelled);
        let secret = payment.client_secret.filter(|_| open);
        let page = payment.provider_intent.as_ref().zip(secret.as_ref());
        Self {
            id: payment.id,
            order_id: payment.order,
            state: payment.state,
            amount: payment.amount,
            page_url: page.and_then(|(intent, secret)| provider.page_of(intent, secret)),
            provider_payment: payment.provider_intent,
            client_secret: secret,
            publishable_key: provider.publishable_key().to_owned(),
            decline: payment.decline.map(|(code, message)| DeclineView { code, message }),
            created_at: payment.created_at,
            version: payment.version,
        }
    }
}
