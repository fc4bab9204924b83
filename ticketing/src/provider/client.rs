//! Stripe's client trait over our HTTP client: kept connections, a time limit per try, and bounded retries that carry the
//! key the caller derived, so that a retry after a crash is the same request.

use std::time::{Duration, Instant};

use bytes::Bytes;
use stripe::StripeError;
use stripe_client_core::{
    CustomizedStripeRequest, RequestBuilder, RequestStrategy, StripeClient, StripeMethod, VERSION,
};

use super::{ProviderError, ProviderSettings, breaker::Breaker};

/// All tries together stay within what a request may take.
const TIMEOUT: Duration = Duration::from_secs(8);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Tries of one call; the provider's own libraries make as many.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base_url: String,
    secret_key: String,
    breaker: Breaker,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base_url)
    }
}

impl Client {
    pub(super) fn new(settings: &ProviderSettings) -> Result<Self, ProviderError> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| ProviderError::Unreachable(error.to_string()))?;
        let base_url = format!("{}/", settings.base_url.trim_end_matches('/'));
        Ok(Self { http, base_url, secret_key: settings.secret_key.clone(), breaker: Breaker::default() })
    }

    async fn once(
        &self,
        request: &RequestBuilder,
        key: Option<&str>,
        account: Option<&str>,
    ) -> Result<(u16, Bytes), StripeError> {
        let query = request.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}v1{}{query}", self.base_url, request.path);
        let mut call = match request.method {
            StripeMethod::Get => self.http.get(url),
            StripeMethod::Post => self.http.post(url),
            StripeMethod::Delete => self.http.delete(url),
        };
        call = call.bearer_auth(&self.secret_key).header("stripe-version", VERSION.to_string());
        if let Some(key) = key {
            call = call.header("idempotency-key", key);
        }
        if let Some(account) = account {
            call = call.header("stripe-account", account);
        }
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/x-www-form-urlencoded").body(in_one_order(body));
        }
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                StripeError::Timeout
            } else {
                StripeError::ClientError(error.without_url().to_string())
            }
        };
        let answer = call.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        Ok((status, answer.bytes().await.map_err(failed)?))
    }

    /// Tries a few times what may pass.
    async fn patiently(
        &self,
        request: &RequestBuilder,
        key: Option<&str>,
        account: Option<&str>,
    ) -> Result<Bytes, StripeError> {
        let mut tries = 1;
        loop {
            let outcome = self.once(request, key, account).await;
            let passing = match &outcome {
                Ok((status, _)) => matches!(status, 409 | 429 | 500..=599),
                Err(_) => true,
            };
            if !passing || tries == TRIES {
                return judge(outcome?);
            }
            tokio::time::sleep(PAUSE * tries).await;
            tries += 1;
        }
    }

    /// A call that may be repeated as it is, with its answer as it came.
    pub(super) async fn ask_raw(&self, request: &RequestBuilder) -> Result<Bytes, StripeError> {
        self.patiently(request, None, None).await
    }

    /// A call under a key, with its answer as it came.
    pub(super) async fn send_raw(&self, request: &RequestBuilder, key: &str) -> Result<Bytes, StripeError> {
        self.patiently(request, Some(key), None).await
    }

    /// A call on behalf of a connected account, under a key where it is not to be done twice, with its answer as it came.
    pub(super) async fn raw_for(
        &self,
        account: &str,
        request: &RequestBuilder,
        key: Option<&str>,
    ) -> Result<Bytes, StripeError> {
        self.patiently(request, key, Some(account)).await
    }

    /// Makes a call unless the provider rests, counts and times it, and says what its failure means.
    pub(super) async fn measured<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, StripeError>>,
    ) -> Result<T, ProviderError> {
        let began = Instant::now();
        if let Err(pause) = self.breaker.may_ask(began) {
            metrics::counter!("stagedoor_provider_not_asked_total", "call" => call).increment(1);
            return Err(ProviderError::Resting(pause));
        }
        let outcome = work.await;
        metrics::histogram!("stagedoor_provider_seconds", "call" => call).record(began.elapsed());
        let outcome = outcome.map_err(meaning);
        if let Err(error) = &outcome {
            let kind = match error {
                ProviderError::Refused { .. } => "refused",
                ProviderError::Failed(_) => "failed",
                ProviderError::Unreachable(_) | ProviderError::Resting(_) => "unreachable",
            };
            metrics::counter!("stagedoor_provider_failures_total", "call" => call, "kind" => kind).increment(1);
        }
        match &outcome {
            Err(ProviderError::Failed(_) | ProviderError::Unreachable(_)) => self.breaker.failed(Instant::now()),
            _ => self.breaker.answered(),
        }
        outcome
    }
}

impl StripeClient for Client {
    type Err = StripeError;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, StripeError> {
        let (request, more) = request.into_pieces();
        let key = more.request_strategy.as_ref().and_then(RequestStrategy::get_key);
        self.patiently(&request, key.as_ref().map(stripe_client_core::IdempotencyKey::as_str), None).await
    }
}

/// The form with its fields sorted. The library writes metadata in any order, and the provider refuses a key that comes again
/// with another body, so that a call taken up after a crash would look like another call.
fn in_one_order(form: &str) -> String {
    let mut fields: Vec<&str> = form.split('&').collect();
    fields.sort_unstable();
    fields.join("&")
}

fn judge((status, body): (u16, Bytes)) -> Result<Bytes, StripeError> {
    #[derive(miniserde::Deserialize)]
    struct Problem {
        error: stripe_shared::ApiErrors,
    }
    if (200..300).contains(&status) {
        return Ok(body);
    }
    let problem = std::str::from_utf8(&body).ok().and_then(|text| miniserde::json::from_str::<Problem>(text).ok());
    Err(match problem {
        Some(problem) => StripeError::Stripe(Box::new(problem.error), status),
        None => StripeError::ClientError(format!("status {status}")),
    })
}

/// What a failure means for whoever asked.
fn meaning(error: StripeError) -> ProviderError {
    match error {
        StripeError::Stripe(problem, status) if (400..500).contains(&status) && status != 409 && status != 429 => {
            ProviderError::Refused {
                code: problem.code.map(|code| code.to_string()).unwrap_or_else(|| status.to_string()),
                message: problem.message.unwrap_or_default(),
            }
        }
        StripeError::Stripe(problem, status) if status >= 500 => {
            ProviderError::Failed(format!("status {status}: {}", problem.message.unwrap_or_default()))
        }
        StripeError::Stripe(problem, status) => {
            ProviderError::Unreachable(format!("status {status}: {}", problem.message.unwrap_or_default()))
        }
        other => ProviderError::Unreachable(other.to_string()),
    }
}
