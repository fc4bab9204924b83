//! `POST /v1/credits`

use axum::http::StatusCode;
use foundation::{Instant, Money};
use serde::Deserialize;
use ticketing::{
    store::credits,
    use_cases::give_credit::{NewCredit, give_credit},
};
use utoipa::ToSchema;

use super::CreditView;
use crate::web::{Allowed, Answer, Keyed, scope::OrdersWrite};

/// Credit to give to a buyer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredit)]
pub(crate) struct NewCreditBody {
    amount: Money,
    /// In your words, for your books; no name and no address.
    #[serde(default)]
    reason: String,
    /// Until when it may be spent; without it the credit never ends.
    expires_at: Option<Instant>,
}

/// Gives credit to a buyer, at your expense: the amount leaves your balance now and comes back by what is bought with it, or by what
/// is left when it ends. You hand its code to the buyer.
#[utoipa::path(post, path = "/v1/credits", tag = "Credits", request_body = NewCreditBody, responses((status = 201, body = CreditView)))]
pub(crate) async fn create(allowed: Allowed<OrdersWrite>, Keyed { key, body }: Keyed<NewCreditBody>) -> Answer {
    let new = NewCredit { amount: body.amount, reason: body.reason, expires_at: body.expires_at };
    let mut call = allowed.begin(key).await?;
    let credit = give_credit(&mut call.tx, &new).await?;
    let code = credits::code(&mut call.tx, credit.id).await?;
    call.finish(StatusCode::CREATED, &CreditView::from(credit).with(&code), Some(1)).await
}
