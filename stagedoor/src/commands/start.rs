//! `stagedoor start`: everything in one process. With no cells configured it makes its own: a private PostgreSQL under
//! `.stagedoor/`, a cell for each of two regions, the payment sandbox and a demo to sell.

mod demo;
mod private;

use std::{process::ExitCode, time::Instant};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

pub(crate) use private::with_private_cells;

use super::roles::{self, Roles};
use crate::{process, settings::Settings};

const ALL: Roles = Roles { api: true, admin: true, dispatch: true };

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    if !settings.cells.is_empty() {
        return roles::run(settings, ALL).await;
    }
    // Before PostgreSQL is started: a taken port should cost nothing.
    let sockets = roles::bind(&settings, ALL).await?;
    let sandbox_socket = if settings.sandbox.enabled {
        Some(process::bind(settings.sandbox.listen, "sandbox.listen").await?)
    } else {
        None
    };
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        process::asked_to_stop().await;
        stop.cancel();
    });
    let (settings, cluster) = private::prepare(settings).await?;
    let sandbox = sandbox_socket.map(|socket| tokio::spawn(private::sandbox(socket, settings.clone(), shutdown.clone())));
    let serving = {
        let (settings, shutdown) = (settings.clone(), shutdown.clone());
        tokio::spawn(async move { roles::serve(&settings, ALL, sockets, shutdown).await })
    };
    let loaded = demo::load(&settings).await.context("the demo could not be loaded");
    match loaded {
        Ok(demo) => demo.print(&settings, began.elapsed()),
        Err(error) => {
            shutdown.cancel();
            serving.await??;
            return Err(error);
        }
    }
    serving.await??;
    if let Some(sandbox) = sandbox {
        sandbox.await??;
    }
    tokio::task::spawn_blocking(move || cluster.stop()).await??;
    Ok(ExitCode::SUCCESS)
}
