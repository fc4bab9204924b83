//! Signing keys in the forms of Standard Webhooks: `whsec_` and base64 of a shared secret; `whsk_` and base64 of an ed25519
//! key pair (seed and public key), with `whpk_` and base64 of the public key for receivers. The text is what is sealed, so that
//! the kind of key stands with the key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use foundation::{Error, Result};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::Signature;

/// A key that was just made: what its owner is shown, this once if it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct FreshSecret {
    /// What signs; never leaves the platform if there is a public key.
    text: String,
    /// What receivers verify by, where that is no secret.
    pub(super) public_key: Option<String>,
}

impl std::fmt::Debug for FreshSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FreshSecret").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

impl FreshSecret {
    /// A fresh key for this kind of signature.
    pub(super) fn generate(signature: Signature) -> Result<Self> {
        let seed: [u8; 32] = rand::random();
        match signature {
            Signature::V1 => Ok(Self { text: format!("whsec_{}", STANDARD.encode(seed)), public_key: None }),
            Signature::V1a => {
                let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
                    .map_err(|error| Error::Inconsistent(format!("no key pair can be made: {error}")))?;
                let public = pair.public_key().as_ref();
                let both = STANDARD.encode([&seed, public].concat());
                let public_key = Some(format!("whpk_{}", STANDARD.encode(public)));
                Ok(Self { text: format!("whsk_{both}"), public_key })
            }
        }
    }

    /// What is sealed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The shared secret, to be shown this once; none where receivers verify with a public key.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        self.public_key.is_none().then_some(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_bytes_and_never_the_same() {
        let secret = FreshSecret::generate(Signature::V1).unwrap();
        let key = STANDARD.decode(secret.shown().unwrap().strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(key.len(), 32);
        assert_ne!(secret, FreshSecret::generate(Signature::V1).unwrap());
        assert!(!format!("{secret:?}").contains("whsec"), "nothing of the secret");
    }

    #[test]
    fn of_a_key_pair_only_the_public_half_is_shown() {
        let pair = FreshSecret::generate(Signature::V1a).unwrap();
        assert_eq!(pair.shown(), None);
        let public = STANDARD.decode(pair.public_key.as_deref().unwrap().strip_prefix("whpk_").unwrap()).unwrap();
        let both = STANDARD.decode(pair.text().strip_prefix("whsk_").unwrap()).unwrap();
        assert_eq!((both.len(), &both[32..]), (64, public.as_slice()));
    }
}
