//! The account link: the way for a business to the provider's form, good once and for a short time.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::table::Row;

/// A link as kept. Its id is what makes its address hard to guess.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccountLink {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) refresh_url: String,
    pub(crate) return_url: String,
    pub(crate) used: bool,
}

impl Row for AccountLink {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl AccountLink {
    /// `address` is where the provider's pages are.
    pub(crate) fn to_json(&self, address: &str) -> Value {
        json!({
            "object": "account_link",
            "created": self.created,
            "expires_at": self.expires_at,
            "url": format!("{address}/setup/{}", self.id),
        })
    }

    /// Whether it still opens the form. `now` in seconds.
    pub(crate) fn is_good(&self, now: i64) -> bool {
        !self.used && now < self.expires_at
    }
}
