//! A provider on a free port, and a client for it.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use stripe_sandbox::{Account, Config, Fee, ServeError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Far enough away that only a moved clock reaches it.
pub(crate) const DELAY: u64 = 3600;

pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), ServeError>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    #[track_caller]
    pub(crate) fn error(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()["error"].clone()
    }
}

pub(crate) fn account(name: &str, callback_url: Option<String>) -> Account {
    Account {
        secret_key: format!("sk_test_{name}"),
        publishable_key: format!("pk_test_{name}"),
        callback_url,
        callback_secret: format!("whsec_{name}"),
    }
}

pub(crate) fn config(accounts: Vec<Account>, state_file: Option<PathBuf>) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        accounts,
        state_file,
        fee: Fee::default(),
        balance_transaction_delay: Duration::from_secs(DELAY),
    }
}

impl World {
    /// One account, `eu`, without a receiver.
    pub(crate) async fn new() -> Self {
        Self::with(config(vec![account("eu", None)], None)).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        // All tests but the first find it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind(config.listen).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let server = tokio::spawn(stripe_sandbox::serve(listener, config, shutdown));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base, http, stop, server }
    }

    pub(crate) async fn stop(self) {
        drop(self.http);
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        Answer { status: response.status(), headers: response.headers().clone(), text: response.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth("sk_test_eu")).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth("sk_test_eu").form(form)).await
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth("sk_test_eu").json(&body)).await
    }

    pub(crate) async fn advance(&self, seconds: u64) -> Value {
        self.control("/_sandbox/advance", serde_json::json!({ "seconds": seconds })).await.ok()
    }

    /// What a bank, or somebody at the provider's dashboard, does.
    pub(crate) async fn trigger(&self, what: Value) -> Answer {
        self.control("/_sandbox/trigger", what).await
    }

    /// A payment intent over EUR 100.00 that waits for its buyer.
    pub(crate) async fn intent(&self) -> Value {
        let form =
            [("amount", "10000"), ("currency", "eur"), ("metadata[order]", "ord_1"), ("description", "Two tickets")];
        self.post("/v1/payment_intents", &form).await.ok()
    }

    /// A paid payment intent over EUR 100.00.
    pub(crate) async fn paid(&self, method: &str) -> Value {
        let form = [("amount", "10000"), ("currency", "eur"), ("confirm", "true"), ("payment_method", method)];
        self.post("/v1/payment_intents", &form).await.ok()
    }
}

pub(crate) fn text<'a>(json: &'a Value, field: &str) -> &'a str {
    json[field].as_str().unwrap_or_else(|| panic!("{field} of {json}"))
}
