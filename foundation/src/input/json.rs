//! JSON bodies: each value in the one form that is described, and what does not fit told by its place.

use serde::de::DeserializeOwned;

use super::{Misfit, card_number, objects::Objects};
use crate::refusal::{Code, FieldError, Refusal};

/// Reads JSON.
///
/// # Errors
/// `card_data_refused` for a card number in it; `invalid_request` for what is no JSON; `invalid_field` and `unknown_field` with the place of what does not fit.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    if has_nul(bytes) {
        return Err(nul());
    }
    // Before anything else looks at it: what does not fit may be told with its value.
    if let Some(place) = card_number::place_in(bytes) {
        return Err(card_number::refusal(&place));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let parsed = T::deserialize(Objects(tracked)).map_err(|error| refuse(pointer(&track.path()), &error))?;
    reader.end().map_err(|error| refuse(String::new(), &error))?;
    Ok(parsed)
}

/// The refusal of a text with a NUL, wherever it came.
#[must_use]
pub fn nul() -> Refusal {
    Refusal::new(Code::InvalidField, "A text has a NUL character (\\u0000); no text can have one.")
}

/// Whether a text in the JSON has a NUL, which PostgreSQL's texts cannot have. It can only come as an escape: as a bare byte
/// it is no JSON.
fn has_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(at..).unwrap_or_default();
        if escape.starts_with(b"\\u0000") {
            return true;
        }
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => step(key),
        Segment::Enum { variant } => step(variant),
        Segment::Unknown => String::new(),
    };
    path.iter().map(segment).collect()
}

/// A step of a JSON pointer.
fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn refuse(mut pointer: String, error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    if !error.is_data() {
        return Refusal::new(Code::InvalidRequest, format!("The body is not JSON: {text}."));
    }
    // The position speaks of bytes that a person seldom has at hand; the pointer says where.
    let misfit = Misfit::read(text.rsplit_once(" at line ").map_or(text.as_str(), |(told, _)| told));
    if let Some(step) = misfit.field.as_deref().map(step).filter(|step| !pointer.ends_with(step)) {
        pointer.push_str(&step);
    }
    let whole = if pointer.is_empty() { "The body" } else { &pointer };
    let mut refusal = Refusal::new(misfit.code, format!("{whole} {}", misfit.detail));
    refusal.errors.push(FieldError { pointer, detail: misfit.detail });
    refusal
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        Green,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        name: String,
        count: Option<u32>,
        colour: Option<Colour>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(default)]
        many: Vec<Inner>,
        one: Option<Inner>,
        open: Option<bool>,
    }

    fn refused(text: &str) -> (String, String) {
        let refusal = read::<Outer>(text.as_bytes()).unwrap_err();
        assert!(refusal.detail.ends_with(&refusal.errors[0].detail), "{refusal:?}");
        let FieldError { pointer, detail } = refusal.errors.into_iter().next().unwrap();
        (pointer, detail)
    }

    #[test]
    fn what_is_described_is_read() {
        let inner = Inner { name: "a\"b".to_owned(), count: Some(2), colour: Some(Colour::Red) };
        let text = r#"{"many": [{"name": "a\"b", "count": 2, "colour": "red"}], "one": null, "open": true}"#;
        let read = read::<Outer>(text.as_bytes()).unwrap();
        assert_eq!(read, Outer { many: vec![inner], one: None, open: Some(true) });
    }

    #[test]
    fn a_list_is_no_object_and_an_object_no_word_however_deep() {
        for (text, pointer) in [
            ("[]", ""),
            (r"[[], null, null]", ""),
            (r#"{"one": ["a", 1, null]}"#, "/one"),
            (r#"{"many": [{"name": "a"}, ["b", null, null]]}"#, "/many/1"),
        ] {
            assert_eq!(refused(text), (pointer.to_owned(), "must be an object, not a list".to_owned()), "{text}");
        }
        for colour in ["5", r#"{"red": null}"#, r#"["red"]"#] {
            let (pointer, detail) = refused(&format!(r#"{{"one": {{"name": "a", "colour": {colour}}}}}"#));
            assert_eq!(pointer, "/one/colour", "{colour}");
            assert!(detail.starts_with("must be a text, not "), "{detail}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_place() {
        for (text, pointer, detail) in [
            (r#"{"one": {}}"#, "/one/name", "is missing"),
            (r#"{"one": {"name": "a", "name": "b"}}"#, "/one/name", "is given twice"),
            (r#"{"one": {"a/b": 1}}"#, "/one/a~1b", "is not known here; there are `name`, `count`, `colour`"),
            (r#"{"one": {"name": "a", "colour": "blue"}}"#, "/one/colour", "must be one of `red`, `green`"),
            (r#"{"open": "yes"}"#, "/open", "must be true or false, not a text"),
            (r#"{"one": {"name": ", expected u32"}, "open": 1}"#, "/open", "must be true or false, not the number 1"),
        ] {
            assert_eq!(refused(text), (pointer.to_owned(), detail.to_owned()), "{text}");
        }
    }
}
