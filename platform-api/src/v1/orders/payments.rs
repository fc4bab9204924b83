//! `POST /v1/orders/{order_id}/payments`

use axum::http::StatusCode;
use foundation::id::OrderId;
use ticketing::use_cases::start_payment::start_payment;

use crate::{
    v1::payments::PaymentView,
    web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::OrdersWrite},
};

/// Creates the order's payment at the provider, or gives the one that is open: the buyer may try it again after a decline.
#[utoipa::path(post, path = "/v1/orders/{order_id}/payments", tag = "Orders", params(("order_id" = OrderId, Path)), responses((status = 201, body = PaymentView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    Path(order): Path<OrderId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let call = allowed.begin_leased(key).await?;
    let services = &allowed.services;
    let payment =
        call.run(start_payment(&services.inventory, allowed.provider(), allowed.caller.reseller, order)).await?;
    let version = payment.version;
    call.finish(StatusCode::CREATED, &PaymentView::of(payment, allowed.provider()), Some(version)).await
}
