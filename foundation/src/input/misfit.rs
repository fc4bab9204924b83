//! What serde says of an input that does not fit, in words of the API: without the names of our types, and with what is wanted.

use crate::refusal::Code;

/// Why an input does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// `unknown_field` or `invalid_field`.
    pub(super) code: Code,
    /// The field at fault, where serde names one: it is missing, unknown, or there twice.
    pub(super) field: Option<String>,
    /// What is wrong; completes a sentence that begins with the field's name.
    pub(super) detail: String,
}

impl Misfit {
    /// Reads an error's text, without a position at its end.
    pub(super) fn read(text: &str) -> Self {
        let (said, wanted) = text.rsplit_once(", expected ").unwrap_or((text, ""));
        let named =
            || said.split_once('`').and_then(|(_, rest)| rest.rsplit_once('`')).map(|(name, _)| name.to_owned());
        let misfit = |code, field, detail| Self { code, field, detail };
        if said.starts_with("unknown field ") {
            let known = words(wanted);
            let known = if known.is_empty() { "there are none".to_owned() } else { format!("there are {known}") };
            misfit(Code::UnknownField, named(), format!("is not known here; {known}"))
        } else if said.starts_with("missing field ") {
            misfit(Code::InvalidField, named(), "is missing".to_owned())
        } else if said.starts_with("duplicate field ") {
            misfit(Code::InvalidField, named(), "is given twice".to_owned())
        } else if said.starts_with("unknown variant ") {
            misfit(Code::InvalidField, None, format!("must be one of {}", words(wanted)))
        } else if let Some(given) = said.strip_prefix("invalid type: ").or(said.strip_prefix("invalid value: ")) {
            let out_of_range = said.starts_with("invalid value: ").then(|| beyond(given, wanted)).flatten();
            let detail = out_of_range.unwrap_or_else(|| format!("must be {}, not {}", form(wanted), value(given)));
            misfit(Code::InvalidField, None, detail)
        } else {
            misfit(Code::InvalidField, None, plain(text))
        }
    }
}

/// The words that stand in backticks, as a list.
fn words(wanted: &str) -> String {
    let words: Vec<String> = wanted.split('`').skip(1).step_by(2).map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// What is said of a whole number that is so far out that it was not even kept. What our machine keeps is nobody's business, and the
/// bounds of the field are told by its rule once it can look.
fn beyond(given: &str, wanted: &str) -> Option<String> {
    let number = given.strip_prefix("integer `")?.strip_suffix('`')?;
    let signed = ["i8", "i16", "i32", "i64"].contains(&wanted);
    match number.starts_with('-') {
        false if signed || form(wanted) == NATURAL => Some(format!("must be a smaller number than {number}")),
        true if signed => Some(format!("must be a larger number than {number}")),
        _ => None,
    }
}

const NATURAL: &str = "a whole number, 0 or more";

/// What is wanted.
fn form(wanted: &str) -> String {
    match wanted {
        "a map" => "an object".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a string" | "str" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "u8" | "u16" | "u32" | "u64" => NATURAL.to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}

/// What was given. A text is not repeated: it may be long, or no one's business.
fn value(given: &str) -> String {
    match given.split_once([' ', '`']).map_or(given, |(kind, _)| kind) {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "string" => "a text".to_owned(),
        "integer" | "floating" => format!("the number {}", given.split('`').nth(1).unwrap_or_default()),
        "boolean" => given.split('`').nth(1).unwrap_or_default().to_owned(),
        _ => given.to_owned(),
    }
}

/// What the standard library says of a parameter's text, in words; what our own types say stays.
fn plain(text: &str) -> String {
    match text {
        "invalid digit found in string"
        | "cannot parse integer from empty string"
        | "number too large to fit in target type"
        | "number too small to fit in target type" => "must be a whole number, 0 or more".to_owned(),
        "provided string was not `true` or `false`" => "must be true or false".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_serdes_sentences_has_its_own_here() {
        for (said, field, detail) in [
            ("missing field `email`", Some("email"), "is missing"),
            ("duplicate field `limit`", Some("limit"), "is given twice"),
            ("unknown field `a`, expected `b`", Some("a"), "is not known here; there are `b`"),
            ("unknown field `a`, expected `b` or `c`", Some("a"), "is not known here; there are `b`, `c`"),
            ("unknown field `a`, there are no fields", Some("a"), "is not known here; there are none"),
            ("unknown field `a`b`, expected `c`", Some("a`b"), "is not known here; there are `c`"),
            ("unknown variant `x`, expected one of `a`, `b`, `c`", None, "must be one of `a`, `b`, `c`"),
            ("unknown variant `, expected `, expected `a` or `b`", None, "must be one of `a`, `b`"),
            ("invalid type: map, expected a string", None, "must be a text, not an object"),
            ("invalid type: null, expected struct NewOrderBody", None, "must be an object, not null"),
            ("invalid type: string \"a, expected u32\", expected a sequence", None, "must be a list, not a text"),
            (
                "invalid type: floating point `1.5`, expected u8",
                None,
                "must be a whole number, 0 or more, not the number 1.5",
            ),
            ("invalid type: string \"5\", expected i16", None, "must be a whole number, not a text"),
            ("invalid value: integer `-1`, expected u16", None, "must be a whole number, 0 or more, not the number -1"),
            ("invalid value: integer `5000000000`, expected u32", None, "must be a smaller number than 5000000000"),
            ("invalid value: integer `40000`, expected i16", None, "must be a smaller number than 40000"),
            ("invalid value: integer `-40000`, expected i16", None, "must be a larger number than -40000"),
            ("invalid type: boolean `true`, expected an id", None, "must be an id, not true"),
            ("invalid digit found in string", None, "must be a whole number, 0 or more"),
            ("`x` is not a currency", None, "`x` is not a currency"),
        ] {
            let misfit = Misfit::read(said);
            assert_eq!((misfit.field.as_deref(), misfit.detail.as_str()), (field, detail), "{said}");
            assert_eq!(misfit.code == Code::UnknownField, said.starts_with("unknown field"), "{said}");
        }
    }
}
