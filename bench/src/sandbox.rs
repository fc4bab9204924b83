//! The payment sandbox under load: its state kept in a file, its callbacks sent to a receiver that takes them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use axum::{Router, routing::post};
use stripe_sandbox::{Account, Config, Fee};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The secret key of its account.
pub(crate) const KEY: &str = "sk_test_bench";

/// Starts it with nothing in it; it stops with `stop`.
pub(crate) async fn start(home: &Path, stop: CancellationToken) -> anyhow::Result<SocketAddr> {
    let receiver = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let callback_url = format!("http://{}/", receiver.local_addr()?);
    tokio::spawn(async move { axum::serve(receiver, Router::new().route("/", post(|| async {}))).await });
    let state_file = home.join("sandbox.jsonl");
    if state_file.exists() {
        std::fs::remove_file(&state_file)?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let config = Config {
        listen: address,
        accounts: vec![Account {
            secret_key: KEY.to_owned(),
            publishable_key: "pk_test_bench".to_owned(),
            callback_url: Some(callback_url),
            callback_secret: "whsec_bench".to_owned(),
        }],
        state_file: Some(state_file),
        fee: Fee::default(),
        balance_transaction_delay: Duration::from_secs(1),
    };
    tokio::spawn(stripe_sandbox::serve(listener, config, stop.cancelled_owned()));
    Ok(address)
}
