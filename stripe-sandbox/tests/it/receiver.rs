//! A receiver of callbacks that keeps exact bytes and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How long a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct Desk {
    sender: mpsc::UnboundedSender<Callback>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

pub(crate) struct Callback {
    pub(crate) signature: String,
    pub(crate) body: Bytes,
}

impl Callback {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Fails unless the signature is over these very bytes, with this secret.
    #[track_caller]
    pub(crate) fn assert_signed(&self, secret: &str) {
        let (time, signature) = self.signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        mac.verify_slice(&hex::decode(signature).unwrap()).expect("the signature is over other bytes");
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    callbacks: mpsc::UnboundedReceiver<Callback>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    let status = desk.answers.lock().unwrap().pop_front().unwrap_or(200);
    desk.sender.send(Callback { signature, body }).unwrap();
    StatusCode::from_u16(status).unwrap()
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let (sender, callbacks) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let router =
            Router::new().route("/callbacks", post(take)).with_state(Desk { sender, answers: answers.clone() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callbacks", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, callbacks, answers }
    }

    /// The next answers; after them, all is well.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) async fn next(&mut self) -> Callback {
        tokio::time::timeout(PATIENCE, self.callbacks.recv()).await.expect("no callback came").unwrap()
    }

    /// The kinds of the next `count` callbacks, in the order in which they came.
    pub(crate) async fn kinds(&mut self, count: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(self.next().await.kind());
        }
        kinds
    }
}
