//! Giving money to a connected account, and taking it back. Both balances change together or not at all.

use serde_json::{Value, json};

use crate::book::{Book, Context};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::money;
use crate::objects::balance_transaction::{BalanceTransaction, Kind};
use crate::objects::transfer::{Reversal, Transfer};
use crate::params::Params;
use crate::payments::create::currency;

/// How many reversals a transfer shows.
const REVERSALS_SHOWN: usize = 10;

/// What shall be given to whom.
#[derive(Debug)]
pub(crate) struct Create {
    amount: Option<i64>,
    currency: String,
    description: Option<String>,
    destination: String,
    metadata: Option<Change>,
    source_transaction: Option<String>,
    transfer_group: Option<String>,
}

impl Create {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let wanted = Self {
            amount: positive(&mut params, "amount")?,
            currency: currency(&params.required("currency")?)?,
            description: params.filled("description")?,
            destination: params.required("destination")?,
            metadata: params.metadata()?,
            source_transaction: params.filled("source_transaction")?,
            transfer_group: params.filled("transfer_group")?,
        };
        params.ignore(&["source_type"]);
        params.finish()?;
        if wanted.amount.is_none() && wanted.source_transaction.is_none() {
            return Err(Error::missing_parameter("amount"));
        }
        Ok(wanted)
    }
}

/// What shall be taken back.
#[derive(Debug)]
pub(crate) struct Reverse {
    amount: Option<i64>,
    metadata: Option<Change>,
}

impl Reverse {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let wanted = Self { amount: positive(&mut params, "amount")?, metadata: params.metadata()? };
        params.ignore(&["description", "refund_application_fee"]);
        params.finish()?;
        Ok(wanted)
    }
}

fn positive(params: &mut Params, name: &str) -> Result<Option<i64>, Error> {
    let amount = params.integer(name)?;
    if amount.is_some_and(|amount| amount < 1) {
        let message = "This value must be greater than or equal to 1.";
        return Err(Error::parameter("parameter_invalid_integer", message, name));
    }
    Ok(amount)
}

fn started(metadata: Option<&Change>) -> Result<Metadata, Error> {
    let mut fresh = Metadata::new();
    if let Some(change) = metadata {
        change.apply(&mut fresh)?;
    }
    Ok(fresh)
}

impl Book {
    pub(crate) fn transfer(&self, id: &str) -> Result<&Transfer, Error> {
        self.transfers.get(id).ok_or_else(|| Error::no_such("transfer", id, "transfer"))
    }

    /// A transfer with its newest reversals.
    pub(crate) fn transfer_json(&self, transfer: &Transfer) -> Value {
        let reversals = transfer.reversals.iter().rev().take(REVERSALS_SHOWN).filter_map(|id| self.reversals.get(id));
        transfer.to_json(&reversals.map(Reversal::to_json).collect::<Vec<_>>())
    }

    /// Gives `amount` to the connected account: out of what is available, or of one charge before it is.
    pub(crate) fn create_transfer(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let metadata = started(wanted.metadata.as_ref())?;
        let account = self.connected_account(&wanted.destination, "destination")?;
        if !account.can("transfers", self.has_bank_account(&account.id)) {
            let message = "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments";
            return Err(Error::rule("insufficient_capabilities_for_transfer", message));
        }
        let now = context.now();
        let (amount, available_on, group) = match &wanted.source_transaction {
            None => {
                let amount = wanted.amount.unwrap_or_default();
                self.balances.check(amount, &wanted.currency, now)?;
                (amount, now, None)
            }
            Some(charge) => self.out_of_charge(context, charge, &wanted)?,
        };
        let id = ids::fresh("tr");
        let payment = ids::fresh("py");
        let mut out = BalanceTransaction::new(Kind::Transfer, &id, -amount, &wanted.currency, now);
        out.available_on = available_on;
        let mut into = BalanceTransaction::new(Kind::Payment, &payment, amount, &wanted.currency, now);
        into.available_on = available_on;
        let transfer = Transfer {
            amount,
            amount_reversed: 0,
            balance_transaction: out.id.clone(),
            created: now,
            currency: wanted.currency,
            description: wanted.description,
            destination: wanted.destination,
            destination_payment: payment,
            metadata,
            reversals: Vec::new(),
            source_transaction: wanted.source_transaction,
            transfer_group: wanted.transfer_group.or(group),
            id,
        };
        self.put_balance_transaction(out);
        self.within(&transfer.destination, |book| book.put_balance_transaction(into));
        let json = transfer.to_json(&[]);
        self.put_transfer(transfer);
        self.emit(context, "transfer.created", &json, None);
        Ok(json)
    }

