//! `POST /v1/orders`

use axum::{extract::State, http::StatusCode};
use foundation::{
    Money, Refusal,
    id::{HoldId, OrderId},
};
use serde::Deserialize;
use ticketing::{
    rules::terms::AskedBy,
    use_cases::{
        create_order::{NewOrder, create_order, free_excess},
        place_order::{Of, OrderRequest},
    },
};
use utoipa::ToSchema;

use super::{AnswerOfBuyer, BuyerBody, OrderView, place, read_answers, whole};
use crate::{
    app::App,
    v1::{
        holds::{WantBody, read_wants, sold_through, through},
        payments::NewPaymentBody,
    },
    web::{Allowed, Answer, Keyed, scope::OrdersWrite},
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
    /// With `items`: for sale rounds that have codes.
    access_code: Option<String>,
    /// With `items`: of a promotion.
    promotion_code: Option<String>,
    /// With `items`: the channel that you sell through, by your own word for it: allocations of it may be taken.
    channel: Option<String>,
    /// Your own name for the order, unique for ever.
    reference: Option<String>,
    #[serde(default)]
    buyer: BuyerBody,
    /// Answers to what the shows ask, as far as known.
    #[serde(default)]
    answers: Vec<AnswerOfBuyer>,
    /// What you showed the buyer; if the order would cost something else it is refused as `price_changed`.
    expected_total: Option<Money>,
    /// Whether money that comes too late, when the tickets are gone, may buy others like them (same performance and price tier,
    /// as near as can be). Else it goes back at once.
    #[serde(default)]
    accept_equivalents: bool,
    /// Present: the payment is created by the same call.
    payment: Option<NewPaymentBody>,
}

/// Makes an order, and its payment if asked: one call may reserve, price and return what the buyer needs to pay.
#[utoipa::path(post, path = "/v1/orders", tag = "Orders", request_body = NewOrderBody, responses((status = 201, body = OrderView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<NewOrderBody>,
) -> Answer {
    let buyer = body.buyer.read()?;
    if body.hold_id.is_some() && (body.access_code.is_some() || body.promotion_code.is_some() || body.channel.is_some())
    {
        return Err(
            Refusal::field("/hold_id", "codes and the channel belong to the hold: give them where it is made").into()
        );
    }
    let of = match (body.hold_id, body.items) {
        (Some(hold), None) => Of::Hold(hold),
        (None, Some(items)) => {
            let (email, access_code, promotion_code) = (buyer.email.clone(), body.access_code, body.promotion_code);
            let through = through(&allowed.caller, body.channel)?;
            Of::Wants(read_wants(items)?, AskedBy { reference: None, email, access_code, promotion_code, through })
        }
        _ => return Err(Refusal::field("/hold_id", "give either hold_id or items").into()),
    };
    let services = &allowed.services;
    let (reference, expected_total) = (body.reference, body.expected_total);
    let pay = body.payment.map(|payment| payment.way("/payment")).transpose()?;
    let answers = read_answers(body.answers);
    let sold_through = sold_through(&allowed.caller);
    let (payable_for, accepts_equivalents) = (app.settings.payable_for, body.accept_equivalents);
    if let (Of::Hold(hold), None) = (&of, &pay) {
        // One transaction does it all.
        let new = NewOrder {
            id: OrderId::new(),
            hold: *hold,
            reference,
            buyer,
            expected_total,
            payable_for,
            sold_through,
            accepts_equivalents,
            answers,
            guests: None,
            pay: None,
        };
        let mut call = allowed.begin(key).await?;
        let made = match create_order(&mut call.tx, &services.inventory, &new).await {
            Ok(made) => made,
            Err(why) => {
                drop(call);
                return Err(free_excess(&services.inventory, allowed.caller.reseller, *hold, why).await.into());
            }
        };
        let version = made.order.version;
        let view = whole(&mut call.tx, allowed.provider(), made.order).await?;
        return call.finish_with(StatusCode::CREATED, &view, Some(version), &made.changes).await;
    }
    let id = key.derived_id(allowed.caller.reseller);
    let request = OrderRequest {
        id,
        of,
        reference,
        buyer,
        expected_total,
        payable_for,
        sold_through,
        accepts_equivalents,
        answers,
        guests: None,
        pay,
    };
    place(&allowed, key, request).await
}
