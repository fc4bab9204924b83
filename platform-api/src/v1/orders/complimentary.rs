//! `POST /v1/orders/complimentary`

use axum::extract::State;
use serde::Deserialize;
use ticketing::{
    rules::{
        order::{Pick, Want, check_guests, check_wants},
        terms::AskedBy,
    },
    use_cases::place_order::{Of, OrderRequest},
};
use utoipa::ToSchema;

use super::{BuyerBody, OrderView, place};
use crate::{
    app::App,
    v1::holds::{WantBody, read_wants, sold_through, through},
    web::{Allowed, Answer, Keyed, scope::ShowsWrite},
};

/// Tickets to give away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewComplimentaryOrder)]
pub(crate) struct NewComplimentaryOrderBody {
    items: Vec<WantBody>,
    /// Whose each ticket is, by name, in the order of the items.
    #[schema(example = json!(["Ada Lovelace", "Grace Hopper"]))]
    guests: Vec<String>,
    /// Who gets the confirmation, if anyone.
    #[serde(default)]
    buyer: BuyerBody,
    /// Your own name for the order, unique for ever.
    reference: Option<String>,
    /// The channel that you sell through: allocations of it may be taken.
    channel: Option<String>,
}

/// Gives tickets away to guests by name. The order costs nothing and needs no payment; there is no fee on it, and it counts for no
/// buyer's maximum. It takes what is free and on sale, like any other.
#[utoipa::path(post, path = "/v1/orders/complimentary", tag = "Orders", request_body = NewComplimentaryOrderBody, responses((status = 201, body = OrderView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<NewComplimentaryOrderBody>,
) -> Answer {
    let wants = read_wants(body.items)?;
    check_wants(&wants)?;
    check_guests(&body.guests, wants.iter().map(|want: &Want| Pick::tickets(&want.pick)).sum())?;
    let by = AskedBy { through: through(&allowed.caller, body.channel)?, ..AskedBy::default() };
    let id = key.derived_id(allowed.caller.reseller);
    let request = OrderRequest {
        id,
        of: Of::Wants(wants, by),
        reference: body.reference,
        buyer: body.buyer.read()?,
        expected_total: None,
        payable_for: app.settings.payable_for,
        sold_through: sold_through(&allowed.caller),
        accepts_equivalents: false,
        answers: Vec::new(),
        guests: Some(body.guests),
        pay: None,
    };
    place(&allowed, key, request).await
}
