//! The program's configuration: typed, checked, and each value with its source. It must never show a secret, and
//! nothing beyond it reads the environment or a configuration file.

mod checks;
mod given;
mod layers;
mod misfit;
mod rules;
mod secret;
#[cfg(test)]
mod tests;
mod tree;
mod wrong;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use foundation::cell::LegalEntity;
use ipnet::IpNet;
use mail_dispatcher::{BadPost, Post};
use serde::{Deserialize, Deserializer};

pub(crate) use given::{Given, Source};
pub(crate) use layers::Line;
pub(crate) use secret::{SealingKey, Secret};
pub(crate) use wrong::Wrong;

/// All settings of one process. What each key means stands in `deploy/config.default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) platform: Platform,
    pub(crate) api: Api,
    pub(crate) admin: Admin,
    pub(crate) sandbox: Sandbox,
    pub(crate) limits: Limits,
    pub(crate) webhooks: Webhooks,
    pub(crate) holds: Holds,
    pub(crate) orders: Orders,
    pub(crate) postgres: Postgres,
    pub(crate) log: Log,
    #[serde(default)]
    pub(crate) regions: BTreeMap<String, Region>,
    #[serde(default)]
    pub(crate) cells: Vec<Cell>,
    #[serde(skip)]
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    pub(crate) name: String,
    pub(crate) support_email: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Api {
    pub(crate) listen: SocketAddr,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) body_limit_bytes: usize,
    pub(crate) bulk_body_limit_bytes: usize,
    #[serde(rename = "request_timeout_seconds", deserialize_with = "seconds")]
    pub(crate) request_timeout: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) metrics_from: Vec<IpNet>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Admin {
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sandbox {
    pub(crate) listen: SocketAddr,
    pub(crate) enabled: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) key_requests_per_second: u32,
    pub(crate) key_burst: u32,
    pub(crate) client_requests_per_second: u32,
    pub(crate) client_burst: u32,
    pub(crate) streams: usize,
    pub(crate) streams_per_key: usize,
    pub(crate) streams_per_client: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhooks {
    pub(crate) allow_private_addresses: bool,
    #[serde(rename = "timeout_seconds", deserialize_with = "seconds")]
    pub(crate) timeout: Duration,
    #[serde(rename = "connect_timeout_seconds", deserialize_with = "seconds")]
    pub(crate) connect_timeout: Duration,
    pub(crate) workers: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holds {
    #[serde(rename = "default_seconds", deserialize_with = "seconds")]
    pub(crate) default: Duration,
    #[serde(rename = "max_seconds", deserialize_with = "seconds")]
    pub(crate) max: Duration,
    pub(crate) lanes: usize,
    pub(crate) batch: usize,
    pub(crate) queue: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Orders {
    #[serde(rename = "payment_deadline_seconds", deserialize_with = "seconds")]
    pub(crate) payment_deadline: Duration,
    #[serde(rename = "slow_payment_seconds", deserialize_with = "seconds")]
    pub(crate) slow_payment: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Postgres {
    pub(crate) home: PathBuf,
    pub(crate) port: u16,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    Json,
    Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    pub(crate) base_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cell {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) database_url: Secret,
    pub(crate) worker_database_url: Secret,
    pub(crate) owner_database_url: Option<Secret>,
    pub(crate) request_connections: u32,
    pub(crate) lane_connections: u32,
    pub(crate) worker_connections: u32,
    pub(crate) live_provider: ProviderAccount,
    pub(crate) test_provider: ProviderAccount,
    /// Who issues the invoices of the region; none: nobody does.
    pub(crate) legal_entity: Option<LegalEntity>,
    /// None: letters wait.
    pub(crate) mail: Option<Mail>,
    pub(crate) sealing_key: SealingKey,
    /// Until `stagedoor reseal` has sealed everything anew.
    pub(crate) previous_sealing_key: Option<SealingKey>,
    pub(crate) operator_key: Secret,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderAccount {
    pub(crate) base_url: String,
    pub(crate) secret_key: Secret,
    pub(crate) publishable_key: String,
    pub(crate) callback_secret: Secret,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    pub(crate) smtp_url: Secret,
    pub(crate) from: String,
}

/// How long a mail server may take over one letter, from the connection to its last answer.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);

impl Mail {
    /// Where the letters go.
    pub(crate) fn post(&self) -> Result<Post, BadPost> {
        Post::open(self.smtp_url.reveal(), &self.from, MAIL_PATIENCE)
    }
}

impl Settings {
    /// The settings of this process, from the defaults and from what it was given. The first thing that is wrong is
    /// told in one line: key, source, problem, remedy.
    pub(crate) fn load(given: &Given) -> Result<Self, Wrong> {
        let merged = layers::merge(given)?;
        let mut settings: Self = merged.typed()?;
        settings.validate().map_err(|broken| merged.wrong(&broken.key, &broken.problem, &broken.remedy))?;
        settings.lines = merged.lines();
        Ok(settings)
    }

    /// Every key in the order of its name, with its value (secrets redacted) and its source.
    pub(crate) fn explain(&self) -> &[Line] {
        &self.lines
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u32::deserialize(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}
