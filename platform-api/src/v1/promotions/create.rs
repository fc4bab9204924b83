//! `POST /v1/promotions`

use axum::http::StatusCode;
use foundation::{
    Instant, Money, Refusal,
    id::{OfferId, PromotionId},
    money::decimal,
};
use serde::Deserialize;
use ticketing::{
    rules::promotion::{Discount, Promotion, spelled},
    use_cases::set_promotion::create_promotion,
};
use utoipa::ToSchema;

use super::PromotionView;
use crate::web::{Allowed, Answer, Keyed, scope::ShowsWrite};

/// A promotion to create: with `percent` or with `amount`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPromotion)]
pub(crate) struct NewPromotionBody {
    /// What buyers type; capitals make no difference.
    #[schema(example = "SUMMER10")]
    code: String,
    name: String,
    /// Percent of the price, as a decimal string; instead of `amount`.
    #[schema(example = "10")]
    percent: Option<String>,
    /// An amount off each ticket's price; instead of `percent`. It is for offers in its currency.
    amount: Option<Money>,
    /// At once unless said.
    starts_at: Option<Instant>,
    /// Never unless said.
    ends_at: Option<Instant>,
    /// For how many tickets in all; as many as there are unless said.
    max_uses: Option<i32>,
    /// For how many tickets of one buyer (by `buyer_reference` of a hold, and by e-mail address of its order).
    max_per_buyer: Option<i32>,
    /// The offers it is for; all unless said.
    #[serde(default)]
    offer_ids: Vec<OfferId>,
}

/// Creates a promotion. It counts a ticket as a use.
#[utoipa::path(post, path = "/v1/promotions", tag = "Promotions", request_body = NewPromotionBody, responses((status = 201, body = PromotionView)))]
pub(crate) async fn create(allowed: Allowed<ShowsWrite>, Keyed { key, body }: Keyed<NewPromotionBody>) -> Answer {
    let discount = match (body.percent, body.amount) {
        (Some(percent), None) => {
            let not_a_number = || Refusal::field("/percent", "must be a decimal number such as \"12.5\"");
            Discount::Percent(decimal(&percent).ok_or_else(not_a_number)?)
        }
        (None, Some(amount)) => Discount::Amount(amount),
        _ => return Err(Refusal::field("/percent", "give either percent or amount").into()),
    };
    let promotion = Promotion {
        id: PromotionId::new(),
        code: spelled(&body.code),
        name: body.name,
        discount,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        max_uses: body.max_uses,
        max_per_buyer: body.max_per_buyer,
        offers: body.offer_ids,
        version: 1,
    };
    let mut call = allowed.begin(key).await?;
    create_promotion(&mut call.tx, &promotion).await?;
    call.finish(StatusCode::CREATED, &PromotionView::from(promotion), Some(1)).await
}
