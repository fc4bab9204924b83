//! What the roles share: opening cells from settings, listening, logging, stopping.

use std::{io::Write as _, net::SocketAddr, str::FromStr as _, sync::Arc, time::Duration};

use anyhow::Context as _;
use foundation::{Cell, cell::CellSettings, throttle::Throttle};
use platform_api::CellServices;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use ticketing::{
    inventory::Inventory,
    lanes::{LaneSettings, Lanes, LanesAtWork},
    provider::{Provider, ProviderSettings, Providers},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::settings::{self, LogFormat, Settings};

/// Longer than any database takes that is there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Sends the program's own log to standard error: JSON for machines, text for people.
pub(crate) fn log(settings: &settings::Log) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.level)
        .with_context(|| format!("log.level: `{}` is not a level such as info, nor a filter", settings.level))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
        LogFormat::Text => log.init(),
    }
    Ok(())
}

/// Writes a line to standard output. Whoever read it may have gone (`| head`), which must not end the program.
pub(crate) fn tell(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes a line to standard error: what is wrong, so that standard output has only what came.
pub(crate) fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Listens, or says in one line why not.
pub(crate) fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    platform_api::listen(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow::anyhow!(
                "port {} is taken by another program: stop that one, or choose another address with {setting}",
                address.port()
            )
        }
        _ => anyhow::anyhow!("cannot listen on {address} ({error}): choose another address with {setting}"),
    })
}

/// Resolves when the program is asked to stop (SIGINT or SIGTERM).
pub(crate) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be listened for; stop the program by force");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Opens a cell.
pub(crate) fn open(cell: &settings::Cell) -> anyhow::Result<Cell> {
    let settings = CellSettings {
        name: cell.name.clone(),
        region: cell.region.clone(),
        legal_entity: cell.legal_entity.clone(),
        database_url: cell.database_url.reveal().to_owned(),
        worker_database_url: cell.worker_database_url.reveal().to_owned(),
        request_connections: cell.request_connections,
        lane_connections: cell.lane_connections,
        worker_connections: cell.worker_connections,
        sealing_key: *cell.sealing_key.reveal(),
        previous_sealing_key: cell.previous_sealing_key.as_ref().map(|key| *key.reveal()),
    };
    Cell::open(&settings).with_context(|| format!("cell {}: a database address cannot be read", cell.name))
}

/// Opens a cell for a command that does one thing and ends: its database answers, or that is told in one line.
pub(crate) async fn reach(cell: &settings::Cell) -> anyhow::Result<Cell> {
    for (setting, url) in [("database_url", &cell.database_url), ("worker_database_url", &cell.worker_database_url)] {
        let conn = connect(url.reveal(), setting).await.with_context(|| format!("cell {}", cell.name))?;
        // What becomes of a connection that was only to be had makes no difference.
        let _ = conn.close().await;
    }
    open(cell)
}

/// Connects to the database that a setting names, or says in one line which one it is that does not answer, and what to do. The password is
/// in no such line.
pub(crate) async fn connect(url: &str, setting: &str) -> anyhow::Result<PgConnection> {
    let options = PgConnectOptions::from_str(url).with_context(|| format!("{setting}: it cannot be read"))?;
    let place = match options.get_socket() {
        Some(socket) => format!("{}, port {}", socket.display(), options.get_port()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let why = match tokio::time::timeout(ANSWERS_WITHIN, PgConnection::connect_with(&options)).await {
        Ok(Ok(conn)) => return Ok(conn),
        Ok(Err(refused @ sqlx::Error::Database(_))) => {
            return Err(anyhow::anyhow!(
                "the database at {place} refuses the connection ({refused}): set {setting} right"
            ));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} seconds", ANSWERS_WITHIN.as_secs()),
    };
    anyhow::bail!("the database at {place} does not answer ({why}): start it, or set {setting} right")
}

/// The accounts of a cell at the payment provider.
pub(crate) fn providers(cell: &settings::Cell) -> anyhow::Result<Providers> {
    let account = |account: &settings::ProviderAccount| {
        Provider::new(&ProviderSettings {
            base_url: account.base_url.clone(),
            secret_key: account.secret_key.reveal().to_owned(),
            publishable_key: account.publishable_key.clone(),
            callback_secret: account.callback_secret.reveal().to_owned(),
        })
    };
    Ok(Providers { live: account(&cell.live_provider)?, test: account(&cell.test_provider)? })
}

/// A cell with its machines running.
pub(crate) struct Running {
    pub(crate) services: CellServices,
    pub(crate) lanes: LanesAtWork,
}

/// Opens a cell and starts what works on it.
pub(crate) fn start_cell(
    cell: &settings::Cell,
    settings: &Settings,
    shutdown: &CancellationToken,
) -> anyhow::Result<Running> {
    let opened = open(cell)?;
    let inventory = Inventory::new(opened.clone());
    let lane_settings =
        LaneSettings { lanes: settings.holds.lanes, batch: settings.holds.batch, queue: settings.holds.queue };
    let (lanes, at_work) = Lanes::open(inventory.clone(), lane_settings, platform_api::render_hold, shutdown.clone());
    let services = CellServices {
        throttle: Arc::new(Throttle::new(opened.clone())),
        cell: opened,
        inventory,
        lanes,
        providers: providers(cell)?,
    };
    Ok(Running { services, lanes: at_work })
}
