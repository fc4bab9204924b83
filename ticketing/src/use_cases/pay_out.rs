//! Decides on a payout: what is available is on its way from then on, and nobody else can have it.

use std::time::Duration;

use accounting::Payout as PostedPayout;
use foundation::{Code, Currency, Money, Refusal, Result, TenantTx, event, id::PayoutId};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    provider::payable,
    rules::payout::{Payout, PayoutState},
    store::{payout_settings, payouts},
};

/// A payout that a request has just made is sent by that request; the worker takes it up after this time.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All that can be, of this currency.
    All(Currency),
    /// This much.
    Amount(Money),
}

/// Makes a payout in the caller's transaction; [`super::send_payout`] then brings it on its way. Of several at once, and of refunds
/// that come at the same time, each sees what the ones before it have left.
///
/// # Errors
/// `payout_account_missing`; `balance_insufficient` if less is available, or nothing; `invalid_field` for an amount that is none, or that
/// the provider cannot pay out.
pub async fn pay_out(tx: &mut TenantTx, wanted: Wanted, by_schedule: bool) -> Result<Payout> {
    let Some(account) = payout_settings::get(tx).await?.account else {
        let detail = "There is no account to pay out to yet; begin with POST /v1/payout_settings/onboarding.";
        return Err(Refusal::new(Code::PayoutAccountMissing, detail).into());
    };
    if let Wanted::Amount(amount) = wanted
        && amount.amount() <= Decimal::ZERO
    {
        return Err(Refusal::field("/amount", "must be more than nothing").into());
    }
    let currency = match wanted {
        Wanted::All(currency) => currency,
        Wanted::Amount(amount) => amount.currency(),
    };
    let available = accounting::lock_available(tx, currency).await?;
    let most = payable(available, currency);
    let amount = match wanted {
        Wanted::All(_) => most,
        Wanted::Amount(amount) => amount.amount(),
    };
    if amount > most || amount.is_zero() {
        let available = Money::rounded(available, currency);
        let detail = format!("{} {currency} are available to be paid out.", available.amount());
        let refusal = Refusal::new(Code::BalanceInsufficient, detail);
        return Err(refusal.with_alternatives(json!({ "available": available })).into());
    }
    if payable(amount, currency) != amount {
        return Err(Refusal::field("/amount", format!("has more decimals than are paid out in {currency}")).into());
    }
    let payout = Payout {
        id: PayoutId::new(),
        amount: Money::rounded(amount, currency),
        state: PayoutState::Created,
        by_schedule,
        account,
        provider_transfer: None,
        transfer_transaction: None,
        provider_payout: None,
        return_transaction: None,
        paid_at: None,
        failure_code: None,
        tries: 0,
        created_at: tx.now().await?,
        version: 1,
    };
    payouts::insert(tx, &payout, PATIENCE).await?;
    event::append(tx, &[payout_event("payout.created", &payout)]).await?;
    accounting::post(tx, &posted(&payout).created()?).await?;
    Ok(payout)
}

/// The payout as accounting knows it.
pub(super) fn posted(payout: &Payout) -> PostedPayout {
    PostedPayout { payout: payout.id, currency: payout.amount.currency(), amount: payout.amount.amount() }
}

/// The event of a payout as it now is.
pub(super) fn payout_event(kind: &'static str, payout: &Payout) -> event::NewEvent {
    let data = json!({
        "id": payout.id, "state": payout.state, "amount": payout.amount, "by_schedule": payout.by_schedule,
        "paid_at": payout.paid_at, "failure_code": payout.failure_code,
    });
    event::NewEvent::of(kind, "payout", payout.id, payout.version, data)
}
