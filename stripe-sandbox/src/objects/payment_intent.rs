//! The payment intent: one wish to be paid, through all its tries.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cards::Decline;
use crate::metadata::Metadata;
use crate::objects::payment_method::PaymentMethod;
use crate::table::Row;

/// Where a payment intent stands. (`requires_action` comes with 3-D Secure.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresCapture,
    Processing,
    Succeeded,
    Canceled,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresCapture => "requires_capture",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing has been charged and the intent can still be changed, confirmed or cancelled.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::RequiresPaymentMethod | Self::RequiresConfirmation)
    }
}

/// When the money is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureMethod {
    Automatic,
    AutomaticAsync,
    Manual,
}

impl CaptureMethod {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "automatic" => Some(Self::Automatic),
            "automatic_async" => Some(Self::AutomaticAsync),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::AutomaticAsync => "automatic_async",
            Self::Manual => "manual",
        }
    }
}

/// A try that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) decline: Decline,
    pub(crate) charge: String,
    pub(crate) payment_method: PaymentMethod,
}

impl Attempt {
    /// Stripe's error fields for it.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let code = self.decline.code();
        fields.insert("charge".to_owned(), json!(self.charge));
        fields.insert("code".to_owned(), json!(code));
        if let Some(decline_code) = self.decline.decline_code() {
            fields.insert("decline_code".to_owned(), json!(decline_code));
        }
        fields.insert(
            "doc_url".to_owned(),
            json!(format!("https://docs.stripe.com/error-codes#{}", code.replace('_', "-"))),
        );
        fields.insert("message".to_owned(), json!(self.decline.message()));
        if self.decline == Decline::IncorrectCvc {
            fields.insert("param".to_owned(), json!("cvc"));
        }
        fields.insert("payment_method".to_owned(), self.payment_method.to_json());
        fields.insert("type".to_owned(), json!("card_error"));
        fields
    }
}

/// A payment intent as kept. Amounts are in the currency's smallest unit, times in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) amount_capturable: i64,
    pub(crate) amount_received: i64,
    pub(crate) automatic_payment_methods: bool,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) capture_method: CaptureMethod,
    pub(crate) charges: Vec<String>,
    pub(crate) client_secret: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) last_failure: Option<Box<Attempt>>,
    pub(crate) metadata: Metadata,
    pub(crate) payment_method: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    /// When a payment that is `processing` was confirmed, in milliseconds.
    pub(crate) processing_since_ms: Option<i64>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) shipping: Option<Value>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) status: Status,
    pub(crate) transfer_group: Option<String>,
}

impl Row for PaymentIntent {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

/// What a publishable key may see.
const PUBLIC_FIELDS: &[&str] = &[
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "source",
    "status",
];

impl PaymentIntent {
    pub(crate) fn to_json(&self) -> Value {
        let automatic = self.automatic_payment_methods.then(|| json!({"allow_redirects": "always", "enabled": true}));
        let processing = (self.status == Status::Processing)
            .then(|| json!({"card": {"customer_notification": null}, "type": "card"}));
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_details": {"tip": {}},
            "amount_received": self.amount_received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": automatic,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method.as_str(),
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_failure.as_ref().map(|attempt| attempt.fields()),
            "latest_charge": self.charges.last(),
            "livemode": false,
            "managed_payments": {"enabled": false},
            "metadata": self.metadata,
            "next_action": null,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {"card": {
                "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
            }},
            "payment_method_types": self.payment_method_types,
            "processing": processing,
            "receipt_email": self.receipt_email,
            "review": null,
            "setup_future_usage": null,
            "shipping": self.shipping,
            "source": null,
            "statement_descriptor": self.statement_descriptor,
            "statement_descriptor_suffix": self.statement_descriptor_suffix,
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": self.transfer_group,
        })
    }
}

/// Takes away what a buyer may not see of a payment intent's JSON; other objects stay as they are.
pub(crate) fn hide_private(json: &mut Value) {
    if let Some(fields) = json.as_object_mut()
        && fields.get("object").and_then(Value::as_str) == Some("payment_intent")
    {
        fields.retain(|name, _| PUBLIC_FIELDS.contains(&name.as_str()));
    }
}
