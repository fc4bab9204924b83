//! The payment provider, by Stripe's HTTP API: our client of it, the calls that paying needs, and the reading of its callbacks.
//! A cell has two accounts there: one for live environments, one for test environments, which never move money.
//!
//! It knows Stripe's forms and the quirks of its amounts, and no rule of ours: what an answer means for an order is decided in
//! the use cases. No database transaction may be open while one of these calls is made.

mod amounts;
mod balance;
mod breaker;
mod callback;
mod calls;
mod client;
mod payouts;

use std::{fmt, sync::Arc, time::Duration};

use foundation::{Code, Mode, Refusal};

use crate::rules::payment::Decline;

pub(crate) use amounts::{major, payable};
pub use callback::{BankWord, Callback, DisputeTransaction, DisputeWord, FraudWord, Kind, NotACallback, RefundWord};
use client::Client;
pub use payouts::{Moved, OnboardingPage};

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
    /// It answered that it failed: whether it did it is not known, and under the same key the answer stays the same.
    #[error("the payment provider failed: {0}")]
    Failed(String),
    /// It did not answer, or not in a form that can be understood: whether it did it is not known.
    #[error("the payment provider did not answer: {0}")]
    Unreachable(String),
    /// It has not answered for a while and is not asked until then; nothing was sent.
    #[error("the payment provider has not answered for a while; it is asked again in {} s", .0.as_secs().max(1))]
    Resting(Duration),
}

impl From<ProviderError> for foundation::Error {
    fn from(error: ProviderError) -> Self {
        match error {
            // Asking again would not help, so the caller is told what the provider said.
            ProviderError::Refused { .. } => Refusal::new(Code::PaymentRefused, error.to_string()).into(),
            ProviderError::Failed(_) | ProviderError::Unreachable(_) => Self::Provider(error.to_string()),
            ProviderError::Resting(pause) => {
                let detail = "The payment provider does not answer at the moment; try again with the same key.";
                Refusal::new(Code::ProviderUnavailable, detail).with_retry_after(pause).into()
            }
        }
    }
}

/// The refusal of what the provider did not answer, told with what else the caller needs to go on.
pub(crate) fn unanswered() -> Refusal {
    let detail = "The payment provider did not answer; try again with the same key.";
    Refusal::new(Code::ProviderUnavailable, detail).with_retry_after(Duration::from_secs(1))
}

/// What the provider says of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentState {
    /// Its id there; none on the provider's page until the buyer has tried.
    pub id: Option<String>,
    /// The session of the provider's page.
    pub session: Option<String>,
    /// Where that page is.
    pub page_url: Option<String>,
    /// What the buyer's browser confirms with.
    pub client_secret: Option<String>,
    /// Where it stands.
    pub standing: Standing,
    /// Where the buyer's bank wants to see the buyer.
    pub action_url: Option<String>,
    /// Why the last try failed.
    pub decline: Option<Decline>,
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
    /// The buyer's bank wants to be asked first.
    NeedsAction,
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
    /// How it stands.
    pub word: RefundWord,
}

/// One account at the payment provider.
#[derive(Clone)]
pub struct Provider {
    client: Client,
    publishable_key: Arc<str>,
    callback_secret: Arc<str>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({:?}, {})", self.client, self.publishable_key)
    }
}

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
        })
    }

    /// The account's key for browsers.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        &self.publishable_key
    }

    /// Reads a callback of this account. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// Why it is none.
    pub fn verify(&self, body: &[u8], signature: &str, now: i64) -> Result<Callback, NotACallback> {
        callback::verify(body, signature, &self.callback_secret, now)
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
        match self.live.verify(body, signature, now) {
            Err(NotACallback::Signature) => self.test.verify(body, signature, now).map(|read| (Mode::Test, read)),
            other => other.map(|read| (Mode::Live, read)),
        }
    }
}
