//! `stagedoor config`: every setting, its value (secrets hidden) and where it comes from.

use std::process::ExitCode;

use crate::{process::tell, settings::Settings};

pub(crate) fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let lines = settings.explain();
    let width = lines.iter().map(|line| line.key.len()).max().unwrap_or(0);
    for line in lines {
        tell(format_args!("{:width$}  {}  ({})", line.key, line.value, line.source));
    }
    Ok(ExitCode::SUCCESS)
}
