//! One attempt: sign, POST, and judge the answer.

use std::{error::Error as _, sync::Arc, time::Duration};

use foundation::Instant;
use reqwest::{Client, Response, header, redirect};
use tokio::time::Instant as Moment;

use crate::{
    DispatcherSettings, Works,
    attempts::{Attempt, Endpoint, Job, Outcome},
    guard::{self, LookUp, PublicOnly, Unreachable},
    schedule, signature,
};

/// The most that is read and kept of an answer.
const ANSWER_MAX: usize = 8 * 1024;
/// The answer by which an endpoint says that it is no more.
pub(crate) const GONE: u16 = 410;

/// A client that goes to public addresses only, by no proxy, follows nothing, and remembers nothing.
pub(crate) fn client(settings: &DispatcherSettings) -> Result<Client, reqwest::Error> {
    client_by(settings, guard::SYSTEM)
}

/// The same with another way to look names up.
pub(crate) fn client_by(settings: &DispatcherSettings, look_up: LookUp) -> Result<Client, reqwest::Error> {
    Client::builder()
        .user_agent("Stagedoor-Webhooks/1")
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .https_only(!settings.allow_private_addresses)
        .dns_resolver(PublicOnly { allow_private: settings.allow_private_addresses, look_up })
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(settings.per_endpoint)
        .build()
}

/// What came back.
#[derive(Debug, Default)]
struct Answer {
    status: Option<u16>,
    /// Why no status came: a word of ours, never a detail of our network.
    error: Option<&'static str>,
    head: String,
    retry_after: Option<Duration>,
}

impl Answer {
    fn none(error: &'static str) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}

/// The cell's own clock and the tenant's, as they were when this process's stood at `at`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks {
    pub(crate) clock: Instant,
    pub(crate) now: Instant,
    pub(crate) at: Moment,
}

/// Makes one attempt at a delivery.
pub(crate) async fn send(works: &Works, endpoint: Arc<Endpoint>, job: Job, clocks: Clocks) -> Attempt {
    let begun = Moment::now();
    let since = begun.duration_since(clocks.at);
    let answer = post(works, &endpoint, &job, clocks.clock.plus(since)).await;
    let jitter = rand::random_range(schedule::JITTER);
    Attempt {
        at: clocks.now.plus(since),
        duration: begun.elapsed(),
        status: answer.status,
        error: answer.error,
        outcome: judge(answer.status, job.failures + 1, jitter, answer.retry_after, endpoint.ordered),
        answer_head: answer.head,
        job,
        endpoint,
    }
}

fn judge(status: Option<u16>, failures: u32, jitter: u32, retry_after: Option<Duration>, ordered: bool) -> Outcome {
    match status {
        Some(200..=299) => Outcome::Delivered,
        _ => schedule::wait(failures, jitter, retry_after, ordered).map_or(Outcome::Failed, Outcome::Retry),
    }
}

async fn post(works: &Works, endpoint: &Endpoint, job: &Job, clock: Instant) -> Answer {
    let Some(url) = endpoint.target.clone() else {
        return Answer::none("address_refused");
    };
    if endpoint.keys.is_empty() {
        return Answer::none("secret_unreadable");
    }
    let (id, timestamp) = (job.event.event_id.to_string(), clock.as_seconds());
    let body = job.event.body(endpoint.payload_version);
    let answered = works
        .client
        .post(url)
        // The owner's own come first: none of them can have the name of one of ours.
        .headers(endpoint.headers.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-signature", signature::sign(&endpoint.keys, &id, timestamp, &body))
        .header("webhook-timestamp", timestamp)
        .header("webhook-id", id)
        .body(body)
        .send()
        .await;
    match answered {
        Ok(response) => read(response, clock).await,
        Err(error) => Answer::none(class(&error)),
    }
}

/// Counts an attempt for the metrics.
pub(crate) fn count(cell: &str, attempt: &Attempt) {
    let outcome = match attempt.outcome {
        Outcome::Delivered => "delivered",
        Outcome::Retry(_) => "retried",
        Outcome::Failed => "failed",
    };
    metrics::counter!("webhook_deliveries_total", "cell" => cell.to_owned(), "outcome" => outcome).increment(1);
    metrics::histogram!("webhook_delivery_seconds", "cell" => cell.to_owned()).record(attempt.duration);
}

/// Reads the status and the answer's first part. Once the status is there, an answer that breaks off changes nothing.
async fn read(mut response: Response, now: Instant) -> Answer {
    let status = response.status().as_u16();
    let asked = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = asked.and_then(|asked| schedule::retry_after(asked, now));
    let mut head = Vec::new();
    while head.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        head.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - head.len())]);
    }
    Answer { status: Some(status), error: None, head: text(&head), retry_after }
}

/// As text that PostgreSQL takes, which knows no NUL.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

/// The class of an error, told to the endpoint's owner.
fn class(error: &reqwest::Error) -> &'static str {
    let mut cause = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref() {
            Some(Unreachable::NotPublic) => return "address_refused",
            Some(Unreachable::Unknown) => return "name_unknown",
            None => cause = inner.source(),
        }
    }
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connection_failed"
    } else {
        "connection_lost"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_delivers_and_only_the_tenth_failure_ends() {
        for status in [200, 201, 204, 299] {
            assert_eq!(judge(Some(status), 1, 1_000, None, false), Outcome::Delivered);
        }
        for status in
            [None, Some(199), Some(301), Some(302), Some(307), Some(400), Some(404), Some(410), Some(429), Some(500)]
        {
            assert_eq!(judge(status, 1, 1_000, None, false), Outcome::Retry(Duration::from_secs(5)), "{status:?}");
            assert_eq!(judge(status, 10, 1_000, None, false), Outcome::Failed, "{status:?}");
        }
        let tenth = judge(Some(500), 10, 1_000, None, true);
        assert_eq!(tenth, Outcome::Retry(Duration::from_hours(24)), "an ordered endpoint is never passed over");
    }

    #[test]
    fn an_answer_is_kept_as_text_that_the_database_takes() {
        assert_eq!(text(b"a\0b\xff"), "a\u{fffd}b\u{fffd}");
    }

    #[tokio::test]
    async fn a_private_address_behind_a_name_is_told_as_such() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client(&DispatcherSettings::default()).unwrap();
        let refused = client.get("https://localhost:1/").send().await.unwrap_err();
        assert_eq!(class(&refused), "address_refused");
    }
}
