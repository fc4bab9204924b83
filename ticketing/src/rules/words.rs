//! What names may be, wherever something has one.

use foundation::refusal::FieldErrors;

const NAME_MAX: usize = 200;

pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= NAME_MAX && !text.chars().any(char::is_control)
}

pub(super) fn name(fields: &mut FieldErrors, pointer: &str, text: &str) {
    fields.check(is_name(text), pointer, format!("must be 1 to {NAME_MAX} bytes of text"));
}

pub(super) fn names<'a>(fields: &mut FieldErrors, at: &str, all: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::HashSet::new();
    for (i, text) in all.enumerate() {
        name(fields, &format!("{at}/{i}"), text);
        fields.check(seen.insert(text), format!("{at}/{i}"), format!("`{text}` is named twice"));
    }
}
