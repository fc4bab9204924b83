//! Turns what serde says of a value into the one line about it. It must never show a secret.

use super::Wrong;
use super::layers::{Merged, is_secret};

impl Merged {
    /// The line about a value that does not fit its type, from what serde says of it.
    pub(super) fn misfit(&self, path: &str, problem: &str) -> Wrong {
        let field =
            |start: &str| problem.strip_prefix(start).and_then(|rest| rest.split('`').nth(1)).map(ToOwned::to_owned);
        if let Some(name) = field("unknown field") {
            let key = self.key_named(path, &name);
            return self.wrong(
                &key,
                "there is no such setting",
                "remove it, or take a key that deploy/config.default.toml lists",
            );
        }
        if let Some(name) = field("missing field") {
            let key = self.key_named(path, &name);
            let file = if is_secret(&key) { format!(" (or {key}_file)") } else { String::new() };
            return self.wrong(&key, "it is missing", &format!("set {key}{file}"));
        }
        let shown = match self.leaves.get(path) {
            Some((value, _)) if !is_secret(path) => format!("{value} is not usable: {problem}"),
            _ if is_secret(path) && !problem.starts_with("it is") => "its value is not text".to_owned(),
            _ => problem.to_owned(),
        };
        self.wrong(path, &shown, "see the comment on it in deploy/config.default.toml")
    }

    /// The full key of a field that serde names: the path may end at the section or at the field itself.
    fn key_named(&self, path: &str, name: &str) -> String {
        let section = path.strip_suffix(name).map_or(path, |section| section.trim_end_matches('.'));
        let section = section.trim_end_matches(".?");
        let key = if section.is_empty() || section == "." { name.to_owned() } else { format!("{section}.{name}") };
        let below = format!("{key}.");
        // An unknown section is told by the first of its keys, which is the one that has a source.
        let first = self.leaves.keys().find(|leaf| **leaf == key || leaf.starts_with(&below));
        first.cloned().unwrap_or(key)
    }
}
