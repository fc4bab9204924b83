//! Keeps what the open periods come to current, behind the sales: in the order of the places, by whoever gives these.

use foundation::{Cell, Result, TenantTx, id::ResellerId};

use super::open_period::so_far;
use crate::{
    balance,
    store::{open_periods, settlements},
};

/// So many places are read quickly: what is kept may be as far behind.
const BEHIND_MAX: i64 = 250;

/// Counts everything of a tenant that has its place into what is kept of its open periods, unless that is not much; each page in a
/// transaction of its own. Any number of processes may do so.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn keep_open_periods(cell: &Cell, reseller: ResellerId) -> Result<()> {
    let mut tx = cell.tenant(reseller).await?;
    if open_periods::behind(&mut tx).await? < BEHIND_MAX {
        return Ok(());
    }
    drop(tx);
    loop {
        let mut tx = cell.tenant(reseller).await?;
        let more = keep_page(&mut tx, cell.region()).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}

/// Counts a page of each currency. Says whether there is more.
async fn keep_page(tx: &mut TenantTx, region: &str) -> Result<bool> {
    let mut more = false;
    for used in balance(tx).await? {
        let after = settlements::newest(tx, used.currency).await?.map_or(0, |newest| newest.last_position);
        open_periods::clear_unreadable(tx, used.currency, after).await?;
        let mut reader = so_far(tx, region, used.currency).await?;
        if reader.is_read() {
            continue;
        }
        reader.rows(tx).await?;
        more |= !reader.is_read();
        open_periods::keep(tx, used.currency, reader.counted(), &reader.book.kept()).await?;
    }
    Ok(more)
}
