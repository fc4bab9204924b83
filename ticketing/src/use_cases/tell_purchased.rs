//! Tells that a ticket was bought while somebody was looking, and how many were. No sale does this: the worker that follows the log reads
//! of it there, and how far it has told is noted with what it tells, so that each purchase is told once (decision 40).

use std::collections::{BTreeSet, HashMap};

use foundation::{
    Cell, Result,
    event::{self, NewEvent},
    id::ResellerId,
};
use serde_json::json;
use uuid::Uuid;

use crate::store::lookers::{self, Bought, Purchase};

/// Tells of what was bought up to this place in the tenant's log. Where nobody looks at anything the log is not read for it.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn tell_purchased(cell: &Cell, reseller: ResellerId, up_to: i64) -> Result<()> {
    loop {
        let mut tx = cell.tenant(reseller).await?;
        if !lookers::any(&mut tx).await? {
            return Ok(());
        }
        // Another process may be telling; this one waits for it and goes on from there.
        let from = lookers::purchases_told(&mut tx).await?;
        if from >= up_to {
            return Ok(());
        }
        let (purchases, end) = lookers::purchases(&mut tx, from, up_to).await?;
        let bought = || purchases.iter().flat_map(|purchase| &purchase.items);
        let performances: BTreeSet<_> = bought().map(|item| item.performance_id).collect();
        let performances: Vec<_> = performances.into_iter().collect();
        let tickets: Vec<_> = bought().map(|item| item.ticket_id).collect();
        let looking = lookers::looking(&mut tx, &performances, &tickets).await?;
        let of_order = |order: &Purchase| {
            let told = order.items.iter().filter_map(|item| purchased(order, *item, &looking));
            told.collect::<Vec<_>>()
        };
        event::append(&mut tx, &purchases.iter().flat_map(of_order).collect::<Vec<_>>()).await?;
        lookers::told_purchases(&mut tx, end).await?;
        tx.commit().await?;
    }
}

/// The event, if somebody was looking at the performance.
fn purchased(order: &Purchase, item: Bought, looking: &HashMap<Uuid, i64>) -> Option<NewEvent> {
    let at_performance = looking.get(&item.performance_id.uuid())?;
    let at_ticket = looking.get(&item.ticket_id.uuid()).unwrap_or(&0);
    let data = json!({
        "id": item.ticket_id, "performance_id": item.performance_id, "order_id": order.id, "looking": at_ticket,
        "looking_at_performance": at_performance,
    });
    let (kind, object_id) = ("ticket.purchased", item.ticket_id.uuid());
    Some(NewEvent { kind, object: "ticket", object_id, version: None, data })
}
