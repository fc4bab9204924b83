//! `GET /v1/performances/{performance_id}/prices`

use accounting::Channel;
use foundation::{
    Error, Money, Result, TenantTx,
    id::{OfferId, PerformanceId, SaleRoundId},
    page::Page,
};
use serde::Serialize;
use ticketing::{
    inventory::Inventory,
    use_cases::price_list::{Listed, Price, price_list},
};
use utoipa::ToSchema;

use super::seen;
use crate::v1::holds::sold_through;
use crate::web::{Allowed, Answer, ListOf, Path, Reply, scope::ShowsRead};

/// What one ticket of an offer costs anyone who buys it now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Price)]
pub(crate) struct PriceView {
    offer_id: OfferId,
    #[schema(example = "adult")]
    ticket_type: String,
    #[schema(example = "stalls")]
    price_tier: String,
    /// What the buyer pays, all mandatory fees included; null if no sale round sells it to anyone now.
    total: Option<Money>,
    /// How much of that is the ticket's price.
    face_value: Option<Money>,
    /// How much of it are fees; those of an order as a whole are counted as if the ticket were bought by itself.
    buyer_fee: Option<Money>,
    /// The sale round that it is sold in, where there are rounds.
    sale_round_id: Option<SaleRoundId>,
    /// Why it is not sold to anyone now: `not_on_sale`, `not_enough_tickets` …; null if it is, as long as tickets are left.
    code: Option<&'static str>,
    /// The same for people, with the opening time where there is one.
    detail: Option<String>,
}

impl From<Listed> for PriceView {
    fn from(listed: Listed) -> Self {
        let Listed { offer, price, not_sold } = listed;
        Self {
            offer_id: offer.id,
            ticket_type: offer.ticket_type,
            price_tier: offer.price_tier,
            total: price.as_ref().map(Price::total),
            face_value: price.as_ref().map(|price| price.face_value),
            buyer_fee: price.as_ref().map(|price| price.buyer_fee),
            sale_round_id: price.and_then(|price| price.round),
            code: not_sold.as_ref().map(|refusal| refusal.code.as_str()),
            detail: not_sold.map(|refusal| refusal.detail.into_owned()),
        }
    }
}

/// Lists what one ticket of each offer costs anyone who buys now, all mandatory fees included. Codes, lists and promotions, and
/// several tickets together, are priced by `POST /v1/quotes`.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/prices", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = ListOf<PriceView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, id).await?;
    Reply::ok(&prices(&mut tx, &allowed.services.inventory, (id, sold_through(&allowed.caller))).await?)
}

/// The answer, for this route and the public one.
pub(crate) async fn prices(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: (PerformanceId, Channel),
) -> Result<ListOf<PriceView>, Error> {
    let items = price_list(tx, inventory, of).await?;
    Ok(ListOf::from(Page { items, next_cursor: None }.map(PriceView::from)))
}
