//! `stagedoor listen`: webhooks for whoever writes a receiver, in two ways.
//!
//! By itself it receives webhooks on this machine, verifies each by Standard Webhooks and prints it. With `--forward-to` it needs no
//! endpoint: it follows the event list and sends every new event to a receiver on this machine, signed as a webhook is.

mod forward;

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use webhooks_dispatcher::signature::Verifier;

use super::api::Api;
use crate::process::{asked_to_stop, bind, complain, tell};

/// What to do with what comes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8790", conflicts_with = "forward_to")]
    address: SocketAddr,
    /// What verifies: the endpoint's signing secret (whsec_…) or its public key (whpk_…). With --forward-to: what signs; left out, one
    /// is made and printed.
    #[arg(long, required_unless_present = "forward_to")]
    secret: Option<String>,
    /// Follows the event list instead, and sends every new event to this address.
    #[arg(long, value_name = "URL", requires = "key")]
    forward_to: Option<String>,
    /// Only these types; may be given again.
    #[arg(long, requires = "forward_to")]
    event: Vec<String>,
    /// Where the API is.
    #[arg(long, default_value = "http://127.0.0.1:8700", env = "STAGEDOOR_API")]
    api: String,
    /// A secret key (`sk_…`), to follow the event list with.
    #[arg(long, env = "STAGEDOOR_API_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Stop after so many deliveries.
    #[arg(long)]
    count: Option<usize>,
}

struct Listener {
    key: Verifier,
    done: tokio::sync::mpsc::Sender<()>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let count = arguments.count.unwrap_or(usize::MAX);
    if let (Some(to), Some(key)) = (arguments.forward_to, arguments.key) {
        let there = reqwest::Url::parse(&to).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        anyhow::ensure!(there, "--forward-to: `{to}` is no address; say it as http://127.0.0.1:8790/webhooks");
        if let Some(unknown) = arguments.event.iter().find(|kind| platform_api::catalogue::find(kind).is_none()) {
            anyhow::bail!("--event: `{unknown}` is no type of event; docs/events.md has them all");
        }
        let api = Api::open(super::api::Access { api: arguments.api, key })?;
        let forward = forward::Forward { api, to, secret: arguments.secret, types: arguments.event, count };
        tokio::select! {
            forwarded = forward.run() => forwarded?,
            () = asked_to_stop() => {}
        }
        return Ok(ExitCode::SUCCESS);
    }
    let secret = arguments.secret.unwrap_or_default();
    let key = Verifier::parse(&secret).context("--secret")?;
    let (done, mut deliveries) = tokio::sync::mpsc::channel(1);
    let router = Router::new().fallback(post(receive)).with_state(Arc::new(Listener { key, done }));
    let listener = bind(arguments.address, "--address")?;
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
    let signed = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
    if let Err(why) = listener.key.verify(signed, &body, jiff::Timestamp::now().as_second()) {
        complain(format_args!("refused: {why}"));
        return StatusCode::UNAUTHORIZED;
    }
    tell(String::from_utf8_lossy(&body));
    // Whoever waits for the last one has gone when nobody receives any more.
    let _ = listener.done.send(()).await;
    StatusCode::NO_CONTENT
}
