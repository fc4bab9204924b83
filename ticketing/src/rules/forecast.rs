//! What of a reseller's money becomes available when and why, and what its schedule will pay out next. As things stand: what is sold,
//! given back or taken later changes it.

use accounting::{Balance, ReleaseTerms};
use foundation::{
    Currency, Instant,
    id::{PerformanceId, ShowId},
};
use rust_decimal::Decimal;
use serde::Serialize;

use super::payout::Schedule;

/// The most days of a schedule that are looked at: five years of a daily one.
const LOOKS_MAX: usize = 2_000;

/// Why money becomes available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A performance is over for so many days; less what is kept back of its money.
    Release,
    /// What was, or will be, kept back of a performance's money is free.
    ReserveRelease,
    /// It waits for something that has no date, as the sale of its order.
    Undated,
}

impl Why {
    /// The word used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::ReserveRelease => "reserve_release",
            Self::Undated => "undated",
        }
    }
}

/// A performance, as far as it matters to its money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The performance.
    pub performance: PerformanceId,
    /// Its show.
    pub show: ShowId,
    /// The show's title.
    pub title: String,
    /// When it ends.
    pub ends_at: Instant,
    /// When the provider has all of its money at the platform's disposal, as far as that is known: a payout before that fails.
    pub provider_available_at: Option<Instant>,
}

/// Money that becomes available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// When; now, if that should have been before; none where nobody can tell.
    pub at: Option<Instant>,
    /// Why.
    pub why: Why,
    /// Of which performance.
    pub of: Option<Told>,
    /// How much (major unit); below zero, so much less.
    pub amount: Decimal,
    /// What is available from then on, if nothing is paid out before.
    pub available_after: Decimal,
}

/// A payout that the schedule will make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPayout {
    /// When.
    pub at: Instant,
    /// How much: what is available now, and all that becomes available until then.
    pub amount: Decimal,
}

/// One currency's future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// As it is now.
    pub balance: Balance,
    /// What comes, in the order of time, what has none at the end. With what is available now it is the whole balance.
    pub coming: Vec<Coming>,
    /// The next payout of the schedule, if it will make one of this currency.
    pub next_payout: Option<NextPayout>,
}

/// A piece of money that has a performance or none, and what is known of that.
pub type Piece = (Option<Told>, Decimal);

impl Forecast {
    /// What comes of what is pending (by performance) and of what is kept back (and until when), on these terms.
    #[must_use]
    pub fn new(
        balance: Balance,
        terms: &ReleaseTerms,
        (pending, reserves): (Vec<Piece>, Vec<(Piece, Instant)>),
        now: Instant,
    ) -> Self {
        let mut coming = Vec::new();
        let mut add = |at: Option<Instant>, why, of: &Option<Told>, amount: Decimal| {
            if !amount.is_zero() {
                let (at, of) = (at.map(|at| at.max(now)), of.clone());
                coming.push(Coming { at, why, of, amount, available_after: Decimal::ZERO });
            }
        };
        for (of, amount) in &pending {
            let Some(told) = of else {
                add(None, Why::Undated, of, *amount);
                continue;
            };
            let at = told.ends_at.plus(terms.released_after()).max(now);
            let kept = terms.reserve_of(*amount, balance.currency);
            add(Some(at), Why::Release, of, amount - kept);
            add(Some(at.plus(terms.reserved_for())), Why::ReserveRelease, of, kept);
        }
        for ((of, amount), until) in &reserves {
            add(Some(*until), Why::ReserveRelease, of, *amount);
        }
        let performance = |coming: &Coming| coming.of.as_ref().map(|told| told.performance);
        coming.sort_by_key(|one| (one.at.is_none(), one.at, one.why, performance(one)));
        let mut available = balance.available;
        for one in &mut coming {
            available += one.amount;
            one.available_after = available;
        }
        Self { balance, coming, next_payout: None }
    }

    /// The same with what a schedule will pay out, whose next time is known; `payable` is the most of an amount that can be.
    #[must_use]
    pub fn paid_out(
        mut self,
        schedule: &Schedule,
        next_at: Instant,
        now: Instant,
        payable: impl Fn(Decimal, Currency) -> Decimal,
    ) -> Self {
        let dated = || self.coming.iter().filter_map(|one| Some((one.at?, one.available_after)));
        let last = dated().map(|(at, _)| at).max().unwrap_or(now);
        let mut at = next_at.max(now);
        for _ in 0..LOOKS_MAX {
            if at == Instant::NEVER {
                break;
            }
            let available =
                dated().take_while(|(of, _)| *of <= at).last().map_or(self.balance.available, |(_, sum)| sum);
            let amount = payable(available, self.balance.currency);
            if amount > Decimal::ZERO && amount >= schedule.minimum() {
                self.next_payout = Some(NextPayout { at, amount });
                break;
            }
            if at > last {
                break;
            }
            at = schedule.next_after(at);
        }
        self
    }

    /// All that comes, and what is available: the whole balance.
    #[must_use]
    pub fn sum(&self) -> Decimal {
        self.balance.available + self.coming.iter().map(|one| one.amount).sum::<Decimal>()
    }
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
