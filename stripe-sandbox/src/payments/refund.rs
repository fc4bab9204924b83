//! Giving money back: never more than was taken, however many refunds there are.

use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::book::{Book, Context, Task};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::objects::balance_transaction::{BalanceTransaction, Kind};
use crate::objects::charge::{Charge, Status as ChargeStatus};
use crate::objects::refund::{Reason, Refund, Status};
use crate::params::Params;

/// What shall be given back.
#[derive(Debug)]
pub(crate) struct Wanted {
    amount: Option<i64>,
    charge: Option<String>,
    payment_intent: Option<String>,
    metadata: Option<Change>,
    reason: Option<Reason>,
}

impl Wanted {
    /// A refund of `amount` of the charge, or of all that is left, as somebody clicks it together on the dashboard.
    pub(crate) fn of_charge(charge: String, amount: Option<i64>) -> Self {
        Self { amount, charge: Some(charge), payment_intent: None, metadata: None, reason: None }
    }

    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let wanted = Self {
            amount: params.integer("amount")?,
            charge: params.filled("charge")?,
            payment_intent: params.filled("payment_intent")?,
            metadata: params.metadata()?,
            reason: params.choice("reason", Reason::parse)?,
        };
        params.ignore(&["instructions_email", "origin"]);
        params.finish()?;
        if wanted.charge.is_none() && wanted.payment_intent.is_none() {
            let message = "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(Error::parameter("parameter_missing", message, ""));
        }
        if wanted.amount.is_some_and(|amount| amount < 1) {
            return Err(Error::parameter(
                "parameter_invalid_integer",
                "This value must be greater than or equal to 1.",
                "amount",
            ));
        }
        Ok(wanted)
    }
}

impl Book {
    /// Refunds `amount` of the charge, or all that is left of it.
    pub(crate) fn refund(&mut self, context: &Context, wanted: &Wanted) -> Result<Value, Error> {
        let mut charge = self.charge_to_refund(wanted)?;
        let amount = amount_to_refund(&charge, wanted.amount)?;
        let mut metadata = Metadata::new();
        if let Some(change) = &wanted.metadata {
            change.apply(&mut metadata)?;
        }
        let behaviour = charge.payment_method.behaviour;
        let later = matches!(behaviour, Behaviour::RefundFails | Behaviour::RefundPends);
        let mut refund = Refund {
            id: ids::fresh("re"),
            amount,
            balance_transaction: None,
            charge: charge.id.clone(),
            created: context.now(),
            changes_at_ms: later.then_some(context.now_ms + context.delay_ms),
            currency: charge.currency.clone(),
            failure_balance_transaction: None,
            metadata,
            payment_intent: charge.payment_intent.clone(),
            payment_method: charge.payment_method.id.clone(),
            reason: wanted.reason,
            status: if behaviour == Behaviour::RefundPends { Status::Pending } else { Status::Succeeded },
        };
        if refund.status == Status::Succeeded {
            self.book_refund(context, &mut refund);
        }
        if let Some(at) = refund.changes_at_ms {
            self.schedule(at, Task::Turn(refund.id.clone()));
        }
        let before = charge.amount_refunded;
        charge.amount_refunded += amount;
        charge.refunds.push(refund.id.clone());
        let json = refund.to_json();
        self.put_refund(refund);
        self.emit(context, "refund.created", &json, None);
        self.emit(context, "charge.refunded", &self.charge_json(&charge), Some(&json!({"amount_refunded": before})));
        self.put_charge(charge.clone());
        if charge.is_refunded() {
            self.all_refunded(context, &charge);
        }
        Ok(json)
    }

    /// Takes the refunded money off the balance.
    pub(crate) fn book_refund(&mut self, context: &Context, refund: &mut Refund) {
        let transaction =
            BalanceTransaction::new(Kind::Refund, &refund.id, -refund.amount, &refund.currency, context.now());
        refund.balance_transaction = Some(transaction.id.clone());
        self.put_balance_transaction(transaction);
    }

    /// Changes a refund's metadata.
    pub(crate) fn update_refund(
        &mut self,
        context: &Context,
        id: &str,
        change: Option<&Change>,
    ) -> Result<Value, Error> {
        let mut refund = self.refunds.get(id).cloned().ok_or_else(|| Error::no_such("refund", id, "id"))?;
        let before = refund.metadata.clone();
        if let Some(change) = change {
            change.apply(&mut refund.metadata)?;
        }
        let json = refund.to_json();
        self.put_refund(refund);
        self.emit(context, "refund.updated", &json, Some(&json!({"metadata": before})));
        Ok(json)
    }

    fn charge_to_refund(&self, wanted: &Wanted) -> Result<Charge, Error> {
        if let Some(id) = &wanted.charge {
            let charge = self.charges.get(id).ok_or_else(|| Error::no_such("charge", id, "charge"))?;
            if wanted.payment_intent.as_ref().is_some_and(|intent| *intent != charge.payment_intent) {
                return Err(Error::rule("parameter_invalid", "The charge does not belong to the payment_intent."));
            }
            return Ok(charge.clone());
        }
        let id = wanted.payment_intent.as_deref().unwrap_or_default();
        let intent = self.intents.get(id).ok_or_else(|| Error::no_such("payment_intent", id, "payment_intent"))?;
        let last = intent.charges.last().and_then(|charge| self.charges.get(charge));
        match last.filter(|charge| charge.status == ChargeStatus::Succeeded) {
            Some(charge) => Ok(charge.clone()),
            None => {
                let message = "This PaymentIntent does not have a successful charge to refund.";
                Err(Error::unexpected_state(message, intent.to_json()))
            }
        }
    }
}

fn amount_to_refund(charge: &Charge, wanted: Option<i64>) -> Result<i64, Error> {
    let left = charge.refundable();
    if charge.status != ChargeStatus::Succeeded || charge.amount_captured == 0 {
        let message = format!("Charge {} has not been captured, so it cannot be refunded.", charge.id);
        return Err(Error::rule("charge_not_refundable", &message));
    }
    if left == 0 && charge.amount_disputed > 0 {
        return Err(Error::rule(
            "charge_disputed",
            &format!("Charge {} has been charged back; cannot issue a refund.", charge.id),
        ));
    }
    if left == 0 {
        return Err(Error::rule(
            "charge_already_refunded",
            &format!("Charge {} has already been refunded.", charge.id),
        ));
    }
    let amount = wanted.unwrap_or(left);
    if amount > left {
        let currency = &charge.currency;
        let (asked, left) = (crate::money::shown(amount, currency), crate::money::shown(left, currency));
        let message = format!("Refund amount ({asked}) is greater than unrefunded amount on charge ({left})");
        return Err(Error::uncoded(&message, "amount"));
    }
    Ok(amount)
}
