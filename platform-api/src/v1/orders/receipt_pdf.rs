//! `GET /v1/orders/{order_id}/receipt.pdf`

use foundation::id::OrderId;

use super::receipt::receipt;
use crate::{
    documents,
    web::{Allowed, Answer, Path, Reply, scope::OrdersRead},
};

/// Reads the receipt of a paid order as PDF: what the receipt tells, for people.
#[utoipa::path(get, path = "/v1/orders/{order_id}/receipt.pdf", tag = "Orders", params(("order_id" = OrderId, Path)), responses((status = 200, description = "The receipt.", body = inline(documents::Pdf), content_type = "application/pdf")))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<OrderId>) -> Answer {
    let told = receipt(&mut allowed.snapshot().await?, id).await?;
    let pdf = documents::laid_out(move || documents::receipt::receipt(&told)).await?;
    Ok(Reply::raw(documents::answer(pdf, &format!("receipt_{id}"))))
}
