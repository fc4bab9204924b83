//! What can be wrong with the configuration, told in one line. It must never show a secret.

use std::io;
use std::path::PathBuf;

use super::Source;

/// Why there are no settings: the first thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Wrong {
    /// A named file cannot be read.
    #[error("{}: cannot be read: {error}; check the path that {named_by} gives, and that this user may read the file", path.display())]
    Unreadable { path: PathBuf, named_by: String, error: io::Error },
    /// The configuration file is not TOML.
    #[error("{}: line {line}: {problem}; put that line right (deploy/config.default.toml shows how each key is written)", path.display())]
    Syntax { path: PathBuf, line: usize, problem: String },
    /// An argument that is not `section.key=value`.
    #[error("--set {argument}: it has no value; write --set section.key=value")]
    Argument { argument: String },
    /// A key is unknown or missing, or its value is not usable.
    #[error("{key} ({source_of_it}): {problem}; {remedy}")]
    Value { key: String, source_of_it: Source, problem: String, remedy: String },
}

/// A rule that the settings break, before the source of the key is known.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) key: String,
    pub(crate) problem: String,
    pub(crate) remedy: String,
}
