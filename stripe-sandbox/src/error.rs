//! Stripe's error object with its HTTP status. An error says whether the operation had begun, which decides whether an idempotency key
//! remembers it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::decline::Decline;
use crate::objects::payment_intent::Attempt;

/// What a request is refused with.
#[derive(Clone, Debug)]
pub(crate) struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    executed: bool,
    fields: Map<String, Value>,
}

impl Error {
    fn new(status: StatusCode, kind: &str, code: Option<&str>, message: &str) -> Self {
        let mut fields = Map::new();
        if let Some(code) = code {
            fields.insert("code".to_owned(), json!(code));
            fields.insert(
                "doc_url".to_owned(),
                json!(format!("https://docs.stripe.com/error-codes#{}", code.replace('_', "-"))),
            );
        }
        fields.insert("message".to_owned(), json!(message));
        fields.insert("type".to_owned(), json!(kind));
        Self(Box::new(Inner { status, executed: false, fields }))
    }

    /// The same error with one field more.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.fields.insert(field.to_owned(), value.into());
        self
    }

    fn executed(mut self) -> Self {
        self.0.executed = true;
        self
    }

    /// A parameter that could not be understood, found before anything was done.
    pub(crate) fn parameter(code: &str, message: &str, param: &str) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some(code), message);
        if param.is_empty() { error } else { error.with("param", param) }
    }

    /// A parameter that was not sent.
    pub(crate) fn missing_parameter(param: &str) -> Self {
        Self::parameter("parameter_missing", &format!("Missing required param: {param}."), param)
    }

    /// A rule that the state of an object breaks.
    pub(crate) fn rule(code: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some(code), message).executed()
    }

    /// A rule for whose breach Stripe has no code; `param` (may be empty) is the parameter that breaks it.
    pub(crate) fn uncoded(message: &str, param: &str) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, message).executed();
        if param.is_empty() { error } else { error.with("param", param) }
    }

    /// A parameter that names an object which this account does not have.
    pub(crate) fn no_such_reference(object: &str, id: &str, param: &str) -> Self {
        let message = format!("No such {object}: '{id}'");
        Self::rule("resource_missing", &message).with("param", param)
    }

    /// What cannot be done as things stand, where Stripe has no code for it.
    pub(crate) fn refused(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, message).executed()
    }

    /// An object that is not in a state in which this can be done.
    pub(crate) fn unexpected_state(message: &str, intent: Value) -> Self {
        Self::rule("payment_intent_unexpected_state", message).with("payment_intent", intent)
    }

    /// An id that names nothing of this account. `param` is the parameter it came in.
    pub(crate) fn no_such(object: &str, id: &str, param: &str) -> Self {
        let message = format!("No such {object}: '{id}'");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", Some("resource_missing"), &message)
            .with("param", param)
            .executed()
    }

    /// The provider itself fails, or is asked too often. It is for the client to try again.
    pub(crate) fn provider_failed(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::TOO_MANY_REQUESTS {
            let message =
                "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits.";
            return Self::new(status, "invalid_request_error", Some("rate_limit"), message);
        }
        let message = "An unknown error occurred. If you could please let us know at https://support.stripe.com/.";
        Self::new(status, "api_error", None, message)
    }

    /// A version of the API that cannot be one.
    pub(crate) fn no_such_version(version: &str) -> Self {
        let message = format!("Invalid Stripe API version: {version}");
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, &message)
    }

    /// An address that is no endpoint.
    pub(crate) fn no_such_url(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", None, &message)
    }

    /// No key, or one that nobody has.
    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", None, message)
    }

    /// A publishable key where a secret key is needed.
    pub(crate) fn secret_key_required() -> Self {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
        Self::new(StatusCode::FORBIDDEN, "invalid_request_error", Some("secret_key_required"), message)
    }

    /// A `Stripe-Account` header that names none of the platform's accounts.
    pub(crate) fn no_access(account: &str) -> Self {
        let message = format!(
            "The provided key does not have access to account '{account}' (or that account does not exist). Application access may have been revoked."
        );
        Self::new(StatusCode::FORBIDDEN, "invalid_request_error", Some("account_invalid"), &message)
    }

    /// The key was used before with other parameters.
    pub(crate) fn idempotency_mismatch(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
        );
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", None, &message)
    }

    /// The key's first request has not ended.
    pub(crate) fn idempotency_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotency-Key: {key}. Please try again later."
        );
        Self::new(StatusCode::CONFLICT, "idempotency_error", Some("idempotency_key_in_use"), &message)
    }

    /// A card or bank account that cannot be right; nothing was attempted.
    pub(crate) fn method_input(decline: Decline, param: &str) -> Self {
        let kind = decline.error_type();
        let status = if kind == "card_error" { StatusCode::PAYMENT_REQUIRED } else { StatusCode::BAD_REQUEST };
        let error = Self::new(status, kind, Some(decline.error_code()), decline.message());
        let error = if param.is_empty() { error } else { error.with("param", param) };
        match decline.decline_code() {
            Some(code) => error.with("decline_code", code),
            None => error,
        }
    }

    /// A payment that the bank refused; the failed attempt stays on the payment.
    pub(crate) fn declined(attempt: &Attempt, intent: Value) -> Self {
        let mut error = Self::new(StatusCode::PAYMENT_REQUIRED, "", None, "").executed();
        error.0.fields = attempt.fields();
        error.with("payment_intent", intent)
    }

    /// What went wrong, in words for the buyer.
    pub(crate) fn message(&self) -> &str {
        self.0.fields.get("message").and_then(Value::as_str).unwrap_or_default()
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Whether the operation had begun.
    pub(crate) fn was_executed(&self) -> bool {
        self.0.executed
    }

    /// The body of the answer to the request with this id.
    pub(crate) fn into_json(self, request_id: &str) -> Value {
        let log = format!("https://dashboard.stripe.com/test/logs/{request_id}");
        json!({ "error": self.with("request_log_url", log).0.fields })
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        // Only where the answer gets its headers is it known which request it answers; the body is made there.
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
