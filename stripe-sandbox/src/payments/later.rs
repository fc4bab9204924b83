//! What happens by itself, some time after a request: settling charges, ending payments that were processing, turning refunds.

use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::book::{Book, Context, Task};
use crate::error::Error;
use crate::objects::balance_transaction::{BalanceTransaction, Kind};
use crate::objects::payment_intent::Status as IntentStatus;
use crate::objects::refund::{Refund, Status};

impl Book {
    /// Does everything that is due at `context.now_ms`, each at the moment at which it was due. Returns how much that was.
    pub(crate) fn run_due(&mut self, context: &Context) -> usize {
        let mut done = 0;
        while let Some((due, task)) = self.take_due(context.now_ms) {
            let then = Context { now_ms: due, cause: None, ..context.clone() };
            self.run(&then, task);
            done += 1;
        }
        done
    }

    fn run(&mut self, context: &Context, task: Task) {
        match task {
            Task::Settle(charge) => self.settle(context, &charge),
            Task::Finish(intent) => self.finish(context, &intent),
            Task::Expire(session) => self.expire_in_time(context, &session),
            Task::Release(intent) => self.release(context, &intent),
            Task::Turn(refund) => self.turn(context, &refund),
            Task::Trouble(charge) => self.make_trouble(context, &charge),
            Task::Verdict(dispute) => self.give_verdict(context, &dispute),
            Task::Deadline(dispute) => self.pass_deadline(context, &dispute),
            Task::Payout(payout) => self.step_payout(context, &payout),
            Task::Of(account, task) => self.within(&account, |book| book.run(context, *task)),
        }
    }

    /// The captured charge reaches the balance, less the fee.
    fn settle(&mut self, context: &Context, id: &str) {
        let Some(mut charge) = self.charges.get(id).filter(|charge| charge.balance_transaction.is_none()).cloned()
        else {
            return;
        };
        let amount = charge.amount_captured;
        let mut transaction = BalanceTransaction::new(Kind::Charge, id, amount, &charge.currency, context.now());
        transaction.fee = context.fee.of(amount);
        transaction.description.clone_from(&charge.description);
        if charge.payment_method.behaviour == Behaviour::AvailableAtOnce {
            transaction.available_on = context.now();
        }
        charge.balance_transaction = Some(transaction.id.clone());
        self.put_balance_transaction(transaction);
        let json = self.charge_json(&charge);
        self.emit(context, "charge.updated", &json, Some(&json!({"balance_transaction": null})));
        self.put_charge(charge);
    }

    /// The bank answers at last.
    fn finish(&mut self, context: &Context, id: &str) {
        let Some(intent) = self.intents.get(id).filter(|intent| intent.status == IntentStatus::Processing).cloned()
        else {
            return;
        };
        let Some(charge) = intent.charges.last().and_then(|id| self.charges.get(id)).cloned() else {
            return;
        };
        match charge.payment_method.behaviour.decline() {
            // Nobody waits for this answer; the event tells of the failure.
            Some(decline) => drop(self.fail(context, intent, charge, decline)),
            None => drop(self.succeed(context, intent, charge)),
        }
    }

    /// The bank sends a refund back, whenever it was made.
    pub(crate) fn fail_refund(&mut self, context: &Context, id: &str) -> Result<Value, Error> {
        let mut refund = self.refunds.get(id).cloned().ok_or_else(|| Error::no_such("refund", id, "refund"))?;
        if refund.status == Status::Failed {
            return Err(Error::refused("This refund has failed already."));
        }
        let before = json!({"status": refund.to_json()["status"]});
        refund.changes_at_ms = None;
        self.return_refund(context, &mut refund);
        let json = refund.to_json();
        self.put_refund(refund);
        self.emit(context, "refund.failed", &json, Some(&before));
        Ok(json)
    }

    fn turn(&mut self, context: &Context, id: &str) {
        // A refund that was sent back before its time has nothing more to turn into.
        let Some(mut refund) = self.refunds.get(id).filter(|refund| refund.changes_at_ms.is_some()).cloned() else {
            return;
        };
        let before = json!({"status": refund.to_json()["status"]});
        refund.changes_at_ms = None;
        let kind = match refund.status {
            Status::Failed => return,
            Status::Pending => {
                refund.status = Status::Succeeded;
                self.book_refund(context, &mut refund);
                "refund.updated"
            }
            Status::Succeeded => {
                self.return_refund(context, &mut refund);
                "refund.failed"
            }
        };
        let json = refund.to_json();
        self.put_refund(refund);
        self.emit(context, kind, &json, Some(&before));
    }

    /// The bank sends the refunded money back: it can be refunded again.
    fn return_refund(&mut self, context: &Context, refund: &mut Refund) {
        refund.status = Status::Failed;
        // What was pending until now has not left the balance yet.
        if refund.balance_transaction.is_some() {
            let (amount, currency) = (refund.amount, &refund.currency);
            let transaction = BalanceTransaction::new(Kind::RefundFailure, &refund.id, amount, currency, context.now());
            refund.failure_balance_transaction = Some(transaction.id.clone());
            self.put_balance_transaction(transaction);
        }
        if let Some(mut charge) = self.charges.get(&refund.charge).cloned() {
            charge.amount_refunded -= refund.amount;
            self.put_charge(charge);
        }
    }
}
