//! The SQL of performances that are still to come and use a layout: what of them stands in the way of another version, and
//! their move to it. Claims are written by [`super::claims`] only.

use foundation::{
    Instant, Result, TenantTx,
    id::{LayoutId, LayoutVersionId, OrderId, PerformanceId, ShowId, TicketId},
};
use sqlx::types::Json;

use crate::rules::{
    layout::{
        change::Change,
        chosen::Choices,
        clash::{LostTicket, NAMED_MAX, Taken, TooMany},
    },
    performance::Performance,
};

/// A performance that is still to come.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Which one.
    pub performance: PerformanceId,
    /// Of which show.
    pub show: ShowId,
    /// When it is.
    pub starts_at: Instant,
    /// The version that it uses.
    pub version: LayoutVersionId,
    /// How it sets up what can be set up in several ways.
    pub choices: Choices,
}

type Row = (PerformanceId, ShowId, Instant, LayoutVersionId, Json<Choices>);

/// The performances of a layout that start at or after this time and will take place, in the order of their ids. With `lock`, what
/// is being held in them is waited for, and nothing is until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn of_layout(tx: &mut TenantTx, layout: LayoutId, from: Instant, lock: bool) -> Result<Vec<Planned>> {
    let reseller = tx.reseller();
    let statement = if lock {
        "select performance_id, show_id, starts_at, layout_version_id, layout_choices from performances
         where reseller_id = $1 and layout_id = $2 and starts_at >= $3 and state <> 'cancelled'
         order by performance_id for update"
    } else {
        "select performance_id, show_id, starts_at, layout_version_id, layout_choices from performances
         where reseller_id = $1 and layout_id = $2 and starts_at >= $3 and state <> 'cancelled'
         order by performance_id"
    };
    let rows: Vec<Row> = sqlx::query_as(statement).bind(reseller).bind(layout).bind(from).fetch_all(tx.conn()).await?;
    let planned = |(performance, show, starts_at, version, Json(choices)): Row| Planned {
        performance,
        show,
        starts_at,
        version,
        choices,
    };
    Ok(rows.into_iter().map(planned).collect())
}

/// A performance that uses a room at a time.
#[derive(Debug, Clone, sqlx::FromRow, serde::Serialize)]
pub struct InTheWay {
    /// Which one.
    pub performance_id: PerformanceId,
    /// Of which show.
    pub show_id: ShowId,
    /// In which layout of the room.
    pub layout_id: LayoutId,
    /// From when on.
    pub doors_at: Instant,
    /// Until when.
    pub ends_at: Instant,
}

/// The first performance that uses the layout's room when this one would, if one does: another of a published show that will take
/// place. Nothing is in the way of a draft. The layouts of the room are locked.
///
/// # Errors
/// The database's.
pub async fn in_the_way(tx: &mut TenantTx, of: &Performance, layout: LayoutId) -> Result<Option<InTheWay>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.performance_id, p.show_id, p.layout_id, p.doors_at, p.ends_at from performances p
         join shows s on s.reseller_id = $1 and s.show_id = p.show_id and s.state = 'published'
         join shows own on own.reseller_id = $1 and own.show_id = $4 and own.state = 'published'
         where p.reseller_id = $1 and p.performance_id <> $3 and p.state <> 'cancelled' and p.layout_id = any (array(
             select r.layout_id from layouts l join layouts r on r.reseller_id = $1 and r.room_id = l.room_id
             where l.reseller_id = $1 and l.layout_id = $2))
           and p.doors_at < $6 and p.ends_at > $5
         order by p.starts_at, p.performance_id limit 1",
    )
    .bind(reseller)
    .bind(layout)
    .bind(of.id)
    .bind(of.show)
    .bind(of.times.doors_at)
    .bind(of.times.ends_at)
    .fetch_optional(tx.conn())
    .await?)
}

#[derive(sqlx::FromRow)]
struct LostRow {
    performance_id: PerformanceId,
    ticket_id: TicketId,
    section: String,
    row_label: Option<String>,
    seat_label: Option<String>,
    order_id: Option<OrderId>,
    sold: bool,
    many: i64,
}

/// Tickets that are sold or held for what the change takes away: of each performance how many, and the first of them. Seats are
/// looked up by `not in`, which hashes them; as a join, tables without fresh statistics were gone through seat by seat.
///
/// # Errors
/// The database's.
pub async fn lost_tickets(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
    change: &Change,
) -> Result<Vec<(PerformanceId, i64, LostTicket)>> {
    let reseller = tx.reseller();
    let (sections, rows, seats) = columns(&change.seats);
    let found: Vec<LostRow> = sqlx::query_as(
        "with seats as materialized (select * from unnest($3::text[], $4::text[], $5::text[]) as s (section, row_label, seat_label)),
         lost as (
             select t.performance_id, t.ticket_id, t.section, t.row_label, t.seat_label, c.owner_kind, c.owner_id,
                    row_number() over (partition by t.performance_id order by t.ordinal) as nth,
                    count(*) over (partition by t.performance_id) as many
             from (select cell_now() as now) n
             cross join tickets t
             join claims c on c.reseller_id = $1 and c.performance_id = t.performance_id and c.ticket_id = t.ticket_id
             where t.reseller_id = $1 and t.performance_id = any($2) and t.section = any($6)
               and c.owner_kind <> 'block' and c.expires_at > n.now
               and case when t.seat_label is null then t.section <> all($7)
                        else (t.section, t.row_label, t.seat_label) not in (select section, row_label, seat_label from seats) end)
         select l.performance_id, l.ticket_id, l.section, l.row_label, l.seat_label, o.order_id,
                coalesce(o.state = 'paid', false) as sold, l.many
         from lost l left join orders o on o.reseller_id = $1 and l.owner_kind = 'order' and o.order_id = l.owner_id
         where l.nth <= $8 order by l.performance_id, l.nth",
    )
    .bind(reseller)
    .bind(performances)
    .bind(sections)
    .bind(rows)
    .bind(seats)
    .bind(&change.affected)
    .bind(&change.areas)
    .bind(i64::try_from(NAMED_MAX).unwrap_or(i64::MAX))
    .fetch_all(tx.conn())
    .await?;
    let lost = |row: LostRow| {
        let ticket = LostTicket {
            ticket_id: row.ticket_id,
            section: row.section,
            row: row.row_label,
            seat: row.seat_label,
            state: if row.sold { Taken::Sold } else { Taken::Held },
            order_id: row.order_id,
        };
        (row.performance_id, row.many, ticket)
    };
    Ok(found.into_iter().map(lost).collect())
}

