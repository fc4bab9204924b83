//! Brings a payout on its way: transferred to the reseller's account at the provider, paid out from there to its bank and, if the bank
//! does not take it, fetched back. Each step asks the provider with no transaction open and writes its answer; a process that dies in
//! between leaves a payout that the next call, or the worker, takes up where it was.

use accounting::settled;
use foundation::{
    Cell, Error, Result, TenantTx, event,
    id::{PayoutId, ResellerId},
};
use rust_decimal::Decimal;

use super::pay_out::{payout_event, posted};
use crate::{
    provider::{BankWord, Moved, Provider, ProviderError},
    rules::payout::{Payout, PayoutState, Step},
    store::payouts,
};

/// What a provider that asks for nothing says of a payout without a reason.
const NO_REASON: &str = "unknown";

/// What the provider said.
#[derive(Debug)]
enum Said {
    /// The money is in the reseller's account there.
    Transferred(Moved),
    /// It will not be.
    NotTransferred(String),
    /// How the payout to the bank stands, and its id there.
    Bank(String, BankWord),
    /// There will be none.
    NotPaid(String),
    /// The money is back.
    Reversed(Moved),
}

/// Asks the provider for whatever is left to ask and writes its answers, until the payout has ended or the bank is to be waited
/// for. May be called again any time, and by several at once.
///
/// # Errors
/// `not_found`; the provider's, when nothing is known: the worker asks again.
pub async fn send_payout(cell: &Cell, provider: &Provider, reseller: ResellerId, id: PayoutId) -> Result<Payout> {
    loop {
        let payout = payouts::get(&mut cell.tenant(reseller).await?, id).await?;
        let Some(step) = payout.next() else { return Ok(payout) };
        let said = ask(provider, reseller, &payout, step).await?;
        let mut tx = cell.tenant(reseller).await?;
        let after = apply(&mut tx, id, said).await?;
        tx.commit().await?;
        if after.version == payout.version || after.next() == Some(Step::Ask) {
            return Ok(after);
        }
    }
}

/// Applies what a callback says of a payout to a bank.
///
/// # Errors
/// `not_found`; the database's.
pub async fn note_bank(tx: &mut TenantTx, id: PayoutId, provider_payout: &str, word: &BankWord) -> Result<()> {
    apply(tx, id, Said::Bank(provider_payout.to_owned(), word.clone())).await.map(drop)
}

async fn ask(provider: &Provider, reseller: ResellerId, payout: &Payout, step: Step) -> Result<Said> {
    let refused = |error, said: fn(String) -> Said| match error {
        ProviderError::Refused { code, message } => {
            tracing::warn!(payout = %payout.id, code, message, "the provider refused a payout");
            Ok(said(code))
        }
        error => Err(Error::from(error)),
    };
    match step {
        Step::Transfer => match provider.transfer(reseller, payout).await {
            Ok(moved) => Ok(Said::Transferred(moved)),
            Err(error) => refused(error, Said::NotTransferred),
        },
        Step::PayOut => match provider.pay_to_bank(reseller, payout).await {
            Ok((id, word)) => Ok(Said::Bank(id, word)),
            Err(error) => refused(error, Said::NotPaid),
        },
        Step::Ask => {
            let known = known(payout.provider_payout.as_ref(), payout)?;
            Ok(Said::Bank(known.clone(), provider.bank_payout(&payout.account, known).await?))
        }
        Step::Reverse => {
            let transfer = known(payout.provider_transfer.as_ref(), payout)?;
            let reversed = provider.reverse_transfer(payout.id, transfer, payout.tries).await;
            // A refusal is no end: the money is there, and a person may have to see to it.
            reversed.map(Said::Reversed).map_err(|error| Error::Provider(error.to_string()))
        }
    }
}

fn known<'a>(name: Option<&'a String>, payout: &Payout) -> Result<&'a String> {
    name.ok_or_else(|| Error::Inconsistent(format!("{} is {} and of nothing", payout.id, payout.state.as_str())))
}

/// Writes an answer, if it is news to the payout as it now stands.
async fn apply(tx: &mut TenantTx, id: PayoutId, said: Said) -> Result<Payout> {
    let mut payout = payouts::lock(tx, id).await?;
    let from = payout.state;
    let mut journals = Vec::new();
    match said {
        Said::Transferred(moved) if payout.provider_transfer.is_none() && from == PayoutState::Created => {
            payout.state = PayoutState::InTransit;
            journals.push(settlement(&payout, &moved, payout.amount.amount())?);
            payout.provider_transfer = Some(moved.object);
            payout.transfer_transaction = Some(moved.transaction);
        }
        Said::NotTransferred(code) if from == PayoutState::Created => {
            (payout.state, payout.failure_code) = (PayoutState::Failed, Some(code));
            journals.push(posted(&payout).failed(false)?);
        }
        Said::Bank(provider_payout, word) if payout.provider_transfer.is_some() => {
            let is_news = payout.provider_payout.is_none();
            payout.provider_payout.get_or_insert(provider_payout);
            match word.status.as_str() {
                "paid" if from == PayoutState::InTransit => {
                    (payout.state, payout.paid_at) = (PayoutState::Paid, Some(tx.now().await?));
                    journals.push(posted(&payout).paid()?);
                }
                "failed" | "canceled" if from.may_become(PayoutState::Returning) => {
                    payout.state = PayoutState::Returning;
                    payout.failure_code = Some(word.failure_code.unwrap_or_else(|| NO_REASON.to_owned()));
                }
                _ if is_news => {}
                _ => return Ok(payout),
            }
        }
        Said::NotPaid(code) if from == PayoutState::InTransit && payout.provider_payout.is_none() => {
            (payout.state, payout.failure_code) = (PayoutState::Returning, Some(code));
        }
        Said::Reversed(moved) if from == PayoutState::Returning => {
            payout.state = PayoutState::Failed;
            journals.push(settlement(&payout, &moved, -payout.amount.amount())?);
            journals.push(posted(&payout).failed(payout.paid_at.is_some())?);
            payout.return_transaction = Some(moved.transaction);
        }
        // Somebody else has heard the same before, or more.
        _ => return Ok(payout),
    }
    payouts::save(tx, &mut payout, from).await?;
    let kind = match payout.state {
        PayoutState::Paid => Some("payout.paid"),
        PayoutState::Failed => Some("payout.failed"),
        _ => None,
    };
    if let Some(kind) = kind.filter(|_| payout.state != from) {
        event::append(tx, &[payout_event(kind, &payout)]).await?;
    }
    for journal in &journals {
        accounting::post(tx, journal).await?;
    }
    Ok(payout)
}

/// The money has left the provider for the reseller's bank; or has come back, below zero.
fn settlement(payout: &Payout, moved: &Moved, amount: Decimal) -> Result<accounting::Journal> {
    Ok(settled(&moved.transaction, payout.amount.currency(), amount, Decimal::ZERO)?)
}
