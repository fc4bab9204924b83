//! `stagedoor books`: the platform's own books of a region, printed.

use std::process::ExitCode;

use accounting::{BooksOf, CurrencyBooks, books, reseller_positions};
use foundation::{Cell, Instant, Mode};
use serde_json::json;

use crate::{
    process::{self, tell},
    settings::Settings,
};

/// Resellers read at a time.
const PAGE: i64 = 500;

/// Which books.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The region.
    #[arg(long)]
    region: String,
    /// `live` or `test`.
    #[arg(long, default_value = "live", value_parser = |text: &str| text.parse::<Mode>().map_err(|()| "live or test"))]
    mode: Mode,
    /// The period begins with what was posted then (RFC 3339).
    #[arg(long, value_parser = instant)]
    from: Option<Instant>,
    /// It ends before then.
    #[arg(long, value_parser = instant)]
    to: Option<Instant>,
    /// As JSON, every reseller's position with it.
    #[arg(long)]
    json: bool,
}

fn instant(text: &str) -> Result<Instant, String> {
    serde_json::from_value(json!(text)).map_err(|error| error.to_string())
}

pub(crate) async fn run(settings: Settings, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::start::with_private_cells(settings)?;
    let mut cells: Vec<Cell> = Vec::new();
    for cell in settings.cells.iter().filter(|cell| cell.region == arguments.region) {
        cells.push(process::reach(cell).await?);
    }
    anyhow::ensure!(!cells.is_empty(), "no cell of the region `{}` is configured", arguments.region);
    let of = BooksOf { mode: arguments.mode, from: arguments.from, to: arguments.to };
    let currencies = books(&cells, &of).await?;
    let mut positions = Vec::new();
    for cell in &cells {
        let mut after = None;
        loop {
            let page = reseller_positions(cell, &of, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            positions.extend(page.into_iter().flat_map(|(_, positions)| positions));
        }
    }
    if arguments.json {
        let whole = json!({ "region": arguments.region, "mode": of.mode, "from": of.from, "to": of.to,
                            "currencies": currencies, "resellers": positions });
        tell(serde_json::to_string_pretty(&whole)?);
        return Ok(ExitCode::SUCCESS);
    }
    tell(format_args!("region {}, {}", arguments.region, of.mode.as_str()));
    currencies.iter().for_each(print);
    for position in positions {
        let amount = position.pending.amount() + position.available.amount();
        tell(format_args!(
            "  {}  has {amount} {}, earned us {}",
            position.reseller_id,
            position.pending.currency(),
            position.fees_earned.amount()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn print(books: &CurrencyBooks) {
    let (earned, owed, has) = (&books.earned, &books.liabilities, &books.assets);
    tell(format_args!("{}", books.currency));
    for (what, amount) in [
        ("platform's fees", earned.platform_fees),
        ("hosted shops' fees", earned.hosting_fees),
        ("provider's fees borne", earned.provider_fees),
        ("disputes lost", earned.dispute_losses),
        ("goodwill", earned.goodwill),
        ("result of the period", earned.result),
        ("tax due", owed.tax_due),
        ("owed to resellers, pending", owed.resellers_pending),
        ("owed to resellers, available", owed.resellers_available),
        ("held for disputes", owed.dispute_reserve),
        ("held as reserve", owed.rolling_reserve),
        ("payouts in transit", owed.payouts_in_transit),
        ("refunds payable", owed.refunds_payable),
        ("credit outstanding", owed.credit_outstanding),
        ("suspense", owed.suspense),
        ("at the provider", has.psp_clearing),
        ("with buyers' banks", has.psp_dispute_hold),
        ("in the bank", has.bank),
    ] {
        tell(format_args!("  {what:30} {:>16}", amount.amount().to_string()));
    }
}