/// Sections and areas, and whole performances, of which more is sold and held than would fit after the change.
///
/// # Errors
/// The database's.
pub async fn too_many(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
    change: &Change,
) -> Result<Vec<(PerformanceId, TooMany)>> {
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, String, i64)> = sqlx::query_as(
        "select t.performance_id, t.section, count(*) from (select cell_now() as now) n
         cross join claims c
         join tickets t on t.reseller_id = $1 and t.performance_id = c.performance_id and t.ticket_id = c.ticket_id
         where c.reseller_id = $1 and c.performance_id = any($2) and c.owner_kind <> 'block' and c.expires_at > n.now
         group by t.performance_id, t.section order by t.performance_id, t.section",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    let total = i64::try_from(change.total).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for group in rows.chunk_by(|one, other| one.0 == other.0) {
        let Some((performance, _, _)) = group.first() else { continue };
        for (_, section, taken) in group {
            let Some(maximum) = change.limits.get(section).map(|limit| i64::from(*limit)) else { continue };
            if *taken > maximum {
                found.push((*performance, TooMany { section: Some(section.clone()), taken: *taken, maximum }));
            }
        }
        let taken: i64 = group.iter().map(|(_, _, taken)| taken).sum();
        if taken > total {
            found.push((*performance, TooMany { section: None, taken, maximum: total }));
        }
    }
    Ok(found)
}

/// The free tickets of performances that the change leaves no room for: for what is no longer there, and, where fewer fit than
/// there are, from the end of the drawing order on. What the layout has shut elsewhere stays shut and does not count.
///
/// # Errors
/// The database's.
pub async fn surplus(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
    change: &Change,
    layout: LayoutId,
) -> Result<Vec<(PerformanceId, TicketId)>> {
    let reseller = tx.reseller();
    let (sections, rows, seats) = columns(&change.seats);
    let (limited, limits): (Vec<&str>, Vec<i64>) =
        change.limits.iter().map(|(section, limit)| (section.as_str(), i64::from(*limit))).unzip();
    Ok(sqlx::query_as(
        "with seats as materialized (select * from unnest($3::text[], $4::text[], $5::text[]) as s (section, row_label, seat_label)),
         limits as materialized (select * from unnest($8::text[], $9::bigint[]) as l (section, most)),
         there as materialized (
             select t.performance_id, t.ticket_id, t.section, t.ordinal, coalesce(c.expires_at > n.now, false) as claimed,
                    coalesce(c.expires_at > n.now and c.owner_kind = 'block' and c.owner_id = $11, false) as shut,
                    t.section = any($6) and case when t.seat_label is null then t.section <> all($7)
                        else (t.section, t.row_label, t.seat_label) not in (select section, row_label, seat_label from seats) end as gone
             from (select cell_now() as now) n
             cross join tickets t
             left join claims c on c.reseller_id = $1 and c.performance_id = t.performance_id and c.ticket_id = t.ticket_id
             where t.reseller_id = $1 and t.performance_id = any($2)),
         ranked as (
             select s.*, row_number() over (partition by performance_id, section order by claimed, ordinal desc) as nth,
                    count(*) over (partition by performance_id, section) as many
             from there s where not gone and not shut),
         kept as materialized (
             select r.*, coalesce(not claimed and r.nth <= r.many - l.most, false) as spare from ranked r left join limits l using (section)),
         last as (
             select k.*, row_number() over (partition by performance_id order by claimed, ordinal desc) as nth_of_all,
                    count(*) over (partition by performance_id) as many_of_all
             from kept k where not spare)
         select performance_id, ticket_id from there where gone and not claimed
         union all select performance_id, ticket_id from kept where spare
         union all select performance_id, ticket_id from last where not claimed and nth_of_all <= many_of_all - $10
         order by performance_id, ticket_id",
    )
    .bind(reseller)
    .bind(performances)
    .bind(sections)
    .bind(rows)
    .bind(seats)
    .bind(&change.affected)
    .bind(&change.areas)
    .bind(limited)
    .bind(limits)
    .bind(i64::try_from(change.total).unwrap_or(i64::MAX))
    .bind(layout)
    .fetch_all(tx.conn())
    .await?)
}

/// Gives locked performances another version of their layout. Gives the performances' own new versions.
///
/// # Errors
/// The database's.
pub async fn follow(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
    version: LayoutVersionId,
) -> Result<Vec<(PerformanceId, ShowId, i64)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "update performances set layout_version_id = $3, stock_epoch = stock_epoch + 1, version = version + 1
         where reseller_id = $1 and performance_id = any($2) returning performance_id, show_id, version",
    )
    .bind(reseller)
    .bind(performances)
    .bind(version)
    .fetch_all(tx.conn())
    .await?)
}

fn columns(seats: &[(String, String, String)]) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for (section, row, seat) in seats {
        columns.0.push(section.as_str());
        columns.1.push(row.as_str());
        columns.2.push(seat.as_str());
    }
    columns
}
