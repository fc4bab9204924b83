//! `/v1/payments`

pub(crate) mod get;

use foundation::{
    Instant, Money, Refusal,
    id::{OrderId, PaymentId},
    refusal::FieldErrors,
};
use serde::{Deserialize, Serialize};
use ticketing::{
    provider::Provider,
    rules::payment::{Decline, Method, Payment, PaymentState, ProviderId, Way, WebAddress},
};
use utoipa::ToSchema;

/// How the buyer pays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayment)]
pub(crate) struct NewPaymentBody {
    /// `client_secret` (unless said): the buyer's browser pays with the provider's widget. `page`: the buyer pays on the provider's
    /// hosted page and comes back to `return_url`. `confirm`: paid at once with `payment_method`; if the buyer's bank wants to see
    /// the buyer, the answer has a `next_action`, after which the buyer comes back to `return_url`.
    #[schema(value_type = Option<String>, example = "page")]
    method: Option<Asked>,
    /// For `confirm`: the provider's id of a payment method, made in the buyer's browser. Card data never goes through here.
    #[schema(example = "pm_1Pgc75B7WZ01zgkWNMcCcvDQ")]
    payment_method: Option<String>,
    /// For `page` and `confirm`: where the buyer comes back to, however it went: ask for the order then. The provider adds to it what
    /// it likes (with `confirm`, `payment_intent`, `payment_intent_client_secret` and `redirect_status`); none of that is proof.
    #[schema(example = "https://shop.example/thanks")]
    return_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    ClientSecret,
    Page,
    Confirm,
}

impl NewPaymentBody {
    /// Reads it; `at` is where it stands in the body.
    pub(crate) fn way(self, at: &str) -> Result<Way, Refusal> {
        let not_for = |name: &str| Refusal::field(format!("{at}/{name}"), "is not for this method; leave it out");
        let asked = self.method.unwrap_or(Asked::ClientSecret);
        if asked != Asked::Confirm && self.payment_method.is_some() {
            return Err(not_for("payment_method"));
        }
        if asked == Asked::ClientSecret {
            return if self.return_url.is_some() { Err(not_for("return_url")) } else { Ok(Way::ClientSecret) };
        }
        let mut fields = FieldErrors::default();
        let needs_method = asked == Asked::Confirm && self.payment_method.is_none();
        fields.check(!needs_method, format!("{at}/payment_method"), "is needed for this method");
        fields.check(self.return_url.is_some(), format!("{at}/return_url"), "is needed for this method");
        fields.done()?;
        let return_url = WebAddress::parse(&self.return_url.unwrap_or_default(), &format!("{at}/return_url"))?;
        let Some(method) = self.payment_method else { return Ok(Way::Page { return_url }) };
        Ok(Way::Confirm { payment_method: ProviderId::parse(method, &format!("{at}/payment_method"))?, return_url })
    }
}

/// An attempt to pay an order. The buyer pays it with the provider: by `client_secret` in its widget, or on `page_url`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    id: PaymentId,
    order_id: OrderId,
    #[schema(value_type = String, example = "requires_payment")]
    state: PaymentState,
    /// How it is paid, as you asked for it last: `client_secret`, `page` or `confirm`.
    #[schema(value_type = String, example = "client_secret")]
    method: Method,
    amount: Money,
    /// What came, once it has; another amount than `amount` goes back whole.
    received: Option<Money>,
    /// The provider's id of it; of a payment on its page there is one once the buyer has tried.
    provider_payment: Option<String>,
    /// The provider's id of its page, for the method `page`.
    provider_session: Option<String>,
    /// What the buyer's browser confirms with; give it to the buyer only.
    client_secret: Option<String>,
    /// The provider's key for browsers.
    publishable_key: String,
    /// The provider's hosted page, for the method `page`.
    page_url: Option<String>,
    /// What the buyer has to do next, if the buyer's bank wants to see the buyer.
    next_action: Option<NextActionView>,
    /// Why the last try was declined, until one succeeds; the buyer may try again.
    decline: Option<DeclineView>,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

/// What the buyer has to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextAction)]
pub(crate) struct NextActionView {
    /// `redirect`: send the buyer to `url`. `widget`: the provider's widget does it.
    #[schema(value_type = String, example = "redirect")]
    kind: &'static str,
    url: Option<String>,
}

/// Why a try was declined.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decline)]
pub(crate) struct DeclineView {
    /// The provider's code.
    code: String,
    /// The provider's words.
    message: String,
    /// What the buyer can do.
    #[schema(value_type = String)]
    advice: &'static str,
}

impl From<Decline> for DeclineView {
    fn from(decline: Decline) -> Self {
        Self { advice: decline.advice(), code: decline.code, message: decline.message }
    }
}

impl PaymentView {
    /// The payment with what the buyer needs to pay it through this account.
    pub(crate) fn of(payment: Payment, provider: &Provider) -> Self {
        let open = payment.state.is_open();
        let waits = payment.state == PaymentState::RequiresAction;
        let action =
            |url: Option<String>| NextActionView { kind: if url.is_some() { "redirect" } else { "widget" }, url };
        Self {
            id: payment.id,
            order_id: payment.order,
            state: payment.state,
            method: payment.method,
            amount: payment.amount,
            received: payment.received,
            provider_payment: payment.provider_intent,
            provider_session: payment.provider_session,
            client_secret: payment.client_secret.filter(|_| open),
            publishable_key: provider.publishable_key().to_owned(),
            next_action: (waits && payment.method != Method::Page).then(|| action(payment.action_url)),
            page_url: payment.page_url.filter(|_| open),
            decline: payment.decline.filter(|_| payment.state != PaymentState::Succeeded).map(DeclineView::from),
            created_at: payment.created_at,
            version: payment.version,
        }
    }
}
