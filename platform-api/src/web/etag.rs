//! ETags. Versions of objects are told as such: `"7"` is version 7, and every change by PATCH or DELETE names the version it was decided on.
//! Who asks for what it has already names that, and is told only whether it is still so.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
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
    let Some(given) = given(headers, &header::IF_MATCH) else {
        let detail = "Send If-Match with the ETag of the object as you read it.";
        return Err(Refusal::new(Code::IfMatchMissing, detail));
    };
    let tags = parse(&given).ok_or_else(|| {
        let detail = "Send If-Match as the ETag of the object as you read it, quotes and all, such as \"7\"; or as several \
                      with commas between; or as * for any version.";
        Refusal::new(Code::InvalidRequest, detail)
    })?;
    Ok(tags.version())
}

/// Whether the caller says that it has what has this ETag (RFC 9110, 13.1.2): by weak comparison, because a proxy that compresses makes
/// a weak ETag of ours. Who says it in no form that is known is given the whole.
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let given = given(headers, &header::IF_NONE_MATCH);
    given.is_some_and(|given| parse(&given).is_some_and(|tags| tags.name(etag)))
}

/// What a header that lists ETags says, if it is there: several lines of one header are one list (RFC 9110, 5.3).
fn given(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// ETags as a header names them.
#[derive(Debug, PartialEq, Eq)]
enum Tags<'a> {
    /// Whatever there is.
    Any,
    /// One of these: whether it is weak, and what stands between its quotes.
    These(Vec<(bool, &'a str)>),
}

impl Tags<'_> {
    /// The versions that they name, by strong comparison: a weak ETag matches none, and one that is none of ours cannot be a version.
    fn version(&self) -> IfVersion {
        let Self::These(tags) = self else { return IfVersion::Any };
        let ours = |tag: &str| tag.parse().ok().filter(|version| etag(*version) == format!("\"{tag}\""));
        IfVersion::OneOf(tags.iter().filter(|(weak, _)| !weak).filter_map(|(_, tag)| ours(tag)).collect())
    }

    /// Whether they name this ETag, by weak comparison.
    fn name(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|(_, tag)| format!("\"{tag}\"") == etag),
        }
    }
}

/// What such a header says (RFC 9110, 8.8.3 and 13.1); nothing if it is malformed.
fn parse(text: &str) -> Option<Tags<'_>> {
    const SPACE: [char; 2] = [' ', '\t'];
    let mut rest = text.trim_matches(SPACE);
    if rest == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
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
        tags.push((weak.is_some(), tag));
        rest = after.trim_start_matches(SPACE);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    (!tags.is_empty()).then_some(Tags::These(tags))
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
            assert_eq!(parse(text).map(|tags| tags.version()), said, "{text}");
        }
    }

    #[test]
    fn who_has_it_may_say_so_weakly_in_a_list_or_by_a_star() {
        let known = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, line.parse().unwrap());
            }
            is_known(&headers, "\"12-ab\"")
        };
        for lines in
            [&["\"12-ab\""][..], &["W/\"12-ab\""], &["*"], &["\"11-aa\", W/\"12-ab\""], &["\"11-aa\"", ",\"12-ab\" ,"]]
        {
            assert!(known(lines), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[""],
            &["\"11-aa\""],
            &["\"12-abc\"", "W/\"12-a\""],
            &["12-ab"],
            &["w/\"12-ab\""],
            &["\"12-ab\" \"11-aa\""],
            &["*, \"11-aa\""],
        ] {
            assert!(!known(lines), "{lines:?}");
        }
    }
}
