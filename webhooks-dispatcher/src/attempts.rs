//! What is to be sent, and what came of it.

use std::{sync::Arc, time::Duration};

use foundation::{
    Instant,
    id::{EndpointId, ResellerId},
};
use reqwest::{Url, header::HeaderMap};
use tenancy::webhook_endpoints::PayloadVersion;

use crate::{log::Entry, signature::SigningKey};

/// A reseller's endpoint: what is sent to one is a lane of its own.
pub(crate) type LaneId = (ResellerId, EndpointId);

/// An endpoint as it is sent to.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Its address as it was given.
    pub(crate) url: String,
    /// The same, if the settings of this process let it be called.
    pub(crate) target: Option<Url>,
    /// Those that sign, the newest first; none if they do not open.
    pub(crate) keys: Vec<SigningKey>,
    /// Of its owner's own.
    pub(crate) headers: HeaderMap,
    pub(crate) payload_version: PayloadVersion,
    pub(crate) ordered: bool,
    pub(crate) max_per_second: Option<u32>,
    /// Which form of the endpoint this is.
    pub(crate) version: i64,
    /// Whether it may be sent anything now.
    pub(crate) enabled: bool,
}

/// One event to be sent to one endpoint.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) event: Arc<Entry>,
    /// Failures before this attempt, which say where in the schedule it is.
    pub(crate) failures: u32,
    /// When it was due, if it was tried before: whoever records it sees by it whether it was asked for again meanwhile.
    pub(crate) due_at: Option<Instant>,
}

impl Job {
    pub(crate) fn position(&self) -> i64 {
        self.event.position
    }

    pub(crate) fn is_ping(&self) -> bool {
        self.event.pinged.is_some()
    }
}

/// What comes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered 2xx.
    Delivered,
    /// To be tried again after this long.
    Retry(Duration),
    /// Not to be tried again.
    Failed,
}

impl Outcome {
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry(_) => "pending",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn wait(self) -> Duration {
        match self {
            Self::Retry(wait) => wait,
            Self::Delivered | Self::Failed => Duration::ZERO,
        }
    }
}

/// An attempt to be recorded.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) job: Job,
    /// The endpoint as it was sent to.
    pub(crate) endpoint: Arc<Endpoint>,
    /// By the tenant's clock.
    pub(crate) at: Instant,
    pub(crate) duration: Duration,
    pub(crate) status: Option<u16>,
    /// Why no status came: a word of ours, never a detail of our network.
    pub(crate) error: Option<&'static str>,
    pub(crate) answer_head: String,
    pub(crate) outcome: Outcome,
}

impl Attempt {
    pub(crate) fn failures(&self) -> u32 {
        self.job.failures + u32::from(self.outcome != Outcome::Delivered)
    }
}
