//! `GET /v1/shows/{show_id}`

use foundation::id::ShowId;
use ticketing::store::shows;

use super::ShowView;
use crate::{
    v1::public::seen_by,
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// Reads a show with its performances.
#[utoipa::path(get, path = "/v1/shows/{show_id}", tag = "Shows", params(("show_id" = ShowId, Path)), responses((status = 200, body = ShowView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<ShowId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let show = shows::get(&mut tx, id).await?;
    seen_by(&mut tx, &allowed.caller, &show, "show").await?;
    let version = show.version;
    Reply::versioned(&ShowView::from(show), version)
}
