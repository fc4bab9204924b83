//! A receiver of webhooks: keeps what comes and answers as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response},
};
use tokio::sync::{Notify, mpsc};

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> String {
        self.header("webhook-id")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// How to answer.
#[derive(Clone)]
pub(crate) enum Reply {
    Status(u16),
    With(u16, Vec<(&'static str, String)>, String),
    /// Never.
    Hang,
    /// With 200, once told so.
    Held(Arc<Notify>),
}

type Script = Arc<dyn Fn(usize, &Received) -> Reply + Send + Sync>;

#[derive(Clone)]
struct Shared {
    script: Script,
    all: Arc<Mutex<Vec<Received>>>,
    arrivals: mpsc::UnboundedSender<Received>,
}

/// A receiver on a port of its own.
pub(crate) struct Receiver {
    pub(crate) url: String,
    all: Arc<Mutex<Vec<Received>>>,
    arrivals: mpsc::UnboundedReceiver<Received>,
}

impl Receiver {
    /// Answers the nth request (from 0) as `script` says.
    pub(crate) async fn start(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_seeing(move |nth, _| script(nth)).await
    }

    /// The same, of a script that sees what came.
    pub(crate) async fn start_seeing(script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, arrivals) = mpsc::unbounded_channel();
        let all = Arc::default();
        let shared = Shared { script: Arc::new(script), all: Arc::clone(&all), arrivals: sender };
        let router = Router::new().fallback(receive).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, all, arrivals }
    }

    /// Answers every request with this status.
    pub(crate) async fn answering(status: u16) -> Self {
        Self::start(move |_| Reply::Status(status)).await
    }

    /// The next request, when it comes; the bound only turns a hang into a failure.
    pub(crate) async fn next(&mut self) -> Received {
        let arrival = tokio::time::timeout(Duration::from_secs(30), self.arrivals.recv());
        arrival.await.expect("nothing came").unwrap()
    }

    /// All requests so far.
    pub(crate) fn all(&self) -> Vec<Received> {
        self.all.lock().unwrap().clone()
    }
}

async fn receive(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let received = Received { headers, body };
    let nth = {
        let mut all = shared.all.lock().unwrap();
        all.push(received.clone());
        all.len() - 1
    };
    let reply = (shared.script)(nth, &received);
    let _ = shared.arrivals.send(received);
    match reply {
        Reply::Status(status) => Response::builder().status(status).body(Body::empty()).unwrap(),
        Reply::With(status, headers, body) => headers
            .into_iter()
            .fold(Response::builder().status(status), |answer, (name, value)| answer.header(name, value))
            .body(Body::from(body))
            .unwrap(),
        Reply::Hang => std::future::pending().await,
        Reply::Held(go) => {
            go.notified().await;
            Response::new(Body::empty())
        }
    }
}
