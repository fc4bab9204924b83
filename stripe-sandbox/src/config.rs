//! What the operator decides: where to listen, which accounts exist, what a payment costs. It must never hold state.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::money::Fee;

/// Everything the provider needs to start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the stand-alone binary listens; [`serve`](crate::serve) is handed a listener instead.
    pub listen: SocketAddr,
    /// One account per region or cell; nothing is shared between them but the clock.
    pub accounts: Vec<Account>,
    /// Where state is kept across restarts; without it, state ends with the process.
    #[serde(default)]
    pub state_file: Option<PathBuf>,
    /// What the provider keeps of each captured payment.
    #[serde(default)]
    pub fee: Fee,
    /// How long after its capture a charge gets its balance transaction (in the file: whole seconds).
    #[serde(default = "default_delay", deserialize_with = "seconds")]
    pub balance_transaction_delay: Duration,
}

/// One account of the provider: its keys, and where its events are sent.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// `sk_…`: may do everything.
    pub secret_key: String,
    /// `pk_…`: may confirm a payment whose client secret is known. Also names the account in the state file.
    pub publishable_key: String,
    /// Where events are sent by POST; `None` keeps them for `GET /v1/events` only.
    #[serde(default)]
    pub callback_url: Option<String>,
    /// `whsec_…`: the key of the `Stripe-Signature` header.
    pub callback_secret: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("publishable_key", &self.publishable_key)
            .field("callback_url", &self.callback_url)
            .finish_non_exhaustive()
    }
}

fn default_delay() -> Duration {
    Duration::from_secs(5)
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}
