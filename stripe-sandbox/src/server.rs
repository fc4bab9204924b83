//! The running provider: serves HTTP and keeps the background work going, from start to orderly end.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::account::{Access, Account};
use crate::callbacks::keep_receivers;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::headers::dress;
use crate::journal::Journal;
use crate::line::{Lines, Scissors};
use crate::opening::{check, open};
use crate::{control, page, routes};

/// How long a receiver may take to answer a callback.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(20);

/// How long requests that are under way at the end may still take.
const GRACE: Duration = Duration::from_secs(10);

/// The task that writes the state file.
pub(crate) type Writer = JoinHandle<io::Result<()>>;

/// Why the provider could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration contradicts itself.
    #[error("configuration: {0}")]
    Config(String),
    /// The state file could not be read or written, or the listener failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The client that sends callbacks could not be made.
    #[error("callback client: {0}")]
    Client(#[from] reqwest::Error),
}

/// All accounts and the clock they share.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) accounts: Vec<Arc<Account>>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) journal: Journal,
}

impl Sandbox {
    /// The account that `key` opens, and how far.
    pub(crate) fn account_of(&self, key: &str) -> Result<(Arc<Account>, Access), Error> {
        let found = self.accounts.iter().find_map(|account| Some((account.clone(), account.access(key)?)));
        found.ok_or_else(|| {
            let end: String = key.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
            Error::unauthorized(&format!("Invalid API Key provided: ****{end}"))
        })
    }
}

/// Serves `config.accounts` on `listener` until `shutdown` is done, then finishes what is under way and writes out the state.
///
/// The process must have a rustls provider installed, for callbacks to `https://` receivers.
///
/// # Errors
/// If the configuration is contradictory, the state file cannot be read or written, or the listener fails.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    check(&config)?;
    let client =
        reqwest::Client::builder().timeout(CALLBACK_TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()?;
    let (sandbox, mut writer) = open(&config, address_of(&listener)?)?;
    let sandbox = Arc::new(sandbox);
    let mut background = JoinSet::new();
    for account in &sandbox.accounts {
        background.spawn(account.clone().keep_agenda());
        background.spawn(keep_receivers(account.clone(), client.clone()));
    }
    let (stopping, stopped) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        // The receiver is gone only when the server has ended by itself.
        let _ = stopping.send(());
    };
    let service = router(sandbox.clone()).into_make_service_with_connect_info::<Scissors>();
    let server = axum::serve(Lines(listener), service).with_graceful_shutdown(signal);
    let out_of_time = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = server.into_future() => ended?,
        () = out_of_time => tracing::warn!("some requests did not end in time"),
        error = failure_of(&mut writer) => return Err(error),
    }
    background.shutdown().await;
    sandbox.journal.close().await;
    match writer {
        Some(writer) => Ok(writer.await.map_err(io::Error::other)??),
        None => Ok(()),
    }
}

/// Where a browser on this machine finds the pages.
fn address_of(listener: &TcpListener) -> io::Result<Arc<str>> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http://{address}").into())
}

/// Waits until the writer has failed; for ever, if there is none.
async fn failure_of(writer: &mut Option<Writer>) -> ServeError {
    match writer {
        Some(writer) => writer_failed(writer.await),
        None => std::future::pending().await,
    }
}

fn writer_failed(ended: Result<io::Result<()>, tokio::task::JoinError>) -> ServeError {
    match ended {
        Ok(Err(error)) => error.into(),
        Ok(Ok(())) => io::Error::other("the state file's writer has stopped").into(),
        Err(error) => io::Error::other(error).into(),
    }
}

fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .merge(routes::router())
        .merge(page::router())
        .merge(control::router())
        .fallback(routes::unknown)
        .method_not_allowed_fallback(routes::unknown)
        .layer(middleware::from_fn(dress))
        .with_state(sandbox)
}
