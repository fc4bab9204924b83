//! The end of a dispute: the bank decides, the seller gives up, or the time to answer runs out.

use serde_json::{Value, json};

use crate::book::{Book, Context};
use crate::objects::dispute::{Dispute, Status, Verdict};

impl Book {
    /// The bank has read the evidence.
    pub(crate) fn give_verdict(&mut self, context: &Context, id: &str) {
        let Some(dispute) = self.disputes.get(id).filter(|dispute| !dispute.status.is_closed()).cloned() else {
            return;
        };
        if let Some((_, verdict)) = dispute.verdict {
            self.decide(context, dispute, verdict);
        }
    }

    /// Nobody answered in time: the buyer keeps the money, or the bank asks no more.
    pub(crate) fn pass_deadline(&mut self, context: &Context, id: &str) {
        let unanswered = |dispute: &&Dispute| dispute.status.needs_response() && dispute.due_by <= context.now();
        if let Some(dispute) = self.disputes.get(id).filter(unanswered).cloned() {
            self.decide(context, dispute, Verdict::Lost);
        }
    }

    /// Ends the dispute, or turns an inquiry into one.
    pub(crate) fn decide(&mut self, context: &Context, dispute: Dispute, verdict: Verdict) -> Value {
        let id = dispute.id.clone();
        match (dispute.status.is_inquiry(), verdict) {
            (true, Verdict::Escalated) => self.escalate(context, dispute),
            (true, _) => self.close_inquiry(context, dispute),
            (false, Verdict::Won) => self.win(context, dispute),
            (false, _) => self.close(context, dispute, Status::Lost),
        }
        self.disputes.get(&id).map(|dispute| self.dispute_json(dispute, context.now())).unwrap_or_default()
    }

    pub(super) fn close_inquiry(&mut self, context: &Context, inquiry: Dispute) {
        self.close(context, inquiry, Status::WarningClosed);
    }

    fn win(&mut self, context: &Context, mut dispute: Dispute) {
        if let Some(mut charge) = self.charges.get(&dispute.charge).cloned() {
            charge.amount_disputed -= dispute.amount;
            self.put_charge(charge);
        }
        self.book_reinstatement(context, &mut dispute);
        let id = dispute.id.clone();
        self.close(context, dispute, Status::Won);
        if let Some(json) = self.disputes.get(&id).map(|dispute| self.dispute_json(dispute, context.now())) {
            self.emit(context, "charge.dispute.funds_reinstated", &json, None);
        }
    }

    fn close(&mut self, context: &Context, mut dispute: Dispute, status: Status) {
        let before = json!({"status": dispute.status.as_str()});
        dispute.status = status;
        dispute.verdict = None;
        let json = self.dispute_json(&dispute, context.now());
        self.put_dispute(dispute);
        self.emit(context, "charge.dispute.closed", &json, Some(&before));
    }
}
