//! Secrets at rest: XChaCha20-Poly1305 with a key of the cell and the tenant's id as associated data, so that a sealed
//! secret copied into another tenant's row does not open. And marks: what knows a text again without keeping it.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::id::ResellerId;

/// Seals and opens the secrets of a cell.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    /// Opens what was sealed before the key was changed, until that is sealed anew.
    previous: Option<XChaCha20Poly1305>,
    marker: Hmac<Sha256>,
}

/// A text's mark: the same for the same text of the same tenant, and nobody without the cell's key can tell whose it is or
/// try texts out.
pub type Mark = [u8; 32];

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

/// A sealed secret that does not open: another key, another tenant, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret does not open with this cell's sealing_key")]
pub struct DoesNotOpen;

/// The form of what is written: one byte for the form itself, then nonce and ciphertext.
const FORM: u8 = 1;
const NONCE_LENGTH: usize = 24;

impl Sealer {
    /// A sealer with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros up to its block; so it is given the block.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self {
            cipher: XChaCha20Poly1305::new(key.into()),
            previous: None,
            marker: <Hmac<Sha256> as KeyInit>::new(&block.into()),
        }
    }

    /// The same, which also opens what this key has sealed. Marks are made with the present key alone.
    #[must_use]
    pub fn opening(self, previous: Option<&[u8; 32]>) -> Self {
        Self { previous: previous.map(|key| XChaCha20Poly1305::new(key.into())), ..self }
    }

    /// The mark of a tenant's text. `what` says what kind of text it is, so that a code is never taken for an address.
    #[must_use]
    pub fn mark(&self, reseller: ResellerId, what: &str, text: &str) -> Mark {
        let mut marker = self.marker.clone();
        // The domain keeps marks apart from whatever else the key may come to be used for.
        for part in [b"stagedoor mark".as_slice(), reseller.uuid().as_bytes(), what.as_bytes(), b"\0", text.as_bytes()]
        {
            marker.update(part);
        }
        marker.finalize().into_bytes().into()
    }

    /// Seals a tenant's secret.
    ///
    /// # Errors
    /// Only if the secret is beyond any length that the cipher takes.
    pub fn seal(&self, reseller: ResellerId, secret: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let nonce: [u8; NONCE_LENGTH] = rand::random();
        let tenant = reseller.uuid();
        let payload = Payload { msg: secret, aad: tenant.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| DoesNotOpen)?;
        Ok([&[FORM], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Sealer::seal`] made for the same tenant.
    ///
    /// # Errors
    /// If the key, the tenant or a byte differs.
    pub fn open(&self, reseller: ResellerId, sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let body = sealed.strip_prefix(&[FORM]).ok_or(DoesNotOpen)?;
        let (nonce, sealed) = body.split_first_chunk::<NONCE_LENGTH>().ok_or(DoesNotOpen)?;
        let tenant = reseller.uuid();
        let open = |key: &XChaCha20Poly1305| {
            key.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: tenant.as_bytes() }).ok()
        };
        open(&self.cipher).or_else(|| self.previous.as_ref().and_then(open)).ok_or(DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_previous_key_has_sealed_opens_and_nothing_is_sealed_with_it() {
        let tenant = ResellerId::new();
        let changed = Sealer::new(&[8; 32]).opening(Some(&[7; 32]));
        let old = Sealer::new(&[7; 32]).seal(tenant, b"whsec").unwrap();
        assert_eq!(changed.open(tenant, &old).unwrap(), b"whsec");
        assert_eq!(changed.open(ResellerId::new(), &old), Err(DoesNotOpen));
        let new = changed.seal(tenant, b"whsec").unwrap();
        assert_eq!(Sealer::new(&[8; 32]).open(tenant, &new).unwrap(), b"whsec");
        assert_eq!(Sealer::new(&[7; 32]).open(tenant, &new), Err(DoesNotOpen));
    }

    #[test]
    fn a_secret_opens_for_its_tenant_and_key_only() {
        let (sealer, tenant) = (Sealer::new(&[7; 32]), ResellerId::new());
        let sealed = sealer.seal(tenant, b"whsec").unwrap();
        assert_eq!(sealer.open(tenant, &sealed).unwrap(), b"whsec");
        assert_eq!(sealer.open(ResellerId::new(), &sealed), Err(DoesNotOpen));
        assert_eq!(Sealer::new(&[8; 32]).open(tenant, &sealed), Err(DoesNotOpen));
        assert_eq!(sealer.open(tenant, &sealed[..sealed.len() - 1]), Err(DoesNotOpen));
        assert_eq!(format!("{sealer:?}"), "Sealer", "nothing of the key");
    }

    #[test]
    fn a_mark_is_the_same_for_the_same_text_kind_tenant_and_key_only() {
        let (sealer, tenant) = (Sealer::new(&[7; 32]), ResellerId::new());
        let mark = sealer.mark(tenant, "email", "ada@example.com");
        assert_eq!(mark, sealer.mark(tenant, "email", "ada@example.com"));
        assert_ne!(mark, sealer.mark(tenant, "email", "eve@example.com"));
        assert_ne!(mark, sealer.mark(tenant, "reference", "ada@example.com"));
        assert_ne!(mark, sealer.mark(ResellerId::new(), "email", "ada@example.com"));
        assert_ne!(mark, Sealer::new(&[8; 32]).mark(tenant, "email", "ada@example.com"));
    }
}
