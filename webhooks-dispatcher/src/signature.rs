//! Signatures by Standard Webhooks 1.0.0, over id, time of the attempt and the body's bytes: `v1` is HMAC-SHA256 with a shared
//! secret, `v1a` is ed25519 with a key pair. Also the receiver's side, for whoever receives in this program.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use sha2::Sha256;

/// A key that signs.
pub(crate) enum SigningKey {
    Shared(Hmac<Sha256>),
    Pair(Box<Ed25519KeyPair>),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

/// A text that is no key: not `whsec_` and base64 of 24 to 64 bytes, nor one of a key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a key of the form whsec_… or whpk_…")]
pub struct NotAKey;

impl SigningKey {
    /// Reads `whsec_…` (shared) or `whsk_…` (seed and public key of a pair).
    pub(crate) fn parse(text: &str) -> Result<Self, NotAKey> {
        if let Some(pair) = text.strip_prefix("whsk_") {
            let pair = STANDARD.decode(pair).map_err(|_| NotAKey)?;
            let (seed, public) = pair.split_at_checked(32).ok_or(NotAKey)?;
            let pair = Ed25519KeyPair::from_seed_and_public_key(seed, public).map_err(|_| NotAKey)?;
            return Ok(Self::Pair(Box::new(pair)));
        }
        shared(text).map(Self::Shared)
    }

    /// One signature, as it stands in `webhook-signature`. `timestamp` is in seconds since 1970.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        match self {
            Self::Shared(key) => {
                let mut mac = key.clone();
                mac.update(head.as_bytes());
                mac.update(body);
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
            }
            Self::Pair(pair) => format!("v1a,{}", STANDARD.encode(pair.sign(&[head.as_bytes(), body].concat()))),
        }
    }
}

/// The value of `webhook-signature`: one signature for each key. `timestamp` is in seconds since 1970.
pub(crate) fn sign(keys: &[SigningKey], id: &str, timestamp: i64, body: &[u8]) -> String {
    keys.iter().map(|key| key.sign(id, timestamp, body)).collect::<Vec<_>>().join(" ")
}

/// A sender's key, for whoever sends in this program beside the dispatcher.
#[derive(Debug)]
pub struct Signer(SigningKey);

impl Signer {
    /// Reads `whsec_…` or `whsk_…`.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        SigningKey::parse(text).map(Self)
    }

    /// The value of `webhook-signature`. `timestamp` is in seconds since 1970.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        self.0.sign(id, timestamp, body)
    }
}

fn shared(text: &str) -> Result<Hmac<Sha256>, NotAKey> {
    let key = text.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok()).ok_or(NotAKey)?;
    if !(24..=64).contains(&key.len()) {
        return Err(NotAKey);
    }
    Hmac::new_from_slice(&key).map_err(|_| NotAKey)
}

/// How far the time of an attempt may be from the receiver's, in seconds, as in the standard's own libraries.
pub const TOLERANCE_S: i64 = 300;

/// A receiver's key: verifies deliveries.
pub struct Verifier(VerifyingKey);

enum VerifyingKey {
    Shared(Hmac<Sha256>),
    Public(UnparsedPublicKey<Vec<u8>>),
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// A header is missing, or no number where one has to be.
    #[error("webhook-id, webhook-timestamp or webhook-signature is missing or cannot be read")]
    Headers,
    /// Sent too long ago, or in the future: it may be a copy of an earlier one.
    #[error("webhook-timestamp is more than five minutes from now")]
    Time,
    /// No signature fits.
    #[error("no signature in webhook-signature fits the body and this key")]
    Signature,
}

