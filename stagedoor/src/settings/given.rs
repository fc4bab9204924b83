//! What the process was started with, and where a value of it comes from. It must not read a value.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::Wrong;

/// What the process was started with.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The file of `--config`.
    pub(crate) file: Option<PathBuf>,
    /// The directory in which `stagedoor.toml` is looked for: the current one.
    pub(crate) directory: PathBuf,
    /// The environment; other variables than `STAGEDOOR_...` do no harm.
    pub(crate) environment: Vec<(String, String)>,
    /// The values of `--set`, each `section.key=value`.
    pub(crate) set: Vec<String>,
}

/// Where a value comes from; later ones count more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Built in.
    Default,
    /// Built in for a process that has no cells configured and so makes private ones.
    DefaultWithoutCells,
    /// A configuration file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// An argument `--set`.
    Argument,
}

impl Source {
    /// Which layer it is: the higher one wins.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Default | Self::DefaultWithoutCells => 0,
            Self::File(_) => 1,
            Self::Environment(_) => 2,
            Self::Argument => 3,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::DefaultWithoutCells => f.write_str("default without cells"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Argument => f.write_str("argument --set"),
        }
    }
}

/// The configuration file's path and text, if there is one.
pub(super) fn file(given: &Given) -> Result<Option<(PathBuf, String)>, Wrong> {
    let variable = given.environment.iter().find(|(name, _)| name == "STAGEDOOR_CONFIG");
    let (path, named_by) = match (&given.file, variable) {
        (Some(path), _) => (path.clone(), "--config"),
        (None, Some((_, path))) => (PathBuf::from(path), "STAGEDOOR_CONFIG"),
        (None, None) => (given.directory.join("stagedoor.toml"), ""),
    };
    if named_by.is_empty() && !path.exists() {
        return Ok(None);
    }
    let named_by = if named_by.is_empty() { "the current directory" } else { named_by };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) => Err(Wrong::Unreadable { path, named_by: named_by.to_owned(), error }),
    }
}

/// `api.listen` of `STAGEDOOR_API__LISTEN`; nothing of a variable without a section, which is not ours.
pub(super) fn key_of(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("STAGEDOOR_").filter(|name| name.contains("__"))?;
    Some(name.replace("__", ".").to_ascii_lowercase())
}
