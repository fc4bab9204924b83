//! Follows the event list and sends each new event on, signed as a webhook is.

use std::time::Duration;

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, redirect};
use serde_json::Value;
use webhooks_dispatcher::signature::Signer;

use crate::{
    commands::api::Api,
    process::{complain, tell},
};

/// Between two looks at the list.
const EVERY: Duration = Duration::from_millis(500);
/// After a look that failed: the platform may be restarting.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) struct Forward {
    pub(super) api: Api,
    pub(super) to: String,
    pub(super) secret: Option<String>,
    /// Empty: all.
    pub(super) types: Vec<String>,
    /// How many before it ends.
    pub(super) count: usize,
}

impl Forward {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let secret = self.secret.clone().unwrap_or_else(|| {
            let secret = format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 32]>()));
            tell(format_args!("Signed with {secret}"));
            secret
        });
        let signer = Signer::parse(&secret).context("--secret")?;
        let http =
            Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(Duration::from_secs(15)).build()?;
        let mut after = self.end().await?;
        tell(format_args!("Forwarding what happens from now on to {}", self.to));
        let mut sent = 0;
        while sent < self.count {
            let page = match self.page(after).await {
                Ok(page) => page,
                Err(error) => {
                    complain(format_args!("{error:#}; trying again"));
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            for event in page["data"].as_array().into_iter().flatten() {
                if self.wants(event) && sent < self.count {
                    self.send(&http, &signer, event).await;
                    sent += 1;
                }
            }
            let next = page["next_after"].as_i64().unwrap_or(after);
            if next == after {
                tokio::time::sleep(EVERY).await;
            }
            after = next;
        }
        Ok(())
    }

    /// The position at the end of the log.
    async fn end(&self) -> anyhow::Result<i64> {
        let mut after = 0;
        loop {
            let next = self.page(after).await?["next_after"].as_i64().unwrap_or(after);
            if next == after {
                return Ok(after);
            }
            after = next;
        }
    }

    async fn page(&self, after: i64) -> anyhow::Result<Value> {
        self.api.get(&format!("/v1/events?after={after}&limit=100")).await
    }

    fn wants(&self, event: &Value) -> bool {
        self.types.is_empty() || self.types.iter().any(|kind| event["type"] == kind.as_str())
    }

    async fn send(&self, http: &Client, signer: &Signer, event: &Value) {
        let (id, kind) = (event["id"].as_str().unwrap_or_default(), event["type"].as_str().unwrap_or_default());
        let (body, now) = (event.to_string(), jiff::Timestamp::now().as_second());
        let request = http
            .post(&self.to)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signer.sign(id, now, body.as_bytes()));
        match request.body(body).send().await {
            Ok(answer) => tell(format_args!("{} {kind} {id}", answer.status().as_u16())),
            Err(error) => complain(format_args!("--- {kind} {id}: {error}")),
        }
    }
}
