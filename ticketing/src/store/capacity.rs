//! The SQL of how full a performance is: what is created, sold, held and blocked. Counted from the claims themselves.

use foundation::{Result, TenantTx, id::PerformanceId};

use sqlx::AssertSqlSafe;

use super::{
    known,
    waitlists::{self, WAITED_FOR},
};
use crate::rules::{capacity::Filled, seat_map::SeatState};

/// How full each section and area is, in the order of their tickets.
///
/// # Errors
/// The database's.
pub async fn by_section(tx: &mut TenantTx, performance: PerformanceId) -> Result<Vec<Filled>> {
    let (reseller, (tiers, sections)) = (tx.reseller(), waitlists::scopes(tx, performance).await?);
    let select = format!(
        "select t.section, bool_or(t.seat_label is not null) as numbered, count(*) as created,
                count(*) filter (where c.owner_kind = 'order' and o.state = 'paid') as sold,
                count(*) filter (where c.owner_kind = 'hold' or (c.owner_kind = 'order' and o.state <> 'paid')) as held,
                count(*) filter (where c.owner_kind = 'block') as blocked,
                count(*) filter (where c.ticket_id is null and t.block_id is not null) as allocated,
                count(*) filter (where c.ticket_id is null and t.block_id is null and {WAITED_FOR}) as for_waitlist
         from (select cell_now() as now, $3::uuid[] as tiers, $4::text[] as sections) n
         cross join all_tickets t
         left join all_claims c on c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id and c.expires_at > n.now
         left join orders o on o.reseller_id = $1 and c.owner_kind = 'order' and o.order_id = c.owner_id
         where t.reseller_id = $1 and t.performance_id = $2 group by t.section order by min(t.ordinal)"
    );
    let filled = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(performance).bind(tiers).bind(sections);
    Ok(filled.fetch_all(tx.conn()).await?)
}

/// How it is with each numbered seat that has a ticket.
#[derive(Debug, Clone)]
pub struct SeatNow {
    /// Its section.
    pub section: String,
    /// Its row.
    pub row: String,
    /// Its label.
    pub seat: String,
    /// How it is with it.
    pub state: SeatState,
}

type SeatRow = (String, String, String, String);

/// How it is with each numbered seat of a performance, or of one section of it.
///
/// # Errors
/// The database's.
pub async fn seats(tx: &mut TenantTx, performance: PerformanceId, section: Option<&str>) -> Result<Vec<SeatNow>> {
    let (reseller, (tiers, sections)) = (tx.reseller(), waitlists::scopes(tx, performance).await?);
    let select = format!(
        "select t.section, t.row_label, t.seat_label,
                case when c.ticket_id is null and t.block_id is null then case when {WAITED_FOR} then 'waitlist' else 'available' end when c.ticket_id is null or c.owner_kind = 'block' then 'blocked'
                     when c.owner_kind = 'order' and o.state = 'paid' then 'sold' else 'held' end
         from (select cell_now() as now, $4::uuid[] as tiers, $5::text[] as sections) n
         cross join all_tickets t
         left join all_claims c on c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id and c.expires_at > n.now
         left join orders o on o.reseller_id = $1 and c.owner_kind = 'order' and o.order_id = c.owner_id
         where t.reseller_id = $1 and t.performance_id = $2 and t.seat_label is not null and ($3::text is null or t.section = $3)"
    );
    let seats = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(performance).bind(section);
    let rows: Vec<SeatRow> = seats.bind(tiers).bind(sections).fetch_all(tx.conn()).await?;
    let seat = |(section, row, seat, word): SeatRow| {
        let state = known("a seat's state", &word, SeatState::parse(&word))?;
        Ok(SeatNow { section, row, seat, state })
    };
    rows.into_iter().map(seat).collect()
}
