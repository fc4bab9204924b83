//! `POST /v1/orders/{order_id}/payments`

use axum::http::StatusCode;
use foundation::id::OrderId;
use ticketing::use_cases::start_payment::{paid_by, start_payment};

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
    let starting = async {
        // An earlier try that was lost may have been paid since: its caller gets the answer that got lost.
        let paid = if call.again { paid_by(&services.inventory, allowed.caller.reseller, order).await? } else { None };
        match paid {
            Some(payment) => Ok(payment),
            None => start_payment(&services.inventory, allowed.provider(), allowed.caller.reseller, order, &way).await,
        }
    };
    let payment = call.run(starting).await?;
    let version = payment.version;
    call.finish(StatusCode::CREATED, &PaymentView::of(payment, allowed.provider()), Some(version)).await
}
