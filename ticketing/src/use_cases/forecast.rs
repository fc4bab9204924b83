//! Tells a reseller what it will have, when and why.

use std::collections::HashMap;

use accounting::{coming_money, release_terms};
use foundation::{Instant, Result, TenantTx, id::PerformanceId};

use crate::{
    provider::payable,
    rules::forecast::{Forecast, Piece, Told},
    store::{due_money, payout_settings},
};

/// What of the money of each currency becomes available when, and what the schedule will pay out next, with the time by which that is so.
/// Read it in a snapshot, so that it comes to the balance.
///
/// # Errors
/// The database's.
pub async fn forecast(tx: &mut TenantTx) -> Result<(Instant, Vec<Forecast>)> {
    let now = tx.now().await?;
    let terms = release_terms(tx).await?;
    let settings = payout_settings::get(tx).await?;
    let suspended = payout_settings::is_suspended(tx).await?;
    let coming = coming_money(tx).await?;
    let pending = coming.pending.iter().filter_map(|(performance, ..)| *performance);
    let mut named: Vec<PerformanceId> = pending.chain(coming.reserves.iter().map(|(of, ..)| *of)).collect();
    named.sort_unstable();
    named.dedup();
    let told: HashMap<PerformanceId, Told> =
        due_money::told(tx, &named).await?.into_iter().map(|told| (told.performance, told)).collect();
    let of = |performance: &PerformanceId| told.get(performance).cloned();
    let mut forecasts = Vec::new();
    for balance in accounting::balance(tx).await? {
        let currency = balance.currency;
        let pending: Vec<Piece> = coming
            .pending
            .iter()
            .filter(|(_, of, _)| *of == currency)
            .map(|(performance, _, amount)| (performance.as_ref().and_then(of), *amount))
            .collect();
        let reserves = coming
            .reserves
            .iter()
            .filter(|(_, of, ..)| *of == currency)
            .map(|(performance, _, amount, until)| ((of(performance), *amount), *until))
            .collect();
        let forecast = Forecast::new(balance, &terms, (pending, reserves), now);
        forecasts.push(match settings.account {
            Some(_) if !suspended => forecast.paid_out(&settings.schedule, settings.next_at, now, payable),
            _ => forecast,
        });
    }
    Ok((now, forecasts))
}
