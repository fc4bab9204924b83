//! `stagedoor reseal`: seals every webhook secret with the cell's present key, so that the previous one can go. Processes may run
//! meanwhile: they open what either has sealed.

use std::process::ExitCode;

use tenancy::webhook_endpoints;

use crate::{
    process::{self, tell},
    settings::Settings,
};

/// Tenants read at a time.
const PAGE: i64 = 500;

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(!settings.cells.is_empty(), "no cells are configured");
    for configured in &settings.cells {
        let cell = process::open(configured)?;
        let (mut after, mut secrets) = (None, 0);
        loop {
            let page = tenancy::tenants_after(&cell, after, PAGE).await?;
            let Some(last) = page.last().copied() else { break };
            for reseller in page {
                let mut tx = cell.tenant(reseller).await?;
                secrets += webhook_endpoints::reseal(&mut tx).await?;
                tx.commit().await?;
            }
            after = Some(last);
        }
        tell(format_args!("cell {}: {secrets} secrets sealed anew", configured.name));
    }
    Ok(ExitCode::SUCCESS)
}
