//! `stagedoor openapi`: the API's description, as committed at `sdk-spec/openapi.json`.

use std::process::ExitCode;

use crate::process::tell;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    tell(serde_json::to_string_pretty(&platform_api::openapi())?);
    Ok(ExitCode::SUCCESS)
}
