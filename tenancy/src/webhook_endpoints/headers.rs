//! Headers that a reseller adds to its deliveries. Some are credentials, so that they are sealed and only their names shown.

use std::collections::BTreeMap;

use foundation::{Error, Result, id::ResellerId, refusal::FieldErrors, seal::Sealer};

/// The most headers of an endpoint.
pub(super) const HEADERS_MAX: usize = 10;
const NAME_MAX: usize = 100;
const VALUE_MAX: usize = 2_000;

/// What the sender sets itself, or what would change how the request is read.
const OURS: [&str; 14] = [
    "accept-encoding",
    "connection",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "forwarded",
    "priority",
];
const OUR_PREFIXES: [&str; 5] = ["webhook-", "content-", "proxy-", "sec-", "x-forwarded-"];

/// Checks names and values.
pub(super) fn check(headers: &BTreeMap<String, String>, fields: &mut FieldErrors) {
    fields.check(headers.len() <= HEADERS_MAX, "/headers", format!("must be at most {HEADERS_MAX} headers"));
    let mut seen = std::collections::HashSet::new();
    for (name, value) in headers.iter().take(HEADERS_MAX) {
        let at = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
        let lower = name.to_ascii_lowercase();
        let spelled = !name.is_empty()
            && name.len() <= NAME_MAX
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fields.check(spelled, &at, "must be a header's name of letters, digits, - and _");
        let ours = OURS.contains(&lower.as_str()) || OUR_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
        fields.check(!ours, &at, "is a header that the platform sets itself");
        fields.check(seen.insert(lower), &at, "stands there twice");
        let plain =
            value.len() <= VALUE_MAX && value.bytes().all(|b| (0x20..0x7f).contains(&b)) && value.trim() == value;
        fields.check(
            plain,
            &at,
            format!("must be at most {VALUE_MAX} printable ASCII characters, none of them at its ends a space"),
        );
    }
}

pub(super) fn seal(sealer: &Sealer, reseller: ResellerId, headers: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(headers).map_err(|error| Error::Inconsistent(error.to_string()))?;
    sealer.seal(reseller, &text).map_err(|error| Error::Inconsistent(error.to_string()))
}

/// The headers of an endpoint, for whoever sends them.
///
/// # Errors
/// If they do not open with the cell's key, or are not headers.
pub fn open_headers(sealer: &Sealer, reseller: ResellerId, sealed: &[u8]) -> Result<BTreeMap<String, String>> {
    let text = sealer.open(reseller, sealed).map_err(|error| Error::Inconsistent(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| Error::Inconsistent(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(headers: &[(&str, &str)]) -> usize {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut fields = FieldErrors::default();
        check(&headers, &mut fields);
        fields.done().map_or_else(|refusal| refusal.errors.len(), |()| 0)
    }

    #[test]
    fn headers_of_ones_own_are_taken() {
        assert_eq!(wrong(&[("Authorization", "Bearer abc"), ("X-Env", "test"), ("x_y", "")]), 0);
    }

    #[test]
    fn what_would_break_or_forge_a_delivery_is_refused() {
        for name in [
            "webhook-id",
            "Webhook-Signature",
            "Host",
            "content-length",
            "Transfer-Encoding",
            "cookie",
            "",
            "a b",
            "a:b",
            "é",
        ] {
            assert!(wrong(&[(name, "x")]) >= 1, "{name}");
        }
        for value in ["a\r\nX-Injected: 1", "a\n", "\0", "é", " a", "a ", &"x".repeat(2_001)] {
            assert_eq!(wrong(&[("X-A", value)]), 1, "{value:?}");
        }
        assert_eq!(wrong(&[("X-A", "1"), ("x-a", "2")]), 1, "names are the same in capitals");
        let many: Vec<(String, String)> = (0..11).map(|n| (format!("X-{n:02}"), String::new())).collect();
        assert_eq!(wrong(&many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>()), 1);
    }
}
