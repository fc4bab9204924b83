//! Changing a payment intent: metadata and texts at any time, amount and method only while nothing was charged.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::metadata::Change;
use crate::objects::payment_intent::Status;
use crate::params::Params;
use crate::payments::create::{Texts, check_amount, currency};
use crate::payments::instrument::Instrument;

/// What shall change.
#[derive(Debug)]
pub(crate) struct Update {
    amount: Option<i64>,
    currency: Option<String>,
    instrument: Option<Instrument>,
    metadata: Option<Change>,
    texts: Texts,
}

impl Update {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let wanted = Self {
            amount: params.integer("amount")?,
            currency: params.filled("currency")?.map(|text| currency(&text)).transpose()?,
            instrument: Instrument::parse(&mut params)?,
            metadata: params.metadata()?,
            texts: Texts::parse(&mut params)?,
        };
        params.ignore(&[
            "payment_method_types",
            "payment_method_options",
            "setup_future_usage",
            "customer",
            "customer_account",
        ]);
        params.finish()?;
        Ok(wanted)
    }
}

impl Book {
    pub(crate) fn update(&mut self, context: &Context, id: &str, wanted: Update) -> Result<Value, Error> {
        let mut intent = self.intent(id)?;
        let fixed = wanted.amount.is_some() || wanted.currency.is_some() || wanted.instrument.is_some();
        if fixed && !intent.status.is_open() {
            let message = format!(
                "This PaymentIntent's amount, currency and payment method could not be updated because it has a status of {}.",
                intent.status.as_str()
            );
            return Err(Error::unexpected_state(&message, intent.to_json()));
        }
        intent.amount = wanted.amount.unwrap_or(intent.amount);
        intent.currency = wanted.currency.unwrap_or(intent.currency);
        if fixed {
            check_amount(intent.amount, &intent.currency)?;
        }
        if let Some(change) = &wanted.metadata {
            change.apply(&mut intent.metadata)?;
        }
        wanted.texts.apply(&mut intent);
        if let Some(instrument) = wanted.instrument {
            let method = self.resolve(context, instrument)?;
            intent.payment_method = Some(method.id.clone());
            intent.status = Status::RequiresConfirmation;
            self.put_method(method);
        }
        let json = intent.to_json();
        self.put_intent(intent);
        Ok(json)
    }
}
