//! `stagedoor start`: everything in one process. With no cells configured it makes its own: a private PostgreSQL under
//! `.stagedoor/`, a cell for each of two regions, the payment sandbox and a demo to sell.

mod demo;
mod private;
mod rooms;

use std::{process::ExitCode, time::Instant};

use anyhow::Context as _;
use local_postgres::Cluster;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use private::with_private_cells;

use super::roles::{self, Roles, Sockets};
use crate::{process, settings::Settings};

const ALL: Roles = Roles { api: true, admin: true, dispatch: true };

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    if !settings.cells.is_empty() {
        return roles::run(settings, ALL).await;
    }
    // Before PostgreSQL is started: a taken port should cost nothing.
    let sockets = roles::bind(&settings, ALL)?;
    let sandbox_socket =
        if settings.sandbox.enabled { Some(process::bind(settings.sandbox.listen, "sandbox.listen")?) } else { None };
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        process::asked_to_stop().await;
        stop.cancel();
    });
    let cluster = private::cluster(&settings).await?;
    let served = on_cluster(settings, &cluster, sockets, sandbox_socket, shutdown, began).await;
    // Whatever came of it: whoever stops this program finds nothing of it running.
    tokio::task::spawn_blocking(move || cluster.stop()).await??;
    served.map(|()| ExitCode::SUCCESS)
}

/// Serves from the private server until `shutdown`.
async fn on_cluster(
    settings: Settings,
    cluster: &Cluster,
    sockets: Sockets,
    sandbox_socket: Option<TcpListener>,
    shutdown: CancellationToken,
    began: Instant,
) -> anyhow::Result<()> {
    let settings = private::prepare(settings, cluster).await?;
    // Before anything else asks for connections: a busy machine must not make the first start fail.
    let demo = demo::load(&settings).await.context("the demo could not be loaded")?;
    if shutdown.is_cancelled() {
        return Ok(());
    }
    // The sandbox outlives the API: a request under way may still have to ask it. Without it nothing can be sold.
    let sandbox_shutdown = CancellationToken::new();
    let sandbox = sandbox_socket.map(|socket| {
        let serving = private::sandbox(socket, settings.clone(), sandbox_shutdown.clone());
        let stop = shutdown.clone();
        tokio::spawn(async move {
            let ended = serving.await;
            stop.cancel();
            ended
        })
    });
    demo.print(&settings, began.elapsed());
    roles::serve(&settings, ALL, sockets, shutdown).await?;
    sandbox_shutdown.cancel();
    if let Some(sandbox) = sandbox {
        sandbox.await??;
    }
    Ok(())
}
