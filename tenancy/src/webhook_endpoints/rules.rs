//! The rules of an endpoint's fields, told all at once.

use std::collections::BTreeMap;

use foundation::{Result, id::ShowId, refusal::FieldErrors};

use super::{EndpointChanges, NewEndpoint, headers, url};

/// The most endpoints a reseller may have.
pub const ENDPOINTS_MAX: i64 = 16;
/// The most characters of a description.
pub const DESCRIPTION_MAX: usize = 500;
/// The most shows that an endpoint can choose.
const SHOWS_MAX: usize = 100;
/// The most deliveries a second that an endpoint can limit itself to.
const PER_SECOND_MAX: i32 = 1_000;

/// What the process allows in an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The event types there are to choose from.
    pub event_types: &'a [&'a str],
    /// Whether plain `http` and private addresses are taken: for development only.
    pub allow_private: bool,
    /// The platform's own hosts, which are never called: a webhook to ourselves would be a loop.
    pub own_hosts: &'a [String],
}

/// The fields that are given.
#[derive(Default)]
struct Given<'a> {
    url: Option<&'a str>,
    event_types: Option<&'a [String]>,
    show_ids: Option<&'a [ShowId]>,
    max_per_second: Option<i32>,
    headers: Option<&'a BTreeMap<String, String>>,
    description: Option<&'a str>,
}

impl Rules<'_> {
    /// Checks an endpoint to be made.
    pub(super) fn check_new(&self, new: &NewEndpoint) -> Result<()> {
        self.check(&Given {
            url: Some(&new.url),
            event_types: Some(&new.event_types),
            show_ids: Some(&new.show_ids),
            max_per_second: new.max_per_second,
            headers: Some(&new.headers),
            description: Some(&new.description),
        })
    }

    /// Checks what is to be changed.
    pub(super) fn check_changes(&self, changes: &EndpointChanges) -> Result<()> {
        self.check(&Given {
            url: changes.url.as_deref(),
            event_types: changes.event_types.as_deref(),
            show_ids: changes.show_ids.as_deref(),
            max_per_second: changes.max_per_second.flatten(),
            headers: changes.headers.as_ref(),
            description: changes.description.as_deref(),
        })
    }

    fn check(&self, given: &Given<'_>) -> Result<()> {
        let mut fields = FieldErrors::default();
        if let Some(Err(refused)) = given.url.map(|url| url::parse(url, self.allow_private, self.own_hosts)) {
            fields.check(false, "/url", refused.to_string());
        }
        for (nth, wanted) in given.event_types.unwrap_or_default().iter().enumerate() {
            let known = self.event_types.contains(&wanted.as_str());
            fields.check(known, format!("/event_types/{nth}"), "is not an event type there is");
            // The first that is unknown is enough: a list is bounded by what is known.
            if !known {
                break;
            }
        }
        fields.check(!twice(given.event_types.unwrap_or_default()), "/event_types", "names a type twice");
        let shows = given.show_ids.unwrap_or_default();
        fields.check(shows.len() <= SHOWS_MAX, "/show_ids", format!("must be at most {SHOWS_MAX} shows"));
        fields.check(shows.len() > SHOWS_MAX || !twice(shows), "/show_ids", "names a show twice");
        let rate = given.max_per_second.is_none_or(|most| (1..=PER_SECOND_MAX).contains(&most));
        fields.check(rate, "/max_per_second", format!("must be 1 to {PER_SECOND_MAX}"));
        if let Some(wanted) = given.headers {
            headers::check(wanted, &mut fields);
        }
        let description = given.description.unwrap_or_default();
        let length = description.chars().count();
        fields.check(
            length <= DESCRIPTION_MAX,
            "/description",
            format!("must be at most {DESCRIPTION_MAX} characters"),
        );
        fields.check(!description.chars().any(char::is_control), "/description", "must have no control characters");
        Ok(fields.done()?)
    }
}

fn twice<T: PartialEq>(all: &[T]) -> bool {
    all.iter().enumerate().any(|(nth, one)| all[..nth].contains(one))
}

#[cfg(test)]
mod tests {
    use foundation::Error;

    use super::*;

    const RULES: Rules<'static> =
        Rules { event_types: &["order.paid", "order.expired"], allow_private: false, own_hosts: &[] };

    fn wrong(new: &NewEndpoint) -> Vec<String> {
        match RULES.check_new(new) {
            Err(Error::Refused(refusal)) => refusal.errors.into_iter().map(|e| e.pointer).collect(),
            other => other.map(|()| Vec::new()).unwrap(),
        }
    }

    fn new(url: &str, event_types: &[&str], description: &str) -> NewEndpoint {
        let event_types = event_types.iter().map(|&t| t.to_owned()).collect();
        NewEndpoint { url: url.to_owned(), event_types, description: description.to_owned(), ..NewEndpoint::default() }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert!(wrong(&new("https://example.com", &[], "")).is_empty());
        assert!(wrong(&new("https://example.com", &["order.paid", "order.expired"], "ours")).is_empty());
        let bad = NewEndpoint {
            max_per_second: Some(0),
            headers: BTreeMap::from([("Host".to_owned(), String::new())]),
            show_ids: vec![ShowId::from_uuid(uuid::Uuid::nil()); 2],
            ..new("http://example.com", &["order.paid", "order.lost"], "\0")
        };
        assert_eq!(
            wrong(&bad),
            ["/url", "/event_types/1", "/show_ids", "/max_per_second", "/headers/Host", "/description"]
        );
        assert_eq!(wrong(&new("https://example.com", &["order.paid", "order.paid"], "")), ["/event_types"]);
        assert_eq!(wrong(&new("https://example.com", &[], &"x".repeat(501))), ["/description"]);
    }

    #[test]
    fn what_is_not_changed_is_not_judged() {
        assert!(RULES.check_changes(&EndpointChanges::default()).is_ok());
    }
}
