//! `POST /v1/orders`

use axum::{extract::State, http::StatusCode};
use foundation::{Error, Money, Refusal, id::HoldId};
use serde::Deserialize;
use ticketing::{
    lanes::{HoldRequest, Placed},
    rules::order::{Buyer, Order, check_wants},
    use_cases::{
        create_order::{NewOrder, create_order},
        start_payment::start_payment,
    },
};
use utoipa::ToSchema;

use super::{BuyerBody, OrderView, whole};
use crate::{
    app::App,
    v1::holds::{WantBody, read_wants},
    web::{Allowed, Answer, Keyed, body::Nothing, caller::commit, scope::OrdersWrite},
};

/// An order to make: of a hold, or of tickets that are to be held by the same call. Prices come from the server.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrder)]
pub(crate) struct NewOrderBody {
    /// The hold to order; instead of `items`.
    hold_id: Option<HoldId>,
    /// What to hold and order at once; instead of `hold_id`.
    items: Option<Vec<WantBody>>,
    /// Your own name for the order, unique for ever.
    reference: Option<String>,
    #[serde(default)]
    buyer: BuyerBody,
    /// What you showed the buyer; if the order would cost something else it is refused as `price_changed`.
    expected_total: Option<Money>,
    /// Present: the payment is created by the same call.
    payment: Option<Nothing>,
}

/// Makes an order, and its payment if asked: one call may reserve, price and return what the buyer needs to pay.
#[utoipa::path(post, path = "/v1/orders", tag = "Orders", request_body = NewOrderBody, responses((status = 201, body = OrderView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<NewOrderBody>,
) -> Answer {
    let buyer = Buyer::parse(body.buyer.name, body.buyer.email)?;
    let (hold, wants) = match (body.hold_id, body.items) {
        (Some(hold), None) => (Some(hold), Vec::new()),
        (None, Some(items)) => (None, read_wants(items)?),
        _ => return Err(Refusal::field("/hold_id", "give either hold_id or items").into()),
    };
    let (reference, expected_total) = (body.reference, body.expected_total);
    let new = |hold| NewOrder { hold, reference, buyer, expected_total, payable_for: app.settings.payable_for };
    if let (Some(hold), None) = (hold, &body.payment) {
        let mut call = allowed.begin(key).await?;
        let made = create_order(&mut call.tx, &allowed.services.inventory, &new(hold)).await?;
        let version = made.order.version;
        return call.finish_with(StatusCode::CREATED, &OrderView::from(made.order), Some(version), &made.changes).await;
    }
    let call = allowed.begin_leased(key).await?;
    let order = call
        .run(async {
            let hold = match hold {
                Some(hold) => hold,
                None => hold_for_order(&allowed, wants, &app).await?,
            };
            let order = make(&allowed, new(hold)).await?;
            let pays = body.payment.is_some() && !order.total.is_zero();
            if pays {
                start_payment(
                    &allowed.services.inventory,
                    &allowed.services.provider,
                    allowed.caller.reseller,
                    order.id,
                )
                .await?;
            }
            Ok(order)
        })
        .await?;
    let mut tx = allowed.tx().await?;
    let order = ticketing::store::orders::get(&mut tx, order.id).await?;
    let version = order.version;
    let view = whole(&mut tx, &allowed.services, order).await?;
    drop(tx);
    call.finish(StatusCode::CREATED, &view, Some(version)).await
}

async fn hold_for_order(
    allowed: &Allowed<OrdersWrite>,
    wants: Vec<ticketing::rules::order::Want>,
    app: &App,
) -> Result<HoldId, Error> {
    check_wants(&wants)?;
    let request = HoldRequest { wants, buyer_reference: None, lasts: app.settings.hold_default, key: None };
    match allowed.services.lanes.hold(allowed.caller.reseller, request).await? {
        Placed::Fresh(hold, _) => Ok(hold.id),
        Placed::Before(_) => Err(Error::Inconsistent("a hold without a key was answered from a key".to_owned())),
    }
}

/// Makes the order in a transaction of its own. An order that an earlier try of this call has made is found by its hold
/// only by that try's key, so a failure after this point leaves an unpaid order that ends at its deadline.
async fn make(allowed: &Allowed<OrdersWrite>, new: NewOrder) -> Result<Order, Error> {
    let mut tx = allowed.cell().tenant(allowed.caller.reseller).await?;
    let made = create_order(&mut tx, &allowed.services.inventory, &new).await?;
    commit(tx).await?;
    allowed.services.inventory.learn_own(allowed.caller.reseller, &made.changes);
    Ok(made.order)
}
