//! `PATCH /v1/settlement_schedule`

use accounting::{Every, ScheduleChanges, set_settlement_schedule};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ScheduleView;
use crate::web::{Allowed, Answer, Body, IfMatch, Reply, caller::commit, scope::SettlementsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettlementScheduleChanges)]
pub(crate) struct ScheduleBody {
    every: Option<Every>,
    /// A zone of the IANA database.
    #[schema(example = "Europe/Amsterdam")]
    time_zone: Option<String>,
}

/// Sets when the periods of the books end. The open one ends at the first end of the new schedule.
#[utoipa::path(patch, path = "/v1/settlement_schedule", tag = "Finance", request_body = ScheduleBody, responses((status = 200, body = ScheduleView)))]
pub(crate) async fn update(
    allowed: Allowed<SettlementsWrite>,
    IfMatch(version): IfMatch,
    Body(body): Body<ScheduleBody>,
) -> Answer {
    let changes = ScheduleChanges { every: body.every, time_zone: body.time_zone };
    let mut tx = allowed.tx().await?;
    let schedule = set_settlement_schedule(&mut tx, &version, changes).await?;
    commit(tx).await?;
    let version = schedule.version;
    Reply::versioned(&ScheduleView::from(schedule), version)
}
