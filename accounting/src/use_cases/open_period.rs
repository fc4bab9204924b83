//! What the period that is open comes to so far.

use foundation::{Currency, Result, TenantTx};

use super::{
    period::{PeriodReader, Wanted},
    settlement_schedule::settlement_schedule,
};
use crate::{Settlement, balance, store::places};

/// Reads the open period of a currency, row by row. What was posted within the last second may not have its place yet.
///
/// # Errors
/// If the database does not answer.
pub async fn open_period(tx: &mut TenantTx, region: &str, currency: Currency) -> Result<PeriodReader> {
    let schedule = settlement_schedule(tx).await?;
    let wanted = Wanted {
        settlement: None,
        region,
        currency,
        time_zone: &schedule.time_zone,
        // By hand: as if it were closed now.
        ends_at: match schedule.closes_at.0 {
            Some(at) => at,
            None => tx.now().await?,
        },
        last: places::last(tx).await?,
    };
    PeriodReader::open(tx, wanted).await
}

/// The open period of a currency from what is kept of it on: its rows have no numbers and no hashes, its document is whole.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn so_far(tx: &mut TenantTx, region: &str, currency: Currency) -> Result<PeriodReader> {
    let mut reader = open_period(tx, region, currency).await?;
    reader.skip_kept(tx).await?;
    Ok(reader)
}

/// What the open period of each currency ever used comes to, ordered by the currencies' codes: what is kept of it, and the rows since.
///
/// # Errors
/// If the database does not answer.
pub async fn open_periods(tx: &mut TenantTx, region: &str) -> Result<Vec<Settlement>> {
    let mut periods = Vec::new();
    for used in balance(tx).await? {
        let mut reader = so_far(tx, region, used.currency).await?;
        while reader.rows(tx).await?.is_some() {}
        reader.rename_payouts(tx).await?;
        periods.push(reader.document());
    }
    Ok(periods)
}

/// Open periods of which something else is kept than their rows come to.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn kept_otherwise(tx: &mut TenantTx) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for used in balance(tx).await? {
        let mut kept = so_far(tx, "", used.currency).await?;
        while kept.rows(tx).await?.is_some() {}
        let mut read = open_period(tx, "", used.currency).await?;
        // The same places of the same period, whatever has come since.
        let (of, last) = kept.counted();
        read.last = last;
        if read.counted().0 != of {
            continue;
        }
        while read.rows(tx).await?.is_some() {}
        for reader in [&mut kept, &mut read] {
            reader.rename_payouts(tx).await?;
        }
        let (kept, read) = (kept.book.kept(), read.book.kept());
        if kept != read {
            wrong.push(format!("{}: {kept:?} is kept, {read:?} is read", used.currency));
        }
    }
    Ok(wrong)
}
