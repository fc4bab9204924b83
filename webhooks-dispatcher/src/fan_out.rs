//! From the log to the queue: one delivery per event and endpoint that wants it.
//!
//! A reseller's cursor is locked while its page is written, so any number of processes do it once and in order. An endpoint
//! gets what comes after the position that stood when it was made, and nothing of the time in which it was disabled.

use foundation::{Cell, Result, id::ResellerId};
use uuid::Uuid;

/// Resellers in one transaction.
const RESELLERS: i64 = 50;
/// Positions of one reseller in one transaction: the others' turn comes soon.
const POSITIONS: i64 = 500;

/// Turns all events that have a position into deliveries. Returns how many deliveries that were.
pub(crate) async fn fan_out(cell: &Cell) -> Result<u64> {
    let mut total = 0;
    loop {
        let (queued, more) = pass(cell).await?;
        total += queued;
        if !more {
            return Ok(total);
        }
    }
}

/// One page of each reseller that has any. Returns the deliveries and whether any cursor moved.
async fn pass(cell: &Cell) -> Result<(u64, bool)> {
    let (mut queued, mut moved) = (0, false);
    let mut last = ResellerId::from_uuid(Uuid::nil());
    loop {
        let resellers = behind(cell, last).await?;
        let Some(&end) = resellers.last() else {
            return Ok((queued, moved));
        };
        let page = page(cell, &resellers).await?;
        queued += page.0;
        moved |= page.1;
        last = end;
    }
}

/// The resellers after this one whose log is ahead of their cursor.
async fn behind(cell: &Cell, after: ResellerId) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select n.reseller_id from event_counters n
         left join webhook_cursors c on c.reseller_id = n.reseller_id
         where n.reseller_id > $1 and n.position > coalesce(c.position, 0)
         order by n.reseller_id limit $2",
    )
    .bind(after)
    .bind(RESELLERS)
    .fetch_all(cell.workers())
    .await?)
}

async fn page(cell: &Cell, resellers: &[ResellerId]) -> Result<(u64, bool)> {
    let mut tx = cell.worker().await?;
    sqlx::query(
        "insert into webhook_cursors (reseller_id, position) select b.id, 0 from unnest($1::uuid[]) b (id)
         on conflict (reseller_id) do nothing",
    )
    .bind(resellers)
    .execute(&mut *tx)
    .await?;
    // In a statement of its own: the next one's snapshot must be taken after the locks are had.
    let mine: Vec<ResellerId> = sqlx::query_scalar(
        "select reseller_id from webhook_cursors where reseller_id = any($1) order by reseller_id for update skip locked",
    )
    .bind(resellers)
    .fetch_all(&mut *tx)
    .await?;
    let (queued, moved): (i64, i64) = sqlx::query_as(
        "with span as (
             select c.reseller_id, c.position as from_position, least(n.position, c.position + $2) as to_position
             from webhook_cursors c join event_counters n on n.reseller_id = c.reseller_id
             where c.reseller_id = any($1)),
         queued as (
             insert into deliveries (reseller_id, endpoint_id, event_id, position, due_at)
             select s.reseller_id, w.endpoint_id, e.event_id, p.position, t.now
             from span s
             join event_positions p
                 on p.reseller_id = s.reseller_id and p.position > s.from_position and p.position <= s.to_position
             join events e on e.reseller_id = p.reseller_id and e.event_id = p.event_id and e.type not like 'stock.%'
             join webhook_endpoints w
                 on w.reseller_id = s.reseller_id and w.state = 'enabled' and w.after_position < p.position
                 and (cardinality(w.event_types) = 0 or e.type = any(w.event_types)),
             (select clock_timestamp() as now) t
             returning 1),
         moved as (
             update webhook_cursors c set position = s.to_position
             from span s where c.reseller_id = s.reseller_id and s.to_position > s.from_position
             returning 1)
         select (select count(*) from queued), (select count(*) from moved)",
    )
    .bind(&mine)
    .bind(POSITIONS)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((u64::try_from(queued).unwrap_or(0), moved > 0))
}
