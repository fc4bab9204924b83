//! The `Stripe-Signature` header: the receiver's proof that the body came from here, unchanged and just now.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header for `body`, sent at `seconds` since 1970.
pub(crate) fn header(secret: &str, body: &str, seconds: i64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_over_time_and_body() {
        // printf '1614556800.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        let expected = "t=1614556800,v1=f2a60f86f2bdd1169572cd27ae5e6522e19b4183bab11c6d3d2ed0082341793f";
        assert_eq!(header("whsec_test", r#"{"a":1}"#, 1_614_556_800).as_deref(), Some(expected));
    }
}
