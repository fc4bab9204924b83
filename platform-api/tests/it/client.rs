//! A caller of the API and what it is answered.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

/// A key at a process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    pub(crate) key: Option<String>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A text that no other call of the test run has.
pub(crate) fn fresh() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The text of a JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

impl Client {
    pub(crate) fn new(http: reqwest::Client, base: &str, key: Option<String>) -> Self {
        Self { http, base: base.to_owned(), key }
    }

    /// The same caller at another process.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The address of the process, `127.0.0.1:…`.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// A call with the key and nothing else.
    pub(crate) fn call(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let call = self
            .http
            .request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), format!("{}{path}", self.base));
        match &self.key {
            Some(key) => call.bearer_auth(key),
            None => call,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.call("get", path)).await
    }

    /// With an Idempotency-Key of its own.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_keyed(path, &fresh(), &body.to_string()).await
    }

    /// With this key and these bytes.
    pub(crate) async fn post_keyed(&self, path: &str, key: &str, body: &str) -> Answer {
        send(
            self.call("post", path)
                .header("idempotency-key", key)
                .header("content-type", "application/json")
                .body(body.to_owned()),
        )
        .await
    }

    pub(crate) async fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        send(self.call("patch", path).header("if-match", etag).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str, etag: &str) -> Answer {
        send(self.call("delete", path).header("if-match", etag)).await
    }
}

/// Sends it. Whatever comes back has a request's id and, if it is a refusal, is a problem.
pub(crate) async fn send(call: reqwest::RequestBuilder) -> Answer {
    let mut response = call.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    // What goes on for ever is not read to its end.
    let body = if headers.get("content-type").is_some_and(|kind| kind == "text/event-stream") {
        String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap()
    } else {
        response.text().await.unwrap()
    };
    let answer = Answer { status, headers, text: body };
    assert!(answer.header("request-id").starts_with("req_"), "no request id: {answer:?}");
    if answer.status == 500 {
        let log = crate::log::lines();
        panic!("{}\n{}", answer.text, log.lines().filter(|line| line.contains(" ERROR ")).collect::<String>());
    }
    if answer.status >= 400 && answer.status != 503 {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status, "{answer:?}");
        assert_eq!(problem["request_id"], answer.header("request-id"), "{answer:?}");
        assert_eq!(problem["type"], format!("urn:stagedoor:problem:{}", text(&problem["code"])), "{answer:?}");
    }
    answer
}

impl Answer {
    /// A header's text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The problem of an answer that must be refused so.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, &self.json()["code"]), (status, &Value::from(code)), "{}", self.text);
        self.json()
    }

    pub(crate) fn etag(&self) -> &str {
        self.header("etag")
    }

    pub(crate) fn replayed(&self) -> bool {
        self.header("idempotent-replayed") == "true"
    }

    /// The body without what differs between any two requests.
    pub(crate) fn without_request_id(&self) -> String {
        self.text.replace(self.header("request-id"), "")
    }
}
