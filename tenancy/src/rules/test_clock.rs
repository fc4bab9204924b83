//! How far a test environment's clock may be moved.

use std::time::Duration;

use foundation::Refusal;

/// The longest step: over a year, so that a season's sale and its settlements can be lived through at once.
const STEP_MAX: Duration = Duration::from_hours(400 * 24);
/// The furthest that a clock may stand ahead, in days: a century, far within every calendar in use.
pub(crate) const AHEAD_DAYS_MAX: i32 = 36_500;

/// A step in microseconds.
///
/// # Errors
/// `invalid_field` for less than a second or more than 400 days.
pub(crate) fn step_micros(by: Duration) -> Result<i64, Refusal> {
    let refused = || Refusal::field("/seconds", "must be 1 to 34560000 (400 days)");
    if !(Duration::from_secs(1)..=STEP_MAX).contains(&by) {
        return Err(refused());
    }
    i64::try_from(by.as_micros()).map_err(|_| refused())
}

/// The refusal of a step beyond the furthest.
pub(crate) fn too_far() -> Refusal {
    Refusal::field(
        "/seconds",
        "would move the clock more than a century ahead; register another account for further tests",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_second_to_four_hundred_days() {
        assert_eq!(step_micros(Duration::from_secs(1)).unwrap(), 1_000_000);
        assert_eq!(step_micros(STEP_MAX).unwrap(), 34_560_000_000_000);
        for wrong in [Duration::ZERO, Duration::from_millis(999), STEP_MAX + Duration::from_secs(1), Duration::MAX] {
            assert!(step_micros(wrong).is_err(), "{wrong:?}");
        }
    }
}
