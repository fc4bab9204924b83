//! `stagedoor listen`: receives webhooks on this machine, verifies each by Standard Webhooks and prints it: what a
//! reseller's developer needs to see the first one arrive.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::process::{asked_to_stop, bind, tell};

/// Where to listen, and the endpoint's secret.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8790")]
    address: SocketAddr,
    /// The endpoint's signing secret (whsec_…).
    #[arg(long)]
    secret: String,
    /// Stop after so many deliveries.
    #[arg(long)]
    count: Option<usize>,
}

struct Listener {
    key: Vec<u8>,
    done: tokio::sync::mpsc::Sender<()>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let key = arguments.secret.strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
    let key = key.filter(|key| !key.is_empty()).context("--secret is not a secret of the form whsec_… and base64")?;
    let (done, mut deliveries) = tokio::sync::mpsc::channel(1);
    let router = Router::new().fallback(post(receive)).with_state(Arc::new(Listener { key, done }));
    let listener = bind(arguments.address, "--address").await?;
    let count = arguments.count.unwrap_or(usize::MAX);
    let enough = async move {
        let stop = asked_to_stop();
        tokio::pin!(stop);
        for _ in 0..count {
            tokio::select! {
                more = deliveries.recv() => if more.is_none() { break },
                () = &mut stop => break,
            }
        }
    };
    axum::serve(listener, router).with_graceful_shutdown(enough).await?;
    Ok(ExitCode::SUCCESS)
}

async fn receive(State(listener): State<Arc<Listener>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
    if !verified(&listener.key, id, time, &body, header("webhook-signature")) {
        tell("refused: the signature does not fit the body");
        return StatusCode::UNAUTHORIZED;
    }
    tell(String::from_utf8_lossy(&body));
    // Whoever waits for the last one has gone when nobody receives any more.
    let _ = listener.done.send(()).await;
    StatusCode::NO_CONTENT
}

fn verified(key: &[u8], id: &str, time: &str, body: &[u8], signatures: &str) -> bool {
    signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).filter_map(|one| STANDARD.decode(one).ok()).any(
        |given| {
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
            mac.update(format!("{id}.{time}.").as_bytes());
            mac.update(body);
            mac.verify_slice(&given).is_ok()
        },
    )
}
