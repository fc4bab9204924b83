//! The Checkout Session: one visit of a buyer to the provider's own payment page.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::list;
use crate::metadata::Metadata;
use crate::objects::payment_intent::{CaptureMethod, FutureUsage};
use crate::table::Row;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Open,
    Complete,
    Expired,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// One line of what is bought. Amounts are in the session's currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LineItem {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) price: String,
    pub(crate) product: String,
    pub(crate) quantity: i64,
    pub(crate) unit_amount: i64,
}

/// What the session's payment intent shall be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct IntentData {
    pub(crate) capture_method: Option<CaptureMethod>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) receipt_email: Option<String>,
    pub(crate) setup_future_usage: Option<FutureUsage>,
    pub(crate) shipping: Option<Value>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) transfer_group: Option<String>,
}

/// A session as kept. Amounts are in the currency's smallest unit, times in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CheckoutSession {
    pub(crate) id: String,
    pub(crate) amount_total: i64,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) created: i64,
    /// Whether a customer is made of a buyer who is none yet.
    pub(crate) creates_customer: bool,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    /// The buyer's address, if the shop knows it.
    pub(crate) customer_email: Option<String>,
    /// Who is paid, as the page says.
    pub(crate) display_name: Option<String>,
    pub(crate) expires_at: i64,
    pub(crate) intent_data: IntentData,
    pub(crate) line_items: Vec<LineItem>,
    pub(crate) locale: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) paid: bool,
    /// Made when the buyer pays for the first time.
    pub(crate) payment_intent: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) payer_email: Option<String>,
    pub(crate) payer_name: Option<String>,
    pub(crate) status: Status,
    pub(crate) submit_type: Option<String>,
    pub(crate) success_url: String,
    pub(crate) url: String,
}

impl Row for CheckoutSession {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl LineItem {
    pub(crate) fn total(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }

    fn to_json(&self, session: &CheckoutSession) -> Value {
        json!({
            "id": self.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": self.total(),
            "amount_tax": 0,
            "amount_total": self.total(),
            "currency": session.currency,
            "description": self.name,
            "metadata": {},
            "price": {
                "id": self.price,
                "object": "price",
                "active": false,
                "billing_scheme": "per_unit",
                "created": session.created,
                "currency": session.currency,
                "custom_unit_amount": null,
                "livemode": false,
                "lookup_key": null,
                "metadata": {},
                "nickname": null,
                "product": self.product,
                "recurring": null,
                "tax_behavior": "unspecified",
                "tiers_mode": null,
                "transform_quantity": null,
                "type": "one_time",
                "unit_amount": self.unit_amount,
                "unit_amount_decimal": self.unit_amount.to_string(),
            },
            "quantity": self.quantity,
        })
    }
}

impl CheckoutSession {
    /// Where the buyer goes when all is done.
    pub(crate) fn success_address(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    /// What is bought, as a list of at most `limit` lines, beginning behind the line `after`.
    pub(crate) fn lines(&self, after: Option<&str>, limit: usize) -> Result<Value, Error> {
        let begin = match after {
            None => 0,
            Some(id) => {
                let place = self.line_items.iter().position(|item| item.id == id);
                place.ok_or_else(|| Error::no_such("item", id, "starting_after"))? + 1
            }
        };
        let rest = self.line_items.iter().skip(begin);
        let has_more = rest.len() > limit;
        let data = rest.take(limit).map(|item| item.to_json(self)).collect();
        Ok(list::rendered(data, has_more, &format!("/v1/checkout/sessions/{}/line_items", self.id)))
    }

    pub(crate) fn to_json(&self) -> Value {
        let options = |kind: &String| match kind.as_str() {
            "card" => (kind.clone(), json!({"request_three_d_secure": "automatic"})),
            _ => (kind.clone(), json!({})),
        };
        let options: Map<String, Value> = self.payment_method_types.iter().map(options).collect();
        json!({
            "id": self.id,
            "object": "checkout.session",
            "adaptive_pricing": {"enabled": false},
            "after_expiration": null,
            "allow_promotion_codes": null,
            "amount_subtotal": self.amount_total,
            "amount_total": self.amount_total,
            "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
            "billing_address_collection": null,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "client_secret": null,
            "collected_information": null,
            "consent": null,
            "consent_collection": null,
            "created": self.created,
            "currency": self.currency,
            "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null,
                "shipping_address": null,
                "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer": self.customer,
            "customer_account": null,
            "customer_creation": self.customer_creation(),
            "customer_details": self.customer_details(),
            "customer_email": self.customer_email,
            "discounts": [],
            "expires_at": self.expires_at,
            "integration_identifier": null,
            "invoice": null,
            "invoice_creation": {"enabled": false, "invoice_data": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": null,
                "metadata": {},
                "rendering_options": null,
            }},
            "livemode": false,
            "locale": self.locale,
            "managed_payments": {"enabled": false},
            "metadata": self.metadata,
            "mode": "payment",
            "origin_context": null,
            "payment_intent": self.payment_intent,
            "payment_link": null,
            "payment_method_collection": "if_required",
            "payment_method_configuration_details": null,
            "payment_method_options": options,
            "payment_method_types": self.payment_method_types,
            "payment_status": if self.paid { "paid" } else { "unpaid" },
            "permissions": null,
            "phone_number_collection": {"enabled": false},
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": self.status.as_str(),
            "submit_type": self.submit_type,
            "subscription": null,
            "success_url": self.success_url,
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            // Stripe takes the address away when there is nothing left to do there.
            "url": (self.status == Status::Open).then_some(&self.url),
            "wallet_options": null,
        })
    }

    fn customer_creation(&self) -> Option<&'static str> {
        match (self.creates_customer, &self.customer) {
            (true, _) => Some("always"),
            (false, None) => Some("if_required"),
            (false, Some(_)) => None,
        }
    }

    /// What the buyer said; before that, only what the shop knew.
    fn customer_details(&self) -> Value {
        let complete = self.status == Status::Complete;
        let email = self.payer_email.as_ref().or(self.customer_email.as_ref());
        if email.is_none() && !complete {
            return Value::Null;
        }
        let no_address = || {
            json!({
                "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
            })
        };
        json!({
            "address": complete.then(no_address),
            "business_name": null,
            "email": email,
            "individual_name": null,
            "name": self.payer_name,
            "phone": null,
            "tax_exempt": "none",
            "tax_ids": complete.then(|| json!([])),
        })
    }
}
