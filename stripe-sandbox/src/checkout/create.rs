//! Creating a Checkout Session and changing what is hung on it.

use serde_json::Value;

use crate::book::{Book, Context, Task};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::objects::checkout_session::{CheckoutSession, IntentData, LineItem, Status};
use crate::objects::payment_intent::{CaptureMethod, FutureUsage};
use crate::params::Params;
use crate::payments::create::{check_amount, currency, payment_method_types};
use crate::payments::customer::is_email;

/// How long a session is open, in seconds: by default, at least and at most.
const DAY: i64 = 24 * 60 * 60;
const HALF_HOUR: i64 = 30 * 60;

const MOST_ITEMS: usize = 100;

/// Parameters of Stripe that make no difference to the page here.
const WITHOUT_EFFECT: &[&str] = &[
    "adaptive_pricing",
    "billing_address_collection",
    "custom_text",
    "integration_identifier",
    "origin_context",
    "payment_method_collection",
    "payment_method_options",
    "phone_number_collection",
    "saved_payment_method_options",
    "tax_id_collection",
    "wallet_options",
];

/// What a new session shall be.
#[derive(Debug)]
pub(crate) struct Create {
    session: CheckoutSession,
    expires_at: Option<i64>,
}

impl Create {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        check_kind(&mut params)?;
        let (code, line_items) = line_items(&mut params)?;
        let amount_total = line_items.iter().map(LineItem::total).fold(0, i64::saturating_add);
        check_amount(amount_total, &code, "line_items")?;
        let types = payment_method_types(&mut params, &code)?;
        let session = CheckoutSession {
            id: ids::fresh("cs_test"),
            amount_total,
            cancel_url: params.web_address("cancel_url")?,
            client_reference_id: client_reference(&mut params)?,
            created: 0,
            creates_customer: params.choice("customer_creation", customer_creation)?.unwrap_or(false),
            currency: code,
            customer: params.filled("customer")?,
            customer_email: email(&mut params)?,
            display_name: display_name(&mut params)?,
            expires_at: 0,
            intent_data: intent_data(&mut params)?,
            line_items,
            locale: params.filled("locale")?,
            metadata: metadata(&mut params)?,
            paid: false,
            payment_intent: None,
            payment_method_types: if types.is_empty() { vec!["card".to_owned()] } else { types },
            payer_email: None,
            payer_name: None,
            status: Status::Open,
            submit_type: params.choice("submit_type", submit_type)?,
            success_url: success_url(&mut params)?,
            url: String::new(),
        };
        if session.customer.is_some() && session.customer_email.is_some() {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            return Err(Error::parameter("parameters_exclusive", message, "customer_email"));
        }
        if session.customer.is_some() && session.creates_customer {
            let message = "You may only specify one of these parameters: customer, customer_creation.";
            return Err(Error::parameter("parameters_exclusive", message, "customer_creation"));
        }
        let expires_at = params.integer("expires_at")?;
        params.ignore(WITHOUT_EFFECT);
        params.finish()?;
        Ok(Self { session, expires_at })
    }
}

fn check_kind(params: &mut Params) -> Result<(), Error> {
    let mode = params.required("mode")?;
    if mode != "payment" {
        let message = format!("Invalid mode: this sandbox has payment, not {mode}.");
        return Err(Error::parameter("parameter_invalid", &message, "mode"));
    }
    match params.filled("ui_mode")?.as_deref() {
        None | Some("hosted" | "hosted_page") => Ok(()),
        Some(other) => {
            let message = format!("Invalid ui_mode: this sandbox has hosted_page, not {other}.");
            Err(Error::parameter("parameter_invalid", &message, "ui_mode"))
        }
    }
}

fn customer_creation(text: &str) -> Option<bool> {
    match text {
        "always" => Some(true),
        "if_required" => Some(false),
        _ => None,
    }
}

fn submit_type(text: &str) -> Option<String> {
    matches!(text, "auto" | "book" | "donate" | "pay").then(|| text.to_owned())
}

fn success_url(params: &mut Params) -> Result<String, Error> {
    params.web_address("success_url")?.ok_or_else(|| Error::missing_parameter("success_url"))
}

fn client_reference(params: &mut Params) -> Result<Option<String>, Error> {
    let reference = params.filled("client_reference_id")?;
    match &reference {
        Some(text) if text.chars().count() > 200 => {
            let message = "Invalid string: must be at most 200 characters";
            Err(Error::parameter("parameter_invalid_string", message, "client_reference_id"))
        }
        _ => Ok(reference),
    }
}

fn email(params: &mut Params) -> Result<Option<String>, Error> {
    let email = params.filled("customer_email")?;
    match &email {
        Some(text) if !is_email(text) => {
            Err(Error::parameter("email_invalid", &format!("Invalid email address: {text}"), "customer_email"))
        }
        _ => Ok(email),
    }
}

fn display_name(params: &mut Params) -> Result<Option<String>, Error> {
    let Some(mut branding) = params.nested("branding_settings")? else {
        return Ok(None);
    };
    let name = branding.filled("display_name")?;
    branding.ignore(&["background_color", "border_style", "button_color", "font_family", "icon", "logo"]);
    branding.finish()?;
    Ok(name)
}

fn metadata(params: &mut Params) -> Result<Metadata, Error> {
    let mut metadata = Metadata::new();
    if let Some(change) = params.metadata()? {
        change.apply(&mut metadata)?;
    }
    Ok(metadata)
}

