//! Operators' sessions: JWTs (RFC 7519), signed with HMAC-SHA-256 and the region's own secret, so that a session opens one
//! region and no other. There is no password to guess: a session is minted on a machine that has the secret.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// What a session says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The operator's name, which goes into the audit log.
    pub(crate) sub: String,
    /// The region it opens.
    pub(crate) region: String,
    /// Until when, in seconds since 1970.
    exp: i64,
    /// Since when.
    iat: i64,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum NotMinted {
    /// The audit log needs someone to name.
    #[error("an operator's session needs the operator's name")]
    NoName,
    /// The token cannot be signed.
    #[error("the session token cannot be signed")]
    Unsigned(#[source] jsonwebtoken::errors::Error),
}

/// A session token for this operator in this region, good for so long from now (seconds since 1970), to be sent as
/// `Authorization: Bearer`. It cannot be taken back, so it should be short.
///
/// # Errors
/// Without a name, or if it cannot be signed.
pub fn session_token(
    operator_key: &str,
    operator: &str,
    region: &str,
    lifetime: Duration,
    now_seconds: i64,
) -> Result<String, NotMinted> {
    if operator.trim().is_empty() {
        return Err(NotMinted::NoName);
    }
    let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    let claims = Claims {
        sub: operator.to_owned(),
        region: region.to_owned(),
        exp: now_seconds.saturating_add(lifetime),
        iat: now_seconds,
    };
    let key = EncodingKey::from_secret(operator_key.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(NotMinted::Unsigned)
}

/// What the token says, if it was signed with this key and has not ended. Its end is judged by this process's clock, as the
/// library does: nothing is sold or expires by it.
pub(crate) fn verify(token: &str, operator_key: &str) -> Option<Claims> {
    // The algorithm is ours to choose, not the token's.
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_required_spec_claims(&["exp", "sub"]);
    rules.leeway = 0;
    let key = DecodingKey::from_secret(operator_key.as_bytes());
    Some(jsonwebtoken::decode::<Claims>(token, &key, &rules).ok()?.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key of at least thirty-two characters";
    const HOUR: Duration = Duration::from_hours(1);
    /// The year 2100.
    const LATER: i64 = 4_102_444_800;

    #[test]
    fn a_token_says_who_and_where() {
        let claims = verify(&session_token(KEY, "ada", "eu", HOUR, LATER).unwrap(), KEY).unwrap();
        assert_eq!((claims.sub.as_str(), claims.region.as_str()), ("ada", "eu"));
        assert_eq!((claims.iat, claims.exp), (LATER, LATER + 3600));
    }

    #[test]
    fn another_key_an_end_in_the_past_and_no_name_open_nothing() {
        let token = session_token(KEY, "ada", "eu", HOUR, LATER).unwrap();
        assert!(verify(&token, "another key of thirty-two characters").is_none());
        assert!(verify(&session_token(KEY, "ada", "eu", HOUR, 0).unwrap(), KEY).is_none());
        assert!(session_token(KEY, " ", "eu", HOUR, LATER).is_err());
    }

    #[test]
    fn the_token_does_not_choose_the_algorithm() {
        let claims = || Claims { sub: "ada".to_owned(), region: "eu".to_owned(), exp: LATER, iat: 0 };
        let signed = |algorithm| {
            jsonwebtoken::encode(&Header::new(algorithm), &claims(), &EncodingKey::from_secret(KEY.as_bytes())).unwrap()
        };
        assert!(verify(&signed(Algorithm::HS256), KEY).is_some());
        assert!(verify(&signed(Algorithm::HS512), KEY).is_none());
        // {"alg":"none"}, the claims of the good token, no signature.
        let good = signed(Algorithm::HS256);
        let body = good.split('.').nth(1).unwrap();
        assert!(verify(&format!("eyJhbGciOiJub25lIn0.{body}."), KEY).is_none());
    }
}
