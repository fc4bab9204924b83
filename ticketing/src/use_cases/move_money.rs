//! The worker's look at what money is due: performances to release, reserves to free, months to charge, debts to pay from reserves, resellers to pay out by their
//! schedules, payouts to bring on their way.

use foundation::{
    Cell, Currency, Error, Result,
    id::{PayoutId, PerformanceId, ResellerId},
};

use super::{
    pay_out_by_schedule::pay_out_by_schedule, release_performance::release_performance, send_payout::send_payout,
};
use crate::{
    provider::{Provider, Providers},
    store::{
        due::{self, Failed},
        due_money,
    },
};

/// Does what is due in a cell. What fails is logged, holds up nothing else and is tried again. Gives how much was done.
///
/// # Errors
/// If what is due cannot be read.
pub async fn move_money(cell: &Cell, providers: &Providers) -> Result<usize> {
    let mut done = 0;
    for (reseller, performance) in due_money::releases(cell).await? {
        let released = release_performance(cell, reseller, performance).await;
        done += usize::from(judged(released, "a performance's money could not be released").unwrap_or(false));
    }
    for (reseller, performance, currency) in due_money::reserves(cell).await? {
        let freed = free_reserve(cell, reseller, performance, currency).await;
        done += usize::from(judged(freed, "a reserve could not be freed").unwrap_or(false));
    }
    for reseller in due_money::hosting(cell).await? {
        let charged = charge_hosting(cell, reseller).await;
        done += usize::from(judged(charged, "a month's fee could not be charged").unwrap_or(false));
    }
    for (reseller, currency) in due_money::debts(cell).await? {
        let covered = cover_debt(cell, reseller, currency).await;
        done += usize::from(judged(covered, "a debt could not be paid from what is kept back").unwrap_or(false));
    }
    for reseller in due_money::schedules(cell).await? {
        let made = pay_out_by_schedule(cell, reseller).await;
        done += judged(made, "a reseller could not be paid out by its schedule").map_or(0, |made| made.len());
    }
    for (reseller, mode, id) in due_money::payouts(cell).await? {
        let sent = send(cell, providers.of(mode), reseller, id).await;
        done += usize::from(judged(sent, "a payout could not be brought further").unwrap_or(false));
    }
    Ok(done)
}

fn judged<T>(outcome: Result<T>, what: &'static str) -> Option<T> {
    outcome.inspect_err(|error| tracing::warn!(%error, "{what}; it is tried again")).ok()
}

async fn free_reserve(
    cell: &Cell,
    reseller: ResellerId,
    performance: PerformanceId,
    currency: Currency,
) -> Result<bool> {
    let mut tx = cell.tenant(reseller).await?;
    let freed = accounting::free_reserve(&mut tx, performance, currency).await?;
    tx.commit().await?;
    Ok(freed)
}

async fn cover_debt(cell: &Cell, reseller: ResellerId, currency: Currency) -> Result<bool> {
    let mut tx = cell.tenant(reseller).await?;
    let covered = accounting::cover_debt(&mut tx, currency).await?;
    tx.commit().await?;
    Ok(!covered.is_zero())
}

async fn charge_hosting(cell: &Cell, reseller: ResellerId) -> Result<bool> {
    let mut tx = cell.tenant(reseller).await?;
    let charged = accounting::charge_hosting(&mut tx).await?;
    tx.commit().await?;
    Ok(charged)
}

/// Says whether the payout has ended; if it has not, it is asked for again later, the later the oftener that was in vain.
async fn send(cell: &Cell, provider: &Provider, reseller: ResellerId, id: PayoutId) -> Result<bool> {
    let sent = send_payout(cell, provider, reseller, id).await;
    if sent.as_ref().is_ok_and(|payout| payout.next().is_none()) {
        return Ok(true);
    }
    let mut tx = cell.tenant(reseller).await?;
    due::postpone(&mut tx, Failed::Payout(id)).await?;
    tx.commit().await.map_err(Error::from)?;
    sent.map(|_| false)
}
