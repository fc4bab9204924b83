//! The sequencer gives each committed event its dense position in its reseller's log, and wakes the readers up.
//!
//! Any number of processes may run it: the row lock on `sequencer` is the leadership, so there is no leader to lose. An
//! event is unplaced while it stands in `event_inbox`. That is true whatever happens to transaction ids: after a restore, a
//! move of the cell, or beside an idle transaction that would hold a horizon back (decision 3).

use sqlx::postgres::PgListener;

use crate::{cell::Cell, refusal::Result};

/// The channel on which a page of new positions is told. The log is the truth; this only wakes readers up.
pub const CHANNEL: &str = "stagedoor_events";

/// The most that one transaction places.
const PAGE: i64 = 2_000;

/// Places one page of events. Returns how many; 0 also when another process is at it.
///
/// # Errors
/// If the database does not answer.
pub async fn place_page(cell: &Cell) -> Result<u64> {
    let mut tx = cell.worker().await?;
    // In a statement of its own: the next one's snapshot must be taken after the lock is had.
    let leads =
        sqlx::query("select id from sequencer where id = 1 for update skip locked").fetch_optional(&mut *tx).await?;
    if leads.is_none() {
        return Ok(0);
    }
    let placed = sqlx::query(
        "with page as (
             delete from event_inbox i using (select reseller_id, seq from event_inbox order by seq limit $1) first
             where (i.reseller_id, i.seq) = (first.reseller_id, first.seq)
             returning i.reseller_id, i.seq, i.event_id),
         numbered as (
             select reseller_id, event_id, row_number() over (partition by reseller_id order by seq) as nth,
                    count(*) over (partition by reseller_id) as many
             from page),
         counted as (
             insert into event_counters (reseller_id, position) select distinct reseller_id, many from numbered
             on conflict (reseller_id) do update set position = event_counters.position + excluded.position
             returning reseller_id, position)
         insert into event_positions (reseller_id, position, event_id)
         select n.reseller_id, c.position - n.many + n.nth, n.event_id
         from numbered n join counted c on c.reseller_id = n.reseller_id",
    )
    .bind(PAGE)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if placed > 0 {
        sqlx::query("select pg_notify('stagedoor_events', '')").execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(placed)
}

/// Places everything that has been committed. Returns how many.
///
/// # Errors
/// If the database does not answer.
pub async fn place_all(cell: &Cell) -> Result<u64> {
    let mut total = 0;
    loop {
        let placed = place_page(cell).await?;
        if placed == 0 {
            return Ok(total);
        }
        total += placed;
    }
}

/// Listens for new positions in a cell.
///
/// # Errors
/// If no connection can be had.
pub async fn listen(cell: &Cell) -> Result<PgListener> {
    let mut listener = PgListener::connect_with(cell.workers()).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
