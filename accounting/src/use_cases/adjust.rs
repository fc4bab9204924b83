//! Corrects a reseller's money by a person's decision.

use foundation::{Code, Money, Refusal, Result, TenantTx, id::OrderId};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    AdjustmentState, Correction, Pot, Reason, post,
    store::{adjustments, balances, fee_rules},
};

/// Decides on a correction of what is available, for this reason, of this amount, perhaps about an order, by this operator in these
/// words. A small one is posted at once; a large one waits until a second operator agrees ([`crate::approve_adjustment`]).
///
/// # Errors
/// `invalid_field`; `balance_insufficient` for more than nobody has claimed; the database's.
pub async fn adjust(tx: &mut TenantTx, of: (Reason, Money, Option<OrderId>), by: (&str, &str)) -> Result<Correction> {
    let correction = Correction::new(of, by, tx.now().await?)?;
    is_there(tx, &correction).await?;
    adjustments::insert(tx, &correction).await?;
    if correction.state == AdjustmentState::Posted {
        post_correction(tx, &correction).await?;
    }
    Ok(correction)
}

/// Posts a correction that was decided on. One of the platform's fees has the tax that they have: by the rule of the order that it is
/// about, or by the reseller's own.
pub(super) async fn post_correction(tx: &mut TenantTx, correction: &Correction) -> Result<()> {
    let rate = match correction.kind {
        Reason::PlatformFee => Some(fee_rules::tax_rate(tx, correction.order_id).await?),
        _ => None,
    };
    post(tx, &correction.posting().of_a_fee(rate, Pot::Available)?).await?;
    Ok(())
}

/// Money that nobody has claimed can be given to its owner only as far as it is there; of two who give it at once the second sees what
/// the first has left.
///
/// # Errors
/// `balance_insufficient`.
pub(super) async fn is_there(tx: &mut TenantTx, correction: &Correction) -> Result<()> {
    let (amount, currency) = (correction.amount.amount(), correction.amount.currency());
    if correction.kind != Reason::Unmatched || amount <= Decimal::ZERO {
        return Ok(());
    }
    balances::lock(tx, currency).await?;
    // Suspense is a credit account: what is there stands as negative.
    let unclaimed = Money::rounded(-balances::of_suspense(tx, currency).await?, currency);
    if amount > unclaimed.amount() {
        let detail = format!(
            "Only {} {currency} of this reseller's buyers are there that nobody has claimed.",
            unclaimed.amount()
        );
        let refusal = Refusal::new(Code::BalanceInsufficient, detail);
        return Err(refusal.with_alternatives(json!({ "unclaimed": unclaimed })).into());
    }
    Ok(())
}
