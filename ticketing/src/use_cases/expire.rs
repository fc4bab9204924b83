//! What time does by itself: holds and unpaid orders end, payments and refunds of which nobody knows what became of them are
//! asked for, the provider's fees are booked, layouts come
//! into force, sales that open are told. An expired hold's tickets are free without this; here it is told and tidied.

use std::{collections::HashMap, time::Duration};

use foundation::{
    Error, Result, event,
    id::{CreditId, HoldId, PaymentId, RefundId, ResellerId, TicketId, WaitlistEntryId},
};
use futures_util::future::join_all;
use serde_json::json;

use super::{
    ask_payment::ask_payment,
    cancel_order::{Ending, end_order},
    carry_out_cancellation::carry_out_cancellation,
    carry_out_rescheduling::carry_out_rescheduling,
    end_checkouts::end_checkouts,
    expire_credit::expire_credit,
    leave_waitlist::end_entries,
    publish_layout::publish_due,
    refund,
    release_block::release_due,
    serve_waitlist::look_at_waitlist,
    tell_interested::{tell_interested, tell_of_round},
    tell_on_sale::tell_on_sale,
    tell_sold_out::tell_sold_out,
};
use crate::{
    inventory::Inventory,
    provider::{Provider, Providers},
    rules::{
        payment::{Payment, PaymentState, RefundState},
        waitlist::EntryState,
    },
    store::{
        due::{self, Failed},
        holds::{self, Expired},
        payments,
    },
};

/// How many refunds are on their way to the provider at once: most of the time of each is waiting for its answer.
const REFUNDS_AT_ONCE: usize = 8;

/// Does what is due in a cell. Gives how many things were, without what is only told; what fails is logged and tried again later, the later the more often
/// it has failed. A payment that the provider is still deciding keeps its tickets for `slow` after the order's deadline.
///
/// # Errors
/// If what is due cannot be read.
pub async fn do_due(inventory: &Inventory, providers: &Providers, slow: Duration) -> Result<usize> {
    let cell = inventory.cell();
    let mut done = 0;
    for (reseller, ids) in by_tenant(due::holds(cell).await?) {
        match expire_holds(inventory, reseller, &ids).await {
            Ok(expired) => done += expired,
            Err(error) => tracing::warn!(%error, %reseller, "holds could not be expired; it is tried again"),
        }
    }
    for (reseller, mode, order) in due::orders(cell).await? {
        let ended = end_order(inventory, providers.of(mode), reseller, order, Ending::Expire { slow }).await;
        done += judged(inventory, reseller, Failed::Order(order), ended.map(drop)).await;
    }
    for (reseller, mode, performance) in due::checkouts(cell).await? {
        match end_checkouts(inventory, providers.of(mode), reseller, performance).await {
            Ok(ended) => done += ended,
            Err(error) => tracing::warn!(%error, %performance, "checkouts could not be ended; it is tried again"),
        }
    }
    for (reseller, id) in due::reschedulings(cell).await? {
        match carry_out_rescheduling(inventory, reseller, id).await {
            Ok(orders) => done += orders,
            Err(error) => tracing::warn!(%error, %id, "a rescheduling could not be carried on; it is tried again"),
        }
    }
    for (reseller, id) in due::blocks(cell).await? {
        match release_due(inventory, reseller, id).await {
            Ok(released) => done += usize::from(released),
            Err(error) => tracing::warn!(%error, %id, "a block could not be released; it is tried again"),
        }
    }
    for (reseller, id) in due::credits(cell).await? {
        match expire_one_credit(inventory, reseller, id).await {
            Ok(expired) => done += usize::from(expired),
            Err(error) => tracing::warn!(%error, %id, "a credit could not be expired; it is tried again"),
        }
    }
    for (reseller, id) in due::cancellations(cell).await? {
        match carry_out_cancellation(inventory, reseller, id).await {
            Ok(orders) => done += orders,
            Err(error) => tracing::warn!(%error, %id, "a cancellation could not be carried on; it is tried again"),
        }
    }
    for (reseller, mode, id) in due::payments(cell).await? {
        let asked = ask_payment(inventory, providers.of(mode), reseller, id).await;
        let undecided = |payment: &Payment| matches!(payment.state, PaymentState::Creating | PaymentState::Processing);
        let outcome = match asked {
            Ok(payment) if undecided(&payment) => Err(Error::Provider("the payment is not decided yet".to_owned())),
            other => other.map(drop),
        };
        done += judged(inventory, reseller, Failed::Payment(id), outcome).await;
    }
    for some in due::refunds(cell).await?.chunks(REFUNDS_AT_ONCE) {
        let sent = some.iter().map(|(reseller, mode, id)| send_refund(inventory, providers.of(*mode), *reseller, *id));
        done += join_all(sent).await.into_iter().sum::<usize>();
    }
    for (reseller, mode, id) in due::fees(cell).await? {
        let booked = book_fee(inventory, providers.of(mode), reseller, id).await;
        done += judged(inventory, reseller, Failed::Fee(id), booked).await;
    }
    done += publish_due(cell).await?;
    // After all that frees tickets.
    for (reseller, performance, due) in due::waitlists(cell).await? {
        match look_at_waitlist(inventory, reseller, performance, due).await {
            Ok(served) => done += served,
            Err(error) => tracing::warn!(%error, %performance, "a waitlist could not be served; it is tried again"),
        }
    }
    for (reseller, performance) in due::on_sale(cell).await? {
        if let Err(error) = tell_on_sale(cell, reseller, performance).await {
            tracing::warn!(%error, %performance, "that it is on sale could not be told; it is tried again");
        }
    }
    for (reseller, performance, round) in due::rounds_opened(cell).await? {
        match tell_of_round(cell, reseller, performance, round).await {
            Ok(told) => done += told,
            Err(error) => tracing::warn!(%error, %round, "who waits for a round could not be told; it is tried again"),
        }
    }
    for (reseller, performance) in due::interest_calls(cell).await? {
        match tell_interested(cell, reseller, performance).await {
            Ok(told) => done += told,
            Err(error) => {
                tracing::warn!(%error, %performance, "who is interested could not be told; it is tried again");
            }
        }
    }
    tell_sold_out(cell).await?;
    Ok(done)
}

