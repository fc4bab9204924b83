//! `PATCH /v1/shows/{show_id}`

use foundation::{Instant, id::ShowId};
use serde::{Deserialize, Deserializer};
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
    /// Null: at once.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Instant>)]
    public_from: Option<Option<Instant>>,
    state: Option<ShowState>,
}

/// Tells a null, which takes the value away, from a field that is left out.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
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
        public_from: body.public_from,
        state: body.state.map(Into::into),
    };
    let mut tx = allowed.tx().await?;
    let show = update_show(&mut tx, id, version, changes).await?;
    commit(tx).await?;
    allowed.services.inventory.forget_doors(allowed.caller.reseller);
    let version = show.version;
    Reply::versioned(&ShowView::from(show), version)
}
