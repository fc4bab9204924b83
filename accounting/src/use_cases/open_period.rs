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

/// What the open period of each currency ever used comes to, ordered by the currencies' codes.
///
/// # Errors
/// If the database does not answer.
pub async fn open_periods(tx: &mut TenantTx, region: &str) -> Result<Vec<Settlement>> {
    let mut periods = Vec::new();
    for used in balance(tx).await? {
        let mut reader = open_period(tx, region, used.currency).await?;
        while reader.rows(tx).await?.is_some() {}
        periods.push(reader.document());
    }
    Ok(periods)
}
