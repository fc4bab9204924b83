//! Versions of objects as ETags: `"7"` is version 7. Every change by PATCH or DELETE names the version it was decided on.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use foundation::{Code, Refusal, version::IfVersion};

use super::Reply;

/// The ETag of a version.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that the caller read, or several, or any.
pub(crate) struct IfMatch(pub(crate) IfVersion);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Reply> {
        Ok(Self(read(&parts.headers)?))
    }
}

fn read(headers: &HeaderMap) -> Result<IfVersion, Refusal> {
    // Several lines of one header are one list (RFC 9110, 5.3).
    let lines: Vec<_> =
        headers.get_all(header::IF_MATCH).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    if lines.is_empty() {
        let detail = "Send If-Match with the ETag of the object as you read it.";
        return Err(Refusal::new(Code::IfMatchMissing, detail));
    }
    parse(&lines.join(",")).ok_or_else(|| {
        let detail = "Send If-Match as the ETag of the object as you read it, quotes and all, such as \"7\"; or as several \
                      with commas between; or as * for any version.";
        Refusal::new(Code::InvalidRequest, detail)
    })
}

/// What the header says (RFC 9110, 13.1.1); nothing if it is malformed. A weak ETag matches no version, and one that is none of
/// ours cannot be a version.
fn parse(text: &str) -> Option<IfVersion> {
    const SPACE: [char; 2] = [' ', '\t'];
    let mut rest = text.trim_matches(SPACE);
    if rest == "*" {
        return Some(IfVersion::Any);
    }
    let mut versions = Vec::new();
    let mut tags = 0;
    while !rest.is_empty() {
        // Between two commas there may be nothing.
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start_matches(SPACE);
            continue;
        }
        let weak = rest.strip_prefix("W/");
        let (tag, after) = weak.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        if tag.chars().any(|c| c <= ' ' || c == '\x7f') {
            return None;
        }
        tags += 1;
        versions.extend(tag.parse().ok().filter(|version| weak.is_none() && etag(*version) == format!("\"{tag}\"")));
        rest = after.trim_start_matches(SPACE);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    (tags > 0).then_some(IfVersion::OneOf(versions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_header_says_is_read_to_the_letter() {
        let one_of = |versions: &[i64]| Some(IfVersion::OneOf(versions.to_vec()));
        for (text, said) in [
            ("*", Some(IfVersion::Any)),
            (" * ", Some(IfVersion::Any)),
            ("\"7\"", one_of(&[7])),
            ("\"7\", \"8\"", one_of(&[7, 8])),
            (",\"7\" ,,\t\"8\",", one_of(&[7, 8])),
            ("W/\"7\"", one_of(&[])),
            ("W/\"7\",\"8\"", one_of(&[8])),
            ("\"07\",\"+7\",\"\",\"x,y\",\"é\"", one_of(&[])),
            ("", None),
            (",", None),
            ("7", None),
            ("\"7", None),
            ("w/\"7\"", None),
            ("W/7", None),
            ("W/W/\"7\"", None),
            ("\"7\" \"8\"", None),
            ("\"7 8\"", None),
            ("*,\"7\"", None),
            ("\"7\",*", None),
        ] {
            assert_eq!(parse(text), said, "{text}");
        }
    }
}
