//! Signing secrets in the form of Standard Webhooks: `whsec_` and base64 of the key. The text is what is sealed, so that the
//! kind of key stands with the key.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// A fresh secret of 32 random bytes.
pub(super) fn generate() -> String {
    let key: [u8; 32] = rand::random();
    format!("whsec_{}", STANDARD.encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_bytes_and_never_the_same() {
        let secret = generate();
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(key.len(), 32);
        assert_ne!(secret, generate());
    }
}
