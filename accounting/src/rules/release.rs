//! When a reseller's money becomes available: so many days after the performance, less what is kept back for a while.

use std::time::Duration;

use foundation::{Currency, Refusal};
use rust_decimal::Decimal;

/// The most days of anything here.
const DAYS_MAX: u16 = 365;

/// On which terms a reseller's money becomes available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseTerms {
    release_after_days: u16,
    reserve_percentage: Decimal,
    reserve_days: u16,
}

impl Default for ReleaseTerms {
    /// The platform's own: two days after the performance, and nothing is kept back.
    fn default() -> Self {
        Self { release_after_days: 2, reserve_percentage: Decimal::ZERO, reserve_days: 90 }
    }
}

impl ReleaseTerms {
    /// Terms by these numbers; the percentage is of what a performance brought.
    ///
    /// # Errors
    /// `invalid_field` for what is out of bounds.
    pub fn new(release_after_days: u16, reserve_percentage: Decimal, reserve_days: u16) -> Result<Self, Refusal> {
        if release_after_days > DAYS_MAX {
            return Err(Refusal::field("/release_after_days", "must be 0 to 365"));
        }
        if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&reserve_percentage) || reserve_percentage.scale() > 4 {
            return Err(Refusal::field("/reserve_percentage", "must be 0 to 100, with four decimals at most"));
        }
        if !(1..=DAYS_MAX).contains(&reserve_days) {
            return Err(Refusal::field("/reserve_days", "must be 1 to 365"));
        }
        Ok(Self { release_after_days, reserve_percentage, reserve_days })
    }

    /// Days from the end of a performance to its release.
    #[must_use]
    pub fn release_after_days(&self) -> u16 {
        self.release_after_days
    }

    /// How much of a performance's money is kept back, in percent.
    #[must_use]
    pub fn reserve_percentage(&self) -> Decimal {
        self.reserve_percentage
    }

    /// For how many days.
    #[must_use]
    pub fn reserve_days(&self) -> u16 {
        self.reserve_days
    }

    /// How long after the end of a performance its money is released.
    #[must_use]
    pub fn released_after(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.release_after_days))
    }

    /// For how long money is kept back.
    #[must_use]
    pub fn reserved_for(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.reserve_days))
    }

    /// What of a performance's money is kept back; nothing of what the reseller owes.
    #[must_use]
    pub fn reserve_of(&self, released: Decimal, currency: Currency) -> Decimal {
        currency.round(released.max(Decimal::ZERO) * self.reserve_percentage / Decimal::ONE_HUNDRED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_kept_back_is_rounded_once_and_never_of_a_debt() {
        let eur: Currency = "EUR".parse().unwrap();
        let terms = ReleaseTerms::new(7, decimal("10"), 90).unwrap();
        for (released, reserved) in [("91.47", "9.15"), ("91.44", "9.14"), ("0", "0"), ("-8.53", "0")] {
            assert_eq!(terms.reserve_of(decimal(released), eur), decimal(reserved), "{released}");
        }
        assert_eq!(terms.reserved_for(), Duration::from_hours(2160));
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(terms.reserve_of(decimal("1994"), yen), decimal("199"));
    }

    #[test]
    fn terms_have_bounds() {
        for (after, percentage, days) in [(366, "0", 1), (0, "100.01", 1), (0, "-1", 1), (0, "1.00001", 1), (0, "0", 0)]
        {
            assert!(ReleaseTerms::new(after, decimal(percentage), days).is_err(), "{after} {percentage} {days}");
        }
        assert!(ReleaseTerms::new(0, decimal("100"), 365).is_ok());
    }
}
