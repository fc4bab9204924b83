//! Pays a reseller out when its schedule says so.

use foundation::{
    Cell, Result,
    id::{PayoutId, ResellerId},
};
use rust_decimal::Decimal;

use super::pay_out::{Wanted, pay_out};
use crate::{provider::payable, store::payout_settings};

/// Makes a payout of each currency of which there is enough, if the time has come, and notes the next time: once for each time,
/// whoever else looks. A time that was missed is made up for once, but for one that came while the reseller was suspended. Gives the
/// payouts made.
///
/// # Errors
/// The database's.
pub async fn pay_out_by_schedule(cell: &Cell, reseller: ResellerId) -> Result<Vec<PayoutId>> {
    let mut tx = cell.tenant(reseller).await?;
    let settings = payout_settings::lock(&mut tx).await?;
    let now = tx.now().await?;
    if settings.next_at > now {
        return Ok(Vec::new());
    }
    payout_settings::set_next(&mut tx, settings.schedule.next_after(now)).await?;
    let mut made = Vec::new();
    // Whoever is suspended is not paid out; the time passes.
    if settings.account.is_some() && !payout_settings::is_suspended(&mut tx).await? {
        for balance in accounting::balance(&mut tx).await? {
            // Looked at again under the lock: what has become less by then is not paid out by itself.
            let available = accounting::lock_available(&mut tx, balance.currency).await?;
            let most = payable(available, balance.currency);
            if most > Decimal::ZERO && most >= settings.schedule.minimum() {
                made.push(pay_out(&mut tx, Wanted::All(balance.currency), true).await?.id);
            }
        }
    }
    tx.commit().await?;
    Ok(made)
}
