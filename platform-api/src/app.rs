//! What every handler can reach: the regions and cells this process serves, and how it is set.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant as Moment},
};

use foundation::{
    Cell, Refusal, Result,
    id::ResellerId,
    refusal::Code,
    throttle::{Rate, Throttle},
};
use tenancy::webhook_endpoints::url::own_host;
use ticketing::{inventory::Inventory, lanes::Lanes, provider::Providers};

use crate::web::streams::Streams;

/// How the API is set.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// From where `/metrics` may be read.
    pub metrics_from: Vec<ipnet::IpNet>,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// The largest body of a bulk creation, in bytes.
    pub bulk_body_limit: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// The most requests in flight; more are told to come again.
    pub max_in_flight: usize,
    /// What one key may do.
    pub key_rate: Rate,
    /// What one client address without a key may do.
    pub client_rate: Rate,
    /// How long a hold lasts unless said.
    pub hold_default: Duration,
    /// How long a hold may last.
    pub hold_max: Duration,
    /// How long an order can be paid.
    pub payable_for: Duration,
    /// Whether webhooks may go to plain http and private addresses (development).
    pub allow_private_webhooks: bool,
    /// How many live streams there may be.
    pub streams: StreamLimits,
    /// How long a live stream says nothing, and how long a key that was revoked keeps the streams it has.
    pub stream_pulse: Duration,
}

/// How many live streams there may be at once in this process.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    /// In all.
    pub all: usize,
    /// With one key, or without one of one reseller.
    pub per_key: usize,
    /// Of one client's address.
    pub per_client: usize,
}

/// A cell and what works on it.
#[derive(Debug, Clone)]
pub struct CellServices {
    /// The cell.
    pub cell: Cell,
    /// Its stock in memory.
    pub inventory: Arc<Inventory>,
    /// Its combined holds.
    pub lanes: Lanes,
    /// Its accounts at the payment provider.
    pub providers: Providers,
    /// Its token buckets.
    pub throttle: Arc<Throttle>,
}

/// A region as this process sees it.
#[derive(Debug, Clone)]
pub struct Region {
    /// Where its API is reached from outside.
    pub base_url: String,
    /// Its cells, if this process serves it.
    pub cells: Vec<CellServices>,
}

/// A caller known a moment ago.
type Known = (tenancy::Caller, CellServices, Moment);

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<ApiSettings>,
    pub(crate) regions: Arc<HashMap<String, Region>>,
    /// The hosts of all regions, to which no webhook goes.
    pub(crate) own_hosts: Arc<[String]>,
    pub(crate) metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub(crate) streams: Arc<Streams>,
    callers: Arc<Mutex<Callers>>,
}

/// The callers known a moment ago, and how often some were forgotten: a look that began before is not remembered after.
#[derive(Debug, Default)]
struct Callers {
    known: HashMap<[u8; 32], Known>,
    forgotten: u64,
}

/// How long a key once seen is believed without looking again: so long a revocation may take to reach another process. In
/// this one it counts at once.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// Beyond this many keys in memory all are looked up anew.
const CALLERS_MAX: usize = 50_000;

impl App {
    /// The API over these regions.
    #[must_use]
    pub fn new(
        settings: ApiSettings,
        regions: HashMap<String, Region>,
        metrics: metrics_exporter_prometheus::PrometheusHandle,
    ) -> Self {
        let own_hosts = regions.values().filter_map(|region| own_host(&region.base_url)).collect();
        let streams = Arc::new(Streams::new(settings.streams));
        let (settings, regions) = (Arc::new(settings), Arc::new(regions));
        Self { settings, regions, own_hosts, metrics, streams, callers: Arc::default() }
    }

    /// All cells served.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &CellServices> {
        self.regions.values().flat_map(|region| &region.cells)
    }

    /// The cell that this tenant lives in, in a region that this process serves.
    pub(crate) async fn cell_of(&self, region: &str, reseller: ResellerId) -> Result<CellServices, foundation::Error> {
        let region = self.served(region)?;
        // With one cell there is nothing to look up: a tenant that is not in it has no rows.
        if let [only] = region.cells.as_slice() {
            return Ok(only.clone());
        }
        for services in &region.cells {
            if services.cell.mode_of(reseller).await?.is_some() {
                return Ok(services.clone());
            }
        }
        Err(Refusal::missing("reseller").into())
    }

    /// The region, if this process serves it.
    pub(crate) fn served(&self, name: &str) -> Result<&Region, Refusal> {
        let elsewhere = |detail: String| Refusal::new(Code::RegionElsewhere, detail);
        match self.regions.get(name) {
            Some(region) if !region.cells.is_empty() => Ok(region),
            Some(region) => {
                let base_url = &region.base_url;
                let refusal = elsewhere(format!("The region `{name}` is served at {base_url}; ask there."));
                Err(refusal.with_alternatives(serde_json::json!({ "base_url": base_url })))
            }
            None => Err(elsewhere(format!("The region `{name}` is not served here, nor known where it is."))),
        }
    }

    /// Who calls with this key.
    pub(crate) async fn caller(
        &self,
        key: &tenancy::KeyText,
    ) -> Result<(tenancy::Caller, CellServices), foundation::Error> {
        let forgotten = {
            let callers = self.callers();
            if let Some((caller, services, at)) = callers.known.get(key.secret_hash())
                && at.elapsed() < BELIEVED_FOR
            {
                return Ok((caller.clone(), services.clone()));
            }
            callers.forgotten
        };
        let services = self.cell_of(key.region(), key.reseller()).await.map_err(no_tenant_is_no_key)?;
        let caller = tenancy::authenticate(&services.cell, key).await?;
        let mut callers = self.callers();
        if callers.known.len() >= CALLERS_MAX {
            callers.known.clear();
        }
        if callers.forgotten == forgotten {
            callers.known.insert(*key.secret_hash(), (caller.clone(), services.clone(), Moment::now()));
        }
        Ok((caller, services))
    }

    /// Forgets the callers of a tenant: what was changed about its keys counts for the next request.
    pub(crate) fn forget_callers(&self, reseller: ResellerId) {
        let mut callers = self.callers();
        callers.forgotten += 1;
        callers.known.retain(|_, (caller, _, _)| caller.reseller != reseller);
    }

    fn callers(&self) -> std::sync::MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key of a tenant that is nowhere is no key, in the same words as any other that is none.
fn no_tenant_is_no_key(error: foundation::Error) -> foundation::Error {
    match error {
        foundation::Error::Refused(refusal) if refusal.code == Code::NotFound => {
            Refusal::new(Code::CredentialsInvalid, "The API key is not one that is valid now.").into()
        }
        other => other,
    }
}
