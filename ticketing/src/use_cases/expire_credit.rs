//! Takes back what is left of a credit whose time is past.

use foundation::{Result, TenantTx, event, id::CreditId};
use serde_json::json;

use super::give_credit::{credit_event, credited};
use crate::store::credits;

/// Takes it back, unless it was already or an unpaid order still keeps some of it: then later. Says whether it did.
///
/// # Errors
/// `not_found`; the database's.
pub async fn expire_credit(tx: &mut TenantTx, id: CreditId) -> Result<bool> {
    let mut credit = credits::lock(tx, id).await?;
    let (left, now) = (credit.balance, tx.now().await?);
    if !credits::expire(tx, &mut credit, now).await? {
        return Ok(false);
    }
    let mut told = credit_event("credit.expired", &credit);
    told.data["expired"] = json!(left);
    event::append(tx, &[told]).await?;
    if !left.amount().is_zero() {
        accounting::post_credit_expired(tx, &credited(&credit, left)).await?;
    }
    Ok(true)
}
