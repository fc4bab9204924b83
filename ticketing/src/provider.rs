//! The payment provider, by Stripe's HTTP API: our client of it, the calls that paying needs, and the reading of its callbacks.
//! A cell has two accounts there: one for live environments, one for test environments, which never move money.
//!
//! It knows Stripe's forms and the quirks of its amounts, and no rule of ours: what an answer means for an order is decided in
//! the use cases. No database transaction may be open while one of these calls is made.

mod callback;
mod client;

use std::{collections::HashMap, fmt, sync::Arc};

use foundation::{
    Code, Currency, Mode, Money, Refusal,
    id::{OrderId, PaymentId, RefundId, ResellerId},
};
use rust_decimal::Decimal;
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_core::{
    balance_transaction::RetrieveBalanceTransaction,
    payment_intent::{
        CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods, RetrievePaymentIntent,
        SearchPaymentIntent,
    },
    refund::{CreateRefund, RetrieveRefund},
};
use stripe_shared::{PaymentIntent, PaymentIntentStatus};

pub use callback::{Callback, CallbackKind, NotACallback};
use client::Client;

/// An account at the provider, where that is, and how to speak to it.
#[derive(Clone)]
pub struct ProviderSettings {
    /// `https://api.stripe.com/`, or the sandbox's address.
    pub base_url: String,
    /// The account's secret key.
    pub secret_key: String,
    /// Its key for browsers.
    pub publishable_key: String,
    /// What its callbacks are signed with.
    pub callback_secret: String,
    /// Where its hosted payment page is; none where the reseller's own page is used.
    pub page_url: Option<String>,
}

/// Why the provider did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It said no: asking again will not help.
    #[error("the payment provider refused: {message} ({code})")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// It did not answer, or not in a form that can be understood: whether it did it is not known.
    #[error("the payment provider did not answer: {0}")]
    Unreachable(String),
}

impl From<ProviderError> for foundation::Error {
    fn from(error: ProviderError) -> Self {
        match error {
            // Asking again would not help, so the caller is told what the provider said.
            ProviderError::Refused { .. } => Refusal::new(Code::PaymentRefused, error.to_string()).into(),
            ProviderError::Unreachable(_) => Self::Provider(error.to_string()),
        }
    }
}

/// What the provider says of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentState {
    /// Its id there.
    pub id: String,
    /// What the buyer's browser confirms with.
    pub client_secret: Option<String>,
    /// Where it stands.
    pub standing: Standing,
    /// What was received, in the provider's smallest unit.
    pub amount_received: i64,
    /// The charge, once there is one.
    pub charge: Option<String>,
}

/// Where a payment stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The buyer has still to pay.
    Open,
    /// It is being decided.
    Processing,
    /// The money is there.
    Succeeded,
    /// It can no longer be paid.
    Cancelled,
}

