//! `PATCH /v1/performances/{performance_id}/seating`

use foundation::{Instant, id::PerformanceId};
use serde::Deserialize;
use ticketing::use_cases::set_seating::{SeatingChanges, set_seating};
use utoipa::ToSchema;

use super::{SeatingRulesView, SingleSeats};
use crate::{
    v1::shows::update::given,
    web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite},
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeatingRulesChanges)]
pub(crate) struct SeatingBody {
    /// Null: to the end.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Instant>)]
    accessible_until: Option<Option<Instant>>,
    single_seats: Option<SingleSeats>,
}

/// Sets how seats of a performance are chosen, for who holds from now on.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/seating", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = SeatingBody, responses((status = 200, body = SeatingRulesView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    IfMatch(version): IfMatch,
    Body(body): Body<SeatingBody>,
) -> Answer {
    let changes =
        SeatingChanges { accessible_until: body.accessible_until, single_seats: body.single_seats.map(Into::into) };
    let mut tx = allowed.tx().await?;
    let seating = set_seating(&mut tx, id, version, changes).await?;
    commit(tx).await?;
    Reply::versioned(&SeatingRulesView::from(seating), seating.version)
}
