//! The rules of an endpoint's fields, told all at once.

use foundation::{Result, refusal::FieldErrors};

use super::url;

/// The most endpoints a reseller may have.
pub const ENDPOINTS_MAX: i64 = 16;
/// The most characters of a description.
pub const DESCRIPTION_MAX: usize = 500;

/// What the process allows in an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The event types there are to choose from.
    pub event_types: &'a [&'a str],
    /// Whether plain `http` and private addresses are taken: for development only.
    pub allow_private: bool,
}

impl Rules<'_> {
    /// Checks the fields that are given.
    pub(super) fn check(
        &self,
        url: Option<&str>,
        event_types: Option<&[String]>,
        description: Option<&str>,
    ) -> Result<()> {
        let mut fields = FieldErrors::default();
        if let Some(Err(refused)) = url.map(|url| url::parse(url, self.allow_private)) {
            fields.check(false, "/url", refused.to_string());
        }
        for (nth, wanted) in event_types.unwrap_or_default().iter().enumerate() {
            let known = self.event_types.contains(&wanted.as_str());
            fields.check(known, format!("/event_types/{nth}"), "is not an event type there is");
            // The first that is unknown is enough: a list is bounded by what is known.
            if !known {
                break;
            }
        }
        let twice = event_types.is_some_and(|all| all.iter().enumerate().any(|(nth, one)| all[..nth].contains(one)));
        fields.check(!twice, "/event_types", "names a type twice");
        let length = description.unwrap_or_default().chars().count();
        fields.check(
            length <= DESCRIPTION_MAX,
            "/description",
            format!("must be at most {DESCRIPTION_MAX} characters"),
        );
        let printable = !description.unwrap_or_default().chars().any(char::is_control);
        fields.check(printable, "/description", "must have no control characters");
        Ok(fields.done()?)
    }
}

#[cfg(test)]
mod tests {
    use foundation::Error;

    use super::*;

    const RULES: Rules<'static> = Rules { event_types: &["order.paid", "order.expired"], allow_private: false };

    fn wrong(url: &str, event_types: &[&str], description: &str) -> Vec<String> {
        let event_types: Vec<String> = event_types.iter().map(|&t| t.to_owned()).collect();
        match RULES.check(Some(url), Some(&event_types), Some(description)) {
            Err(Error::Refused(refusal)) => refusal.errors.into_iter().map(|e| e.pointer).collect(),
            other => other.map(|()| Vec::new()).unwrap(),
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert!(wrong("https://example.com", &[], "").is_empty());
        assert!(wrong("https://example.com", &["order.paid", "order.expired"], "ours").is_empty());
        assert_eq!(
            wrong("http://example.com", &["order.paid", "order.lost"], "\0"),
            ["/url", "/event_types/1", "/description"]
        );
        assert_eq!(wrong("https://example.com", &["order.paid", "order.paid"], ""), ["/event_types"]);
        assert_eq!(wrong("https://example.com", &[], &"x".repeat(501)), ["/description"]);
    }

    #[test]
    fn what_is_not_changed_is_not_judged() {
        assert!(RULES.check(None, None, None).is_ok());
    }
}
