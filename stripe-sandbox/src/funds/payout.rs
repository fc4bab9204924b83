//! Paying out: money leaves the balance at once, reaches the bank some time later, and comes back if the bank refuses it.

use serde_json::{Value, json};

use crate::book::{Book, Context, Task};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::objects::balance_transaction::{BalanceTransaction, Kind};
use crate::objects::bank_account::{BankAccount, PayoutFailure};
use crate::objects::payout::{Payout, Status};
use crate::params::Params;
use crate::payments::create::currency;

/// What shall be paid out.
#[derive(Debug)]
pub(crate) struct Create {
    amount: i64,
    currency: String,
    description: Option<String>,
    destination: Option<String>,
    instant: bool,
    metadata: Option<Change>,
    statement_descriptor: Option<String>,
}

impl Create {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let amount = params.integer("amount")?.ok_or_else(|| Error::missing_parameter("amount"))?;
        if amount < 1 {
            let message = "This value must be greater than or equal to 1.";
            return Err(Error::parameter("parameter_invalid_integer", message, "amount"));
        }
        let method = |text: &str| match text {
            "standard" => Some(false),
            "instant" => Some(true),
            _ => None,
        };
        let wanted = Self {
            amount,
            currency: currency(&params.required("currency")?)?,
            description: params.filled("description")?,
            destination: params.filled("destination")?,
            instant: params.choice("method", method)?.unwrap_or(false),
            metadata: params.metadata()?,
            statement_descriptor: params.filled("statement_descriptor")?,
        };
        params.ignore(&["source_type"]);
        params.finish()?;
        Ok(wanted)
    }

    /// A payout as somebody clicks it together on the dashboard.
    pub(crate) fn of(amount: i64, currency: String) -> Self {
        Self {
            amount,
            currency,
            description: None,
            destination: None,
            instant: false,
            metadata: None,
            statement_descriptor: None,
        }
    }
}

impl Book {
    pub(crate) fn payout(&self, id: &str) -> Result<&Payout, Error> {
        self.payouts.get(id).ok_or_else(|| Error::no_such("payout", id, "payout"))
    }

    /// Pays out what is available.
    pub(crate) fn create_payout(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let mut metadata = Metadata::new();
        if let Some(change) = &wanted.metadata {
            change.apply(&mut metadata)?;
        }
        let bank = self.bank_for(context, &wanted)?;
        self.balances.check(wanted.amount, &wanted.currency, context.now())?;
        let id = ids::fresh("po");
        let transaction = BalanceTransaction::new(Kind::Payout, &id, -wanted.amount, &wanted.currency, context.now());
        let changes_at = context.now_ms + context.delays.payout_ms;
        let payout = Payout {
            amount: wanted.amount,
            arrival_date: (context.now_ms + 2 * context.delays.payout_ms) / 1000,
            balance_transaction: transaction.id.clone(),
            changes_at_ms: Some(changes_at),
            created: context.now(),
            currency: wanted.currency,
            description: wanted.description,
            destination: bank,
            failure: None,
            failure_balance_transaction: None,
            instant: wanted.instant,
            metadata,
            statement_descriptor: wanted.statement_descriptor,
            status: Status::Pending,
            id,
        };
        self.put_balance_transaction(transaction);
        self.schedule(changes_at, Task::Payout(payout.id.clone()));
        let json = payout.to_json();
        self.put_payout(payout);
        self.emit(context, "payout.created", &json, None);
        Ok(json)
    }

