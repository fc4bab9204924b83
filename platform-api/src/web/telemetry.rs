//! One log line, one measurement and one id per request. Nothing secret is in them: no header, no body, no query.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant as Moment,
};

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use foundation::{
    id::{RequestId, ResellerId},
    throttle::Rate,
};

tokio::task_local! {
    static CURRENT: Arc<Current>;
}

#[derive(Debug)]
struct Current {
    id: String,
    learned: Mutex<Learned>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Learned {
    reseller: Option<ResellerId>,
    rate: Option<(Rate, u32)>,
}

/// The id of the request that this task serves.
pub(crate) fn request_id() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

fn learn(change: impl FnOnce(&mut Learned)) {
    let _ = CURRENT.try_with(|current| change(&mut current.learned.lock().unwrap_or_else(PoisonError::into_inner)));
}

/// Notes whose request it is, once that is known.
pub(crate) fn note_reseller(reseller: ResellerId) {
    learn(|learned| learned.reseller = Some(reseller));
}

/// Notes what is left in the bucket that the request took from.
pub(crate) fn note_rate(rate: Rate, remaining: u32) {
    learn(|learned| learned.rate = Some((rate, remaining)));
}

/// Wraps a request: gives it an id, logs it, measures it.
pub(crate) async fn wrap(request: Request, next: Next) -> Response {
    let began = Moment::now();
    let current = Arc::new(Current { id: RequestId::new().to_string(), learned: Mutex::default() });
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let mut response = CURRENT.scope(current.clone(), next.run(request)).await;
    let learned = *current.learned.lock().unwrap_or_else(PoisonError::into_inner);
    let status = response.status().as_u16();
    let took = began.elapsed();
    let quiet = matches!(route.as_str(), "/healthz" | "/readyz" | "/metrics");
    if !quiet {
        let tenant = learned.reseller.map(|reseller| reseller.to_string()).unwrap_or_default();
        let ms = format!("{}.{:03}", took.as_millis(), took.subsec_micros() % 1000);
        tracing::info!(target: "request", request_id = current.id, tenant, %method, route, status, ms);
    }
    let labels = [("route", route), ("method", method.to_string()), ("status", status.to_string())];
    metrics::counter!("stagedoor_requests_total", &labels).increment(1);
    metrics::histogram!("stagedoor_request_seconds", &labels[..2]).record(took);
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    put("request-id", current.id.clone());
    if let Some((rate, remaining)) = learned.rate {
        // The window is how long an empty bucket takes to be full again.
        let window = rate.burst.div_ceil(rate.per_second.max(1));
        put("ratelimit-policy", format!("\"default\";q={};w={window}", rate.burst));
        put("ratelimit", format!("\"default\";r={remaining};t={window}"));
    }
    response
}
