//! Confirming: one try to take the money, with everything that follows from its end.

use serde_json::Value;

use crate::book::{Book, Context, Task};
use crate::cards::{Behaviour, Decline};
use crate::error::Error;
use crate::objects::charge::{self, Charge};
use crate::objects::payment_intent::{Attempt, CaptureMethod, PaymentIntent, Status};
use crate::objects::payment_method::PaymentMethod;
use crate::payments::instrument::Instrument;

impl Book {
    /// Tries to pay the intent with `instrument`, or with the method it has. A refused card is an error that carries the intent.
    pub(crate) fn confirm(
        &mut self,
        context: &Context,
        id: &str,
        instrument: Option<Instrument>,
    ) -> Result<Value, Error> {
        let mut intent = self.intent(id)?;
        if !intent.status.is_open() {
            return Err(not_confirmable(&intent));
        }
        let method = match instrument {
            Some(instrument) => Some(self.resolve(context, instrument)?),
            None => intent.payment_method.as_ref().and_then(|id| self.methods.get(id)).cloned(),
        };
        let Some(method) = method else {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.";
            return Err(Error::unexpected_state(message, intent.to_json()));
        };
        if self.methods.get(&method.id).is_none() {
            self.put_method(method.clone());
        }
        intent.payment_method = Some(method.id.clone());
        match method.behaviour {
            Behaviour::Declines(decline) => Err(self.fail(context, intent, method, decline)),
            Behaviour::Processes | Behaviour::ProcessesThenFails => Ok(self.process(context, intent)),
            _ => Ok(self.succeed(context, intent, method)),
        }
    }

    /// The intent with this id, to work on.
    pub(crate) fn intent(&self, id: &str) -> Result<PaymentIntent, Error> {
        self.intents.get(id).cloned().ok_or_else(|| Error::no_such("payment_intent", id, "intent"))
    }

    fn process(&mut self, context: &Context, mut intent: PaymentIntent) -> Value {
        intent.status = Status::Processing;
        intent.last_failure = None;
        intent.processing_since_ms = Some(context.now_ms);
        self.schedule(context.now_ms + context.delay_ms, Task::Finish(intent.id.clone()));
        let json = intent.to_json();
        self.emit(context, "payment_intent.processing", &json, None);
        self.put_intent(intent);
        json
    }

    /// The bank approves: the money is taken, or only reserved where the capture is manual.
    pub(crate) fn succeed(&mut self, context: &Context, mut intent: PaymentIntent, method: PaymentMethod) -> Value {
        let mut charge = Charge::new(&intent, method, charge::Status::Succeeded, context.now());
        intent.charges.push(charge.id.clone());
        intent.last_failure = None;
        intent.processing_since_ms = None;
        let event = if intent.capture_method == CaptureMethod::Manual {
            intent.status = Status::RequiresCapture;
            intent.amount_capturable = intent.amount;
            "payment_intent.amount_capturable_updated"
        } else {
            intent.status = Status::Succeeded;
            intent.amount_received = intent.amount;
            charge.amount_captured = charge.amount;
            charge.captured_at_ms = Some(context.now_ms);
            self.schedule(context.now_ms + context.delay_ms, Task::Settle(charge.id.clone()));
            "payment_intent.succeeded"
        };
        self.emit(context, "charge.succeeded", &self.charge_json(&charge), None);
        self.put_charge(charge);
        let json = intent.to_json();
        self.emit(context, event, &json, None);
        self.put_intent(intent);
        json
    }

    /// The bank refuses: the intent waits for another payment method.
    pub(crate) fn fail(
        &mut self,
        context: &Context,
        mut intent: PaymentIntent,
        method: PaymentMethod,
        decline: Decline,
    ) -> Error {
        let mut charge = Charge::new(&intent, method.clone(), charge::Status::Failed, context.now());
        charge.failure = Some(decline);
        let attempt = Attempt { decline, charge: charge.id.clone(), payment_method: method };
        intent.charges.push(charge.id.clone());
        intent.payment_method = None;
        intent.processing_since_ms = None;
        intent.status = Status::RequiresPaymentMethod;
        intent.last_failure = Some(Box::new(attempt.clone()));
        self.emit(context, "charge.failed", &self.charge_json(&charge), None);
        self.put_charge(charge);
        let json = intent.to_json();
        self.emit(context, "payment_intent.payment_failed", &json, None);
        self.put_intent(intent);
        Error::declined(&attempt, json)
    }
}

fn not_confirmable(intent: &PaymentIntent) -> Error {
    let message = match intent.status {
        Status::Succeeded => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
                .to_owned()
        }
        status => format!(
            "This PaymentIntent's status is {}, but it must have one of the following statuses to be confirmed: requires_payment_method, requires_confirmation, requires_action.",
            status.as_str()
        ),
    };
    Error::unexpected_state(&message, intent.to_json())
}
