//! One API request: whose it is, what it asks, and how its answer goes out. The only way from a route to an account's book.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use crate::account::{Access, Account};
use crate::book::{Book, Context};
use crate::connect;
use crate::error::Error;
use crate::expand::expand;
use crate::faults::{Fault, When};
use crate::form;
use crate::headers::{self, RequestId};
use crate::idempotency::{self, Answer, Claim, Turn};
use crate::line::Scissors;
use crate::objects::event::Cause;
use crate::objects::payment_intent;
use crate::params::Params;
use crate::server::Sandbox;

/// The largest request body, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// The most that one answer expands.
const MOST_EXPANSIONS: usize = 20;

/// A request with a secret key.
#[derive(Debug)]
pub(crate) struct Call {
    account: Arc<Account>,
    access: Access,
    /// The connected account that `Stripe-Account` names.
    connected: Option<String>,
    params: Params,
    expand: Vec<String>,
    cause: Cause,
    fingerprint: String,
    fault: Option<Arc<Fault>>,
    line: Scissors,
}

/// A request that a buyer's browser may make as well: with a publishable key and the payment's client secret.
#[derive(Debug)]
pub(crate) struct BuyerCall(pub(crate) Call);

impl FromRequest<Arc<Sandbox>> for Call {
    type Rejection = Error;

    async fn from_request(request: Request, sandbox: &Arc<Sandbox>) -> Result<Self, Error> {
        let call = Self::read(request, sandbox).await?;
        if call.access == Access::Secret { Ok(call) } else { Err(Error::secret_key_required()) }
    }
}

impl FromRequest<Arc<Sandbox>> for BuyerCall {
    type Rejection = Error;

    async fn from_request(request: Request, sandbox: &Arc<Sandbox>) -> Result<Self, Error> {
        Call::read(request, sandbox).await.map(Self)
    }
}

/// An answer that a fault strikes after it was read.
#[derive(Clone, Debug)]
pub(crate) struct HeldBack {
    fault: Arc<Fault>,
    line: Scissors,
}

impl HeldBack {
    /// Lets the fault strike.
    pub(crate) async fn strike(self) -> Result<(), Error> {
        self.fault.strike(When::After, &self.line).await
    }
}

