//! Lays file, environment and arguments over the defaults, key by key, and remembers where each value is from. It
//! must not know what a key means beyond its type.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::Wrong;
use super::given::{self, Given, Source};
use super::secret::{REDACTED, SECRET_KEYS};

const DEFAULTS: &str = include_str!("../../../deploy/config.default.toml");

/// What a cell has unless it says otherwise. It also tells which of a cell's values are numbers.
const CELL_DEFAULTS: &str = r#"
request_connections = 8
lane_connections = 4
worker_connections = 6
live_provider.base_url = "https://api.stripe.com/"
"#;

/// One line of `stagedoor config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Dotted, as `--set` takes it.
    pub(crate) key: String,
    /// As it is written in a file; secrets redacted.
    pub(crate) value: String,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// All values by dotted key; the cells are counted from 0.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(super) leaves: BTreeMap<String, (Value, Source)>,
}

/// Lays all layers over each other.
pub(crate) fn merge(given: &Given) -> Result<Merged, Wrong> {
    let mut merged = Merged { leaves: BTreeMap::new() };
    let defaults: Table =
        DEFAULTS.parse().map_err(|error| syntax(Path::new("config.default.toml"), DEFAULTS, &error))?;
    merged.lay("", Value::Table(defaults), &Source::Default);
    if let Some((path, text)) = given::file(given)? {
        let table: Table = text.parse().map_err(|error| syntax(&path, &text, &error))?;
        merged.lay("", Value::Table(table), &Source::File(path));
    }
    for (variable, text) in &given.environment {
        let Some(key) = given::key_of(variable) else {
            continue;
        };
        merged.lay_text(key, text, Source::Environment(variable.clone()));
    }
    for argument in &given.set {
        let Some((key, text)) = argument.split_once('=') else {
            return Err(Wrong::Argument { argument: argument.clone() });
        };
        merged.lay_text(key.trim().to_owned(), text, Source::Argument);
    }
    merged.read_secret_files()?;
    merged.complete_cells()?;
    merged.open_private_cells()?;
    Ok(merged)
}

impl Merged {
    /// The typed settings; what does not fit is told by its key.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Result<T, Wrong> {
        serde_path_to_error::deserialize(self.tree()?).map_err(|error| {
            let path = error.path().to_string().replace('[', ".").replace(']', "");
            let problem = error.inner().message().to_owned();
            self.misfit(&path, &problem)
        })
    }

    /// The line about one key.
    pub(crate) fn wrong(&self, key: &str, problem: &str, remedy: &str) -> Wrong {
        let source_of_it = self.leaves.get(key).map_or(Source::Default, |(_, source)| source.clone());
        Wrong::Value { key: key.to_owned(), source_of_it, problem: problem.to_owned(), remedy: remedy.to_owned() }
    }

    /// Every key with its value and source.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let line = |(key, (value, source)): (&String, &(Value, Source))| {
            let value = if is_secret(key) { REDACTED.to_owned() } else { value.to_string() };
            Line { key: key.clone(), value, source: source.clone() }
        };
        self.leaves.iter().map(line).collect()
    }

    /// Adds every value below `key`. Lists of tables are counted from 0.
    fn lay(&mut self, key: &str, value: Value, source: &Source) {
        let below = |name: &str| {
            if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
        };
        match value {
            Value::Table(table) => {
                for (name, value) in table {
                    self.lay(&below(&name), value, source);
                }
            }
            Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_table) => {
                for (index, value) in list.into_iter().enumerate() {
                    self.lay(&below(&index.to_string()), value, source);
                }
            }
            value => {
                self.leaves.insert(key.to_owned(), (value, source.clone()));
            }
        }
    }

    /// Adds a value that was given as plain text: read as TOML where the key is known to be no text.
    fn lay_text(&mut self, key: String, text: &str, source: Source) {
        let known = self.leaves.get(&key).map(|(value, _)| value.clone()).or_else(|| cell_default(&key));
        let is_text = known.is_none_or(|value| value.is_str());
        let parsed =
            if is_text { None } else { format!("v = {text}").parse::<Table>().ok().and_then(|mut t| t.remove("v")) };
        let value = parsed.unwrap_or_else(|| Value::String(text.to_owned()));
        self.leaves.insert(key, (value, source));
    }

    /// Puts the content of each `<key>_file` in the place of `<key>`, unless that was given by a later layer.
    fn read_secret_files(&mut self) -> Result<(), Wrong> {
        let named: Vec<String> =
            self.leaves.keys().filter(|key| key.strip_suffix("_file").is_some_and(is_secret)).cloned().collect();
        for file_key in named {
            let Some((Value::String(path), source)) = self.leaves.remove(&file_key) else {
                return Err(self.wrong(&file_key, "it is not text", "give the path of the file"));
            };
            let key = file_key.trim_end_matches("_file").to_owned();
            match self.leaves.get(&key).map(|(_, other)| other.rank().cmp(&source.rank())) {
                Some(std::cmp::Ordering::Greater) => continue,
                Some(std::cmp::Ordering::Equal) => {
                    let problem = format!("{file_key} is given beside it");
                    return Err(self.wrong(&key, &problem, "give one of the two"));
                }
                _ => {}
            }
            let named_by = format!("{file_key} ({source})");
            let unreadable = |error| Wrong::Unreadable { path: PathBuf::from(&path), named_by, error };
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            self.leaves.insert(key, (Value::String(text.trim_end().to_owned()), source));
        }
        Ok(())
    }

    fn complete_cells(&mut self) -> Result<(), Wrong> {
        let defaults: Table =
            CELL_DEFAULTS.parse().map_err(|error| syntax(Path::new("cell defaults"), CELL_DEFAULTS, &error))?;
        let mut flat = Self { leaves: BTreeMap::new() };
        flat.lay("", Value::Table(defaults), &Source::Default);
        for index in 0..self.count_cells()? {
            for (name, (value, _)) in &flat.leaves {
                self.leaves.entry(format!("cells.{index}.{name}")).or_insert_with(|| (value.clone(), Source::Default));
            }
        }
        Ok(())
    }

    /// Without cells the platform is one of `start`'s, for development: its demo's receiver of webhooks is on this machine.
    fn open_private_cells(&mut self) -> Result<(), Wrong> {
        if self.count_cells()? == 0
            && let Some(value) = self.leaves.get_mut("webhooks.allow_private_addresses")
            && value.1 == Source::Default
        {
            *value = (Value::Boolean(true), Source::DefaultWithoutCells);
        }
        Ok(())
    }
}

pub(super) fn is_secret(key: impl AsRef<str>) -> bool {
    let mut parts = key.as_ref().split('.');
    parts.next() == Some("cells") && parts.next_back().is_some_and(|name| SECRET_KEYS.contains(&name))
}

fn cell_default(key: &str) -> Option<Value> {
    let name = key.strip_prefix("cells.")?.split_once('.')?.1;
    CELL_DEFAULTS.parse::<Table>().ok()?.remove(name)
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Wrong {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let problem = error.message().replace('\n', ", ");
    Wrong::Syntax { path: path.to_path_buf(), line: before.matches('\n').count() + 1, problem }
}
