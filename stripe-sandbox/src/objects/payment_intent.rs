//! The payment intent: one wish to be paid, through all its tries.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::decline::Decline;
use crate::ids;
use crate::metadata::Metadata;
use crate::objects::payment_method::PaymentMethod;
use crate::table::Row;

/// Where a payment intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    /// The buyer has to prove to the bank who they are.
    RequiresAction,
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
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing has been charged and the intent can still be changed, confirmed or cancelled.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction)
    }
}

/// Whether the buyer agrees that the method is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FutureUsage {
    OnSession,
    OffSession,
}

impl FutureUsage {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "on_session" => Some(Self::OnSession),
            "off_session" => Some(Self::OffSession),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::OnSession => "on_session",
            Self::OffSession => "off_session",
        }
    }
}

/// Whether the seller wants 3-D Secure even where the bank does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThreeDSecure {
    #[default]
    Automatic,
    Any,
    Challenge,
}

impl ThreeDSecure {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "automatic" => Some(Self::Automatic),
            "any" => Some(Self::Any),
            "challenge" => Some(Self::Challenge),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Any => "any",
            Self::Challenge => "challenge",
        }
    }
}

/// What the buyer has to do before the payment goes on: open the bank's page at `url`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NextAction {
    pub(crate) url: String,
    /// Where the buyer goes afterwards. Without it a script of the shop opens the page.
    pub(crate) return_url: Option<String>,
}

impl NextAction {
    fn to_json(&self) -> Value {
        match &self.return_url {
            Some(return_url) => json!({
                "redirect_to_url": {"return_url": return_url, "url": self.url},
                "type": "redirect_to_url",
            }),
            None => json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"stripe_js": self.url, "type": "three_d_secure_redirect"},
            }),
        }
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
    /// None, if it failed before anything was charged.
    pub(crate) charge: Option<String>,
    pub(crate) payment_method: PaymentMethod,
}

impl Attempt {
    /// Stripe's error fields for it.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let code = self.decline.error_code();
        if let Some(charge) = &self.charge {
            fields.insert("charge".to_owned(), json!(charge));
        }
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
        fields.insert("type".to_owned(), json!(self.decline.error_type()));
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
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    /// When a payment that is `processing` ends, in milliseconds.
    pub(crate) finishes_at_ms: Option<i64>,
    pub(crate) last_failure: Option<Box<Attempt>>,
    pub(crate) metadata: Metadata,
    pub(crate) next_action: Option<NextAction>,
    pub(crate) payment_method: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) receipt_email: Option<String>,
    /// The Checkout Session that made it.
    pub(crate) session: Option<String>,
    pub(crate) setup_future_usage: Option<FutureUsage>,
    pub(crate) shipping: Option<Value>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) status: Status,
    pub(crate) three_d_secure: ThreeDSecure,
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
    /// A new wish to be paid `amount`, made at `now` (seconds), with everything else as by default.
    pub(crate) fn new(amount: i64, currency: String, payment_method_types: Vec<String>, now: i64) -> Self {
        let id = ids::fresh("pi");
        Self {
            amount,
            amount_capturable: 0,
            amount_received: 0,
            automatic_payment_methods: false,
            canceled_at: None,
            cancellation_reason: None,
            capture_method: CaptureMethod::Automatic,
            charges: Vec::new(),
            client_secret: ids::fresh(&format!("{id}_secret")),
            created: now,
            currency,
            customer: None,
            description: None,
            finishes_at_ms: None,
            last_failure: None,
            metadata: Metadata::new(),
            next_action: None,
            payment_method: None,
            payment_method_types,
            receipt_email: None,
            session: None,
            setup_future_usage: None,
            shipping: None,
            statement_descriptor: None,
            statement_descriptor_suffix: None,
            status: Status::RequiresPaymentMethod,
            three_d_secure: ThreeDSecure::Automatic,
            transfer_group: None,
            id,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let automatic = self.automatic_payment_methods.then(|| json!({"allow_redirects": "always", "enabled": true}));
        let takes_cards = self.payment_method_types.iter().any(|kind| kind == "card");
        let processing = (self.status == Status::Processing && takes_cards)
            .then(|| json!({"card": {"customer_notification": null}, "type": "card"}));
        let options: Map<String, Value> =
            self.payment_method_types.iter().map(|kind| (kind.clone(), self.options(kind))).collect();
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
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_failure.as_ref().map(|attempt| attempt.fields()),
            "latest_charge": self.charges.last(),
            "livemode": false,
            "managed_payments": {"enabled": false},
            "metadata": self.metadata,
            "next_action": self.next_action.as_ref().map(NextAction::to_json),
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": options,
            "payment_method_types": self.payment_method_types,
            "processing": processing,
            "receipt_email": self.receipt_email,
            "review": null,
            "setup_future_usage": self.setup_future_usage.map(FutureUsage::as_str),
            "shipping": self.shipping,
            "source": null,
            "statement_descriptor": self.statement_descriptor,
            "statement_descriptor_suffix": self.statement_descriptor_suffix,
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": self.transfer_group,
        })
    }

    /// The bank's page on this server, if the buyer has to go there.
    pub(crate) fn bank_path(&self) -> Option<String> {
        let url = reqwest::Url::parse(&self.next_action.as_ref()?.url).ok()?;
        Some(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
    }

    fn options(&self, kind: &str) -> Value {
        match kind {
            "card" => json!({
                "installments": null,
                "mandate_options": null,
                "network": null,
                "request_three_d_secure": self.three_d_secure.as_str(),
            }),
            "link" => json!({"persistent_token": null}),
            _ => json!({}),
        }
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
