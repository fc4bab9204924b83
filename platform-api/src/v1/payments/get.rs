//! `GET /v1/payments/{payment_id}`

use foundation::id::PaymentId;
use ticketing::store::payments;

use super::PaymentView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a payment.
#[utoipa::path(get, path = "/v1/payments/{payment_id}", tag = "Payments", params(("payment_id" = PaymentId, Path)), responses((status = 200, body = PaymentView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<PaymentId>) -> Answer {
    let payment = payments::get(&mut allowed.snapshot().await?, id).await?;
    let version = payment.version;
    Reply::versioned(&PaymentView::of(payment, allowed.provider()), version)
}
