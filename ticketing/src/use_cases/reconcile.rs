//! Reads the provider's own list of events, and applies what never came as a callback. It finds what we never learned, also of
//! payments whose creation was answered to nobody, because their ids travel with them.

use foundation::{Mode, Result};

use super::apply_callback::apply_callback;
use crate::{
    inventory::Inventory,
    provider::{Kind, Providers},
    store::{callbacks, provider_logs},
};

/// How far before the last look each look begins, in seconds: events are listed a little after they happened.
const OVERLAP: i64 = 600;
/// How far back the first look goes, in seconds: as long as the provider keeps its list (Stripe: 30 days).
const FIRST: i64 = 30 * 86_400;

/// Reads what is new in both accounts. Gives how many events had not come. An event that cannot be applied now is read again
/// next time.
///
/// # Errors
/// The database's; the provider's.
pub async fn reconcile(inventory: &Inventory, providers: &Providers) -> Result<usize> {
    let mut found = 0;
    for mode in [Mode::Live, Mode::Test] {
        found += reconcile_account(inventory, providers, mode).await?;
    }
    Ok(found)
}

async fn reconcile_account(inventory: &Inventory, providers: &Providers, mode: Mode) -> Result<usize> {
    let (cell, provider) = (inventory.cell(), providers.of(mode));
    let since = match provider_logs::read_until(cell, mode).await? {
        Some(until) => until - OVERLAP,
        None => cell.clock().await?.as_seconds() - FIRST,
    };
    // The list comes newest first. Each page is applied as it comes, since any order will do, so that a long list takes no more
    // memory than a short one; the mark moves only when the list was read to its end and all of it was applied.
    let (mut found, mut all, mut newest, mut after) = (0, true, since, None);
    loop {
        let page = provider.events(since, after.as_deref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.event.clone());
        newest = page.iter().map(|event| event.created).fold(newest, i64::max);
        let known = callbacks::known(cell, page.iter().map(|event| event.event.as_str())).await?;
        for event in page.iter().filter(|event| event.kind != Kind::Other && !known.contains(&event.event)) {
            match apply_callback(inventory, providers, mode, event).await {
                Ok(()) => found += 1,
                Err(error) => {
                    tracing::warn!(%error, event = event.event, "an event of the provider's list could not be applied yet");
                    all = false;
                }
            }
        }
    }
    if all {
        provider_logs::note(cell, mode, newest).await?;
    }
    if found > 0 {
        tracing::warn!(found, ?mode, "events of the provider had not come as callbacks");
        metrics::counter!("stagedoor_provider_events_missed_total").increment(found as u64);
    }
    Ok(found)
}
