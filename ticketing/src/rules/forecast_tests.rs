//! Forecasts by hand.

use std::time::Duration;

use super::*;
use crate::rules::payout::Every;

const DAY: Duration = Duration::from_secs(86_400);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Ten in the morning of Wednesday, 1 January 2031.
fn now() -> Instant {
    Instant::from_micros(1_925_028_000_000_000)
}

fn over(in_days: u32) -> Told {
    let ends_at = now().plus(DAY * in_days);
    Told {
        performance: PerformanceId::new(),
        show: ShowId::new(),
        title: "Hamlet".to_owned(),
        ends_at,
        provider_available_at: None,
    }
}

fn balance(pending: &str, available: &str, reserved: &str) -> Balance {
    let [pending, available, reserved] = [pending, available, reserved].map(decimal);
    Balance { currency: "EUR".parse().unwrap(), pending, available, reserved }
}

/// 100.00 of a performance in ten days, a debt of 5.00 of one that is over and due, 3.00 of none; 4.00 kept back for five more days.
fn forecast() -> Forecast {
    let terms = ReleaseTerms::new(2, decimal("10"), 30).unwrap();
    let late = Told { ends_at: Instant::from_micros(now().as_micros() - 9 * 86_400_000_000), ..over(0) };
    let pending =
        vec![(Some(over(10)), decimal("100.00")), (Some(late.clone()), decimal("-5.00")), (None, decimal("3.00"))];
    let reserves = vec![((Some(late), decimal("4.00")), now().plus(DAY * 5))];
    Forecast::new(balance("98.00", "20.00", "4.00"), &terms, (pending, reserves), now())
}

#[test]
fn what_comes_stands_in_order_and_comes_to_the_balance() {
    let forecast = forecast();
    let told: Vec<_> = forecast
        .coming
        .iter()
        .map(|one| {
            let days = one.at.map(|at| at.since(now()).as_secs() / 86_400);
            (days, one.why, one.amount.to_string(), one.available_after.to_string())
        })
        .collect();
    let line = |days, why, amount: &str, after: &str| (days, why, amount.to_owned(), after.to_owned());
    assert_eq!(
        told,
        [
            line(Some(0), Why::Release, "-5.00", "15.00"),
            line(Some(5), Why::ReserveRelease, "4.00", "19.00"),
            line(Some(12), Why::Release, "90.00", "109.00"),
            line(Some(42), Why::ReserveRelease, "10.00", "119.00"),
            line(None, Why::Undated, "3.00", "122.00"),
        ]
    );
    assert_eq!(forecast.sum(), decimal("122.00"));
}

#[test]
fn the_schedule_pays_on_the_first_of_its_days_on_which_there_is_enough() {
    let payable = |amount: Decimal, _| amount.max(Decimal::ZERO);
    let next = |every, on_day, minimum: &str| {
        let schedule = Schedule::new(every, on_day, decimal(minimum)).unwrap();
        let paid = forecast().paid_out(&schedule, schedule.next_after(now()), now(), payable).next_payout;
        // 06:00 of the next day is 20 hours from now.
        paid.map(|paid| (paid.at.since(now()).as_secs() / 3_600, paid.amount.to_string()))
    };
    let line = |hours: u64, amount: &str| Some((hours, amount.to_owned()));
    assert_eq!(next(Every::Daily, None, "0"), line(20, "15.00"));
    assert_eq!(next(Every::Daily, None, "15.01"), line(20 + 24 * 5, "19.00"));
    assert_eq!(next(Every::Weekly, Some(1), "0"), line(20 + 24 * 4, "15.00"), "the first Monday");
    assert_eq!(next(Every::Threshold, None, "110.00"), line(20 + 24 * 42, "119.00"));
    assert_eq!(next(Every::Threshold, None, "119.01"), None, "what has no date is not counted on");
    assert_eq!(next(Every::Manual, None, "0"), None);
}
