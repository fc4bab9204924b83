//! How a session ends: paid, or on the way to be; or not in time.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::objects::checkout_session::{CheckoutSession, Status};
use crate::objects::payment_intent::{CaptureMethod, PaymentIntent, Status as IntentStatus};

impl Book {
    /// The session goes where its payment intent went.
    pub(crate) fn follow(&mut self, context: &Context, intent: &PaymentIntent) {
        let Some(mut session) = intent.session.as_ref().and_then(|id| self.sessions.get(id)).cloned() else {
            return;
        };
        let event = match (session.status, intent.status) {
            (Status::Open, IntentStatus::Succeeded | IntentStatus::RequiresCapture | IntentStatus::Processing) => {
                Some("checkout.session.completed")
            }
            // Taking money that was reserved is the seller's own act, of which the page has nothing to tell.
            (Status::Complete, IntentStatus::Succeeded) if intent.capture_method == CaptureMethod::Manual => None,
            (Status::Complete, IntentStatus::Succeeded) => Some("checkout.session.async_payment_succeeded"),
            (Status::Complete, IntentStatus::RequiresPaymentMethod) => Some("checkout.session.async_payment_failed"),
            _ => return,
        };
        session.status = Status::Complete;
        session.paid = intent.status == IntentStatus::Succeeded;
        if let Some(event) = event {
            self.emit(context, event, &session.to_json(), None);
        }
        self.put_session(session);
    }

    /// Ends an open session at the seller's wish.
    pub(crate) fn expire_session(&mut self, context: &Context, id: &str) -> Result<Value, Error> {
        let session = self.session(id)?;
        if session.status != Status::Open {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{}`.",
                session.status.as_str()
            );
            return Err(Error::uncoded(&message, ""));
        }
        Ok(self.close_session(context, session))
    }

    /// Ends a session whose time is over.
    pub(crate) fn expire_in_time(&mut self, context: &Context, id: &str) {
        if let Some(session) = self.sessions.get(id).filter(|session| session.status == Status::Open).cloned() {
            self.close_session(context, session);
        }
    }

    /// Nobody can pay any more: a payment that was begun is cancelled.
    fn close_session(&mut self, context: &Context, mut session: CheckoutSession) -> Value {
        session.status = Status::Expired;
        let json = session.to_json();
        let begun = session.payment_intent.as_ref().and_then(|id| self.intents.get(id)).cloned();
        self.put_session(session);
        if let Some(intent) = begun.filter(|intent| intent.status.is_open()) {
            self.end(context, intent, Some("expired".to_owned()), "charge.expired");
        }
        self.emit(context, "checkout.session.expired", &json, None);
        json
    }
}
