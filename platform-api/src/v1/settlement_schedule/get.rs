//! `GET /v1/settlement_schedule`

use accounting::settlement_schedule;

use super::ScheduleView;
use crate::web::{Allowed, Answer, Reply, scope::SettlementsRead};

/// Reads when the periods of the books end: each month in UTC, until you say otherwise.
#[utoipa::path(get, path = "/v1/settlement_schedule", tag = "Finance", responses((status = 200, body = ScheduleView)))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>) -> Answer {
    let schedule = settlement_schedule(&mut allowed.snapshot().await?).await?;
    let version = schedule.version;
    Reply::versioned(&ScheduleView::from(schedule), version)
}
