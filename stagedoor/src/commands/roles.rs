//! Runs roles until asked to stop: not ready, refuse, drain, commit, answer, close.

use std::{collections::HashMap, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use foundation::{Error, Instant, Mode, mail, throttle::Rate};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use platform_api::{ApiSettings, App, CellServices, Region, StreamLimits};
use tenancy::webhook_endpoints::url::own_host;
use tenant_admin::AdminCell;
use ticketing::{
    inventory::Inventory,
    store::due,
    use_cases::{archive_performance::archive_due, compare_balance, expire, move_money, reconcile},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use webhooks_dispatcher::{Dispatcher, DispatcherSettings};

use crate::{
    process::{self, Running},
    settings::Settings,
};

/// Which roles a process has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Roles {
    pub(crate) api: bool,
    pub(crate) admin: bool,
    pub(crate) dispatch: bool,
}

/// The sockets of the roles, bound before anything else is started.
pub(crate) struct Sockets {
    api: Option<TcpListener>,
    admin: Option<TcpListener>,
}

pub(crate) async fn run(settings: Settings, roles: Roles) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        !settings.cells.is_empty(),
        "no cells are configured; write [[cells]] as deploy/config.default.toml shows"
    );
    let sockets = bind(&settings, roles)?;
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        process::asked_to_stop().await;
        stop.cancel();
    });
    serve(&settings, roles, sockets, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn bind(settings: &Settings, roles: Roles) -> anyhow::Result<Sockets> {
    let api = if roles.api { Some(process::bind(settings.api.listen, "api.listen")?) } else { None };
    let admin = if roles.admin { Some(process::bind(settings.admin.listen, "admin.listen")?) } else { None };
    Ok(Sockets { api, admin })
}

/// Runs the roles on these sockets until `shutdown`.
pub(crate) async fn serve(
    settings: &Settings,
    roles: Roles,
    sockets: Sockets,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let metrics = PrometheusBuilder::new().install_recorder()?;
    // The lanes go on until the last request that may ask them is through.
    let lanes_shutdown = CancellationToken::new();
    let mut running: Vec<Running> = Vec::new();
    for cell in &settings.cells {
        running.push(process::start_cell(cell, settings, &lanes_shutdown)?);
    }
    let services: Vec<CellServices> = running.iter().map(|cell| cell.services.clone()).collect();
    let mut background = JoinSet::new();
    background.spawn(keep_metrics(metrics.clone(), shutdown.clone()));
    for (cell, configured) in services.iter().zip(&settings.cells) {
        // Who serves waitlists goes by what became free, as who sells does.
        if roles.api || roles.dispatch {
            background.spawn(follow(cell.inventory.clone(), shutdown.clone()));
        }
        if roles.api {
            background.spawn(tell_looking(cell.inventory.clone(), shutdown.clone()));
        }
        if roles.dispatch {
            background.spawn(do_due(cell.clone(), settings.orders.slow_payment, shutdown.clone()));
            background.spawn(move_money(cell.clone(), shutdown.clone()));
            background.spawn(reconcile(cell.clone(), shutdown.clone()));
            background.spawn(compare_balance(cell.clone(), shutdown.clone()));
            background.spawn(sweep(cell.cell.clone(), shutdown.clone()));
            background.spawn(archive(cell.cell.clone(), shutdown.clone()));
            background.spawn(seal(cell.cell.clone(), shutdown.clone()));
            background.spawn(close(cell.cell.clone(), shutdown.clone()));
            let dispatcher = Dispatcher::new(cell.cell.clone(), dispatcher_settings(settings))?;
            background.spawn(dispatcher.run(shutdown.clone()));
            match &configured.mail {
                Some(mail) => {
                    let letters = mail_dispatcher::Dispatcher::new(cell.cell.clone(), mail.post()?);
                    background.spawn(letters.run(shutdown.clone()));
                }
                None => tracing::warn!(cell = %configured.name, "no mail server is configured: letters to buyers wait"),
            }
        }
    }
    let mut faces = JoinSet::new();
    if let Some(listener) = sockets.api {
        let router = platform_api::router(App::new(api_settings(settings), regions(settings, &services), metrics));
        faces.spawn(face(listener, router, shutdown.clone()));
    }
    if let Some(listener) = sockets.admin {
        let admin_cell = |cell: &CellServices| {
            let of = settings.cells.iter().find(|of| of.name == cell.cell.name());
            AdminCell {
                cell: cell.cell.clone(),
                operator_key: of.map(|of| of.operator_key.reveal().to_owned()).unwrap_or_default(),
            }
        };
        faces.spawn(face(listener, tenant_admin::router(services.iter().map(admin_cell).collect()), shutdown.clone()));
    }
    shutdown.cancelled().await;
    services.iter().for_each(|cell| cell.inventory.close_streams());
    drain(faces, settings.api.request_timeout).await?;
    lanes_shutdown.cancel();
    for cell in running {
        cell.lanes.drained().await;
    }
    while background.join_next().await.is_some() {}
    for cell in services {
        cell.cell.close().await;
    }
    Ok(())
}

/// Waits until every request under way is answered, for as long as a request may take. What is left by then is no request but
/// a connection that does not get on with one, and must not keep the process from stopping.
async fn drain(mut faces: JoinSet<anyhow::Result<()>>, patience: Duration) -> anyhow::Result<()> {
    let answered = async {
        while let Some(ended) = faces.join_next().await {
            ended??;
        }
        Ok(())
    };
    tokio::time::timeout(patience, answered).await.unwrap_or_else(|_| {
        tracing::warn!("some connections did not end in time and are cut off");
        Ok(())
    })
}

async fn face(listener: TcpListener, router: axum::Router, shutdown: CancellationToken) -> anyhow::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "serving");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned()).await?)
}