/// What the provider says of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundAnswer {
    /// Its id there.
    pub id: String,
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`.
    pub status: String,
}

/// One account at the payment provider.
#[derive(Clone)]
pub struct Provider {
    client: Client,
    publishable_key: Arc<str>,
    callback_secret: Arc<str>,
    page_url: Option<Arc<str>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({:?}, {})", self.client, self.publishable_key)
    }
}

/// The two accounts of a cell. Which one a payment goes through follows from its tenant alone.
#[derive(Debug, Clone)]
pub struct Providers {
    /// Moves money.
    pub live: Provider,
    /// The sandbox, or the provider's own test mode.
    pub test: Provider,
}

impl Providers {
    /// The account through which a tenant of this mode pays.
    #[must_use]
    pub fn of(&self, mode: Mode) -> &Provider {
        match mode {
            Mode::Live => &self.live,
            Mode::Test => &self.test,
        }
    }

    /// Reads a callback, and says by its signature which account it is from. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// Why it is none of either account.
    pub fn verify(&self, body: &[u8], signature: &str, now: i64) -> Result<(Mode, Callback), NotACallback> {
        match callback::verify(body, signature, &self.live.callback_secret, now) {
            Err(NotACallback::Signature) => self.test.verify(body, signature, now).map(|read| (Mode::Test, read)),
            other => other.map(|read| (Mode::Live, read)),
        }
    }
}

/// The names under which our ids travel with the provider's objects.
pub(crate) const META_RESELLER: &str = "stagedoor_reseller";
pub(crate) const META_ORDER: &str = "stagedoor_order";
pub(crate) const META_PAYMENT: &str = "stagedoor_payment";
pub(crate) const META_REFUND: &str = "stagedoor_refund";

impl Provider {
    /// A client of the provider.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(settings: &ProviderSettings) -> Result<Self, ProviderError> {
        Ok(Self {
            client: Client::new(settings)?,
            publishable_key: settings.publishable_key.as_str().into(),
            callback_secret: settings.callback_secret.as_str().into(),
            page_url: settings.page_url.as_deref().map(|url| url.trim_end_matches('/').into()),
        })
    }

    /// The account's key for browsers.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        &self.publishable_key
    }

    /// The provider's hosted page for a payment, where there is one.
    #[must_use]
    pub fn page_of(&self, intent: &str, client_secret: &str) -> Option<String> {
        self.page_url.as_ref().map(|page| format!("{page}/{intent}?client_secret={client_secret}"))
    }

    /// Reads a callback of this account. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// Why it is none.
    pub fn verify(&self, body: &[u8], signature: &str, now: i64) -> Result<Callback, NotACallback> {
        callback::verify(body, signature, &self.callback_secret, now)
    }

    /// Creates the payment of an order, or gives the one that an earlier call with the same attempt created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn create_intent(
        &self,
        reseller: ResellerId,
        order: OrderId,
        payment: PaymentId,
        attempt: i16,
        amount: Money,
    ) -> Result<IntentState, ProviderError> {
        let metadata = HashMap::from([
            (META_RESELLER.to_owned(), reseller.to_string()),
            (META_ORDER.to_owned(), order.to_string()),
            (META_PAYMENT.to_owned(), payment.to_string()),
        ]);
        let request = CreatePaymentIntent::new(minor(amount)?, stripe_currency(amount.currency()))
            .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods::new(true))
            .metadata(metadata);
        let intent = self.send("create_intent", &request, &format!("pi:{order}:{attempt}")).await?;
        Ok(intent_state(intent))
    }

    /// Asks for a payment's standing.
    ///
    /// # Errors
    /// The provider's.
    pub async fn intent(&self, id: &str) -> Result<IntentState, ProviderError> {
        self.ask("retrieve_intent", &RetrievePaymentIntent::new(id)).await.map(intent_state)
    }

    /// Looks for the payment that a call whose answer never came may have created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn find_intent(&self, payment: PaymentId) -> Result<Option<IntentState>, ProviderError> {
        let query = format!("metadata['{META_PAYMENT}']:'{payment}'");
        let found = self.ask("search_intent", &SearchPaymentIntent::new(query)).await?;
        Ok(found.data.into_iter().next().map(intent_state))
    }

    /// Cancels a payment. A payment that has succeeded meanwhile is not cancelled; its standing says so.
    ///
    /// # Errors
    /// The provider's.
    pub async fn cancel_intent(&self, id: &str) -> Result<IntentState, ProviderError> {
        // Without a key, under which a "not while it is processing" would be repeated for a day. To cancel twice harms nobody.
        match self.ask("cancel_intent", &CancelPaymentIntent::new(id)).await {
            Ok(intent) => Ok(intent_state(intent)),
            // It is in a state that cannot be cancelled: which one, only it knows.
            Err(ProviderError::Refused { .. }) => self.intent(id).await,
            Err(error) => Err(error),
        }
    }

    /// Gives money back on a payment, or gives the refund that an earlier call created.
    ///
    /// # Errors
    /// The provider's.
    pub async fn create_refund(
        &self,
        reseller: ResellerId,
        refund: RefundId,
        intent: &str,
        amount: Money,
    ) -> Result<RefundAnswer, ProviderError> {
        let metadata = HashMap::from([
            (META_RESELLER.to_owned(), reseller.to_string()),
            (META_REFUND.to_owned(), refund.to_string()),
        ]);
        let request = CreateRefund::new().payment_intent(intent).amount(minor(amount)?).metadata(metadata);
        let answer = self.send("create_refund", &request, &format!("refund:{refund}")).await?;
        Ok(RefundAnswer { id: answer.id.to_string(), status: answer.status.unwrap_or_default() })
    }

    /// Asks how a refund stands.
    ///
    /// # Errors
    /// The provider's.
    pub async fn refund(&self, id: &str) -> Result<RefundAnswer, ProviderError> {
        let answer = self.ask("retrieve_refund", &RetrieveRefund::new(id)).await?;
        Ok(RefundAnswer { id: answer.id.to_string(), status: answer.status.unwrap_or_default() })
    }

    /// The provider's own fee of a balance transaction, in the major unit of the currency.
    ///
    /// # Errors
    /// The provider's; unreachable if it is in another currency than the payment.
    pub async fn fee(&self, transaction: &str, currency: Currency) -> Result<Decimal, ProviderError> {
        let answer = self.ask("retrieve_balance_transaction", &RetrieveBalanceTransaction::new(transaction)).await?;
        if answer.currency != stripe_currency(currency) {
            return Err(ProviderError::Unreachable(format!(
                "the fee of {transaction} is in {}, not {currency}",
                answer.currency
            )));
        }
        Ok(major(answer.fee, currency))
    }

    async fn send<R: StripeRequest>(
        &self,
        call: &'static str,
        request: &R,
        key: &str,
    ) -> Result<R::Output, ProviderError>
    where
        R::Output: miniserde::Deserialize,
    {
        let key = IdempotencyKey::new(key).map_err(|error| ProviderError::Unreachable(error.to_string()))?;
        let request = request.customize().request_strategy(RequestStrategy::Idempotent(key));
        client::measured(call, request.send(&self.client)).await
    }

    /// A call that may be repeated as it is.
    async fn ask<R: StripeRequest>(&self, call: &'static str, request: &R) -> Result<R::Output, ProviderError>
    where
        R::Output: miniserde::Deserialize,
    {
        client::measured(call, request.customize().send(&self.client)).await
    }
}

fn intent_state(intent: PaymentIntent) -> IntentState {
    IntentState {
        id: intent.id.to_string(),
        client_secret: intent.client_secret,
        standing: match intent.status {
            PaymentIntentStatus::Succeeded => Standing::Succeeded,
            PaymentIntentStatus::Canceled => Standing::Cancelled,
            PaymentIntentStatus::Processing | PaymentIntentStatus::RequiresCapture => Standing::Processing,
            _ => Standing::Open,
        },
        amount_received: intent.amount_received,
        charge: intent.latest_charge.map(|charge| charge.id().to_string()),
    }
}

fn stripe_currency(currency: Currency) -> stripe_types::Currency {
    // Reading a currency's code never fails: a code that the library does not know is carried as it is.
    match currency.code().to_lowercase().parse() {
        Ok(currency) => currency,
        Err(never) => match never {},
    }
}

/// The provider takes ISK and UGX, which have no decimals, as if they had two (its own documented exceptions).
fn extra_decimals(currency: Currency) -> i64 {
    if matches!(currency.code(), "ISK" | "UGX") { 100 } else { 1 }
}

/// An amount as the provider takes it.
pub(crate) fn minor(amount: Money) -> Result<i64, ProviderError> {
    let minor = amount
        .currency()
        .to_minor(amount.amount())
        .and_then(|minor| minor.checked_mul(extra_decimals(amount.currency())));
    minor.ok_or_else(|| ProviderError::Refused {
        code: "amount".to_owned(),
        message: format!("{} cannot be paid", amount.amount()),
    })
}

/// An amount of the provider in the major unit.
pub(crate) fn major(minor: i64, currency: Currency) -> Decimal {
    currency.round(currency.from_minor(minor) / Decimal::from(extra_decimals(currency)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_travel_in_the_providers_units_and_back() {
        for (amount, code, theirs) in
            [("49.90", "EUR", 4990), ("1999", "JPY", 1999), ("5.120", "KWD", 5120), ("300", "ISK", 30_000)]
        {
            let currency: Currency = code.parse().unwrap();
            let money = Money::new(amount.parse().unwrap(), currency).unwrap();
            assert_eq!(minor(money).unwrap(), theirs);
            assert_eq!(major(theirs, currency), money.amount());
        }
    }
}
