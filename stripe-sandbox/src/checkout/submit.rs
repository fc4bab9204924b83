//! The buyer pays on the page: the session's payment intent is made by the first try and serves all further ones.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::objects::checkout_session::{CheckoutSession, Status};
use crate::objects::payment_intent::{CaptureMethod, PaymentIntent};
use crate::payments::confirm::Confirmation;
use crate::payments::customer::Details;
use crate::payments::instrument::Instrument;

impl Book {
    /// One try to pay. Answers with the payment intent; a refused card is an error that carries it.
    pub(crate) fn submit(
        &mut self,
        context: &Context,
        id: &str,
        instrument: Instrument,
        (name, email): (Option<String>, Option<String>),
    ) -> Result<Value, Error> {
        let mut session = self.session(id)?;
        if session.status != Status::Open {
            let message =
                format!("This Checkout Session is no longer open: its status is {}.", session.status.as_str());
            return Err(Error::uncoded(&message, ""));
        }
        // Looked at first, so that a card that cannot be right leaves nothing behind.
        let method = self.resolve(context, instrument)?;
        let customer = session.customer.as_ref().and_then(|id| self.customers.get(id));
        let known = customer.and_then(|customer| customer.email.clone());
        session.payer_name = name.or(session.payer_name);
        session.payer_email = email.or(session.payer_email).or_else(|| session.customer_email.clone()).or(known);
        if session.creates_customer && session.customer.is_none() {
            let payer = Details::of_payer(session.payer_name.clone(), session.payer_email.clone());
            let customer = self.create_customer(context, payer)?;
            session.customer = customer["id"].as_str().map(str::to_owned);
        }
        let intent = match session.payment_intent.clone() {
            Some(intent) => intent,
            None => {
                let intent = intent_for(&session, context);
                let id = intent.id.clone();
                session.payment_intent = Some(id.clone());
                self.put_changed(context, intent, "payment_intent.created");
                id
            }
        };
        let return_url = Some(session.url.clone());
        self.put_session(session);
        let instrument = Instrument::Named(method.id.clone());
        self.put_method(method);
        self.confirm(context, &intent, Confirmation { return_url, ..Confirmation::with(instrument) })
    }
}

fn intent_for(session: &CheckoutSession, context: &Context) -> PaymentIntent {
    let data = session.intent_data.clone();
    let types = session.payment_method_types.clone();
    let intent = PaymentIntent::new(session.amount_total, session.currency.clone(), types, context.now());
    PaymentIntent {
        capture_method: data.capture_method.unwrap_or(CaptureMethod::Automatic),
        customer: session.customer.clone(),
        description: data.description,
        metadata: data.metadata,
        receipt_email: data.receipt_email,
        session: Some(session.id.clone()),
        setup_future_usage: data.setup_future_usage,
        shipping: data.shipping,
        statement_descriptor: data.statement_descriptor,
        statement_descriptor_suffix: data.statement_descriptor_suffix,
        transfer_group: data.transfer_group,
        ..intent
    }
}
