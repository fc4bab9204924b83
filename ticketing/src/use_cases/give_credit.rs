//! Gives a buyer credit: the reseller owes it until it is redeemed or expires.

use accounting::Credited;
use foundation::{Code, Instant, Money, Refusal, Result, TenantTx, event};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    rules::{
        credit::{Credit, CreditCode},
        order::Order,
    },
    store::credits,
};

/// Credit to give.
#[derive(Debug, Clone)]
pub struct NewCredit {
    /// How much.
    pub amount: Money,
    /// Why, in the reseller's words.
    pub reason: String,
    /// Until when it may be spent; never ending without.
    pub expires_at: Option<Instant>,
}

/// Gives it at the reseller's expense. That may be more than is available: credit is never paid out, so what it can cost the platform is
/// nothing, and the reseller is paid out again when that much has come in (decision 35). Where money is kept back it may not: a debt is
/// paid out of that, and credit that expires or is spent on one's own tickets would turn it into money to be paid out.
///
/// # Errors
/// `invalid_field`; `balance_insufficient` with what is available; `currency_mismatch` for a currency in which nothing of the reseller's can be bought.
pub async fn give_credit(tx: &mut TenantTx, new: &NewCredit) -> Result<Credit> {
    let currency = new.amount.currency();
    if !credits::is_sold_in(tx, currency).await? {
        let detail = format!("You sell nothing in {currency}, so nobody could spend this credit.");
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    let available = accounting::lock_available(tx, currency).await?;
    if new.amount.amount() > available && accounting::kept_back(tx, currency).await? > Decimal::ZERO {
        let detail = format!(
            "{available} {currency} is available; while money of yours is kept back, credit comes off what is available alone."
        );
        let refusal = Refusal::new(Code::BalanceInsufficient, detail);
        return Err(refusal.with_alternatives(json!({ "available": Money::rounded(available, currency) })).into());
    }
    let credit = issue(tx, new, None).await?;
    accounting::post_credit(tx, &credited(&credit, credit.amount)).await?;
    Ok(credit)
}

/// Makes a credit that is not in the books yet: the refund of the order that makes it posts it.
pub(super) async fn issue(tx: &mut TenantTx, new: &NewCredit, order: Option<&Order>) -> Result<Credit> {
    let now = tx.now().await?;
    let credit = Credit::new((new.amount, new.reason.clone(), new.expires_at), order.map(|order| order.id), now)?;
    credits::insert(tx, &credit, &CreditCode::of(rand::random())).await?;
    event::append(tx, &[credit_event("credit.created", &credit)]).await?;
    Ok(credit)
}

/// An amount of a credit as accounting knows it.
pub(super) fn credited(credit: &Credit, amount: Money) -> Credited {
    Credited { credit: credit.id, currency: amount.currency(), amount: amount.amount() }
}

/// The event of a credit as it now is. Its code is not in it: whoever knows that may spend it.
pub(super) fn credit_event(kind: &'static str, credit: &Credit) -> event::NewEvent {
    let data = json!({
        "id": credit.id, "amount": credit.amount, "balance": credit.balance, "order_id": credit.order, "reason": credit.reason,
        "expires_at": credit.expires_at, "expired_at": credit.expired_at, "expired": null,
    });
    event::NewEvent::of(kind, "credit", credit.id, credit.version, data)
}
