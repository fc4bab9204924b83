//! `stagedoor reseal`: seals every webhook secret and every credit's code with the cell's present key, so that the previous one can go. Processes may run
//! meanwhile: they open what either has sealed.

use std::process::ExitCode;

use foundation::{Cell, Result, id::ResellerId};
use tenancy::webhook_endpoints;
use ticketing::store::credits;

use crate::{
    process::{self, tell},
    settings::Settings,
};

/// Tenants read at a time.
const PAGE: i64 = 500;

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(!settings.cells.is_empty(), "no cells are configured");
    for configured in &settings.cells {
        let cell = process::reach(configured).await?;
        let (mut after, mut secrets) = (None, 0);
        loop {
            let page = tenancy::tenants_after(&cell, after, PAGE).await?;
            let Some(last) = page.last().copied() else { break };
            for reseller in page {
                let mut tx = cell.tenant(reseller).await?;
                secrets += webhook_endpoints::reseal(&mut tx).await?;
                tx.commit().await?;
                secrets += codes(&cell, reseller).await?;
            }
            after = Some(last);
        }
        tell(format_args!("cell {}: {secrets} secrets sealed anew", configured.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// Seals the codes of a reseller's credits anew, a page in a transaction. Gives how many those were.
async fn codes(cell: &Cell, reseller: ResellerId) -> Result<usize> {
    let (mut after, mut sealed) = (None, 0);
    loop {
        let mut tx = cell.tenant(reseller).await?;
        let (page, last) = credits::reseal(&mut tx, after, PAGE).await?;
        tx.commit().await?;
        if last.is_none() {
            return Ok(sealed);
        }
        (after, sealed) = (last, sealed + page);
    }
}
