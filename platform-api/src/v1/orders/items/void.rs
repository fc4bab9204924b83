//! `POST /v1/orders/{order_id}/items/{no}/void`

use foundation::id::OrderId;
use serde::Deserialize;
use ticketing::use_cases::void_ticket::{PlaceOfVoid, void_ticket};
use utoipa::ToSchema;

use super::{super::OrderView, changed};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// What becomes of its place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVoid)]
pub(crate) struct NewVoidBody {
    place: PlaceBody,
}

/// What becomes of the place of a void ticket.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PlaceOfVoid)]
enum PlaceBody {
    /// Anyone may buy it.
    OnSale,
    /// Nobody may, until the same is asked again with `on_sale`.
    Blocked,
}

/// Makes a paid ticket worthless, without giving money back (refunding does both), and tells its owner by e-mail.
#[utoipa::path(post, path = "/v1/orders/{order_id}/items/{no}/void", tag = "Orders", params(("order_id" = OrderId, Path), ("no" = i16, Path)), request_body = NewVoidBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn void(
    allowed: Allowed<OrdersWrite>,
    Path((id, no)): Path<(OrderId, i16)>,
    Keyed { key, body }: Keyed<NewVoidBody>,
) -> Answer {
    let place = match body.place {
        PlaceBody::OnSale => PlaceOfVoid::OnSale,
        PlaceBody::Blocked => PlaceOfVoid::Blocked,
    };
    let mut call = allowed.begin(key).await?;
    let (order, changes) = void_ticket(&mut call.tx, &allowed.services.inventory, id, no, place).await?;
    changed(&allowed, call, order, &changes).await
}
