//! One attempt: sign, POST, and judge the answer.

use std::{error::Error as _, time::Duration};

use foundation::{Cell, Instant};
use reqwest::{Client, Response, header, redirect};
use tenancy::webhook_endpoints::url;

use crate::{
    DispatcherSettings,
    guard::{PublicOnly, Unreachable},
    payload::payload,
    queue::{Attempt, Claimed, Outcome},
    schedule,
    signature::SigningKey,
};

/// The most that is read and kept of an answer.
const ANSWER_MAX: usize = 8 * 1024;
/// The answer by which an endpoint says that it is no more.
pub(crate) const GONE: u16 = 410;

/// A client that goes to public addresses only, by no proxy, follows nothing, and remembers nothing.
pub(crate) fn client(settings: &DispatcherSettings) -> Result<Client, reqwest::Error> {
    Client::builder()
        .user_agent("Stagedoor-Webhooks/1")
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .https_only(!settings.allow_private_addresses)
        .dns_resolver(PublicOnly { allow_private: settings.allow_private_addresses })
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

/// Makes one attempt at a delivery.
pub(crate) async fn send(cell: &Cell, client: &Client, allow_private: bool, claimed: &Claimed) -> Attempt {
    let begun = tokio::time::Instant::now();
    let answer = post(cell, client, allow_private, claimed).await;
    let failures = usize::try_from(claimed.attempts).unwrap_or(0) + 1;
    let jitter = rand::random_range(schedule::JITTER);
    Attempt {
        reseller_id: claimed.reseller_id,
        endpoint_id: claimed.endpoint_id,
        event_id: claimed.event.event_id,
        leased_until: claimed.leased_until,
        at: claimed.claimed_at,
        duration: begun.elapsed(),
        status: answer.status,
        error: answer.error,
        outcome: judge(answer.status, failures, jitter, answer.retry_after),
        answer_head: answer.head,
    }
}

fn judge(status: Option<u16>, failures: usize, jitter: u32, retry_after: Option<Duration>) -> Outcome {
    match status {
        Some(200..=299) => Outcome::Delivered,
        Some(GONE) => Outcome::Failed,
        _ => schedule::wait(failures, jitter, retry_after).map_or(Outcome::Failed, Outcome::Retry),
    }
}

async fn post(cell: &Cell, client: &Client, allow_private: bool, claimed: &Claimed) -> Answer {
    // Judged again: a literal address never comes by the resolver, and the settings may have become stricter.
    let Ok(url) = url::parse(&claimed.url, allow_private) else {
        return Answer::none("address_refused");
    };
    let Some(key) = signing_key(cell, claimed) else {
        tracing::error!(endpoint = %claimed.endpoint_id, cell = cell.name(), "a signing secret does not open");
        return Answer::none("secret_unreadable");
    };
    let (id, timestamp) = (claimed.event.event_id.to_string(), claimed.claimed_at.as_seconds());
    let body = payload(&claimed.event, cell.region());
    let answered = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-signature", key.sign(&id, timestamp, body.as_bytes()))
        .header("webhook-timestamp", timestamp)
        .header("webhook-id", id)
        .body(body)
        .send()
        .await;
    match answered {
        Ok(response) => read(response, claimed.claimed_at).await,
        Err(error) => Answer::none(class(&error)),
    }
}

fn signing_key(cell: &Cell, claimed: &Claimed) -> Option<SigningKey> {
    let secret = cell.sealer().open(claimed.reseller_id, &claimed.secret_sealed).ok()?;
    SigningKey::parse(std::str::from_utf8(&secret).ok()?).ok()
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
    fn only_2xx_delivers_and_only_410_or_the_tenth_failure_ends() {
        for status in [200, 201, 204, 299] {
            assert_eq!(judge(Some(status), 1, 1_000, None), Outcome::Delivered);
        }
        for status in [None, Some(199), Some(301), Some(302), Some(307), Some(400), Some(404), Some(429), Some(500)] {
            assert_eq!(judge(status, 1, 1_000, None), Outcome::Retry(Duration::from_secs(5)), "{status:?}");
            assert_eq!(judge(status, 10, 1_000, None), Outcome::Failed, "{status:?}");
        }
        assert_eq!(judge(Some(410), 1, 1_000, None), Outcome::Failed);
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
