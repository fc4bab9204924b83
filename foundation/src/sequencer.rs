//! The sequencer gives each committed event its dense position in its reseller's log, and wakes the readers up.
//!
//! Any number of processes may run it: the row lock on `sequencer` is the leadership, so there is no leader to lose. An
//! event is unplaced while it stands in `event_inbox`. That is true whatever happens to transaction ids: after a restore, a
//! move of the cell, or beside an idle transaction that would hold a horizon back (decision 3).

use sqlx::postgres::PgListener;
use uuid::Uuid;

use crate::{cell::Cell, id::ResellerId, refusal::Result};

/// The channel on which a page of new positions is told. The log is the truth; this only wakes readers up, and says
/// whose log it is ([`grown`]).
pub const CHANNEL: &str = "stagedoor_events";

/// The most that one transaction places.
const PAGE: i64 = 2_000;
/// The most resellers that a notification names; PostgreSQL takes 8,000 bytes.
const TOLD: usize = 200;

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
    // Events of one object are in the inbox in the order of its changes, because the object was locked meanwhile; so its next
    // numbers follow from the last one placed.
    let placed: Vec<(Uuid, i64)> = sqlx::query_as(
        "with page as (
             -- As an array it stays a look at each key: as a join it may compare each with each, for the table is thought empty.
             delete from event_inbox where seq = any(array(select seq from event_inbox order by seq limit $1))
             returning reseller_id, seq, event_id),
         told as (
             select p.reseller_id, p.seq, p.event_id, e.object_id, e.type not like 'stock.%' as shown
             from page p join events e on (e.reseller_id, e.event_id) = (p.reseller_id, p.event_id)),
         numbered as (
             select t.*, row_number() over (partition by reseller_id order by seq) as nth,
                    count(*) over (partition by reseller_id) as many,
                    row_number() over (partition by reseller_id, object_id, shown order by seq) as object_nth
             from told t),
         counted as (
             insert into event_counters (reseller_id, position) select distinct reseller_id, many from numbered
             on conflict (reseller_id) do update set position = event_counters.position + excluded.position
             returning reseller_id, position),
         put as (
             insert into event_positions (reseller_id, position, event_id, object_id, sequence)
             select n.reseller_id, c.position - n.many + n.nth, n.event_id, n.object_id,
                    case when n.shown then n.object_nth + coalesce(
                        (select max(b.sequence) from event_positions b
                         where b.reseller_id = n.reseller_id and b.object_id = n.object_id and b.sequence is not null), 0) end
             from numbered n join counted c on c.reseller_id = n.reseller_id)
         select distinct reseller_id, many from numbered",
    )
    .bind(PAGE)
    .fetch_all(&mut *tx)
    .await?;
    if !placed.is_empty() {
        sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(told(&placed)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(placed.iter().map(|(_, many)| many.unsigned_abs()).sum())
}

/// Whose log has grown, as a notification has it: nobody's name where there are too many for one.
fn told(placed: &[(Uuid, i64)]) -> String {
    if placed.len() > TOLD {
        return String::new();
    }
    placed.iter().map(|(reseller, _)| reseller.simple().to_string()).collect::<Vec<_>>().join(" ")
}

/// Whose log has grown, as a notification on [`CHANNEL`] says it; none: anyone's may have.
#[must_use]
pub fn grown(payload: &str) -> Option<Vec<ResellerId>> {
    let resellers = payload.split_whitespace().map(|word| Uuid::try_parse(word).map(ResellerId::from_uuid));
    resellers.collect::<Result<Vec<_>, _>>().ok().filter(|resellers| !resellers.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_names_whose_log_has_grown_or_nobody() {
        let two = [(Uuid::now_v7(), 1), (Uuid::now_v7(), 2)];
        assert_eq!(grown(&told(&two)), Some(two.map(|(reseller, _)| ResellerId::from_uuid(reseller)).to_vec()));
        let many: Vec<_> = (0..=TOLD).map(|_| (Uuid::now_v7(), 1)).collect();
        assert_eq!(grown(&told(&many)), None);
        assert!(told(&many[..TOLD]).len() < 8_000);
        assert_eq!(grown("what another version may say"), None);
    }
}
