//! The text of an API key: `sk_live_eu_`, 32 hexadecimal digits of the tenant's id, 48 of a secret.
//!
//! A key says where it belongs, so that it can be looked up in its own region and under its own tenant. Only its hash is
//! kept: with 192 random bits in it, a plain SHA-256 cannot be turned round. It is never logged.

use std::{fmt, str::FromStr};

use foundation::{Mode, id::ResellerId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What a key is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum KeyKind {
    /// For the reseller's own servers: it may do everything.
    Secret,
    /// For one purpose: it may do what was named when it was made.
    Restricted,
    /// For browsers and apps, where anyone can read it: it sees what is on sale.
    Publishable,
    /// For the platform's hosted shop: it sells, and what it sells is sold by the shop. Made by the platform only.
    HostedShop,
}

impl KeyKind {
    const ALL: [Self; 4] = [Self::Secret, Self::Restricted, Self::Publishable, Self::HostedShop];

    /// What a key of this kind begins with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Secret => "sk",
            Self::Restricted => "rk",
            Self::Publishable => "pk",
            Self::HostedShop => "hs",
        }
    }
}

/// Bytes of the random part.
const SECRET_LENGTH: usize = 24;
/// Hexadecimal digits of the tenant's id.
const TENANT_DIGITS: usize = 32;

/// A key, whole. Its `Debug` shows where it belongs and nothing of its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText {
    text: String,
    kind: KeyKind,
    mode: Mode,
    region: String,
    reseller: ResellerId,
    secret_hash: [u8; 32],
}

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an API key")]
pub struct NotAKey;

impl KeyText {
    /// A fresh key.
    ///
    /// # Errors
    /// If the region's name is not one that a key can carry (2 to 16 of `a-z0-9`).
    pub(crate) fn generate(kind: KeyKind, mode: Mode, region: &str, reseller: ResellerId) -> Result<Self, NotAKey> {
        let secret: [u8; SECRET_LENGTH] = rand::random();
        let (tenant, secret) = (reseller.uuid().simple(), hex::encode(secret));
        format!("{}_{}_{region}_{tenant}{secret}", kind.prefix(), mode.as_str()).parse()
    }

    /// What the key is for.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The environment it says it is of.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The region it says it is of.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The tenant it says it is of.
    #[must_use]
    pub fn reseller(&self) -> ResellerId {
        self.reseller
    }

    /// SHA-256 of the whole text: what is kept of it, and by which it is found.
    #[must_use]
    pub fn secret_hash(&self) -> &[u8; 32] {
        &self.secret_hash
    }

    /// The whole text, to be shown once to whom it belongs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Its end, by which a person tells keys apart.
    pub(crate) fn last_four(&self) -> &str {
        self.text.split_at(self.text.len().saturating_sub(4)).1
    }
}

impl FromStr for KeyText {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut parts = text.splitn(4, '_');
        let mut part = || parts.next().ok_or(NotAKey);
        let (kind, mode, region, digits) = (part()?, part()?, part()?, part()?);
        let kind = KeyKind::ALL.into_iter().find(|k| k.prefix() == kind).ok_or(NotAKey)?;
        let mode = mode.parse().map_err(|()| NotAKey)?;
        let in_region =
            (2..=16).contains(&region.len()) && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        // One spelling per key: what is not exactly as it was given out is no key.
        let in_digits = digits.len() == TENANT_DIGITS + 2 * SECRET_LENGTH
            && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !in_region || !in_digits {
            return Err(NotAKey);
        }
        let tenant = Uuid::try_parse(digits.split_at(TENANT_DIGITS).0).map_err(|_| NotAKey)?;
        Ok(Self {
            kind,
            mode,
            region: region.to_owned(),
            reseller: ResellerId::from_uuid(tenant),
            secret_hash: Sha256::digest(text).into(),
            text: text.to_owned(),
        })
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}_{}…", self.kind.prefix(), self.mode.as_str(), self.region, self.reseller.uuid().simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> KeyText {
        KeyText::generate(KeyKind::Restricted, Mode::Test, "eu", ResellerId::new()).unwrap()
    }

    #[test]
    fn a_key_reads_back_what_it_writes() {
        let key = key();
        let read: KeyText = key.expose().parse().unwrap();
        assert_eq!(read, key);
        assert_eq!((read.kind(), read.mode(), read.region()), (KeyKind::Restricted, Mode::Test, "eu"));
        assert!(read.expose().starts_with("rk_test_eu_") && read.expose().ends_with(read.last_four()));
        assert_eq!(read.expose().len(), "rk_test_eu_".len() + 80);
    }

    #[test]
    fn two_keys_differ() {
        let reseller = ResellerId::new();
        let made = || KeyText::generate(KeyKind::Secret, Mode::Live, "eu", reseller).unwrap();
        assert_ne!(made().secret_hash(), made().secret_hash());
    }

    #[test]
    fn nothing_of_the_secret_is_in_its_debug_form() {
        let key = key();
        let shown = format!("{key:?}");
        // All of it but the 48 digits of the secret, and then the ellipsis.
        assert_eq!(shown.strip_suffix('…'), key.expose().get(..key.expose().len() - 48));
    }

    #[test]
    fn other_spellings_and_rubbish_are_no_keys() {
        let good = key().expose().to_owned();
        let tampered = [
            good.to_uppercase(),
            good.replacen("rk", "xk", 1),
            good.replacen("test", "prod", 1),
            good.replacen("eu", "EU", 1),
            good.replacen("eu", "e", 1),
            good.replacen("eu", "a-region", 1),
            good.replacen("eu", &"e".repeat(17), 1),
            good.get(1..).unwrap().to_owned(),
            good.get(..good.len() - 1).unwrap().to_owned(),
            format!("{good}0"),
            format!("{good} "),
            format!("rk_test_eu_{}", "é".repeat(40)),
            "rk_test_eu".to_owned(),
            String::new(),
        ];
        for text in tampered {
            assert_eq!(text.parse::<KeyText>(), Err(NotAKey), "{text}");
        }
    }

    #[test]
    fn a_region_that_a_key_cannot_carry_makes_no_key() {
        assert_eq!(KeyText::generate(KeyKind::Secret, Mode::Live, "eu_west", ResellerId::new()), Err(NotAKey));
    }
}
