//! Notes what the provider says of a dispute: the buyer's bank wants the money of a payment back. Its tickets open no door while
//! that is open, nor when it is lost.

use accounting::{Disputed, DisputedMoney, Journal, ProviderMoney, Takeable};
use foundation::{Instant, Money, Refusal, Result, TenantTx, event, id::DisputeId};
use rust_decimal::Decimal;
use serde_json::json;

use super::{
    refund::being_changed,
    refund_parts::{credit_left, tax_carried},
    retry_cancellation::{lock_stuck, none_stuck_since, retry},
    settle::order_event,
};
use crate::{
    provider::{DisputeWord, major},
    rules::{
        order::{Credential, Order},
        payment::{Dispute, DisputeState},
    },
    store::{disputes, orders, payments},
};

/// The event of a dispute as it now is.
fn dispute_event(kind: &'static str, dispute: &Dispute) -> event::NewEvent {
    let money = |amount| Money::rounded(amount, dispute.amount.currency());
    let data = json!({
        "id": dispute.id, "order_id": dispute.order, "payment_id": dispute.payment, "state": dispute.state,
        "amount": dispute.amount, "reason": dispute.reason, "evidence_due_by": dispute.evidence_due_by,
        "withdrawn": money(dispute.money.withdrawn()), "fee": money(dispute.money.fee),
    });
    event::NewEvent::of(kind, "dispute", dispute.id, dispute.version, data)
}

/// Notes it, whatever came before: states only move forward, each of the provider's transactions is in the books once, and what
/// is old news changes nothing.
///
/// # Errors
/// `not_found` if the payment is not ours; the database's.
pub async fn note_dispute(
    tx: &mut TenantTx,
    intent: Option<&str>,
    provider_dispute: &str,
    word: &DisputeWord,
) -> Result<()> {
    let payment = payments::of_intent(tx, intent.ok_or_else(|| Refusal::missing("payment"))?).await?;
    let stuck = if word.state.is_averted() { lock_stuck(tx, payment.order).await? } else { Vec::new() };
    let mut order = orders::lock(tx, payment.order).await?;
    if word.state.is_averted() && !none_stuck_since(tx, order.id, &stuck).await? {
        return Err(being_changed().into());
    }
    let due = word.evidence_due_by.map(|seconds| Instant::from_micros(seconds.saturating_mul(1_000_000)));
    let known = disputes::lock_of_provider(tx, provider_dispute).await?;
    let is_known = known.is_some();
    let mut dispute = match known {
        Some(known) => known,
        None => Dispute {
            id: DisputeId::new(),
            order: order.id,
            payment: payment.id,
            provider_dispute: provider_dispute.to_owned(),
            amount: Money::rounded(major(word.amount, order.currency), order.currency),
            reason: word.reason.clone(),
            state: word.state,
            evidence_due_by: due,
            money: DisputedMoney::default(),
            transactions: Vec::new(),
            created_at: tx.now().await?,
            version: 1,
        },
    };
    let moves_on = !is_known || dispute.state.may_become(word.state);
    if moves_on {
        (dispute.state, dispute.evidence_due_by) = (word.state, due);
    }
    let journals = book(tx, &order, &mut dispute, word).await?;
    match is_known {
        true if !moves_on && journals.is_empty() => return Ok(()),
        true => disputes::save(tx, &mut dispute).await?,
        false => disputes::insert(tx, &dispute).await?,
    }
    let kind = match dispute.state {
        _ if !moves_on => "payment.dispute_updated",
        DisputeState::Won | DisputeState::Closed => "payment.dispute_won",
        DisputeState::Lost => "payment.dispute_lost",
        _ if dispute.version == 1 => "payment.disputed",
        _ => "payment.dispute_updated",
    };
    event::append(tx, &[dispute_event(kind, &dispute)]).await?;
    if !dispute.state.is_averted() {
        turn(tx, &mut order, Credential::Issued, Credential::Suspended).await?;
    } else {
        // Of several disputes of one payment, as a bank may open them for parts of it, the last one averted frees the tickets.
        let all = disputes::list(tx, Some(order.id), None, 100).await?;
        if all.iter().all(|dispute| dispute.state.is_averted()) {
            turn(tx, &mut order, Credential::Suspended, Credential::Issued).await?;
            // A verdict may be heard of before the money is back; without that nothing could be given.
            if all.iter().all(|dispute| dispute.money.withdrawn().is_zero()) {
                let now = tx.now().await?;
                retry(tx, &stuck, order.id, now).await?;
            }
        }
    }
    for journal in &journals {
        accounting::post(tx, journal).await?;
    }
    Ok(())
}

/// Notes what the provider's new balance transactions did to the dispute's money, and that it is lost. Gives the journals of it.
async fn book(tx: &mut TenantTx, order: &Order, dispute: &mut Dispute, word: &DisputeWord) -> Result<Vec<Journal>> {
    let currency = dispute.amount.currency();
    let of = Disputed {
        dispute: dispute.id,
        order: dispute.order,
        payment: dispute.payment,
        currency,
        own: Decimal::ZERO,
        excess: Decimal::ZERO,
        ticket_tax: Decimal::ZERO,
    };
    let mut left = Takeable::default();
    if !accounting::bought_nothing(tx, dispute.payment).await? {
        left.of_payment = disputes::left_of(tx, dispute.payment).await?;
        left.price = left.of_payment + credit_left(tx, order).await?;
        left.ticket_tax = order.ticket_tax().unwrap_or_default() - tax_carried(tx, order).await?;
    }
    let mut journals = Vec::new();
    for moved in &word.transactions {
        if dispute.transactions.contains(&moved.name) {
            continue;
        }
        if moved.currency != currency.code() {
            tracing::error!(dispute = %dispute.id, transaction = moved.name, "a dispute's money moved in another currency than its payment's");
            continue;
        }
        let at = Instant::from_micros(moved.created.saturating_mul(1_000_000));
        let money = ProviderMoney { name: moved.name.clone(), fee: major(moved.fee, currency), at: Some(at) };
        journals.extend(dispute.money.moved(&of, &money, major(moved.amount, currency), &mut left)?);
        dispute.transactions.push(moved.name.clone());
    }
    if dispute.state == DisputeState::Lost {
        journals.extend(dispute.money.lost(&of)?);
    }
    Ok(journals)
}

/// Turns all credentials of the order that are `from` into `to`, and tells it.
pub(super) async fn turn(tx: &mut TenantTx, order: &mut Order, from: Credential, to: Credential) -> Result<()> {
    // Also for the tickets that somebody has entered with, should that be undone.
    orders::set_suspended(tx, order.id, to == Credential::Suspended).await?;
    let nos: Vec<i16> = order.items.iter().filter(|item| item.credential == from).map(|item| item.no).collect();
    if nos.is_empty() {
        return Ok(());
    }
    orders::set_credentials(tx, order, &nos, to).await?;
    orders::touch(tx, order).await?;
    Ok(event::append(tx, &[order_event("order.updated", order)]).await?)
}