    /// The amount that the charge has left for the transfer, when it becomes available, and the group of both.
    fn out_of_charge(&self, context: &Context, id: &str, wanted: &Create) -> Result<(i64, i64, Option<String>), Error> {
        let charge = self.charges.get(id).ok_or_else(|| Error::no_such("charge", id, "source_transaction"))?;
        if charge.currency != wanted.currency {
            let message = format!("The currency of source_transaction ({}) must be the transfer's.", charge.currency);
            return Err(Error::rule("parameter_invalid", &message).with("param", "currency"));
        }
        let given = self.transfers.rows().iter().filter(|transfer| transfer.source_transaction.as_deref() == Some(id));
        let left = charge.amount_captured - given.map(|transfer| transfer.amount).sum::<i64>();
        let amount = wanted.amount.unwrap_or(left);
        if amount > left || amount < 1 {
            let message = format!(
                "Transfers using this transaction as a source must not exceed the source amount of {}. (There is already a total amount of {} in transfers, so only {} can be transferred.)",
                money::shown(charge.amount_captured, &charge.currency),
                money::shown(charge.amount_captured - left, &charge.currency),
                money::shown(left, &charge.currency)
            );
            return Err(Error::rule("transfer_source_balance_parameters_mismatch", &message));
        }
        let settled = charge.balance_transaction.as_ref().and_then(|id| self.balance_transactions.get(id));
        let expected = (charge.captured_at_ms.unwrap_or(context.now_ms) + context.delay_ms) / 1000;
        let available_on = settled
            .map_or_else(|| expected + Kind::Charge.pending_seconds(), |transaction| transaction.available_on)
            .max(context.now());
        let group = charge.transfer_group.clone().unwrap_or_else(|| format!("group_{}", charge.payment_intent));
        Ok((amount, available_on, Some(group)))
    }

    /// Changes a transfer's description and metadata.
    pub(crate) fn update_transfer(
        &mut self,
        context: &Context,
        id: &str,
        description: Option<String>,
        metadata: Option<&Change>,
    ) -> Result<Value, Error> {
        let mut transfer = self.transfer(id)?.clone();
        let before = json!({"metadata": transfer.metadata, "description": transfer.description});
        if let Some(change) = metadata {
            change.apply(&mut transfer.metadata)?;
        }
        if let Some(description) = description {
            transfer.description = Some(description).filter(|text| !text.is_empty());
        }
        let json = self.transfer_json(&transfer);
        self.put_transfer(transfer);
        self.emit(context, "transfer.updated", &json, Some(&before));
        Ok(json)
    }

    /// Takes money of the transfer back: all that is left, if not said, and never more than the connected account has.
    pub(crate) fn reverse_transfer(&mut self, context: &Context, id: &str, wanted: &Reverse) -> Result<Value, Error> {
        let mut transfer = self.transfer(id)?.clone();
        let left = transfer.amount - transfer.amount_reversed;
        let amount = wanted.amount.unwrap_or(left);
        if left == 0 {
            return Err(Error::refused(&format!("Transfer {id} is already fully reversed.")));
        }
        if amount > left {
            let (asked, left) = (money::shown(amount, &transfer.currency), money::shown(left, &transfer.currency));
            let message = format!("Reversal amount ({asked}) is greater than unreversed amount on transfer ({left})");
            return Err(Error::refused(&message).with("param", "amount"));
        }
        let metadata = started(wanted.metadata.as_ref())?;
        let now = context.now();
        self.within(&transfer.destination, |book| book.balances.check(amount, &transfer.currency, now))?;
        let reversal_id = ids::fresh("trr");
        let refund = ids::fresh("pyr");
        let into = BalanceTransaction::new(Kind::TransferReversal, &reversal_id, amount, &transfer.currency, now);
        let out = BalanceTransaction::new(Kind::PaymentRefund, &refund, -amount, &transfer.currency, now);
        let reversal = Reversal {
            amount,
            balance_transaction: into.id.clone(),
            created: now,
            currency: transfer.currency.clone(),
            destination_payment_refund: refund,
            metadata,
            transfer: transfer.id.clone(),
            id: reversal_id,
        };
        self.put_balance_transaction(into);
        self.within(&transfer.destination, |book| book.put_balance_transaction(out));
        let before = json!({"amount_reversed": transfer.amount_reversed});
        transfer.amount_reversed += amount;
        transfer.reversals.push(reversal.id.clone());
        let json = reversal.to_json();
        self.put_reversal(reversal);
        self.emit(context, "transfer.reversed", &self.transfer_json(&transfer), Some(&before));
        self.put_transfer(transfer);
        Ok(json)
    }

    /// The reversal with this id, of this transfer.
    pub(crate) fn reversal(&self, transfer: &str, id: &str) -> Result<&Reversal, Error> {
        let found = self.reversals.get(id).filter(|reversal| reversal.transfer == transfer);
        found.ok_or_else(|| Error::no_such("transfer reversal", id, "reversal"))
    }

    /// Changes a reversal's metadata.
    pub(crate) fn update_reversal(
        &mut self,
        transfer: &str,
        id: &str,
        metadata: Option<&Change>,
    ) -> Result<Value, Error> {
        let mut reversal = self.reversal(transfer, id)?.clone();
        if let Some(change) = metadata {
            change.apply(&mut reversal.metadata)?;
        }
        let json = reversal.to_json();
        self.put_reversal(reversal);
        Ok(json)
    }
}
