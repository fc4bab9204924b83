//! Payment methods of customers: attaching, changing, detaching. Only an attached method can be used more than once.

use serde_json::{Value, json};

use crate::behaviour::{Behaviour, Pace};
use crate::book::{Book, Context};
use crate::error::Error;
use crate::metadata::Change;
use crate::objects::payment_method::{Billing, Details, PaymentMethod};
use crate::params::Params;
use crate::payments::customer::former;
use crate::payments::instrument::{Instrument, billing};

/// What shall change about a payment method.
#[derive(Debug)]
pub(crate) struct Update {
    billing: Option<Billing>,
    exp_month: Option<i64>,
    exp_year: Option<i64>,
    metadata: Option<Change>,
}

impl Update {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let billing = billing(&mut params)?;
        let (exp_month, exp_year) = match params.nested("card")? {
            None => (None, None),
            Some(mut card) => {
                let expiry = (card.integer("exp_month")?, card.integer("exp_year")?);
                card.ignore(&["networks"]);
                card.finish()?;
                expiry
            }
        };
        let update = Self { billing, exp_month, exp_year, metadata: params.metadata()? };
        params.ignore(&["allow_redisplay"]);
        params.finish()?;
        Ok(update)
    }
}

impl Book {
    /// The method at this address.
    pub(crate) fn method(&self, id: &str) -> Result<PaymentMethod, Error> {
        self.methods.get(id).cloned().ok_or_else(|| Error::no_such("PaymentMethod", id, "payment_method"))
    }

    /// Makes a method the customer's. A test name such as `pm_card_visa` becomes a new method.
    pub(crate) fn attach(&mut self, context: &Context, id: &str, customer: &str) -> Result<Value, Error> {
        self.customer_named(customer)?;
        let method = self.attachable(context, id, customer)?;
        Ok(self.put_attached(context, method))
    }

    /// The method as the customer's, if it can become that.
    pub(crate) fn attachable(&self, context: &Context, id: &str, customer: &str) -> Result<PaymentMethod, Error> {
        let mut method = self.resolve(context, Instrument::Named(id.to_owned()))?;
        if method.customer.is_some() {
            let message = "The payment method you provided has already been attached to a customer.";
            return Err(Error::uncoded(message, "payment_method"));
        }
        if method.spent {
            let message = "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.";
            return Err(Error::uncoded(message, "payment_method"));
        }
        // The bank is asked whether the card exists at all.
        if let (Pace::AtOnce, Behaviour::Declines(decline)) = (method.pace, method.behaviour) {
            return Err(Error::method_input(decline, ""));
        }
        method.customer = Some(customer.to_owned());
        Ok(method)
    }

    pub(crate) fn put_attached(&mut self, context: &Context, method: PaymentMethod) -> Value {
        let json = method.to_json();
        self.emit(context, "payment_method.attached", &json, Some(&json!({"customer": null})));
        self.put_method(method);
        json
    }

    /// Takes the method from its customer. It cannot be used again.
    pub(crate) fn detach(&mut self, context: &Context, id: &str) -> Result<Value, Error> {
        let method = self.method(id)?;
        if method.customer.is_none() {
            let message = "The payment method you provided is not attached to a customer so detachment is impossible.";
            return Err(Error::uncoded(message, "payment_method"));
        }
        Ok(self.put_detached(context, method))
    }

    pub(crate) fn put_detached(&mut self, context: &Context, mut method: PaymentMethod) -> Value {
        let owner = method.customer.take();
        method.spent = true;
        let json = method.to_json();
        self.emit(context, "payment_method.detached", &json, Some(&json!({"customer": owner})));
        self.put_method(method);
        json
    }

    pub(crate) fn update_method(&mut self, context: &Context, id: &str, wanted: Update) -> Result<Value, Error> {
        let mut method = self.method(id)?;
        if method.customer.is_none() {
            let message = "You must save this PaymentMethod to a customer before you can update it.";
            return Err(Error::uncoded(message, "payment_method"));
        }
        let before = method.to_json();
        if let Some(change) = &wanted.metadata {
            change.apply(&mut method.metadata)?;
        }
        if let Details::Card(card) = &mut method.details {
            let month = wanted.exp_month.and_then(|month| u8::try_from(month).ok());
            let year = wanted.exp_year.and_then(|year| u16::try_from(year).ok());
            card.exp_month = month.filter(|month| (1..=12).contains(month)).unwrap_or(card.exp_month);
            card.exp_year = year.unwrap_or(card.exp_year);
        }
        method.billing = wanted.billing.unwrap_or(method.billing);
        let json = method.to_json();
        self.emit(context, "payment_method.updated", &json, Some(&former(&before, &json)));
        self.put_method(method);
        Ok(json)
    }
}
