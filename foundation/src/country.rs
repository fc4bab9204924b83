//! Countries, as ISO 3166-1 lists them.

use std::{fmt, str::FromStr};

/// A country of ISO 3166-1, written in two capital letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country(iso_country::Country);

/// A text that names no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the code of a country in two capital letters (ISO 3166-1), such as NL")]
pub struct NotACountry;

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(code: &str) -> Result<Self, NotACountry> {
        // The library reads an empty text as a country that is not specified.
        let known = code.parse().ok().filter(|_| code.len() == 2);
        known.map(Self).ok_or(NotACountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_countries_of_the_standard_are_read_and_nothing_else() {
        let letters = || (b'A'..=b'Z').map(char::from);
        let codes = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
        let known: Vec<String> = codes.filter(|code| code.parse::<Country>().is_ok()).collect();
        // As many as the standard has had since 2011.
        assert_eq!(known.len(), 249, "{known:?}");
        for code in &known {
            assert_eq!(&code.parse::<Country>().unwrap().to_string(), code);
        }
        for text in ["", "ZZ", "XX", "EU", "UK", "nl", "Nl", "NLD", "N", " NL", "528"] {
            assert_eq!(text.parse::<Country>(), Err(NotACountry), "{text}");
        }
    }
}