impl Verifier {
    /// Reads `whsec_…` or `whpk_…`.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let Some(public) = text.strip_prefix("whpk_") else {
            return shared(text).map(|key| Self(VerifyingKey::Shared(key)));
        };
        let public = STANDARD.decode(public).ok().filter(|key| key.len() == 32).ok_or(NotAKey)?;
        Ok(Self(VerifyingKey::Public(UnparsedPublicKey::new(&ED25519, public))))
    }

    /// Whether a delivery with these headers and this body was signed by whoever has the key, within [`TOLERANCE_S`] of `now`
    /// (seconds since 1970).
    ///
    /// # Errors
    /// Why it is not to be believed.
    pub fn verify(&self, headers: [&str; 3], body: &[u8], now: i64) -> Result<(), NotVerified> {
        let [id, timestamp, signatures] = headers;
        let at: i64 = timestamp.parse().map_err(|_| NotVerified::Headers)?;
        if id.is_empty() || signatures.is_empty() {
            return Err(NotVerified::Headers);
        }
        if (now - at).abs() > TOLERANCE_S {
            return Err(NotVerified::Time);
        }
        let signed = [format!("{id}.{at}.").as_bytes(), body].concat();
        let fits = |one: &str| match (&self.0, one.split_once(',')) {
            (VerifyingKey::Shared(key), Some(("v1", given))) => {
                STANDARD.decode(given).is_ok_and(|given| key.clone().chain_update(&signed).verify_slice(&given).is_ok())
            }
            (VerifyingKey::Public(key), Some(("v1a", given))) => {
                STANDARD.decode(given).is_ok_and(|given| key.verify(&signed, &given).is_ok())
            }
            _ => false,
        };
        if signatures.split(' ').any(fits) { Ok(()) } else { Err(NotVerified::Signature) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET_B: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID_B: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIME_B: i64 = 1_614_265_330;
    const BODY_B: &str = r#"{"test": 2432232314}"#;
    const SIGNED_B: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const PAIR_C: &str =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const PUBLIC_C: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    const SIGNED_C: &str =
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

    #[test]
    fn the_official_vectors_come_out() {
        for (key, id, timestamp, body, expected) in [
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
            (SECRET_B, ID_B, TIME_B, BODY_B, SIGNED_B),
            (PAIR_C, ID_B, TIME_B, BODY_B, SIGNED_C),
        ] {
            assert_eq!(sign(&[SigningKey::parse(key).unwrap()], id, timestamp, body.as_bytes()), expected);
        }
    }

    fn verify_b(id: &str, time: &str, signatures: &str, now: i64) -> Result<(), NotVerified> {
        Verifier::parse(SECRET_B).unwrap().verify([id, time, signatures], BODY_B.as_bytes(), now)
    }

    #[test]
    fn every_negative_case_of_the_official_libraries_is_refused() {
        let at = TIME_B.to_string();
        assert_eq!(verify_b(ID_B, &at, SIGNED_B, TIME_B), Ok(()));
        assert_eq!(verify_b("", &at, SIGNED_B, TIME_B), Err(NotVerified::Headers));
        assert_eq!(verify_b(ID_B, "", SIGNED_B, TIME_B), Err(NotVerified::Headers));
        assert_eq!(verify_b(ID_B, &at, "", TIME_B), Err(NotVerified::Headers));
        assert_eq!(verify_b(ID_B, "hello", SIGNED_B, TIME_B), Err(NotVerified::Headers));
        assert_eq!(verify_b(ID_B, "1614265330.5", SIGNED_B, TIME_B), Err(NotVerified::Headers));
        let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
        for signatures in
            [wrong, "v1,", &SIGNED_B[..8], &SIGNED_B[3..], "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]
        {
            assert_eq!(verify_b(ID_B, &at, signatures, TIME_B), Err(NotVerified::Signature), "{signatures}");
        }
        for off in [-301, 301] {
            assert_eq!(verify_b(ID_B, &at, SIGNED_B, TIME_B + off), Err(NotVerified::Time));
        }
        for off in [-300, 300] {
            assert_eq!(verify_b(ID_B, &at, SIGNED_B, TIME_B + off), Ok(()));
        }
        let later = (TIME_B + 1).to_string();
        assert_eq!(verify_b(ID_B, &later, SIGNED_B, TIME_B), Err(NotVerified::Signature), "the time is signed too");
        let listed = format!("{wrong} v2,{} {SIGNED_B} v1,", &wrong[3..]);
        assert_eq!(verify_b(ID_B, &at, &listed, TIME_B), Ok(()), "the third fits");
        assert_eq!(verify_b(ID_B, &at, &format!("{wrong} {wrong}"), TIME_B), Err(NotVerified::Signature));
    }

    #[test]
    fn a_public_key_verifies_what_its_pair_has_signed() {
        let verifier = Verifier::parse(PUBLIC_C).unwrap();
        let at = TIME_B.to_string();
        assert_eq!(verifier.verify([ID_B, &at, SIGNED_C], BODY_B.as_bytes(), TIME_B), Ok(()));
        assert_eq!(verifier.verify([ID_B, &at, SIGNED_C], b"{}", TIME_B), Err(NotVerified::Signature));
        assert_eq!(verifier.verify([ID_B, &at, SIGNED_B], BODY_B.as_bytes(), TIME_B), Err(NotVerified::Signature));
    }

    #[test]
    fn several_keys_give_several_signatures_and_each_fits() {
        let keys = [SECRET_B, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"].map(|key| SigningKey::parse(key).unwrap());
        let both = sign(&keys, ID_B, TIME_B, BODY_B.as_bytes());
        assert_eq!(both.split(' ').count(), 2);
        for key in [SECRET_B, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] {
            let verifier = Verifier::parse(key).unwrap();
            assert_eq!(verifier.verify([ID_B, &TIME_B.to_string(), &both], BODY_B.as_bytes(), TIME_B), Ok(()));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        for secret in ["", "whsec_", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_*", &short, &long, "whsk_", "whsk_AAAA"]
        {
            assert!(SigningKey::parse(secret).is_err(), "{secret}");
        }
        for secret in ["", "whsec_", "whpk_", "whpk_AAAA", PAIR_C] {
            assert!(Verifier::parse(secret).is_err(), "{secret}");
        }
    }
}
