//! Creating a payment intent, and paying it at once where the request says so.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::metadata::Change;
use crate::money;
use crate::objects::payment_intent::{CaptureMethod, PaymentIntent, Status};
use crate::params::Params;
use crate::payments::confirm::Confirmation;

/// Parameters of Stripe that make no difference to a payment here. What would move money elsewhere (application fees, transfers,
/// connected accounts) is not among them: it is refused as unknown, never silently dropped.
const WITHOUT_EFFECT: &[&str] = &[
    "amount_details",
    "confirmation_method",
    "customer_account",
    "excluded_payment_method_types",
    "mandate",
    "mandate_data",
    "payment_details",
    "payment_method_configuration",
    "radar_options",
    "confirmation_token",
];

/// What a new payment intent shall be.
#[derive(Debug)]
pub(crate) struct Create {
    amount: i64,
    currency: String,
    automatic: bool,
    capture_method: CaptureMethod,
    confirm: bool,
    confirmation: Confirmation,
    customer: Option<String>,
    metadata: Option<Change>,
    texts: Texts,
    types: Vec<String>,
}

/// The parts of an intent that are only kept and shown.
#[derive(Debug)]
pub(crate) struct Texts {
    description: Option<String>,
    receipt_email: Option<String>,
    shipping: Option<Value>,
    statement_descriptor: Option<String>,
    statement_descriptor_suffix: Option<String>,
    transfer_group: Option<String>,
}

impl Texts {
    pub(crate) fn parse(params: &mut Params) -> Result<Self, Error> {
        Ok(Self {
            description: params.string("description")?,
            receipt_email: params.string("receipt_email")?,
            shipping: params.raw("shipping"),
            statement_descriptor: params.string("statement_descriptor")?,
            statement_descriptor_suffix: params.string("statement_descriptor_suffix")?,
            transfer_group: params.string("transfer_group")?,
        })
    }

    /// Sets what was sent; an empty text unsets.
    pub(crate) fn apply(self, intent: &mut PaymentIntent) {
        let set = |slot: &mut Option<String>, text: Option<String>| {
            if let Some(text) = text {
                *slot = Some(text).filter(|text| !text.is_empty());
            }
        };
        set(&mut intent.description, self.description);
        set(&mut intent.receipt_email, self.receipt_email);
        set(&mut intent.statement_descriptor, self.statement_descriptor);
        set(&mut intent.statement_descriptor_suffix, self.statement_descriptor_suffix);
        set(&mut intent.transfer_group, self.transfer_group);
        if let Some(shipping) = self.shipping {
            intent.shipping = Some(shipping).filter(Value::is_object);
        }
    }
}

impl Create {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let amount = params.integer("amount")?.ok_or_else(|| Error::missing_parameter("amount"))?;
        let currency = currency(&params.required("currency")?)?;
        check_amount(amount, &currency, "amount")?;
        let types = payment_method_types(&mut params, &currency)?;
        let automatic = match params.nested("automatic_payment_methods")? {
            None => types.is_empty(),
            Some(mut automatic) => {
                automatic.ignore(&["allow_redirects"]);
                let enabled = automatic.boolean("enabled")?;
                automatic.finish()?;
                enabled == Some(true)
            }
        };
        let confirm = params.boolean("confirm")?.unwrap_or(false);
        let confirmation = Confirmation::parse(&mut params)?;
        if !confirm {
            check_unconfirmed(&confirmation)?;
        }
        let wanted = Self {
            amount,
            currency,
            automatic,
            capture_method: params.choice("capture_method", CaptureMethod::parse)?.unwrap_or(CaptureMethod::Automatic),
            confirm,
            confirmation,
            customer: params.filled("customer")?,
            metadata: params.metadata()?,
            texts: Texts::parse(&mut params)?,
            types: if types.is_empty() { vec!["card".to_owned()] } else { types },
        };
        params.ignore(WITHOUT_EFFECT);
        params.finish()?;
        Ok(wanted)
    }
}

