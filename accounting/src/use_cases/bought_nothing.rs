//! Whether a payment came for nothing.

use foundation::{Result, TenantTx, id::PaymentId};

use crate::{Source, store};

/// Whether the payment is in the books as money that bought nothing: it came too late, or a second time.
///
/// # Errors
/// If the database does not answer.
pub async fn bought_nothing(tx: &mut TenantTx, payment: PaymentId) -> Result<bool> {
    Ok(store::journals::find(tx, Source::LatePayment(payment)).await?.is_some())
}
