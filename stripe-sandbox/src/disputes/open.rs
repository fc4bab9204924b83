//! Opening: the bank takes the money back at once and asks afterwards, or, with an inquiry, only asks.

use serde_json::{Value, json};

use crate::book::{Book, Context, Task};
use crate::disputes::taken;
use crate::error::Error;
use crate::ids;
use crate::metadata::Metadata;
use crate::objects::balance_transaction::{BalanceTransaction, Kind};
use crate::objects::dispute::{Dispute, Reason, Status};

const DAY: i64 = 24 * 60 * 60;

/// How many whole days the seller has to answer.
const DAYS_TO_ANSWER: i64 = 14;

/// What a dispute costs the seller, in the smallest unit of the charge's currency.
const FEE: i64 = 1500;

/// What the buyer's bank complains about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complaint {
    pub(crate) reason: Reason,
    /// All that was not refunded, if not said.
    pub(crate) amount: Option<i64>,
    /// The bank only asks.
    pub(crate) inquiry: bool,
}

impl Complaint {
    /// About the whole charge, taking its money.
    pub(crate) fn of(reason: Reason) -> Self {
        Self { reason, amount: None, inquiry: false }
    }
}

impl Book {
    /// Opens a dispute about the charge.
    pub(crate) fn open_dispute(
        &mut self,
        context: &Context,
        charge: &str,
        complaint: Complaint,
    ) -> Result<Value, Error> {
        let mut charge = taken(self, charge)?;
        let amount = complaint.amount.unwrap_or_else(|| charge.refundable());
        if amount < 1 || amount > charge.refundable() {
            let left = charge.refundable();
            return Err(Error::refused(&format!(
                "A dispute of charge {} can be about 1 to {left}: what was neither refunded nor disputed.",
                charge.id
            )));
        }
        let now = context.now();
        let mut dispute = Dispute {
            id: ids::fresh("du"),
            amount,
            balance_transactions: Vec::new(),
            brand: charge.payment_method.brand().map(str::to_owned),
            charge: charge.id.clone(),
            created: now,
            currency: charge.currency.clone(),
            due_by: (now / DAY + DAYS_TO_ANSWER + 1) * DAY - 1,
            evidence: Default::default(),
            metadata: Metadata::new(),
            payment_intent: charge.payment_intent.clone(),
            reason: complaint.reason.name.to_owned(),
            status: if complaint.inquiry { Status::WarningNeedsResponse } else { Status::NeedsResponse },
            submissions: 0,
            verdict: None,
        };
        self.schedule(dispute.due_by * 1000, Task::Deadline(dispute.id.clone()));
        charge.disputes.push(dispute.id.clone());
        if !complaint.inquiry {
            charge.amount_disputed += amount;
        }
        self.settle_warning(context, &charge);
        self.put_charge(charge);
        if !complaint.inquiry {
            self.book_withdrawal(context, &mut dispute);
        }
        let json = self.dispute_json(&dispute, now);
        self.put_dispute(dispute);
        self.emit(context, "charge.dispute.created", &json, None);
        if !complaint.inquiry {
            self.emit(context, "charge.dispute.funds_withdrawn", &json, None);
        }
        Ok(json)
    }

    /// The inquiry becomes a dispute: the money goes back to the bank.
    pub(super) fn escalate(&mut self, context: &Context, mut dispute: Dispute) {
        let before = json!({"status": dispute.status.as_str()});
        dispute.status = Status::NeedsResponse;
        dispute.submissions = 0;
        dispute.verdict = None;
        if let Some(mut charge) = self.charges.get(&dispute.charge).cloned() {
            dispute.amount = dispute.amount.min(charge.refundable());
            charge.amount_disputed += dispute.amount;
            self.put_charge(charge);
        }
        dispute.due_by = (context.now() / DAY + DAYS_TO_ANSWER + 1) * DAY - 1;
        self.schedule(dispute.due_by * 1000, Task::Deadline(dispute.id.clone()));
        self.book_withdrawal(context, &mut dispute);
        let json = self.dispute_json(&dispute, context.now());
        self.put_dispute(dispute);
        self.emit(context, "charge.dispute.updated", &json, Some(&before));
        self.emit(context, "charge.dispute.funds_withdrawn", &json, None);
    }

    /// Takes the money and the fee off the balance.
    fn book_withdrawal(&mut self, context: &Context, dispute: &mut Dispute) {
        let mut transaction =
            BalanceTransaction::new(Kind::Dispute, &dispute.id, -dispute.amount, &dispute.currency, context.now());
        transaction.fee = FEE;
        transaction.description = Some(format!("Chargeback withdrawal for {}", dispute.charge));
        dispute.balance_transactions.push(transaction.id.clone());
        self.put_balance_transaction(transaction);
    }

    /// Puts the money and the fee back.
    pub(super) fn book_reinstatement(&mut self, context: &Context, dispute: &mut Dispute) {
        let mut transaction = BalanceTransaction::new(
            Kind::DisputeReversal,
            &dispute.id,
            dispute.amount,
            &dispute.currency,
            context.now(),
        );
        transaction.fee = -FEE;
        transaction.description = Some(format!("Chargeback reversal for {}", dispute.charge));
        dispute.balance_transactions.push(transaction.id.clone());
        self.put_balance_transaction(transaction);
    }
}
