//! Tickets of a performance as they are listed, by what is asked for. A condition stands in the statement only where it is, so that
//! the planner goes by the index of what is wanted.

use foundation::{
    Instant, Refusal, Result, TenantTx,
    id::{PerformanceId, PriceTierId, ResellerId, TicketId, TicketTypeId},
};
use sqlx::{Postgres, QueryBuilder};

use super::{
    known,
    waitlists::{self, WAITED_FOR},
};
use crate::rules::{order::Place, tickets::TicketStock};

#[derive(sqlx::FromRow)]
struct Row {
    ticket_id: TicketId,
    price_tier_id: PriceTierId,
    #[sqlx(flatten)]
    place: Place,
    ordinal: i32,
    state: String,
}

/// A ticket of a performance as it is listed.
#[derive(Debug, Clone)]
pub struct ListedTicket {
    /// Its id.
    pub id: TicketId,
    /// The tier it is sold in.
    pub price_tier: PriceTierId,
    /// Where it is.
    pub place: Place,
    /// Its place in the drawing order.
    pub ordinal: i32,
    /// How it is with it.
    pub state: TicketStock,
}

/// What tickets to list.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// This one.
    pub ticket: Option<TicketId>,
    /// Available ones only, or the others only.
    pub available: Option<bool>,
    /// In this state.
    pub state: Option<TicketStock>,
    /// Of this section.
    pub section: Option<String>,
    /// Of this row of the section.
    pub row: Option<String>,
    /// Of this tier.
    pub price_tier: Option<PriceTierId>,
    /// Of a tier that is sold as this ticket type.
    pub ticket_type: Option<TicketTypeId>,
}

/// How it is with the ticket `t`, whose claim is `c`.
fn state() -> String {
    format!(
        "case when coalesce(c.expires_at <= n.now, true) then
         case when t.block_id is not null then 'allocated' when {WAITED_FOR} then 'waitlist' else 'available' end
     when c.owner_kind = 'block' then 'blocked'
     when c.owner_kind = 'order' and exists (
         select from orders o where o.reseller_id = c.reseller_id and o.order_id = c.owner_id and o.state = 'paid') then 'sold'
     else 'held' end"
    )
}

/// A page of a performance's tickets in drawing order.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    performance: PerformanceId,
    filter: &TicketFilter,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<ListedTicket>> {
    let now = tx.now().await?;
    let tiers = match filter.ticket_type {
        Some(ticket_type) => Some(tiers_of(tx, performance, ticket_type).await?),
        None => None,
    };
    let waited_for = waitlists::scopes(tx, performance).await?;
    let (reseller, tiers) = (tx.reseller(), tiers.as_deref());
    let mut query = list_query(reseller, performance, filter, tiers, waited_for, (now, after, limit));
    let rows: Vec<Row> = query.build_query_as().persistent(false).fetch_all(tx.conn()).await?;
    let listed = |row: Row| {
        Ok(ListedTicket {
            id: row.ticket_id,
            price_tier: row.price_tier_id,
            place: row.place,
            ordinal: row.ordinal,
            state: known("a ticket's state", &row.state, TicketStock::parse(&row.state))?,
        })
    };
    rows.into_iter().map(listed).collect()
}

/// This ticket of a performance.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, performance: PerformanceId, ticket: TicketId) -> Result<ListedTicket> {
    let this = TicketFilter { ticket: Some(ticket), ..TicketFilter::default() };
    let found = list(tx, performance, &this, None, 1).await?.pop();
    found.ok_or_else(|| Refusal::missing("ticket").into())
}

/// The tiers of a performance that are sold as a ticket type.
async fn tiers_of(
    tx: &mut TenantTx,
    performance: PerformanceId,
    ticket_type: TicketTypeId,
) -> Result<Vec<PriceTierId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select price_tier_id from offers where reseller_id = $1 and performance_id = $2 and ticket_type_id = $3",
    )
    .bind(reseller)
    .bind(performance)
    .bind(ticket_type)
    .fetch_all(tx.conn())
    .await?)
}

fn list_query<'a>(
    reseller: ResellerId,
    performance: PerformanceId,
    filter: &'a TicketFilter,
    tiers: Option<&'a [PriceTierId]>,
    waited_for: (Vec<PriceTierId>, Vec<Option<String>>),
    (now, after, limit): (Instant, Option<i32>, i64),
) -> QueryBuilder<Postgres> {
    let state_of = state();
    let mut query = QueryBuilder::new(format!(
        "select t.ticket_id, t.price_tier_id, t.section, t.row_label, t.seat_label, t.ordinal, {state_of} as state from (select "
    ));
    query.push_bind(now).push("::timestamptz as now, ").push_bind(waited_for.0).push("::uuid[] as tiers, ");
    query
        .push_bind(waited_for.1)
        .push("::text[] as sections) n cross join all_tickets t left join all_claims c on c.reseller_id = ");
    query.push_bind(reseller).push(" and c.performance_id = ").push_bind(performance);
    query.push(" and c.ticket_id = t.ticket_id where t.reseller_id = ").push_bind(reseller);
    query.push(" and t.performance_id = ").push_bind(performance);
    if let Some(after) = after {
        query.push(" and t.ordinal > ").push_bind(after);
    }
    if let Some(ticket) = filter.ticket {
        query.push(" and t.ticket_id = ").push_bind(ticket);
    }
    if let Some(section) = &filter.section {
        query.push(" and t.section = ").push_bind(section.clone());
    }
    if let Some(row) = &filter.row {
        query.push(" and t.row_label = ").push_bind(row.clone());
    }
    if let Some(tier) = filter.price_tier {
        query.push(" and t.price_tier_id = ").push_bind(tier);
    }
    match tiers {
        Some([one]) => drop(query.push(" and t.price_tier_id = ").push_bind(*one)),
        Some(several) => drop(query.push(" and t.price_tier_id = any(").push_bind(several.to_vec()).push(")")),
        None => {}
    }
    if let Some(available) = filter.available {
        query.push(format!(" and ({state_of} = 'available') = ")).push_bind(available);
    }
    if let Some(state) = filter.state {
        query.push(format!(" and {state_of} = ")).push_bind(state.as_str());
    }
    query.push(" order by t.ordinal limit ").push_bind(limit);
    query
}
