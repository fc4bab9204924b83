//! `PATCH /v1/shows/{show_id}`

use foundation::id::ShowId;
use serde::Deserialize;
use ticketing::use_cases::update_show::{ShowChanges, update_show};
use utoipa::ToSchema;

use super::{ShowState, ShowView, Visibility};
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShowChanges)]
pub(crate) struct ShowChangesBody {
    title: Option<String>,
    description: Option<String>,
    visibility: Option<Visibility>,
    state: Option<ShowState>,
}

/// Changes a show's own details.
#[utoipa::path(patch, path = "/v1/shows/{show_id}", tag = "Shows", params(("show_id" = ShowId, Path)), request_body = ShowChangesBody, responses((status = 200, body = ShowView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<ShowId>,
    IfMatch(version): IfMatch,
    Body(body): Body<ShowChangesBody>,
) -> Answer {
    let changes = ShowChanges {
        title: body.title,
        description: body.description,
        visibility: body.visibility.map(Into::into),
        state: body.state.map(Into::into),
    };
    let mut tx = allowed.tx().await?;
    let show = update_show(&mut tx, id, version, changes).await?;
    commit(tx).await?;
    let version = show.version;
    Reply::versioned(&ShowView::from(show), version)
}
