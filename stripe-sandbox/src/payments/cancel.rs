//! Cancelling a payment intent: no money will be taken by it any more.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::objects::checkout_session::Status as SessionStatus;
use crate::objects::payment_intent::{PaymentIntent, Status};

/// The reasons a client may give.
pub(crate) fn reason(text: &str) -> Option<String> {
    matches!(text, "duplicate" | "fraudulent" | "requested_by_customer" | "abandoned").then(|| text.to_owned())
}

impl Book {
    /// Cancels the intent; what was reserved for it is given back.
    pub(crate) fn cancel(&mut self, context: &Context, id: &str, reason: Option<String>) -> Result<Value, Error> {
        let intent = self.intent(id)?;
        if !intent.status.is_open() && intent.status != Status::RequiresCapture {
            let message = format!(
                "You cannot cancel this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
                intent.status.as_str()
            );
            return Err(Error::unexpected_state(&message, intent.to_json()));
        }
        let session = intent.session.as_ref().and_then(|id| self.sessions.get(id));
        if session.is_some_and(|session| session.status == SessionStatus::Open) {
            let message = "You cannot cancel a PaymentIntent that was created by a Checkout Session. Expire the Checkout Session instead.";
            return Err(Error::unexpected_state(message, intent.to_json()));
        }
        Ok(self.end(context, intent, reason, "charge.refunded"))
    }

    /// Gives back reserved money that nobody took in time.
    pub(crate) fn release(&mut self, context: &Context, id: &str) {
        if let Some(intent) = self.intents.get(id).filter(|intent| intent.status == Status::RequiresCapture).cloned() {
            self.end(context, intent, Some("automatic".to_owned()), "charge.expired");
        }
    }

    /// Ends an intent without money. `of_charge` tells what becomes of a charge that had reserved some.
    pub(crate) fn end(
        &mut self,
        context: &Context,
        mut intent: PaymentIntent,
        reason: Option<String>,
        of_charge: &str,
    ) -> Value {
        if intent.status == Status::RequiresCapture
            && let Some(mut charge) = intent.charges.last().and_then(|charge| self.charges.get(charge)).cloned()
        {
            charge.released = true;
            charge.amount_refunded = charge.amount;
            self.emit(context, of_charge, &self.charge_json(&charge), None);
            self.put_charge(charge);
        }
        intent.amount_capturable = 0;
        intent.next_action = None;
        intent.status = Status::Canceled;
        intent.canceled_at = Some(context.now());
        intent.cancellation_reason = reason;
        self.put_changed(context, intent, "payment_intent.canceled")
    }
}
