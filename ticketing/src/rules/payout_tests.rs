//! Schedules by hand, and that a payout knows what to ask for next.

use super::*;

fn at(text: &str) -> Instant {
    text.parse::<Timestamp>().unwrap().into()
}

fn schedule(every: Every, on_day: Option<i8>) -> Schedule {
    Schedule::new(every, on_day, Decimal::ONE).unwrap()
}

#[test]
fn a_schedule_pays_out_at_six_on_its_days_and_not_twice_at_once() {
    let cases = [
        (Every::Daily, None, "2031-03-05T05:59:59Z", "2031-03-05T06:00:00Z"),
        (Every::Daily, None, "2031-03-05T06:00:00Z", "2031-03-06T06:00:00Z"),
        (Every::Threshold, None, "2031-12-31T07:00:00Z", "2032-01-01T06:00:00Z"),
        // The fifth of March 2031 is a Wednesday.
        (Every::Weekly, Some(3), "2031-03-05T05:00:00Z", "2031-03-05T06:00:00Z"),
        (Every::Weekly, Some(3), "2031-03-05T06:00:00Z", "2031-03-12T06:00:00Z"),
        (Every::Weekly, Some(1), "2031-03-05T05:00:00Z", "2031-03-10T06:00:00Z"),
        (Every::Monthly, Some(28), "2031-02-28T06:00:00Z", "2031-03-28T06:00:00Z"),
        (Every::Monthly, Some(1), "2031-03-05T05:00:00Z", "2031-04-01T06:00:00Z"),
        (Every::Monthly, Some(1), "2031-01-01T06:00:00Z", "2031-02-01T06:00:00Z"),
    ];
    for (every, on_day, now, next) in cases {
        assert_eq!(schedule(every, on_day).next_after(at(now)), at(next), "{every:?} {on_day:?} after {now}");
    }
    assert_eq!(schedule(Every::Manual, None).next_after(at("2031-03-05T06:00:00Z")), Instant::NEVER);
}

#[test]
fn a_schedule_has_the_day_that_it_needs_and_no_other() {
    for (every, on_day, minimum) in [
        (Every::Weekly, None, 1),
        (Every::Weekly, Some(0), 1),
        (Every::Weekly, Some(8), 1),
        (Every::Monthly, Some(29), 1),
        (Every::Daily, Some(1), 1),
        (Every::Threshold, None, 0),
        (Every::Daily, None, -1),
    ] {
        assert!(Schedule::new(every, on_day, Decimal::from(minimum)).is_err(), "{every:?} {on_day:?} {minimum}");
    }
    for every in Every::ALL {
        assert_eq!(Every::parse(every.as_str()), Some(every));
    }
}

#[test]
fn what_is_asked_next_follows_from_what_is_known() {
    let mut payout = Payout {
        id: PayoutId::new(),
        amount: Money::new(Decimal::TEN, "EUR".parse().unwrap()).unwrap(),
        state: PayoutState::Created,
        by_schedule: false,
        account: "acct_1".to_owned(),
        provider_transfer: None,
        transfer_transaction: None,
        provider_payout: None,
        return_transaction: None,
        paid_at: None,
        failure_code: None,
        tries: 0,
        created_at: at("2031-03-05T06:00:00Z"),
        version: 1,
    };
    assert_eq!(payout.next(), Some(Step::Transfer));
    payout.state = PayoutState::InTransit;
    assert_eq!(payout.next(), Some(Step::PayOut));
    payout.provider_payout = Some("po_1".to_owned());
    assert_eq!(payout.next(), Some(Step::Ask));
    for (state, next) in
        [(PayoutState::Paid, None), (PayoutState::Returning, Some(Step::Reverse)), (PayoutState::Failed, None)]
    {
        payout.state = state;
        assert_eq!(payout.next(), next);
    }
}