fn api_settings(settings: &Settings) -> ApiSettings {
    let limits = &settings.limits;
    ApiSettings {
        trusted_proxies: settings.api.trusted_proxies.clone(),
        metrics_from: settings.api.metrics_from.clone(),
        body_limit: settings.api.body_limit_bytes,
        bulk_body_limit: settings.api.bulk_body_limit_bytes,
        request_timeout: settings.api.request_timeout,
        max_in_flight: settings.api.max_in_flight,
        key_rate: Rate { per_second: limits.key_requests_per_second, burst: limits.key_burst },
        client_rate: Rate { per_second: limits.client_requests_per_second, burst: limits.client_burst },
        hold_default: settings.holds.default,
        hold_max: settings.holds.max,
        payable_for: settings.orders.payment_deadline,
        allow_private_webhooks: settings.webhooks.allow_private_addresses,
        streams: StreamLimits {
            all: limits.streams,
            per_key: limits.streams_per_key,
            per_client: limits.streams_per_client,
        },
        stream_pulse: STREAM_PULSE,
    }
}

fn dispatcher_settings(settings: &Settings) -> DispatcherSettings {
    DispatcherSettings {
        allow_private_addresses: settings.webhooks.allow_private_addresses,
        timeout: settings.webhooks.timeout,
        connect_timeout: settings.webhooks.connect_timeout,
        workers: settings.webhooks.workers,
        own_hosts: settings.regions.values().filter_map(|region| own_host(&region.base_url)).collect(),
        ..DispatcherSettings::default()
    }
}

fn regions(settings: &Settings, services: &[CellServices]) -> HashMap<String, Region> {
    let region = |(name, region): (&String, &crate::settings::Region)| {
        let cells = services.iter().filter(|cell| cell.cell.region() == name).cloned().collect();
        (name.clone(), Region { base_url: region.base_url.clone(), cells })
    };
    settings.regions.iter().map(region).collect()
}

/// How long between two looks at what is due: an expired hold is told and tidied within a second.
const DUE_EVERY: Duration = Duration::from_millis(200);
/// How long the memory goes without reading the log when nothing wakes it.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// How long a performance's money waits once its time has come.
const MONEY_EVERY: Duration = Duration::from_secs(2);
/// How long a difference between the provider's balance and the books stays unnoticed.
const COMPARE_EVERY: Duration = Duration::from_secs(6 * 3_600);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long it takes at most until it is seen that something is to be archived.
const ARCHIVE_EVERY: Duration = Duration::from_secs(10);
/// How long a lost callback stays unnoticed at most, unless a person asks or a deadline comes first.
const RECONCILE_EVERY: Duration = Duration::from_secs(60);
/// How long a journal is in the books without its place in the chain.
const SEAL_EVERY: Duration = Duration::from_secs(1);
/// How long a period stays open after its end; what was under way at the end has its place by then.
const CLOSE_EVERY: Duration = Duration::from_secs(10);
/// How old the figures of who looks on live may be.
const LOOKING_EVERY: Duration = Duration::from_secs(1);
/// How often a live stream says that it is alive, and how long a key that was revoked keeps the streams it has.
const STREAM_PULSE: Duration = Duration::from_secs(15);
const METRICS_EVERY: Duration = Duration::from_secs(5);

/// Waits, or less long when the process is to stop.
async fn pause(period: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(period) => {}
        () = shutdown.cancelled() => {}
    }
}

async fn do_due(cell: CellServices, slow: Duration, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match expire::do_due(&cell.inventory, &cell.providers, slow).await {
            // There may be more of it: a cancellation of many orders goes on page by page.
            Ok(done) if done > 0 => continue,
            Ok(_) => {}
            Err(error @ Error::Refused(_)) => {
                tracing::warn!(%error, cell = cell.cell.name(), "what is due cannot be read now");
            }
            Err(error) => tracing::error!(%error, cell = cell.cell.name(), "what is due cannot be read"),
        }
        pause(DUE_EVERY, &shutdown).await;
    }
}

