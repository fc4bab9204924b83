//! Makes suspended tickets good again: a person has decided to trust the buyer in spite of a fraud warning.

use foundation::{Code, Refusal, Result, TenantTx, id::OrderId};

use super::note_dispute::turn;
use crate::{
    rules::order::{Credential, Order},
    store::{disputes, orders},
};

/// Reinstates what is suspended of an order; if nothing is, the order stays as it is.
///
/// # Errors
/// `not_found`; `payment_disputed` while a dispute is open or lost, because then the bank decides; the database's.
pub async fn reinstate_order(tx: &mut TenantTx, id: OrderId) -> Result<Order> {
    let mut order = orders::lock(tx, id).await?;
    let all = disputes::list(tx, Some(order.id), None, 100).await?;
    if !all.iter().all(|dispute| dispute.state.is_averted()) {
        let detail =
            "The buyer's bank has a dispute about the payment; while it is open or lost the tickets stay suspended.";
        return Err(Refusal::new(Code::PaymentDisputed, detail).into());
    }
    turn(tx, &mut order, Credential::Suspended, Credential::Issued).await?;
    Ok(order)
}
