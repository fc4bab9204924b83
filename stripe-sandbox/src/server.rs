//! The running provider: puts the accounts together from configuration and state file, serves HTTP, keeps the background work going.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::account::{Access, Account, Terms};
use crate::book::Book;
use crate::callbacks::{LANES, run_lane};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::idempotency::Answers;
use crate::journal::{self, Journal, Line, Record};
use crate::objects::event::API_VERSION;
use crate::{control, ids, page, routes};

/// How long a receiver may take to answer a callback.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(20);

/// How long requests that are under way at the end may still take.
const GRACE: Duration = Duration::from_secs(10);

/// The task that writes the state file.
type Writer = JoinHandle<io::Result<()>>;

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

/// The name of the request that is being answered.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

impl Sandbox {
    /// The account that `key` opens, and how far.
    pub(crate) fn account_of(&self, key: &str) -> Result<(Arc<Account>, Access), Error> {
        let found = self
            .accounts
            .iter()
            .find_map(|account| Some((account.clone(), account.access(key)?)));
        found.ok_or_else(|| {
            let end: String = key
                .chars()
                .rev()
                .take(4)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
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
    let client = reqwest::Client::builder()
        .timeout(CALLBACK_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let (sandbox, mut writer) = open(&config)?;
    let sandbox = Arc::new(sandbox);
    let mut background = JoinSet::new();
    for account in &sandbox.accounts {
        background.spawn(account.clone().keep_agenda());
        for lane in 0..LANES {
            background.spawn(run_lane(account.clone(), lane, client.clone()));
        }
    }
    let (stopping, stopped) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        // The receiver is gone only when the server has ended by itself.
        let _ = stopping.send(());
    };
    let server = axum::serve(listener, router(sandbox.clone())).with_graceful_shutdown(signal);
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

fn check(config: &Config) -> Result<(), ServeError> {
    let mut keys: Vec<&str> = Vec::new();
    for account in &config.accounts {
        keys.extend([
            account.secret_key.as_str(),
            account.publishable_key.as_str(),
        ]);
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if count == 0 || keys.len() != count || keys.iter().any(|key| key.is_empty()) {
        return Err(ServeError::Config(
            "there must be an account, and every key must be there once".to_owned(),
        ));
    }
    Ok(())
}

/// Builds the accounts, with what an earlier run left behind.
fn open(config: &Config) -> Result<(Sandbox, Option<Writer>), ServeError> {
    let clock = Arc::new(Clock::default());
    let mut kept: HashMap<String, (Book, Answers)> = HashMap::new();
    for account in &config.accounts {
        kept.insert(account.publishable_key.clone(), Default::default());
    }
    let delay_ms =
        i64::try_from(config.balance_transaction_delay.as_millis()).unwrap_or(i64::MAX / 2);
    let (journal, writer) = match &config.state_file {
        None => (Journal::default(), None),
        Some(path) => {
            replay(path, &clock, &mut kept)?;
            let offset = std::iter::once(Line::ClockOffset(clock.offset_ms()));
            let now_ms = clock.now_ms();
            let lines = kept
                .iter()
                .flat_map(|(name, (book, answers))| lines_of(name, book, answers, now_ms));
            let (journal, writer) = Journal::start(path, offset.chain(lines))?;
            (journal, Some(writer))
        }
    };
    let terms = Terms {
        fee: config.fee,
        delay_ms,
    };
    let mut accounts = Vec::new();
    for settings in &config.accounts {
        let (mut book, answers) = kept.remove(&settings.publishable_key).unwrap_or_default();
        book.reschedule(delay_ms);
        let unsent: Vec<_> = book
            .events
            .events()
            .iter()
            .filter(|event| !event.delivered)
            .cloned()
            .collect();
        let account = Account::new(
            settings.clone(),
            (book, answers),
            clock.clone(),
            journal.clone(),
            terms,
        );
        account.callbacks.push(&unsent, clock.now_ms());
        accounts.push(Arc::new(account));
    }
    Ok((
        Sandbox {
            accounts,
            clock,
            journal,
        },
        writer,
    ))
}

fn replay(
    path: &Path,
    clock: &Clock,
    kept: &mut HashMap<String, (Book, Answers)>,
) -> Result<(), ServeError> {
    let mut stranger = None;
    journal::read(path, |line| match line {
        Line::ClockOffset(offset) => clock.restore(offset),
        Line::Of(name, record) => match (kept.get_mut(&*name), record) {
            (Some((_, answers)), Record::Answer(answer)) => answers.restore(*answer),
            (Some((book, _)), record) => book.restore(record),
            (None, _) => stranger = Some(name),
        },
    })?;
    match stranger {
        None => Ok(()),
        Some(name) => Err(ServeError::Config(format!(
            "the state file {} holds payments of the account {name}, which is not configured; configure it, or move the file away",
            path.display()
        ))),
    }
}

fn lines_of(name: &str, book: &Book, answers: &Answers, now_ms: i64) -> impl Iterator<Item = Line> {
    let name: Arc<str> = name.into();
    let answers = answers
        .all(now_ms)
        .into_iter()
        .map(|answer| Record::Answer(Box::new(answer)));
    book.records()
        .chain(answers)
        .map(move |record| Line::Of(name.clone(), record))
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

/// Gives each request its id and each answer Stripe's headers; answers a browser's question whether it may call at all.
async fn dress(mut request: Request, next: Next) -> Response {
    let id = ids::fresh("req");
    request.extensions_mut().insert(RequestId(id.clone()));
    let is_api = request.uri().path().starts_with("/v1/");
    let version = request.headers().get("stripe-version").cloned();
    let key = request.headers().get("idempotency-key").cloned();
    let mut response = if is_api && request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let mut set = |name, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("request-id", HeaderValue::from_str(&id).ok());
    if is_api {
        set(
            "stripe-version",
            version.or_else(|| HeaderValue::from_str(API_VERSION).ok()),
        );
        set("idempotency-key", key);
        set(
            "cache-control",
            Some(HeaderValue::from_static("no-cache, no-store")),
        );
        set(
            "access-control-allow-origin",
            Some(HeaderValue::from_static("*")),
        );
        set(
            "access-control-allow-methods",
            Some(HeaderValue::from_static("GET, POST, OPTIONS")),
        );
        set(
            "access-control-allow-headers",
            Some(HeaderValue::from_static(
                "authorization, content-type, stripe-version, stripe-account, idempotency-key",
            )),
        );
        set(
            "access-control-expose-headers",
            Some(HeaderValue::from_static("request-id, stripe-version")),
        );
        set(
            "access-control-max-age",
            Some(HeaderValue::from_static("300")),
        );
    }
    response
}
