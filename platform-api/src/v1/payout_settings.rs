//! `/v1/payout_settings`: how you are paid out.

pub(crate) mod get;
pub(crate) mod onboarding;
pub(crate) mod update;

use foundation::{Instant, money::exact_decimal};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ticketing::rules::payout::{Every, PayoutSettings};
use utoipa::ToSchema;

/// How you are paid out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutSettings)]
pub(crate) struct PayoutSettingsView {
    schedule: ScheduleView,
    /// Your account at the payment provider; without one nothing can be paid out.
    account: Option<String>,
    /// When your schedule pays out next; null if it never does.
    next_at: Option<Instant>,
    /// Counts its changes; also the ETag.
    version: i64,
}

/// When you are paid out by itself, at 06:00 UTC.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayoutSchedule)]
pub(crate) struct ScheduleView {
    /// `manual`: only when you ask for it. `daily`, `weekly`, `monthly`. `threshold`: on each day on which there is as much as the
    /// minimum.
    #[schema(value_type = String, example = "weekly")]
    every: Every,
    /// The weekday, 1 (Monday) to 7, of a weekly one; the day, 1 to 28, of a monthly one.
    #[serde(default)]
    on_day: Option<i8>,
    /// The least that is paid out by itself, in whatever currency.
    #[serde(default, deserialize_with = "exact_decimal")]
    #[schema(value_type = String, example = "100.00")]
    minimum: Decimal,
}

impl From<PayoutSettings> for PayoutSettingsView {
    fn from(settings: PayoutSettings) -> Self {
        let schedule = settings.schedule;
        Self {
            schedule: ScheduleView { every: schedule.every(), on_day: schedule.on_day(), minimum: schedule.minimum() },
            account: settings.account,
            next_at: Some(settings.next_at).filter(|next| *next != Instant::NEVER),
            version: settings.version,
        }
    }
}
