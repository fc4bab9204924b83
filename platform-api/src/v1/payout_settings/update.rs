//! `PATCH /v1/payout_settings`

use serde::Deserialize;
use ticketing::{rules::payout::Schedule, use_cases::set_payout_schedule::set_payout_schedule};
use utoipa::ToSchema;

use super::{PayoutSettingsView, ScheduleView};
use crate::web::{Allowed, Answer, Body, IfMatch, Reply, caller::commit, scope::FinanceWrite};

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayoutSettingsChanges)]
pub(crate) struct PayoutSettingsChangesBody {
    /// The whole schedule.
    schedule: ScheduleView,
}

/// Changes when you are paid out by itself.
#[utoipa::path(patch, path = "/v1/payout_settings", tag = "Finance", request_body = PayoutSettingsChangesBody, responses((status = 200, body = PayoutSettingsView)))]
pub(crate) async fn update(
    allowed: Allowed<FinanceWrite>,
    IfMatch(version): IfMatch,
    Body(body): Body<PayoutSettingsChangesBody>,
) -> Answer {
    let ScheduleView { every, on_day, minimum } = body.schedule;
    let schedule = Schedule::new(every, on_day, minimum)?;
    let mut tx = allowed.tx().await?;
    let settings = set_payout_schedule(&mut tx, version, &schedule).await?;
    commit(tx).await?;
    let version = settings.version;
    Reply::versioned(&PayoutSettingsView::from(settings), version)
}
