//! `GET /v1/shows/{show_id}/cancellation`

use foundation::id::{CancellationId, ShowId};
use serde::Serialize;
use ticketing::{
    rules::choice::ChoiceState,
    store::{cancellations, shows},
};
use utoipa::ToSchema;

use crate::{
    v1::cancellations::{CancellationView, ProgressView},
    web::{Allowed, Answer, Path, Reply, scope::OrdersRead},
};

/// How far the cancellation of a show's performances is, all together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShowCancellation)]
pub(crate) struct ShowCancellationView {
    show_id: ShowId,
    /// Whether every order has its outcome; also where nothing was cancelled.
    done: bool,
    /// How many orders stand how, over all of them.
    progress: ProgressView,
    /// Those of its performances, each as it stands.
    cancellations: Vec<CancellationView>,
}

/// Reads how far the cancellation of a show is: of all its performances that were cancelled, in one call or one by one.
#[utoipa::path(get, path = "/v1/shows/{show_id}/cancellation", tag = "Shows", params(("show_id" = ShowId, Path)), responses((status = 200, body = ShowCancellationView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<ShowId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    shows::get(&mut tx, id).await?;
    let all = cancellations::of_show(&mut tx, id).await?;
    let ids: Vec<CancellationId> = all.iter().map(|of| of.id).collect();
    let progress = cancellations::progress_of(&mut tx, &ids).await?;
    Reply::ok(&ShowCancellationView {
        show_id: id,
        done: all.iter().all(|of| of.state == ChoiceState::Done),
        progress: progress.into(),
        cancellations: all.into_iter().map(CancellationView::from).collect(),
    })
}