/// Reads the types of method that are allowed; none means the account's own choice, which is cards.
pub(crate) fn payment_method_types(params: &mut Params, currency: &str) -> Result<Vec<String>, Error> {
    let types = params.strings("payment_method_types")?;
    for kind in &types {
        match kind.as_str() {
            "card" | "link" => {}
            "sepa_debit" if currency == "eur" => {}
            "sepa_debit" => {
                let message = format!(
                    "The currency provided ({currency}) is invalid for one or more payment method types on this PaymentIntent: sepa_debit supports only eur."
                );
                return Err(Error::parameter("payment_method_currency_mismatch", &message, "payment_method_types"));
            }
            _ => {
                let message =
                    format!("The payment method type \"{kind}\" is invalid: this sandbox has card and sepa_debit.");
                return Err(Error::parameter("parameter_invalid", &message, "payment_method_types"));
            }
        }
    }
    Ok(types)
}

/// Refuses what says how to confirm where nothing is confirmed.
fn check_unconfirmed(confirmation: &Confirmation) -> Result<(), Error> {
    let sent = [
        (confirmation.return_url.is_some(), "return_url"),
        (confirmation.off_session, "off_session"),
        (confirmation.error_on_requires_action, "error_on_requires_action"),
    ];
    match sent.into_iter().find(|(sent, _)| *sent) {
        None => Ok(()),
        Some((_, name)) => {
            let message = format!("`{name}` can only be provided when `confirm` is set to true.");
            Err(Error::parameter("parameter_invalid", &message, name))
        }
    }
}

impl Book {
    /// Creates the intent and, with `confirm`, pays it. A declined card leaves the intent behind, as at Stripe.
    pub(crate) fn create(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let mut confirmation = wanted.confirmation;
        let instrument = confirmation.instrument.take();
        let method = instrument.map(|instrument| self.resolve(context, instrument)).transpose()?;
        if let Some(id) = &wanted.customer {
            self.customer_named(id)?;
        }
        let mut intent = PaymentIntent::new(wanted.amount, wanted.currency, wanted.types, context.now());
        if intent.payment_method_types.is_empty() {
            intent.payment_method_types.push("card".to_owned());
        }
        intent.automatic_payment_methods = wanted.automatic;
        intent.capture_method = wanted.capture_method;
        intent.customer = wanted.customer;
        intent.setup_future_usage = confirmation.setup_future_usage;
        intent.three_d_secure = confirmation.three_d_secure.unwrap_or_default();
        if let Some(change) = &wanted.metadata {
            change.apply(&mut intent.metadata)?;
        }
        wanted.texts.apply(&mut intent);
        if let Some(method) = method {
            intent.payment_method = Some(method.id.clone());
            intent.status = Status::RequiresConfirmation;
            self.put_method(method);
        }
        self.put_changed(context, intent.clone(), "payment_intent.created");
        if wanted.confirm { self.confirm(context, &intent.id, confirmation) } else { Ok(intent.to_json()) }
    }
}

/// A currency code, in lower case.
pub(crate) fn currency(text: &str) -> Result<String, Error> {
    let code = text.to_lowercase();
    if money::is_supported(&code) {
        return Ok(code);
    }
    let message = format!(
        "Invalid currency: {code}. Stripe currently supports these currencies: {}",
        money::CURRENCIES.replace(' ', ", ")
    );
    Err(Error::parameter("parameter_invalid", &message, "currency"))
}

/// Refuses what Stripe would not charge. `param` is the parameter that holds the amount.
pub(crate) fn check_amount(amount: i64, currency: &str, param: &str) -> Result<(), Error> {
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Error::parameter("parameter_invalid_integer", message, param));
    }
    let step = money::step(currency);
    if amount % step != 0 {
        let message = format!("Invalid amount: amounts in {currency} must be evenly divisible by {step}.");
        return Err(Error::parameter("parameter_invalid_integer", &message, param));
    }
    let smallest = money::smallest(currency);
    if amount < smallest {
        let message = format!("Amount must be at least {}.", money::shown(smallest, currency));
        return Err(Error::parameter("amount_too_small", &message, param));
    }
    let largest = money::largest(currency);
    if amount > largest {
        let message = format!("Amount must be no more than {}.", money::shown(largest, currency));
        return Err(Error::parameter("amount_too_large", &message, param));
    }
    Ok(())
}
