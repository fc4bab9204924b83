//! `stagedoor verify`: every invariant of every tenant, printed.

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::Context as _;
use foundation::{id::ResellerId, verify::Checked};
use ticketing::provider::Providers;

use crate::{
    process::{self, complain, tell},
    settings::{Cell, Settings},
};

/// Tenants read at a time.
const PAGE: i64 = 500;

/// Tenants after which it is told how far it has come.
const TOLD_EVERY: u32 = 100;

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::start::with_private_cells(settings)?;
    anyhow::ensure!(
        !settings.cells.is_empty(),
        "no cells are configured, and there is no private one; run `stagedoor start` first"
    );
    let mut violated = 0;
    for cell in &settings.cells {
        violated += verify_cell(cell).await?;
    }
    if violated == 0 {
        tell("Every invariant holds.");
        return Ok(ExitCode::SUCCESS);
    }
    tell(format_args!("{violated} violations."));
    Ok(ExitCode::FAILURE)
}

async fn verify_cell(settings: &Cell) -> anyhow::Result<usize> {
    let cell = process::reach(settings).await?;
    let providers = process::providers(settings)?;
    foundation::sequencer::place_all(&cell).await?;
    let mut found: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let (mut after, mut tenants) = (None, 0_u32);
    loop {
        let page = tenancy::tenants_after(&cell, after, PAGE).await?;
        let Some(last) = page.last().copied() else { break };
        for reseller in page {
            tenants += 1;
            if tenants % TOLD_EVERY == 0 {
                complain(format_args!("cell {}: {tenants} tenants so far", settings.name));
            }
            for checked in verify_tenant(&cell, &providers, reseller).await? {
                let violations = checked.violations.into_iter().map(|violation| format!("{reseller}: {violation}"));
                found.entry(checked.invariant).or_default().extend(violations);
            }
        }
        after = Some(last);
    }
    tell(format_args!("cell {}, region {}, {tenants} tenants", settings.name, settings.region));
    let mut count = 0;
    for (invariant, violations) in found {
        tell(format_args!("  {}  {invariant}", if violations.is_empty() { "holds " } else { "BROKEN" }));
        violations.iter().for_each(|violation| tell(format_args!("            {violation}")));
        count += violations.len();
    }
    Ok(count)
}

async fn verify_tenant(
    cell: &foundation::Cell,
    providers: &Providers,
    reseller: ResellerId,
) -> anyhow::Result<Vec<Checked>> {
    let mut tx = cell.tenant(reseller).await?;
    let mut checked = ticketing::verify::checks(&mut tx).await?;
    drop(tx);
    let mode = cell.mode_of(reseller).await?.context("a tenant that is not in the cell's directory")?;
    checked.push(ticketing::verify::against_provider(cell, providers.of(mode), reseller).await?);
    Ok(checked)
}