impl Call {
    async fn read(request: Request, sandbox: &Arc<Sandbox>) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        let key_in_header = bearer_key(&parts.headers);
        let from_header = key_in_header.as_deref().map(|key| sandbox.account_of(key)).transpose()?;
        let input = if matches!(parts.method, Method::GET | Method::DELETE) {
            Bytes::copy_from_slice(parts.uri.query().unwrap_or_default().as_bytes())
        } else {
            let too_large = |_| Error::parameter("parameter_invalid", "The request body is too large.", "");
            to_bytes(body, LARGEST_BODY).await.map_err(too_large)?
        };
        let mut params = Params::new(form::parse(&input)?);
        let key_in_body = params.string("key")?;
        let (account, access) = match (from_header, key_in_body) {
            (Some(found), _) => found,
            // A browser sends its publishable key as a parameter; a secret key never comes this way.
            (None, Some(key)) => {
                sandbox.account_of(&key).ok().filter(|(_, access)| *access == Access::Publishable).ok_or_else(no_key)?
            }
            (None, None) => return Err(no_key()),
        };
        headers::version(&parts.headers)?;
        let connected = connected(&parts.headers, &account)?;
        account.rate_limit.count(account.clock.now_ms())?;
        let line = parts.extensions.get::<ConnectInfo<Scissors>>().map(|line| line.0.clone()).unwrap_or_default();
        let fault = account.faults.take(parts.method.as_str(), parts.uri.path());
        if parts.method == Method::GET
            && let Some(fault) = &fault
        {
            fault.strike(When::Before, &line).await?;
        }
        let mut expand = params.strings("expand")?;
        expand.truncate(MOST_EXPANSIONS);
        Ok(Self {
            account,
            access,
            connected,
            params,
            expand,
            fingerprint: idempotency::fingerprint(parts.method.as_str(), parts.uri.path(), &input),
            cause: Cause { request_id, idempotency_key: idempotency_key(&parts.method, &parts.headers)? },
            fault,
            line,
        })
    }

    /// Takes the parameters out, to be parsed before anything is done.
    pub(crate) fn take_params(&mut self) -> Params {
        std::mem::take(&mut self.params)
    }

    /// Whether this is a buyer, who must show the client secret.
    pub(crate) fn is_buyer(&self) -> bool {
        self.access == Access::Publishable
    }

    /// Answers from what is there.
    pub(crate) fn read_book(
        self,
        look: impl FnOnce(&Book, &Context) -> Result<Value, Error>,
    ) -> Result<Response, Error> {
        let answer = self.account.read(|book, context| {
            let book = self.connected.as_ref().and_then(|account| book.connected(account)).unwrap_or(book);
            look(book, context).map(|value| self.finished(book, context, value))
        })?;
        let mut response = json_response(StatusCode::OK, answer.to_string());
        // What was read is held back after the reading: an answer that is old by the time it comes.
        if let Some(fault) = self.fault {
            response.extensions_mut().insert(HeldBack { fault, line: self.line });
        }
        Ok(response)
    }

    /// Answers about what only the platform has.
    pub(crate) fn read_as_platform(
        self,
        look: impl FnOnce(&Book, &Context) -> Result<Value, Error>,
    ) -> Result<Response, Error> {
        self.check_platform()?;
        self.read_book(look)
    }

    /// Carries out what only the platform can do.
    pub(crate) async fn execute_as_platform(
        self,
        operation: impl FnOnce(&mut Book, &Context) -> Result<Value, Error>,
    ) -> Result<Response, Error> {
        self.check_platform()?;
        self.execute(operation).await
    }

    fn check_platform(&self) -> Result<(), Error> {
        let message = "This sandbox has this only for the platform itself: leave out the Stripe-Account header.";
        if self.connected.is_none() { Ok(()) } else { Err(Error::refused(message)) }
    }

    /// The account that asks about itself.
    pub(crate) fn read_own_account(self) -> Result<Response, Error> {
        let answer = self.account.read(|book, context| {
            let json = match &self.connected {
                Some(id) => book.account_json(book.connected_account(id, "account")?),
                None => connect::platform_json(&self.account.settings.publishable_key),
            };
            Ok(self.finished(book, context, json))
        })?;
        Ok(json_response(StatusCode::OK, answer.to_string()))
    }

    /// Carries out an operation once per idempotency key. Parameters must have been parsed before: what fails there is not remembered.
    pub(crate) async fn execute(
        self,
        operation: impl FnOnce(&mut Book, &Context) -> Result<Value, Error>,
    ) -> Result<Response, Error> {
        let claim = match &self.cause.idempotency_key {
            None => None,
            Some(key) => {
                let scope = self.connected.as_deref().unwrap_or_default();
                let now_ms = self.account.clock.now_ms();
                match self.account.answers.begin(scope, key, self.fingerprint.clone(), now_ms)? {
                    Turn::First(claim) => Some(claim),
                    Turn::Replay(answer) => {
                        self.strike(When::Before).await?;
                        self.strike(When::After).await?;
                        return Ok(replay(&answer));
                    }
                }
            }
        };
        let keyed = claim.is_some();
        self.strike(When::Before).await?;
        let outcome = self
            .account
            .transact(Some(self.cause.clone()), |book, context| self.carry_out(book, context, claim, operation));
        let (status, body) = outcome.await;
        self.strike(When::After).await?;
        let mut response = json_response(status, body.to_string());
        if keyed && let Ok(original) = HeaderValue::from_str(&self.cause.request_id) {
            response.headers_mut().insert("original-request", original);
        }
        Ok(response)
    }

    async fn strike(&self, now: When) -> Result<(), Error> {
        match &self.fault {
            Some(fault) => fault.strike(now, &self.line).await,
            None => Ok(()),
        }
    }

    fn carry_out(
        &self,
        book: &mut Book,
        context: &Context,
        claim: Option<Claim<'_>>,
        operation: impl FnOnce(&mut Book, &Context) -> Result<Value, Error>,
    ) -> (StatusCode, Arc<str>) {
        let (status, body, executed) = match &self.connected {
            None => self.outcome(book, context, operation),
            Some(account) => book.within(account, |book| self.outcome(book, context, operation)),
        };
        if let Some(claim) = claim.filter(|_| executed) {
            let answer = claim.complete(status.as_u16(), body.clone(), &self.cause.request_id, context.now_ms);
            book.note_answer(answer);
        }
        (status, body)
    }

    /// Does the work and tells the answer, and whether it had begun.
    fn outcome(
        &self,
        book: &mut Book,
        context: &Context,
        operation: impl FnOnce(&mut Book, &Context) -> Result<Value, Error>,
    ) -> (StatusCode, Arc<str>, bool) {
        let outcome = operation(book, context);
        let executed = outcome.as_ref().map_or_else(Error::was_executed, |_| true);
        let failure = self.fault.as_ref().filter(|_| executed).and_then(|fault| fault.answer_after());
        let (status, value) = match failure.map_or(outcome, Err) {
            Ok(value) => (StatusCode::OK, value),
            Err(error) => (error.status(), error.into_json(&self.cause.request_id)),
        };
        (status, self.finished(book, context, value).to_string().into(), executed)
    }

    /// The answer as this caller may see it, expanded as asked.
    fn finished(&self, book: &Book, context: &Context, mut value: Value) -> Value {
        if self.is_buyer() {
            payment_intent::hide_private(&mut value);
            if let Some(intent) = value.pointer_mut("/error/payment_intent") {
                payment_intent::hide_private(intent);
            }
            return value;
        }
        for path in &self.expand {
            expand(book, &mut value, path, context.now());
        }
        value
    }
}

fn no_key() -> Error {
    Error::unauthorized(
        "You did not provide an API key. Provide it in the Authorization header, using Bearer auth (Authorization: Bearer YOUR_SECRET_KEY).",
    )
}

/// The connected account of `account` that the request is about.
fn connected(headers: &HeaderMap, account: &Account) -> Result<Option<String>, Error> {
    let Some(id) = headers.get("stripe-account") else {
        return Ok(None);
    };
    let id = id.to_str().unwrap_or_default();
    let known = account.read(|book, _| book.connected_account(id, "account").is_ok());
    if known { Ok(Some(id.to_owned())) } else { Err(Error::no_access(id)) }
}

/// The key of a `Bearer` or `Basic` header.
pub(crate) fn bearer_key(headers: &HeaderMap) -> Option<String> {
    let (scheme, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(credentials.trim().to_owned());
    }
    let decoded = STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split(':').next().map(str::to_owned)
}

fn idempotency_key(method: &Method, headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get("idempotency-key").filter(|_| method == Method::POST) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= 255 => Ok(Some(key.to_owned())),
        _ => Err(Error::parameter("parameter_invalid", "Idempotency-Key must have 1 to 255 characters.", "")),
    }
}

fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn replay(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, answer.body.to_string());
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    if let Ok(original) = HeaderValue::from_str(&answer.request_id) {
        response.headers_mut().insert("original-request", original);
    }
    response
}
