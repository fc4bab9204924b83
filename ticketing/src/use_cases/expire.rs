//! What time does by itself: holds and unpaid orders end, refunds that never reached the provider are sent again, the
//! provider's fees are booked. An expired hold's tickets are free without this; here it is told and tidied.

use std::collections::HashMap;

use foundation::{
    Error, Result, event,
    id::{HoldId, PaymentId, ResellerId, TicketId},
};
use serde_json::json;

use super::{
    cancel_order::{Ending, end_order},
    refund,
};
use crate::{
    inventory::Inventory,
    provider::{Provider, Providers},
    rules::order::HeldTicket,
    store::{due, holds, payments},
};

/// A refund that a request has just accepted is sent by that request; an older one by the worker.
const REFUND_PATIENCE_SECONDS: i64 = 30;

/// Does what is due in a cell. Gives how many things were; what fails is logged and due again next time.
///
/// # Errors
/// If what is due cannot be read.
pub async fn do_due(inventory: &Inventory, providers: &Providers) -> Result<usize> {
    let cell = inventory.cell();
    let mut done = 0;
    for (reseller, ids) in by_tenant(due::holds(cell).await?) {
        done += logged("expire holds", expire_holds(inventory, reseller, &ids).await).unwrap_or(0);
    }
    for (reseller, mode, order) in due::orders(cell).await? {
        let ended = end_order(inventory, providers.of(mode), reseller, order, Ending::Expire).await;
        done += usize::from(logged(&format!("expire {order}"), ended).is_some());
    }
    for (reseller, mode, id) in due::refunds(cell, REFUND_PATIENCE_SECONDS).await? {
        let sent = refund::send(inventory, providers.of(mode), reseller, id).await;
        done += usize::from(logged(&format!("send {id}"), sent).is_some());
    }
    for (reseller, mode, id) in due::fees(cell).await? {
        let booked = book_fee(inventory, providers.of(mode), reseller, id).await;
        done += usize::from(logged(&format!("book the fee of {id}"), booked).is_some());
    }
    Ok(done)
}

fn logged<T>(what: &str, outcome: Result<T>) -> Option<T> {
    outcome.map_err(|error| tracing::warn!(%error, what, "due work failed; it is tried again")).ok()
}

fn by_tenant(due: Vec<(ResellerId, HoldId)>) -> HashMap<ResellerId, Vec<HoldId>> {
    let mut grouped: HashMap<ResellerId, Vec<HoldId>> = HashMap::new();
    for (reseller, id) in due {
        grouped.entry(reseller).or_default().push(id);
    }
    grouped
}

async fn expire_holds(inventory: &Inventory, reseller: ResellerId, ids: &[HoldId]) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let expired = holds::expire(&mut tx, ids).await?;
    let event = |(id, version, items): &(HoldId, i64, Vec<HeldTicket>)| {
        let tickets: Vec<TicketId> = items.iter().map(|item| item.ticket).collect();
        let data = json!({ "id": id, "state": "expired", "ticket_ids": tickets });
        event::NewEvent::of("hold.expired", "hold", *id, *version, data)
    };
    let events: Vec<_> = expired.iter().map(event).collect();
    event::append(&mut tx, &events).await?;
    tx.commit().await?;
    Ok(expired.len())
}

async fn book_fee(inventory: &Inventory, provider: &Provider, reseller: ResellerId, id: PaymentId) -> Result<()> {
    let cell = inventory.cell();
    let mut tx = cell.tenant(reseller).await?;
    let payment = payments::get(&mut tx, id).await?;
    let Some(transaction) = payments::transaction_due(&mut tx, id).await? else { return Ok(()) };
    drop(tx);
    let currency = payment.amount.currency();
    let fee = provider.fee(&transaction, currency).await.map_err(Error::from)?;
    let mut tx = cell.tenant(reseller).await?;
    payments::lock(&mut tx, id).await?;
    payments::note_fee(&mut tx, id, fee).await?;
    accounting::post_provider_fee(&mut tx, payment.order, &transaction, fee, currency).await?;
    Ok(tx.commit().await?)
}