/// Sends a refund that is due. Gives whether the provider has decided about it.
async fn send_refund(inventory: &Inventory, provider: &Provider, reseller: ResellerId, id: RefundId) -> usize {
    let outcome = match refund::send(inventory, provider, reseller, id).await {
        Ok(refund) if refund.state == RefundState::Pending => {
            Err(Error::Provider("the refund is still pending there".to_owned()))
        }
        other => other.map(drop),
    };
    judged(inventory, reseller, Failed::Refund(id), outcome).await
}

/// Counts what was done; has what was not tried again later.
async fn judged(inventory: &Inventory, reseller: ResellerId, what: Failed, outcome: Result<()>) -> usize {
    let Err(error) = outcome else { return 1 };
    tracing::info!(%error, ?what, "due work is not done yet; it is tried again later");
    let postponed = async {
        let mut tx = inventory.cell().tenant(reseller).await?;
        due::postpone(&mut tx, what).await?;
        Ok::<_, Error>(tx.commit().await?)
    };
    if let Err(error) = postponed.await {
        tracing::warn!(%error, ?what, "due work could not be postponed");
    }
    0
}

fn by_tenant(due: Vec<(ResellerId, HoldId)>) -> HashMap<ResellerId, Vec<HoldId>> {
    let mut grouped: HashMap<ResellerId, Vec<HoldId>> = HashMap::new();
    for (reseller, id) in due {
        grouped.entry(reseller).or_default().push(id);
    }
    grouped
}

async fn expire_one_credit(inventory: &Inventory, reseller: ResellerId, id: CreditId) -> Result<bool> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let expired = expire_credit(&mut tx, id).await?;
    tx.commit().await?;
    Ok(expired)
}

async fn expire_holds(inventory: &Inventory, reseller: ResellerId, ids: &[HoldId]) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let expired = holds::expire(&mut tx, ids).await?;
    let event = |(id, version, items, _): &Expired| {
        let tickets: Vec<TicketId> = items.iter().map(|item| item.ticket).collect();
        let data = json!({ "id": id, "state": "expired", "ticket_ids": tickets });
        event::NewEvent::of("hold.expired", "hold", *id, *version, data)
    };
    let events: Vec<_> = expired.iter().map(event).collect();
    event::append(&mut tx, &events).await?;
    let offers: Vec<WaitlistEntryId> = expired.iter().filter_map(|(.., entry)| *entry).collect();
    end_entries(&mut tx, &offers, EntryState::Lapsed).await?;
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
    let (fee, available_at) = provider.fee(&transaction, currency).await.map_err(Error::from)?;
    let mut tx = cell.tenant(reseller).await?;
    payments::lock(&mut tx, id).await?;
    payments::note_fee(&mut tx, id, fee, available_at).await?;
    accounting::post_provider_fee(&mut tx, (payment.order, id), &transaction, fee, currency).await?;
    Ok(tx.commit().await?)
}
