//! Signatures by Standard Webhooks 1.0.0, form `v1`: HMAC-SHA256 over id, time of the attempt and the body's bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The key of an endpoint.
pub(crate) struct SigningKey(Hmac<Sha256>);

/// A secret that is not of the form `whsec_` and base64 of 24 to 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a signing secret")]
pub(crate) struct NotASecret;

impl SigningKey {
    pub(crate) fn parse(secret: &str) -> Result<Self, NotASecret> {
        let key = secret.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok()).ok_or(NotASecret)?;
        if !(24..=64).contains(&key.len()) {
            return Err(NotASecret);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| NotASecret)
    }

    /// The value of `webhook-signature`. `timestamp` is in seconds since 1970.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_vectors_come_out() {
        for (secret, id, timestamp, body, expected) in [
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            assert_eq!(SigningKey::parse(secret).unwrap().sign(id, timestamp, body.as_bytes()), expected);
        }
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        for secret in ["", "whsec_", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_*", &short, &long] {
            assert!(SigningKey::parse(secret).is_err(), "{secret}");
        }
    }
}
