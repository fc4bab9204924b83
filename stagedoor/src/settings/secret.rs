//! Values that must not be seen. They must never reach a log, an error or the terminal.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, de};

/// What is shown instead of a secret.
pub(crate) const REDACTED: &str = "(secret)";

/// The keys of a cell, of its accounts at the payment provider and of its mail server that hold a secret. Each may be given as `<key>_file` as well.
pub(crate) const SECRET_KEYS: [&str; 9] = [
    "database_url",
    "worker_database_url",
    "owner_database_url",
    "secret_key",
    "callback_secret",
    "sealing_key",
    "previous_sealing_key",
    "operator_key",
    "smtp_url",
];

/// A text that shows itself only to who asks for it by name.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// Takes a text that was made in this process, such as the password of the private PostgreSQL.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. Not for logs.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The key that seals webhook secrets at rest.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SealingKey([u8; 32]);

impl SealingKey {
    /// Takes a key that was made or kept by this process.
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself. Not for logs.
    pub(crate) fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<'de> Deserialize<'de> for SealingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.trim()).map_err(|_| de::Error::custom("it is not base64"))?;
        bytes.try_into().map(Self).map_err(|_| de::Error::custom("it is not 32 bytes long"))
    }
}
