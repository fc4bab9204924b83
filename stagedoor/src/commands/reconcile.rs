//! `stagedoor reconcile`: the provider's own balance report of every cell against its books, line by line, printed.

use std::{process::ExitCode, time::Duration};

use accounting::{Difference, ReportLine};
use foundation::{Instant, Mode};
use ticketing::use_cases::compare_balance::compare_balance;

use crate::{
    process::{self, tell},
    settings::{Cell, Settings},
};

/// Which account, and how far back.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// `live` or `test`.
    #[arg(long, default_value = "live", value_parser = mode)]
    mode: Mode,
    /// How many hours back.
    #[arg(long, default_value_t = 48)]
    hours: u64,
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse().map_err(|()| "must be live or test".to_owned())
}

pub(crate) async fn run(settings: Settings, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::start::with_private_cells(settings)?;
    anyhow::ensure!(
        !settings.cells.is_empty(),
        "no cells are configured, and there is no private one; run `stagedoor start` first"
    );
    let mut differing = 0;
    for cell in &settings.cells {
        differing += compare(cell, arguments).await?;
    }
    Ok(if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn compare(configured: &Cell, arguments: &Arguments) -> anyhow::Result<usize> {
    let (cell, providers) = (process::reach(configured).await?, process::providers(configured)?);
    let now = cell.clock().await?;
    let back = i64::try_from(Duration::from_secs(arguments.hours * 3600).as_micros())?;
    let from = Instant::from_micros(now.as_micros().saturating_sub(back));
    let (mode, provider) = (arguments.mode, providers.of(arguments.mode));
    let compared = compare_balance(&cell, provider, mode, (from, now)).await?;
    let (name, matched, differing) = (&configured.name, compared.matched, compared.differing);
    tell(format_args!("cell {name}, {}: {matched} lines agree, {differing} do not", mode.as_str()));
    compared.differences.iter().for_each(|difference| tell(format_args!("  {}", told(difference))));
    Ok(differing)
}

fn told(difference: &Difference) -> String {
    let side = |line: &Option<ReportLine>| match line {
        Some(ReportLine { name, amount, currency, at, .. }) => format!("{name} {amount} {currency} at {at}"),
        None => "nothing".to_owned(),
    };
    let kind = difference.kind.as_str();
    format!("{kind:<13}  books: {}; provider: {}", side(&difference.here), side(&difference.there))
}
