//! `stagedoor openapi`: the API's description, as committed at `sdk-spec/openapi.json`.
#![expect(clippy::print_stdout, reason = "what the command is for")]

use std::process::ExitCode;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&platform_api::openapi())?);
    Ok(ExitCode::SUCCESS)
}
