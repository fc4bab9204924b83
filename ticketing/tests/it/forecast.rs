//! What is foretold of a reseller's money is what then happens.

use std::time::Duration;

use accounting::{Adjustment, Pot, Reason, ReleaseTerms, set_release_terms};
use foundation::{Instant, id::AdjustmentId};
use rust_decimal::Decimal;
use ticketing::{
    rules::{
        forecast::{Forecast, Why},
        payout::{Every, Schedule},
    },
    store::{payout_settings, payouts},
    use_cases::{
        forecast::forecast, move_money::move_money, refund::NewRefund, refund::accept_refund,
        set_payout_schedule::set_payout_schedule,
    },
};

use crate::{
    bank::Bank,
    house::{House, eur, places},
    payouts::GOOD,
    process::Process,
};

const MOMENT: Duration = Duration::from_secs(1);

async fn told(house: &House) -> (Instant, Forecast) {
    let (now, mut forecasts) = forecast(&mut house.snapshot().await).await.unwrap();
    (now, forecasts.remove(0))
}

/// A tenth is kept back for thirty days. Two performances were sold, the second of which ends ten days after the first; of an order one
/// ticket was given back, and the platform has made good for something.
async fn earned() -> (House, Process, Bank) {
    let house = House::with(places(20)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut tx = house.tx().await;
    set_release_terms(&mut tx, &ReleaseTerms::new(2, 10.into(), 30).unwrap()).await.unwrap();
    let given = Adjustment {
        adjustment: AdjustmentId::new(),
        order: None,
        currency: "EUR".parse().unwrap(),
        amount: Decimal::from(3),
        reason: Reason::Goodwill,
    };
    accounting::post(&mut tx, &given.journal(Pot::Available).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let later = house.another_show(eur("20.00"), 5).await;
    let moved =
        "update performances set ends_at = ends_at + interval '10 days', starts_at = starts_at + interval '10 days',
        doors_at = doors_at + interval '10 days' where performance_id = $1";
    sqlx::query(moved).bind(later.id).execute(&mut house.db.as_owner().await).await.unwrap();
    let both = vec![house.stage().any(2), later.any(2)];
    let order = bank.sold(&house, &process, both, "pm_card_bypassPending").await;
    bank.sold(&house, &process, vec![later.any(1)], "pm_card_bypassPending").await;
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: Some(vec![1]), reason: String::new() };
    accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    (house, process, bank)
}

#[tokio::test]
async fn what_is_foretold_becomes_available_then_and_not_before() {
    let (house, _process, bank) = earned().await;
    let (now, foretold) = told(&house).await;
    let lines: Vec<Why> = foretold.coming.iter().map(|one| one.why).collect();
    assert_eq!(lines, [Why::Release, Why::Release, Why::ReserveRelease, Why::ReserveRelease]);
    assert_eq!(foretold.sum(), foretold.balance.pending + foretold.balance.available + foretold.balance.reserved);
    assert_eq!(foretold.next_payout, None, "there is no account to pay to");
    let mut before = foretold.balance.available;
    for one in &foretold.coming {
        let due = one.at.unwrap().since(now);
        for (ahead, available) in [(due - MOMENT, before), (due + MOMENT, one.available_after)] {
            house.ahead(ahead).await;
            move_money(house.db.cell(), &bank.providers).await.unwrap();
            let (_, then) = told(&house).await;
            assert_eq!(then.balance.available, available, "{one:?}");
            assert_eq!(then.sum(), foretold.sum());
            assert!(then.coming.iter().all(|coming| foretold.coming.iter().any(|told| told.amount == coming.amount)));
        }
        before = one.available_after;
    }
    assert_eq!(told(&house).await.1.coming, []);
    house.end().await;
}

#[tokio::test]
async fn the_schedule_pays_out_then_what_was_foretold() {
    let (house, _process, bank) = earned().await;
    bank.advance().await;
    let account = bank.connected(GOOD).await;
    let mut tx = house.tx().await;
    payout_settings::lock(&mut tx).await.unwrap();
    payout_settings::set_account(&mut tx, &account).await.unwrap();
    let version = payout_settings::get(&mut tx).await.unwrap().version;
    let schedule = Schedule::new(Every::Weekly, Some(3), "20.00".parse().unwrap()).unwrap();
    set_payout_schedule(&mut tx, version, &schedule).await.unwrap();
    tx.commit().await.unwrap();
    let (now, foretold) = told(&house).await;
    let next = foretold.next_payout.unwrap();
    assert!(next.amount > "20.00".parse().unwrap() && next.at > foretold.coming[1].at.unwrap(), "{next:?}");
    // Until then nothing is paid out: on each Wednesday before it is too little.
    let mut at = schedule.next_after(now);
    while at < next.at {
        house.ahead(at.since(now) + MOMENT).await;
        move_money(house.db.cell(), &bank.providers).await.unwrap();
        assert_eq!(payouts::list(&mut house.tx().await, None, 10).await.unwrap(), []);
        assert_eq!(told(&house).await.1.next_payout, Some(next));
        at = schedule.next_after(at);
    }
    assert_eq!(at, next.at);
    house.ahead(next.at.since(now) + MOMENT).await;
    move_money(house.db.cell(), &bank.providers).await.unwrap();
    let made = payouts::list(&mut house.tx().await, None, 10).await.unwrap();
    assert_eq!(
        made.iter().map(|payout| (payout.amount.amount(), payout.by_schedule)).collect::<Vec<_>>(),
        [(next.amount, true)]
    );
    house.end().await;
}
