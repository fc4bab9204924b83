//! The catalogue as the tables of docs/events.md.

use std::fmt::Write as _;

use super::{CATALOGUE, Shape};

/// The tables, as Markdown: every type, and what the data of each is.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Type | Object | Written when | `data` |\n|---|---|---|---|\n");
    let mut shapes: Vec<Shape> = Vec::new();
    for event in CATALOGUE {
        // Writing into a text cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | [{}](#{}) |",
            event.name,
            event.object,
            event.when,
            event.data.name,
            event.data.name.to_lowercase()
        );
        if !shapes.iter().any(|shape| shape.name == event.data.name) {
            shapes.push(event.data);
        }
    }
    shapes.sort_by_key(|shape| shape.name);
    for shape in shapes {
        let example = serde_json::to_string_pretty(&(shape.example)()).unwrap_or_default();
        let _ = write!(text, "\n### {}\n\n```json\n{example}\n```\n", shape.name);
        let schema = serde_json::to_value((shape.schema)()).unwrap_or_default();
        let members = schema["properties"].as_object().into_iter().flatten();
        let explained = members.filter_map(|(name, of)| Some((name, of["description"].as_str()?)));
        let lines: Vec<String> = explained.map(|(name, words)| format!("- `{name}`: {words}")).collect();
        if !lines.is_empty() {
            let _ = write!(text, "\n{}\n", lines.join("\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_catalogue_is_the_codes() {
        let document = include_str!("../../../docs/events.md");
        let (_, rest) = document.split_once("<!-- catalogue -->\n").unwrap();
        let (documented, _) = rest.split_once("<!-- end of catalogue -->").unwrap();
        assert!(
            documented.trim() == markdown().trim(),
            "docs/events.md is not what the catalogue says; put in its place what this prints: \
             cargo run -p stagedoor -- events catalogue"
        );
    }
}
