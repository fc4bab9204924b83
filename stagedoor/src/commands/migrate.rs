//! `stagedoor migrate`: runs the embedded migrations on every cell that names its owner's login.

use std::process::ExitCode;

use anyhow::Context as _;
use foundation::schema;
use sqlx::Connection as _;

use crate::{process, settings::Settings};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        !settings.cells.is_empty(),
        "no cells are configured; write [[cells]] as deploy/config.default.toml shows"
    );
    for cell in &settings.cells {
        let url = cell.owner_database_url.as_ref();
        let url = url.with_context(|| {
            format!("cell {}: owner_database_url is not set; migrations run as the schema's owner", cell.name)
        })?;
        migrate(url.reveal()).await.with_context(|| format!("cell {}", cell.name))?;
        tracing::info!(cell = cell.name, "the schema is up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings one database up to date.
pub(crate) async fn migrate(url: &str) -> anyhow::Result<()> {
    let mut conn = process::connect(url, "owner_database_url").await?;
    schema::MIGRATOR.run(&mut conn).await.context("a migration failed; nothing of it was kept")?;
    conn.close().await?;
    Ok(())
}
