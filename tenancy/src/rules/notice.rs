//! What a reseller itself is told by e-mail about its account: the facts as they were when it happened, for whoever writes
//! them out. No secret is in it.

use std::time::Duration;

use foundation::{
    Error, Instant, Result, TenantTx,
    id::{EndpointId, SupportCaseId},
    mail::{self, NewLetter},
};
use serde::{Deserialize, Serialize};

use crate::{Reseller, webhook_endpoints::DisabledReason};

/// How long a notice is worth sending.
const USEFUL_FOR: Duration = Duration::from_hours(30 * 24);

/// What there is to tell a reseller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// A webhook endpoint gets no events any more.
    EndpointDisabled {
        /// Which one.
        endpoint: EndpointId,
        /// Its address.
        url: String,
        /// Why.
        reason: DisabledReason,
        /// Since when it had taken nothing.
        since: Option<Instant>,
    },
    /// An operator has written of a support case. What, is read where it stands.
    SupportCaseAnswered {
        /// Which one.
        case: SupportCaseId,
    },
}

impl Notice {
    /// The notice's kind, as in the outbox.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::EndpointDisabled { .. } => "endpoint_disabled",
            Self::SupportCaseAnswered { .. } => "support_case_answered",
        }
    }

    /// Queues it to the reseller's own address, in the caller's transaction, once for this version of what it tells.
    pub(crate) async fn queue(&self, tx: &mut TenantTx, reseller: &Reseller, version: i64) -> Result<()> {
        let (about, name) = match self {
            Self::EndpointDisabled { endpoint, .. } => (endpoint.uuid(), endpoint.to_string()),
            Self::SupportCaseAnswered { case } => (case.uuid(), case.to_string()),
        };
        let letter = NewLetter {
            kind: self.kind(),
            about,
            once: format!("{}:{name}:{version}", self.kind()),
            recipient: reseller.email.clone(),
            recipient_name: Some(reseller.name.clone()),
            language: None,
            data: serde_json::to_value(self).map_err(|error| Error::Inconsistent(error.to_string()))?,
            wait: Duration::ZERO,
            useful_until: tx.now().await?.plus(USEFUL_FOR),
            outdates: &[],
            to_reseller: true,
        };
        Ok(mail::queue(tx, &[letter]).await?)
    }
}
