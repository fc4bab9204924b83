//! `stagedoor events`: the catalogue of events, and sending them again.

use std::process::ExitCode;

use serde_json::json;

use super::api::{Access, Api};
use crate::process::tell;

/// What to do with events.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Prints the catalogue as docs/events.md has it.
    Catalogue,
    /// Sends an event to a webhook endpoint again.
    Resend {
        /// The event (`evt_…`).
        event: String,
        /// The endpoint (`we_…`).
        #[arg(long)]
        endpoint: String,
        #[command(flatten)]
        access: Access,
    },
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Catalogue => tell(platform_api::catalogue::markdown()),
        Command::Resend { event, endpoint, access } => {
            let path = format!("/v1/webhook_endpoints/{endpoint}/deliveries/{event}/resend");
            tell(Api::open(access)?.post(&path, json!({})).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
