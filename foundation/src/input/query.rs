//! A query's parameters that do not fit.

use super::Misfit;
use crate::refusal::Refusal;

/// The refusal, naming the parameter. `text` is the framework's: the parameter stands before the cause, or in it.
#[must_use]
pub fn refuse(text: &str) -> Refusal {
    let told = text.trim_start_matches("Failed to deserialize query string: ");
    let named = |(name, _): &(&str, &str)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let (name, cause) = told.split_once(": ").filter(named).unwrap_or(("", told));
    let misfit = Misfit::read(cause);
    let mut refusal = Refusal::field(misfit.field.unwrap_or_else(|| name.to_owned()), misfit.detail);
    refusal.code = misfit.code;
    refusal
}