fn intent_data(params: &mut Params) -> Result<IntentData, Error> {
    let Some(mut data) = params.nested("payment_intent_data")? else {
        return Ok(IntentData::default());
    };
    let intent = IntentData {
        capture_method: data.choice("capture_method", CaptureMethod::parse)?,
        description: data.filled("description")?,
        metadata: metadata(&mut data)?,
        receipt_email: data.filled("receipt_email")?,
        setup_future_usage: data.choice("setup_future_usage", FutureUsage::parse)?,
        shipping: data.raw("shipping").filter(Value::is_object),
        statement_descriptor: data.filled("statement_descriptor")?,
        statement_descriptor_suffix: data.filled("statement_descriptor_suffix")?,
        transfer_group: data.filled("transfer_group")?,
    };
    data.finish()?;
    Ok(intent)
}

/// Reads the lines and the currency that they share.
fn line_items(params: &mut Params) -> Result<(String, Vec<LineItem>), Error> {
    let items = params.items("line_items")?;
    if items.is_empty() {
        return Err(Error::missing_parameter("line_items"));
    }
    if items.len() > MOST_ITEMS {
        let message = format!("A Checkout Session can have up to {MOST_ITEMS} line items.");
        return Err(Error::parameter("parameter_invalid", &message, "line_items"));
    }
    let mut shared = params.filled("currency")?.map(|text| currency(&text)).transpose()?;
    let mut lines = Vec::new();
    for item in items {
        let (code, line) = line_item(item)?;
        if *shared.get_or_insert_with(|| code.clone()) != code {
            let message = "You cannot combine currencies on a single Checkout Session.";
            return Err(Error::parameter("parameter_invalid", message, "line_items"));
        }
        lines.push(line);
    }
    Ok((shared.unwrap_or_default(), lines))
}

fn line_item(mut item: Params) -> Result<(String, LineItem), Error> {
    if let Some(price) = item.filled("price")? {
        return Err(Error::no_such_reference("price", &price, "line_items[0][price]"));
    }
    let mut price = item.nested("price_data")?.ok_or_else(|| Error::missing_parameter("line_items[0][price_data]"))?;
    let quantity = item.integer("quantity")?.unwrap_or(1);
    item.finish()?;
    let code = currency(&price.required("currency")?)?;
    let mut product =
        price.nested("product_data")?.ok_or_else(|| Error::missing_parameter("price_data[product_data]"))?;
    let (name, description) = (product.required("name")?, product.filled("description")?);
    product.ignore(&["images", "metadata", "tax_code", "unit_label"]);
    product.finish()?;
    let unit_amount = match price.integer("unit_amount")? {
        Some(amount) => amount,
        None => price.integer("unit_amount_decimal")?.ok_or_else(|| Error::missing_parameter("unit_amount"))?,
    };
    price.ignore(&["tax_behavior"]);
    price.finish()?;
    if unit_amount < 0 || quantity < 1 {
        let message = "A line item needs a unit_amount of at least 0 and a quantity of at least 1.";
        return Err(Error::parameter("parameter_invalid_integer", message, "line_items"));
    }
    let line = LineItem {
        id: ids::fresh("li"),
        name,
        description,
        price: ids::fresh("price"),
        product: ids::fresh("prod"),
        quantity,
        unit_amount,
    };
    Ok((code, line))
}

impl Book {
    pub(crate) fn create_session(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let now = context.now();
        let expires_at = wanted.expires_at.unwrap_or(now + DAY);
        check_end(now, expires_at)?;
        if let Some(id) = &wanted.session.customer {
            self.customer_named(id)?;
        }
        let url = format!("{}/c/pay/{}", context.address, wanted.session.id);
        let session = CheckoutSession { created: now, expires_at, url, ..wanted.session };
        self.schedule(expires_at * 1000, Task::Expire(session.id.clone()));
        let json = session.to_json();
        self.put_session(session);
        Ok(json)
    }

    /// The session at this address.
    pub(crate) fn session(&self, id: &str) -> Result<CheckoutSession, Error> {
        self.sessions.get(id).cloned().ok_or_else(|| Error::no_such("checkout.session", id, "session"))
    }

    /// Changes the session's metadata.
    pub(crate) fn update_session(&mut self, id: &str, change: Option<&Change>) -> Result<Value, Error> {
        let mut session = self.session(id)?;
        if let Some(change) = change {
            change.apply(&mut session.metadata)?;
        }
        let json = session.to_json();
        self.put_session(session);
        Ok(json)
    }
}

/// A session is open for half an hour at least and a day at most, by this provider's clock: who wants the shortest time must allow for
/// the way here.
fn check_end(now: i64, expires_at: i64) -> Result<(), Error> {
    let limit = if expires_at < now + HALF_HOUR {
        "at least 30 minutes"
    } else if expires_at > now + DAY {
        "less than 24 hours"
    } else {
        return Ok(());
    };
    let message = format!("The `expires_at` timestamp must be {limit} from Checkout Session creation.");
    Err(Error::uncoded(&message, "expires_at"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_open_for_half_an_hour_to_a_day() {
        for (seconds, allowed) in [(60, false), (1799, false), (1800, true), (86_400, true), (86_401, false)] {
            assert_eq!(check_end(1_000_000, 1_000_000 + seconds).is_ok(), allowed, "{seconds}");
        }
    }
}
