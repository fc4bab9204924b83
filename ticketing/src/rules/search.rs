//! How text is searched: what was written and what is looked for are folded to the same words, and each word looked for must
//! begin a word that was written. Words are compared byte by byte, which is all that row-level security leaves an index for.

use std::collections::BTreeSet;

use foundation::Refusal;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The most different words of one text that can be found: a description that is longer is found by its beginning.
const WORDS_MAX: usize = 400;
/// The most words that one search looks for.
pub const SEARCH_WORDS_MAX: usize = 8;
/// Longer words are cut, where they are written and where they are looked for.
const WORD_MAX: usize = 40;

/// Text without case, accents and other marks: `Málaga` and `MALAGA` are `malaga`.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            other => folded.push(other),
        }
    }
    folded.trim().to_owned()
}

fn split(text: &str) -> impl Iterator<Item = String> {
    let folded = folded(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_MAX).collect())
        .collect();
    words.into_iter()
}

/// The words by which a show is found, the title's first.
#[must_use]
pub fn words_of(title: &str, description: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in split(title).chain(split(description)) {
        if words.len() == WORDS_MAX {
            break;
        }
        words.insert(word);
    }
    words
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<String>);

impl Search {
    /// Reads what somebody typed; none if it is empty.
    ///
    /// # Errors
    /// `invalid_field` for more than [`SEARCH_WORDS_MAX`] words.
    pub fn parse(parameter: &str, text: &str) -> Result<Option<Self>, Refusal> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut words: Vec<String> = split(text).collect();
        words.sort_unstable();
        words.dedup();
        if words.len() > SEARCH_WORDS_MAX {
            return Err(Refusal::field(parameter, format!("must be at most {SEARCH_WORDS_MAX} words")));
        }
        Ok(Some(Self(words)))
    }

    /// For each word, from where to where the words lie that begin with it, byte by byte and without the end. No word at all,
    /// as of `!!!`, is found nowhere.
    pub fn ranges(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|word| (word.as_str(), format!("{word}{}", char::MAX)))
    }

    /// Whether there is nothing that could be found.
    #[must_use]
    pub fn finds_nothing(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str, title: &str) -> bool {
        let search = Search::parse("q", text).unwrap().unwrap();
        let words = words_of(title, "");
        !search.finds_nothing()
            && search
                .ranges()
                .all(|(from, to)| words.iter().any(|word| word.as_str() >= from && word.as_str() < to.as_str()))
    }

    #[test]
    fn case_accents_order_and_endings_do_not_matter() {
        assert!(finds("haml", "Hamlet"));
        assert!(finds("MALAGA nuit", "La nuit de Málaga"));
        assert!(finds("strasse", "Die Straße"));
        assert!(finds("smorgasbord", "Smørgåsbord"));
        assert!(finds("ｈａｍｌｅｔ", "Hamlet"), "full width, as some keyboards write");
        assert!(finds("c 3po", "C-3PO!"));
        assert!(!finds("amlet", "Hamlet"), "from its beginning");
        assert!(!finds("hamlet berlin", "Hamlet"), "each word");
        assert!(!finds("h%t", "Hamlet"), "nothing is a wildcard");
        assert!(!finds("!!!", "Hamlet!!!"), "no word");
    }

    #[test]
    fn a_search_is_bounded_and_an_empty_one_is_none() {
        assert_eq!(Search::parse("q", "  ").unwrap(), None);
        assert!(Search::parse("q", "a b c d e f g h a").unwrap().is_some(), "a word twice is one");
        assert!(Search::parse("q", "a b c d e f g h i").is_err());
        let long: String = (0..5_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(words_of("Title", &long).len(), WORDS_MAX);
        assert!(finds(&"x".repeat(100), &"x".repeat(100)), "both are cut");
    }
}
