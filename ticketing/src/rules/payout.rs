//! Payouts: what one is, how its states may move, what is to be asked of the provider next, and when the schedule pays out.

use foundation::{Instant, Money, Refusal, id::PayoutId};
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::states;

states! {
    /// A payout's life.
    PayoutState {
        /// Taken off what is available; the provider has been, or is about to be, asked to transfer it.
        Created = "created" -> [InTransit, Failed];
        /// Transferred to the reseller's account at the provider, and from there on its way to the bank.
        InTransit = "in_transit" -> [Paid, Returning];
        /// The bank has it. Days later it may still send it back.
        Paid = "paid" -> [Returning];
        /// The bank did not take it: it is fetched back from the reseller's account at the provider.
        Returning = "returning" -> [Failed];
        /// It did not arrive, and is available again.
        Failed = "failed" -> [];
    }
}

/// Money on its way to a reseller's bank account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: PayoutState,
    /// Whether the schedule made it.
    pub by_schedule: bool,
    /// The reseller's account at the provider.
    pub account: String,
    /// The provider's transfer to it.
    pub provider_transfer: Option<String>,
    /// The balance transaction by which the money left.
    pub transfer_transaction: Option<String>,
    /// The provider's payout to the bank.
    pub provider_payout: Option<String>,
    /// The balance transaction by which the money came back.
    pub return_transaction: Option<String>,
    /// When the bank had it.
    pub paid_at: Option<Instant>,
    /// Why it failed, in the provider's word.
    pub failure_code: Option<String>,
    /// How often the worker has asked in vain.
    pub tries: i16,
    /// When it was decided on.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// What is to be asked of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To transfer the money to the reseller's account there.
    Transfer,
    /// To pay it out from there to the bank.
    PayOut,
    /// How that payout stands.
    Ask,
    /// To give the transfer back.
    Reverse,
}

impl Payout {
    /// What is to be asked of the provider next; nothing of a payout that has ended.
    #[must_use]
    pub fn next(&self) -> Option<Step> {
        match (self.state, &self.provider_payout) {
            (PayoutState::Created, _) => Some(Step::Transfer),
            (PayoutState::InTransit, None) => Some(Step::PayOut),
            (PayoutState::InTransit, Some(_)) => Some(Step::Ask),
            (PayoutState::Returning, _) => Some(Step::Reverse),
            (PayoutState::Paid | PayoutState::Failed, _) => None,
        }
    }
}

/// How often money is paid out by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Never: only when asked for.
    Manual,
    /// Each day.
    Daily,
    /// Each week, on a weekday.
    Weekly,
    /// Each month, on a day of it.
    Monthly,
    /// Each day on which there is as much as the minimum.
    Threshold,
}

impl Every {
    const ALL: [Self; 5] = [Self::Manual, Self::Daily, Self::Weekly, Self::Monthly, Self::Threshold];

    /// The word used in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Threshold => "threshold",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.as_str() == text)
    }
}

/// When money is paid out by itself, and how much at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    every: Every,
    on_day: Option<i8>,
    minimum: Decimal,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every: Every::Manual, on_day: None, minimum: Decimal::ZERO }
    }
}

/// How a reseller is paid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutSettings {
    /// When, by itself.
    pub schedule: Schedule,
    /// The reseller's account at the provider; without one nothing can be paid out.
    pub account: Option<String>,
    /// When the schedule pays out next.
    pub next_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl Default for PayoutSettings {
    fn default() -> Self {
        Self { schedule: Schedule::default(), account: None, next_at: Instant::NEVER, version: 1 }
    }
}

/// The hour of the day, UTC, at which the schedule pays out: when no show is on in Europe or America's east.
const HOUR: i8 = 6;

impl Schedule {
    /// A schedule. `on_day` is the weekday (1 Monday to 7) of a weekly one, the day of the month (1 to 28) of a monthly one;
    /// `minimum` is in whatever currency is paid out.
    ///
    /// # Errors
    /// `invalid_field` for what is out of bounds or belongs to another schedule.
    pub fn new(every: Every, on_day: Option<i8>, minimum: Decimal) -> Result<Self, Refusal> {
        let wrong = match (every, on_day) {
            (Every::Weekly, Some(1..=7)) | (Every::Monthly, Some(1..=28)) => None,
            (Every::Weekly, _) => Some("must be the weekday, 1 (Monday) to 7"),
            (Every::Monthly, _) => Some("must be the day of the month, 1 to 28"),
            (_, Some(_)) => Some("is for `weekly` and `monthly` only"),
            (_, None) => None,
        };
        if let Some(detail) = wrong {
            return Err(Refusal::field("/schedule/on_day", detail));
        }
        // No currency is paid out in more than two decimals.
        if minimum < Decimal::ZERO || minimum.normalize().scale() > 2 || minimum > Decimal::from(1_000_000_000) {
            return Err(Refusal::field("/schedule/minimum", "must be 0 to 1000000000, with two decimals at most"));
        }
        if every == Every::Threshold && minimum.is_zero() {
            return Err(Refusal::field("/schedule/minimum", "must be more than 0 for `threshold`"));
        }
        Ok(Self { every, on_day, minimum })
    }

    /// How often.
    #[must_use]
    pub fn every(&self) -> Every {
        self.every
    }

    /// The weekday or the day of the month.
    #[must_use]
    pub fn on_day(&self) -> Option<i8> {
        self.on_day
    }

    /// The least that is paid out by itself.
    #[must_use]
    pub fn minimum(&self) -> Decimal {
        self.minimum
    }

    /// The next time after this one, in UTC; never, if it pays out only when asked to.
    #[must_use]
    pub fn next_after(&self, now: Instant) -> Instant {
        if self.every == Every::Manual {
            return Instant::NEVER;
        }
        let now = Timestamp::from_microsecond(now.as_micros()).unwrap_or_default();
        let today = now.to_zoned(TimeZone::UTC).date();
        let fits = |date: &Date| match (self.every, self.on_day) {
            (Every::Weekly, Some(day)) => {
                date.weekday() == Weekday::from_monday_one_offset(day).unwrap_or(Weekday::Monday)
            }
            (Every::Monthly, Some(day)) => date.day() == day,
            _ => true,
        };
        let at = |date: Date| date.at(HOUR, 0, 0, 0).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).ok();
        let days = (0..=31).filter_map(|days| today.checked_add(days.days()).ok()).filter(fits);
        days.filter_map(at).find(|time| *time > now).map_or(Instant::NEVER, Instant::from)
    }
}

#[cfg(test)]
#[path = "payout_tests.rs"]
mod tests;
