//! `/v1/settlement_schedule`

pub(crate) mod get;
pub(crate) mod update;

use accounting::{Every, SettlementSchedule};
use foundation::Instant;
use serde::Serialize;
use utoipa::ToSchema;

/// When the periods of the books end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementSchedule)]
pub(crate) struct ScheduleView {
    /// At midnight: `day`, `week` (before Monday), `month`; or `never`, when only a `POST` closes them.
    every: Every,
    /// Of this zone.
    #[schema(example = "Europe/Amsterdam")]
    time_zone: String,
    /// When the open period ends; null where only a `POST` ends it.
    closes_at: Option<Instant>,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<SettlementSchedule> for ScheduleView {
    fn from(schedule: SettlementSchedule) -> Self {
        let SettlementSchedule { every, time_zone, closes_at, version } = schedule;
        Self { every, time_zone, closes_at: closes_at.0, version }
    }
}
