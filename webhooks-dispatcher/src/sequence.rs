//! The loop around the sequencer. Nothing tells of new events but their commit, so it looks: often while they keep coming,
//! seldom while none do.

use std::time::Duration;

use foundation::{Cell, sequencer};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;

/// Between two looks while events keep coming: what a reader waits at most for a position.
const BUSY: Duration = Duration::from_millis(5);
/// Between two looks when none have come for a while.
const QUIET: Duration = Duration::from_millis(50);

/// Gives events their positions until the shutdown. Any number of processes may do so: one at a time does.
pub async fn sequence(cell: &Cell, shutdown: &CancellationToken) {
    let mut backoff = Backoff::default();
    let mut pause = QUIET;
    while !shutdown.is_cancelled() {
        match sequencer::place_all(cell).await {
            Ok(placed) => {
                backoff.reset();
                pause = if placed > 0 { BUSY } else { (pause * 2).min(QUIET) };
                shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
            }
            Err(error) => {
                tracing::warn!(%error, cell = cell.name(), "events could not be given positions");
                shutdown.run_until_cancelled(backoff.wait()).await;
            }
        }
    }
}
