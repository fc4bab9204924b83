//! `POST /v1/orders/{order_id}/items/{no}/exchange`

use foundation::id::{OrderId, PerformanceId, TicketId};
use serde::Deserialize;
use ticketing::use_cases::exchange_ticket::{Wish, exchange_ticket};
use utoipa::ToSchema;

use super::{super::OrderView, changed};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// Which ticket is wanted instead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewExchange)]
pub(crate) struct NewExchangeBody {
    /// Of this performance of the show; of the same one unless it is said.
    performance_id: Option<PerformanceId>,
    /// A ticket that nobody has, for the same ticket type at the same price.
    ticket_id: TicketId,
}

/// Exchanges a paid ticket for another one that costs the same, of the same performance or of another one of the show: the other one
/// is taken and the one before is on sale again, both or neither. What costs more or less is refused with `price_differs` and the
/// difference. The owner is told by e-mail and has a new right to enter.
#[utoipa::path(post, path = "/v1/orders/{order_id}/items/{no}/exchange", tag = "Orders", params(("order_id" = OrderId, Path), ("no" = i16, Path)), request_body = NewExchangeBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn exchange(
    allowed: Allowed<OrdersWrite>,
    Path((id, no)): Path<(OrderId, i16)>,
    Keyed { key, body }: Keyed<NewExchangeBody>,
) -> Answer {
    let wish = Wish { performance: body.performance_id, ticket: body.ticket_id };
    let mut call = allowed.begin(key).await?;
    let (order, changes) = exchange_ticket(&mut call.tx, &allowed.services.inventory, id, no, wish).await?;
    changed(&allowed, call, order, &changes).await
}