    /// The bank account to which it goes: the named one, or the default of its currency. The platform has one by itself.
    fn bank_for(&mut self, context: &Context, wanted: &Create) -> Result<String, Error> {
        if let Some(id) = &wanted.destination {
            let found = self.bank_accounts.get(id).filter(|bank| !bank.deleted);
            let bank = found.ok_or_else(|| Error::no_such("external account", id, "destination"))?;
            if bank.currency == wanted.currency {
                return Ok(bank.id.clone());
            }
        }
        let default =
            |bank: &&BankAccount| !bank.deleted && bank.default_for_currency && bank.currency == wanted.currency;
        if let Some(bank) = self.bank_accounts.rows().iter().find(default).filter(|_| wanted.destination.is_none()) {
            return Ok(bank.id.clone());
        }
        if self.account.is_some() || wanted.destination.is_some() {
            let message =
                format!("Sorry, you don't have any external accounts in that currency ({}).", wanted.currency);
            return Err(Error::refused(&message));
        }
        let bank = BankAccount {
            id: ids::fresh("ba"),
            country: "US".to_owned(),
            created: context.now(),
            currency: wanted.currency.clone(),
            default_for_currency: true,
            deleted: false,
            failure: None,
            holder_name: None,
            holder_type: Some("company".to_owned()),
            last4: "6789".to_owned(),
            metadata: Metadata::new(),
            routing_number: Some("110000000".to_owned()),
        };
        let id = bank.id.clone();
        self.put_bank_account(bank);
        Ok(id)
    }

    /// The payout takes its next step: on its way, then at its end.
    pub(crate) fn step_payout(&mut self, context: &Context, id: &str) {
        let due = |payout: &&Payout| payout.changes_at_ms.is_some_and(|at| at <= context.now_ms);
        let Some(mut payout) = self.payouts.get(id).filter(due).cloned() else {
            return;
        };
        if payout.status == Status::Pending {
            let at = context.now_ms + context.delays.payout_ms;
            payout.status = Status::InTransit;
            payout.changes_at_ms = Some(at);
            self.schedule(at, Task::Payout(payout.id.clone()));
            let json = payout.to_json();
            self.put_payout(payout);
            self.emit(context, "payout.updated", &json, Some(&json!({"status": "pending"})));
            return;
        }
        let failure = self.bank_accounts.get(&payout.destination).and_then(|bank| bank.failure);
        self.end_payout(context, payout, failure);
    }

    /// The bank has the money, or sends it back.
    pub(crate) fn end_payout(
        &mut self,
        context: &Context,
        mut payout: Payout,
        failure: Option<PayoutFailure>,
    ) -> Value {
        let before = json!({"status": payout.status.as_str()});
        payout.changes_at_ms = None;
        payout.failure = failure;
        let (status, event) = match failure {
            None => (Status::Paid, "payout.paid"),
            Some(_) => {
                payout.failure_balance_transaction = Some(self.return_payout(context, &payout, Kind::PayoutFailure));
                (Status::Failed, "payout.failed")
            }
        };
        payout.status = status;
        let json = payout.to_json();
        self.put_payout(payout);
        self.emit(context, event, &json, Some(&before));
        json
    }

    /// Stops a payout that has not left yet.
    pub(crate) fn cancel_payout(&mut self, context: &Context, id: &str) -> Result<Value, Error> {
        let mut payout = self.payout(id)?.clone();
        if payout.status != Status::Pending {
            let message = format!(
                "Payouts can only be canceled while they are pending. This one's status is {}.",
                payout.status.as_str()
            );
            return Err(Error::refused(&message));
        }
        payout.failure_balance_transaction = Some(self.return_payout(context, &payout, Kind::PayoutCancel));
        payout.status = Status::Canceled;
        payout.changes_at_ms = None;
        let json = payout.to_json();
        self.put_payout(payout);
        self.emit(context, "payout.canceled", &json, Some(&json!({"status": "pending"})));
        Ok(json)
    }

    fn return_payout(&mut self, context: &Context, payout: &Payout, kind: Kind) -> String {
        let back = BalanceTransaction::new(kind, &payout.id, payout.amount, &payout.currency, context.now());
        let id = back.id.clone();
        self.put_balance_transaction(back);
        id
    }

    /// Changes a payout's metadata.
    pub(crate) fn update_payout(
        &mut self,
        context: &Context,
        id: &str,
        metadata: Option<&Change>,
    ) -> Result<Value, Error> {
        let mut payout = self.payout(id)?.clone();
        let before = json!({"metadata": payout.metadata});
        if let Some(change) = metadata {
            change.apply(&mut payout.metadata)?;
        }
        let json = payout.to_json();
        self.put_payout(payout);
        self.emit(context, "payout.updated", &json, Some(&before));
        Ok(json)
    }
}
