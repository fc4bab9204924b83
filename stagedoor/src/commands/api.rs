//! A reseller's developer at the command line: the API of a running platform, by a key of theirs.

use anyhow::Context as _;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// Which platform, and who asks.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Access {
    /// Where the API is.
    #[arg(long, default_value = "http://127.0.0.1:8700", env = "STAGEDOOR_API")]
    pub(super) api: String,
    /// A secret key (`sk_…`).
    #[arg(long, env = "STAGEDOOR_API_KEY", hide_env_values = true)]
    pub(super) key: String,
}

/// The API, as the key's owner.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: Client,
    access: Access,
}

impl Api {
    pub(crate) fn open(access: Access) -> anyhow::Result<Self> {
        Ok(Self { http: Client::builder().no_proxy().timeout(std::time::Duration::from_secs(30)).build()?, access })
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.answer(self.request(Method::GET, path), path).await
    }

    /// With a key of its own, so that it is done once.
    pub(crate) async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let key = format!("cli-{:032x}", rand::random::<u128>());
        self.answer(self.request(Method::POST, path).header("idempotency-key", key).json(&body), path).await
    }

    /// Whatever version the object has.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.answer(self.request(Method::PATCH, path).header("if-match", "*").json(&body), path).await
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.answer(self.request(Method::DELETE, path).header("if-match", "*"), path).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.access.api.trim_end_matches('/'));
        self.http.request(method, url).bearer_auth(&self.access.key)
    }

    async fn answer(&self, request: RequestBuilder, path: &str) -> anyhow::Result<Value> {
        let answer = request.send().await.with_context(|| {
            format!("{} does not answer; start the platform, or say with --api where it is", self.access.api)
        })?;
        let status = answer.status();
        let text = answer.text().await?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let code = body["code"].as_str().unwrap_or("no code");
        let detail = body["detail"].as_str().unwrap_or(&text);
        anyhow::ensure!(status.is_success(), "{path} was refused with {status}, {code}: {detail}");
        Ok(body)
    }
}
