//! What a reseller says against a dispute. It is handed to the provider and kept nowhere: much of it is about a person.

use std::net::IpAddr;

use foundation::{Refusal, refusal::FieldErrors};

use super::order::is_email;

/// The most characters of one text, and of all together, as the provider takes them.
const TEXT_MAX: usize = 20_000;
const ALL_MAX: usize = 150_000;

/// What can be said, in the provider's words.
pub const FIELDS: [&str; 9] = [
    "access_activity_log",
    "cancellation_policy_disclosure",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "product_description",
    "refund_policy_disclosure",
    "service_date",
    "uncategorized_text",
];

/// Texts that the provider takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence(Vec<(&'static str, String)>);

impl Evidence {
    /// These texts, each with its field, which is one of [`FIELDS`].
    ///
    /// # Errors
    /// `invalid_field` for a text that is too long or empty, and where none is given.
    pub fn parse(texts: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Result<Self, Refusal> {
        let given: Vec<(&'static str, String)> =
            texts.into_iter().filter_map(|(field, text)| Some((field, text?))).collect();
        let mut fields = FieldErrors::default();
        for (field, text) in &given {
            let length = text.chars().count();
            let sound = length <= TEXT_MAX && !text.trim().is_empty();
            fields.check(sound, format!("/{field}"), format!("must be 1 to {TEXT_MAX} characters"));
            // The provider refuses these two as a whole, and does not say which.
            let (sound, must) = match *field {
                "customer_email_address" => (is_email(text), "must be an e-mail address"),
                "customer_purchase_ip" => (text.parse::<IpAddr>().is_ok(), "must be an IP address"),
                _ => continue,
            };
            fields.check(sound, format!("/{field}"), must);
        }
        fields.check(!given.is_empty(), "", "must say something");
        let all: usize = given.iter().map(|(_, text)| text.chars().count()).sum();
        fields.check(all <= ALL_MAX, "", format!("must be at most {ALL_MAX} characters together"));
        fields.done()?;
        Ok(Self(given))
    }

    /// The texts with their fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, text)| (*field, text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_a_length_and_there_is_at_least_one() {
        let of = |length: usize, times: usize| {
            let texts = FIELDS.iter().filter(|field| !field.starts_with("customer_")).cycle().take(times);
            Evidence::parse(texts.map(|field| (*field, Some("x".repeat(length)))))
        };
        assert!(of(20_000, 7).is_ok());
        for (length, times) in [(20_001, 1), (0, 1), (1, 0), (20_000, 8)] {
            assert!(of(length, times).is_err(), "{times} texts of {length}");
        }
        assert!(Evidence::parse([("customer_name", None)]).is_err());
    }

    #[test]
    fn an_address_is_one() {
        let of = |field, text: &str| {
            Evidence::parse([(field, Some(text.to_owned()))]).map_err(|no| no.errors[0].pointer.clone())
        };
        assert!(
            of("customer_email_address", "ada@example.org").is_ok()
                && of("customer_purchase_ip", "2001:db8::1").is_ok()
        );
        assert_eq!(of("customer_email_address", "ada"), Err("/customer_email_address".to_owned()));
        assert_eq!(of("customer_purchase_ip", "here"), Err("/customer_purchase_ip".to_owned()));
    }
}
