//! Changing a payment intent: metadata and texts at any time, amount and method only while nothing was charged.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::metadata::Change;
use crate::objects::payment_intent::{FutureUsage, PaymentIntent, Status, ThreeDSecure};
use crate::params::Params;
use crate::payments::confirm::three_d_secure;
use crate::payments::create::{Texts, check_amount, currency};
use crate::payments::instrument::Instrument;

/// What shall change.
#[derive(Debug)]
pub(crate) struct Update {
    amount: Option<i64>,
    currency: Option<String>,
    customer: Option<String>,
    instrument: Option<Instrument>,
    metadata: Option<Change>,
    setup_future_usage: Option<FutureUsage>,
    texts: Texts,
    three_d_secure: Option<ThreeDSecure>,
}

impl Update {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let wanted = Self {
            amount: params.integer("amount")?,
            currency: params.filled("currency")?.map(|text| currency(&text)).transpose()?,
            customer: params.filled("customer")?,
            instrument: Instrument::parse(&mut params)?,
            metadata: params.metadata()?,
            setup_future_usage: params.choice("setup_future_usage", FutureUsage::parse)?,
            texts: Texts::parse(&mut params)?,
            three_d_secure: three_d_secure(&mut params)?,
        };
        params.ignore(&["payment_method_types", "customer_account"]);
        params.finish()?;
        Ok(wanted)
    }
}

impl Book {
    pub(crate) fn update(&mut self, context: &Context, id: &str, wanted: Update) -> Result<Value, Error> {
        let mut intent = self.intent(id)?;
        if let Some(name) = wanted.fixed_by_payment()
            && !intent.status.is_open()
        {
            let message = format!(
                "This PaymentIntent's {name} could not be updated because it has a status of {}. You may only update the {name} of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.",
                intent.status.as_str()
            );
            return Err(Error::unexpected_state(&message, intent.to_json()));
        }
        if wanted.amount.is_some() || wanted.currency.is_some() {
            intent.amount = wanted.amount.unwrap_or(intent.amount);
            intent.currency = wanted.currency.unwrap_or(intent.currency);
            check_amount(intent.amount, &intent.currency, "amount")?;
            intent.withdraw_action();
        }
        if let Some(customer) = wanted.customer {
            self.customer_named(&customer)?;
            intent.customer = Some(customer);
        }
        if let Some(change) = &wanted.metadata {
            change.apply(&mut intent.metadata)?;
        }
        intent.setup_future_usage = wanted.setup_future_usage.or(intent.setup_future_usage);
        intent.three_d_secure = wanted.three_d_secure.unwrap_or(intent.three_d_secure);
        wanted.texts.apply(&mut intent);
        if let Some(instrument) = wanted.instrument {
            let method = self.resolve(context, instrument)?;
            intent.withdraw_action();
            intent.payment_method = Some(method.id.clone());
            intent.status = Status::RequiresConfirmation;
            self.put_method(method);
        }
        let json = intent.to_json();
        self.put_intent(intent);
        Ok(json)
    }
}

impl Update {
    /// The first wanted change that is possible only before the money was taken or reserved.
    fn fixed_by_payment(&self) -> Option<&'static str> {
        let wanted = [
            (self.amount.is_some(), "amount"),
            (self.currency.is_some(), "currency"),
            (self.instrument.is_some(), "payment_method"),
            (self.customer.is_some(), "customer"),
            (self.setup_future_usage.is_some(), "setup_future_usage"),
        ];
        wanted.into_iter().find(|(wanted, _)| *wanted).map(|(_, name)| name)
    }
}

impl PaymentIntent {
    /// What the buyer was asked to authenticate is no longer what will be charged: they are asked anew.
    fn withdraw_action(&mut self) {
        if self.status == Status::RequiresAction {
            self.next_action = None;
            self.status = Status::RequiresConfirmation;
        }
    }
}
