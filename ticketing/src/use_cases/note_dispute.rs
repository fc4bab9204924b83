//! Notes what the provider says of a dispute: the buyer's bank wants the money of a payment back. Its tickets open no door while
//! that is open, nor when it is lost.

use foundation::{Instant, Money, Refusal, Result, TenantTx, event, id::DisputeId};
use serde_json::json;

use super::settle::order_event;
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
    let data = json!({
        "id": dispute.id, "order_id": dispute.order, "payment_id": dispute.payment, "state": dispute.state,
        "amount": dispute.amount, "reason": dispute.reason, "evidence_due_by": dispute.evidence_due_by,
    });
    event::NewEvent::of(kind, "dispute", dispute.id, dispute.version, data)
}

/// Notes it, whatever came before: states only move forward, and what is old news changes nothing.
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
    let mut order = orders::lock(tx, payment.order).await?;
    let due = word.evidence_due_by.map(|seconds| Instant::from_micros(seconds.saturating_mul(1_000_000)));
    let dispute = match disputes::lock_of_provider(tx, provider_dispute).await? {
        Some(mut known) => {
            if !known.state.may_become(word.state) {
                return Ok(());
            }
            known.state = word.state;
            known.evidence_due_by = due;
            disputes::save(tx, &mut known).await?;
            known
        }
        None => {
            let dispute = Dispute {
                id: DisputeId::new(),
                order: order.id,
                payment: payment.id,
                provider_dispute: provider_dispute.to_owned(),
                amount: Money::rounded(major(word.amount, order.currency), order.currency),
                reason: word.reason.clone(),
                state: word.state,
                evidence_due_by: due,
                created_at: tx.now().await?,
                version: 1,
            };
            disputes::insert(tx, &dispute).await?;
            dispute
        }
    };
    let kind = match dispute.state {
        DisputeState::Won | DisputeState::Closed => "payment.dispute_won",
        DisputeState::Lost => "payment.dispute_lost",
        _ if dispute.version == 1 => "payment.disputed",
        _ => "payment.dispute_updated",
    };
    event::append(tx, &[dispute_event(kind, &dispute)]).await?;
    if !dispute.state.is_averted() {
        return turn(tx, &mut order, Credential::Issued, Credential::Suspended).await;
    }
    // Of several disputes of one payment, as a bank may open them for parts of it, the last one averted frees the tickets.
    let all = disputes::list(tx, Some(order.id), None, 100).await?;
    if all.iter().all(|dispute| dispute.state.is_averted()) {
        turn(tx, &mut order, Credential::Suspended, Credential::Issued).await?;
    }
    Ok(())
}

/// Turns all credentials of the order that are `from` into `to`, and tells it.
pub(super) async fn turn(tx: &mut TenantTx, order: &mut Order, from: Credential, to: Credential) -> Result<()> {
    let nos: Vec<i16> = order.items.iter().filter(|item| item.credential == from).map(|item| item.no).collect();
    if nos.is_empty() {
        return Ok(());
    }
    orders::set_credentials(tx, order, &nos, to).await?;
    orders::touch(tx, order).await?;
    Ok(event::append(tx, &[order_event("order.updated", order)]).await?)
}
