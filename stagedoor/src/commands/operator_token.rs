//! `stagedoor operator-token`: a session for the operators' interface of one region.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;

use crate::{process, settings::Settings};

/// Whose session, where, how long.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The region.
    #[arg(long)]
    region: String,
    /// Who it is for; it stands in the audit log.
    #[arg(long)]
    operator: String,
    /// How long it is good, in hours.
    #[arg(long, default_value_t = 8)]
    hours: u64,
}

pub(crate) async fn run(settings: Settings, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::start::with_private_cells(settings)?;
    let cell = settings.cells.iter().find(|cell| cell.region == arguments.region);
    let cell = cell.with_context(|| format!("no cell of the region `{}` is configured", arguments.region))?;
    let now = process::reach(cell).await?.clock().await?.as_seconds();
    let lifetime = Duration::from_secs(arguments.hours * 3600);
    let token =
        tenant_admin::session_token(cell.operator_key.reveal(), &arguments.operator, &arguments.region, lifetime, now)?;
    process::tell(token);
    Ok(ExitCode::SUCCESS)
}