/// Releases what performances have brought and pays it out.
async fn move_money(cell: CellServices, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = move_money::move_money(&cell.cell, &cell.providers).await {
            tracing::warn!(%error, cell = cell.cell.name(), "which money is due cannot be read; it is tried again");
        }
        pause(MONEY_EVERY, &shutdown).await;
    }
}

/// Looks regularly for what the provider has told and nobody heard.
async fn reconcile(cell: CellServices, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        // A look can be long; dropped in the middle, it has done what it has done, and the next one begins where it began.
        let look = tokio::select! {
            look = reconcile::reconcile(&cell.inventory, &cell.providers) => look,
            () = shutdown.cancelled() => return,
        };
        if let Err(error) = look {
            tracing::warn!(%error, cell = cell.cell.name(), "the provider's list of events cannot be read; it is tried again");
        }
        pause(RECONCILE_EVERY, &shutdown).await;
    }
}

/// Compares the provider's balance report of live money with the books: the last two days, but for the last hour, of which not
/// everything may have been heard yet.
async fn compare_balance(cell: CellServices, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let comparing = async {
            let now = cell.cell.clock().await?;
            let back = |hours: i64| Instant::from_micros(now.as_micros() - hours * 3_600_000_000);
            let period = (back(49), back(1));
            compare_balance::compare_balance(&cell.cell, &cell.providers.live, Mode::Live, period).await
        };
        let compared = tokio::select! {
            compared = comparing => compared,
            () = shutdown.cancelled() => return,
        };
        if let Err(error) = compared {
            tracing::warn!(%error, cell = cell.cell.name(), "the provider's balance report cannot be compared; it is tried again");
        }
        pause(COMPARE_EVERY, &shutdown).await;
    }
}

/// Gives journals their places in the books.
async fn seal(cell: foundation::Cell, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = accounting::seal_all(&cell).await {
            tracing::warn!(%error, cell = cell.name(), "journals could not be sealed; it is tried again");
        }
        pause(SEAL_EVERY, &shutdown).await;
    }
}

/// Moves what is long over out of the way, page by page.
async fn archive(cell: foundation::Cell, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match archive_due(&cell).await {
            Ok(0) => pause(ARCHIVE_EVERY, &shutdown).await,
            // There may be more of it.
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, cell = cell.name(), "what is to be archived cannot be read; it is tried again");
                pause(ARCHIVE_EVERY, &shutdown).await;
            }
        }
    }
}

/// Closes the periods of the books that have come to their ends.
async fn close(cell: foundation::Cell, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match accounting::close_due(&cell).await {
            Ok(0) => {}
            Ok(settlements) => tracing::info!(settlements, cell = cell.name(), "periods were closed"),
            Err(error) => {
                tracing::warn!(%error, cell = cell.name(), "periods could not be closed; it is tried again");
            }
        }
        pause(CLOSE_EVERY, &shutdown).await;
    }
}

async fn sweep(cell: foundation::Cell, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match sweep_once(&cell).await {
            Ok(rows) => tracing::debug!(rows, cell = cell.name(), "swept"),
            Err(error) => tracing::warn!(%error, "sweeping failed; it is tried again"),
        }
        pause(SWEEP_EVERY, &shutdown).await;
    }
}

async fn sweep_once(cell: &foundation::Cell) -> foundation::Result<u64> {
    Ok(due::sweep(cell).await? + mail::sweep(cell).await?)
}

async fn keep_metrics(metrics: PrometheusHandle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        metrics.run_upkeep();
        pause(METRICS_EVERY, &shutdown).await;
    }
}

/// Tells the cell how many look on live in this process; that nobody does any more at the end.
async fn tell_looking(inventory: Arc<Inventory>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        inventory.tell_looking().await;
        pause(LOOKING_EVERY, &shutdown).await;
    }
    inventory.close_streams();
    inventory.tell_looking().await;
}

/// Keeps the stock in memory in step with the log, woken by the sequencer.
async fn follow(inventory: Arc<Inventory>, shutdown: CancellationToken) {
    let mut listener = None;
    while !shutdown.is_cancelled() {
        if listener.is_none() {
            listener = foundation::sequencer::listen(inventory.cell()).await.ok();
        }
        if let Err(error) = inventory.catch_up().await {
            tracing::warn!(%error, "the stock in memory cannot follow the log; claims still decide");
        }
        let woken = async {
            match &mut listener {
                Some(listening) => listening.recv().await.map(|_| ()).is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            heard = woken => if !heard { listener = None },
            () = tokio::time::sleep(FOLLOW_EVERY) => {}
            () = shutdown.cancelled() => {}
        }
    }
}
