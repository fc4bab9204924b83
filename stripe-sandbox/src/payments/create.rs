//! Creating a payment intent, and paying it at once where the request says so.

use serde_json::Value;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::money;
use crate::objects::payment_intent::{CaptureMethod, PaymentIntent, Status};
use crate::params::Params;
use crate::payments::instrument::Instrument;

/// Parameters of Stripe that make no difference to a card payment here. What would move money elsewhere (application fees, transfers,
/// connected accounts) is not among them: it is refused as unknown, never silently dropped.
const WITHOUT_EFFECT: &[&str] = &[
    "amount_details",
    "confirmation_method",
    "customer",
    "customer_account",
    "error_on_requires_action",
    "excluded_payment_method_types",
    "mandate",
    "mandate_data",
    "off_session",
    "payment_details",
    "payment_method_configuration",
    "payment_method_options",
    "radar_options",
    "return_url",
    "setup_future_usage",
    "use_stripe_sdk",
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
    instrument: Option<Instrument>,
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
        check_amount(amount, &currency)?;
        let types = params.strings("payment_method_types")?;
        if let Some(other) = types.iter().find(|kind| !matches!(kind.as_str(), "card" | "link")) {
            let message = format!("The payment method type \"{other}\" is invalid: this sandbox has cards only.");
            return Err(Error::parameter("parameter_invalid", &message, "payment_method_types"));
        }
        let automatic = match params.nested("automatic_payment_methods")? {
            None => types.is_empty(),
            Some(mut automatic) => {
                automatic.ignore(&["allow_redirects"]);
                let enabled = automatic.boolean("enabled")?;
                automatic.finish()?;
                enabled == Some(true)
            }
        };
        let wanted = Self {
            amount,
            currency,
            automatic,
            capture_method: params.choice("capture_method", CaptureMethod::parse)?.unwrap_or(CaptureMethod::Automatic),
            confirm: params.boolean("confirm")?.unwrap_or(false),
            instrument: Instrument::parse(&mut params)?,
            metadata: params.metadata()?,
            texts: Texts::parse(&mut params)?,
            types: if types.is_empty() { vec!["card".to_owned()] } else { types },
        };
        params.ignore(WITHOUT_EFFECT);
        params.finish()?;
        Ok(wanted)
    }
}

impl Book {
    /// Creates the intent and, with `confirm`, pays it. A declined card leaves the intent behind, as at Stripe.
    pub(crate) fn create(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let method = wanted.instrument.map(|instrument| self.resolve(context, instrument)).transpose()?;
        let mut metadata = Metadata::new();
        if let Some(change) = &wanted.metadata {
            change.apply(&mut metadata)?;
        }
        let id = ids::fresh("pi");
        let mut intent = PaymentIntent {
            amount: wanted.amount,
            amount_capturable: 0,
            amount_received: 0,
            automatic_payment_methods: wanted.automatic,
            canceled_at: None,
            cancellation_reason: None,
            capture_method: wanted.capture_method,
            charges: Vec::new(),
            client_secret: ids::fresh(&format!("{id}_secret")),
            created: context.now(),
            currency: wanted.currency,
            description: None,
            last_failure: None,
            metadata,
            payment_method: method.as_ref().map(|method| method.id.clone()),
            payment_method_types: wanted.types,
            processing_since_ms: None,
            receipt_email: None,
            shipping: None,
            statement_descriptor: None,
            statement_descriptor_suffix: None,
            status: if method.is_some() { Status::RequiresConfirmation } else { Status::RequiresPaymentMethod },
            transfer_group: None,
            id,
        };
        wanted.texts.apply(&mut intent);
        if let Some(method) = method {
            self.put_method(method);
        }
        self.emit(context, "payment_intent.created", &intent.to_json(), None);
        self.put_intent(intent.clone());
        if wanted.confirm { self.confirm(context, &intent.id, None) } else { Ok(intent.to_json()) }
    }
}

/// A currency code, in lower case.
pub(crate) fn currency(text: &str) -> Result<String, Error> {
    let code = text.to_lowercase();
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(code);
    }
    Err(Error::parameter("parameter_invalid", &format!("Invalid currency: {text}"), "currency"))
}

/// Refuses what Stripe would not charge.
pub(crate) fn check_amount(amount: i64, currency: &str) -> Result<(), Error> {
    if amount < 1 {
        return Err(Error::parameter(
            "parameter_invalid_integer",
            "This value must be greater than or equal to 1.",
            "amount",
        ));
    }
    let smallest = money::smallest(currency);
    if amount < smallest {
        let message = format!("Amount must be at least {}.", money::shown(smallest, currency));
        return Err(Error::parameter("amount_too_small", &message, "amount"));
    }
    if amount > money::LARGEST {
        let message = format!("Amount must be no more than {}.", money::shown(money::LARGEST, currency));
        return Err(Error::parameter("amount_too_large", &message, "amount"));
    }
    Ok(())
}
