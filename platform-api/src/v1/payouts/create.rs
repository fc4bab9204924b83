//! `POST /v1/payouts`

use axum::http::StatusCode;
use foundation::{Currency, Money, Refusal};
use serde::Deserialize;
use ticketing::use_cases::{
    pay_out::{Wanted, pay_out},
    send_payout::send_payout,
};
use utoipa::ToSchema;

use super::PayoutView;
use crate::web::{Allowed, Answer, Keyed, scope::FinanceWrite};

/// What to pay out: an amount, or all that is available of a currency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayout)]
pub(crate) struct NewPayoutBody {
    /// This much.
    amount: Option<Money>,
    /// All that is available of this currency. Not together with an amount.
    #[schema(value_type = Option<String>, example = "EUR")]
    currency: Option<Currency>,
}

/// Pays out what is available, to your account at the payment provider and from there to your bank. With this answer it is taken off
/// the balance; `payout.paid` tells when your bank has it, `payout.failed` that it did not arrive and is available again. Never more than
/// is available is paid out: `balance_insufficient` tells how much that is.
#[utoipa::path(post, path = "/v1/payouts", tag = "Finance", request_body = NewPayoutBody, responses((status = 201, body = PayoutView)))]
pub(crate) async fn create(allowed: Allowed<FinanceWrite>, Keyed { key, body }: Keyed<NewPayoutBody>) -> Answer {
    let wanted = match (body.amount, body.currency) {
        (Some(amount), None) => Wanted::Amount(amount),
        (None, Some(currency)) => Wanted::All(currency),
        (Some(_), Some(_)) => {
            return Err(Refusal::field("/currency", "must be left out where an amount is named").into());
        }
        (None, None) => {
            return Err(Refusal::field("/amount", "name an amount, or a currency to pay all of it out").into());
        }
    };
    let mut call = allowed.begin(key).await?;
    let payout = pay_out(&mut call.tx, wanted, false).await?;
    let (id, version) = (payout.id, payout.version);
    let answer = call.finish(StatusCode::CREATED, &PayoutView::from(payout), Some(version)).await;
    // Decided is decided: if the provider cannot be reached now, the worker asks again.
    if answer.is_ok()
        && let Err(error) = send_payout(allowed.cell(), allowed.provider(), allowed.caller.reseller, id).await
    {
        tracing::warn!(%error, payout = %id, "a payout has not reached the provider yet");
    }
    answer
}
