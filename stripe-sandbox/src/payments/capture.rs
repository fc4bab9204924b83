//! Taking the money that a manual capture had only reserved.

use serde_json::Value;

use crate::book::{Book, Context, Task};
use crate::error::Error;
use crate::money;
use crate::objects::charge::Charge;
use crate::objects::payment_intent::Status;
use crate::payments::create::check_amount;

impl Book {
    /// Takes `amount` of what is reserved (all of it by default) and gives the rest back.
    pub(crate) fn capture(&mut self, context: &Context, id: &str, amount: Option<i64>) -> Result<Value, Error> {
        let mut intent = self.intent(id)?;
        let charge = intent.charges.last().and_then(|charge| self.charges.get(charge)).cloned();
        let (Status::RequiresCapture, Some(mut charge)) = (intent.status, charge) else {
            let message = format!(
                "This PaymentIntent could not be captured because it has a status of {}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
                intent.status.as_str()
            );
            return Err(Error::unexpected_state(&message, intent.to_json()));
        };
        let amount = amount.unwrap_or(intent.amount_capturable);
        if amount > intent.amount_capturable {
            let shown = |amount| money::shown(amount, &intent.currency);
            let message = format!(
                "The requested capture amount ({}) is greater than the amount you can capture for this charge ({}).",
                shown(amount),
                shown(intent.amount_capturable)
            );
            return Err(Error::rule("amount_too_large", &message).with("param", "amount_to_capture"));
        }
        check_amount(amount, &intent.currency, "amount_to_capture")?;
        intent.status = Status::Succeeded;
        intent.amount_capturable = 0;
        intent.amount_received = amount;
        self.take_money(context, &mut charge, amount);
        self.emit(context, "charge.captured", &self.charge_json(&charge), None);
        self.put_charge(charge);
        Ok(self.put_changed(context, intent, "payment_intent.succeeded"))
    }

    /// Takes `amount` with the charge; what follows some time later is on the agenda then.
    pub(super) fn take_money(&mut self, context: &Context, charge: &mut Charge, amount: i64) {
        charge.amount_captured = amount;
        charge.captured_at_ms = Some(context.now_ms);
        self.schedule(context.now_ms + context.delay_ms, Task::Settle(charge.id.clone()));
        self.expect_trouble(context, charge);
    }
}
