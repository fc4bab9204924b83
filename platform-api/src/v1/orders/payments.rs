//! `POST /v1/orders/{order_id}/payments`

use axum::http::StatusCode;
use foundation::id::OrderId;
use ticketing::use_cases::start_payment::{start_payment, take_up_payment};

use crate::{
    v1::payments::{NewPaymentBody, PaymentView},
    web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite},
};

/// Creates the order's payment at the provider, or gives the one that is open: the buyer may try it again after a decline. Asked
/// for in another way than the open one, that one is cancelled first. A payment confirmed from the server that is declined is
/// answered as any other: with `decline` and what to do.
#[utoipa::path(post, path = "/v1/orders/{order_id}/payments", tag = "Orders", params(("order_id" = OrderId, Path)), request_body = NewPaymentBody, responses((status = 201, body = PaymentView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    Path(order): Path<OrderId>,
    Keyed { key, body }: Keyed<NewPaymentBody>,
) -> Answer {
    let way = body.way("")?;
    let call = allowed.begin_leased(key).await?;
    let services = &allowed.services;
    let (inventory, provider, reseller) = (&services.inventory, allowed.provider(), allowed.caller.reseller);
    let payment = if call.again {
        call.run(take_up_payment(inventory, provider, reseller, order, &way)).await?
    } else {
        call.run(start_payment(inventory, provider, reseller, order, &way)).await?
    };
    let version = payment.version;
    call.finish(StatusCode::CREATED, &PaymentView::of(payment, allowed.provider()), Some(version)).await
}
