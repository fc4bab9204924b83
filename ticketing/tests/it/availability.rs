//! What can be bought, as memories tell it: why the rest cannot, when the sale is open, and that two of them come to agree.

use std::time::Duration;

use foundation::sequencer;
use ticketing::{
    rules::{availability::SaleStatus, performance::PerformanceState, sale_round::Pool, stock::Taken},
    use_cases::{
        set_pool::create_pool,
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    house::{House, MINUTES, eur, places, seats},
    process::Process,
};

async fn all_heard(house: &House, processes: &[&Process]) {
    sequencer::place_all(house.db.cell()).await.unwrap();
    for process in processes {
        process.inventory.catch_up().await.unwrap();
    }
}

#[tokio::test]
async fn what_keeps_tickets_from_being_sold_is_told_apart_in_every_process() {
    let house = House::of(eur("0.00"), vec![places(10)]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage();
    let seen = async |process: &Process| {
        let seen = process.inventory.availability(house.reseller, stage.id).await.unwrap();
        (seen.counts[0].available, seen.counts[0].kept)
    };
    assert_eq!(seen(&two).await, (10, Taken::default()));
    one.hold(vec![stage.any(2)]).await.unwrap();
    // What costs nothing is sold at once.
    one.ordered(vec![stage.any(3)]).await;
    let kept = Taken { held: 2, sold: 3, blocked: 0 };
    assert_eq!(seen(&one).await, (5, kept));
    all_heard(&house, &[&one, &two]).await;
    assert_eq!((seen(&one).await, seen(&two).await), ((5, kept), (5, kept)), "heard from the log");
    two.inventory.forget_all(house.reseller);
    assert_eq!(seen(&two).await, (5, kept), "read from the claims");
    house.end().await;
}

#[tokio::test]
async fn an_order_that_is_not_paid_counts_as_held() {
    let house = House::with(places(4)).await;
    let process = Process::first(&house);
    process.ordered(vec![house.stage().any(4)]).await;
    for _ in 0..2 {
        let seen = process.inventory.availability(house.reseller, house.stage().id).await.unwrap();
        assert_eq!((seen.counts[0].kept, seen.left.status), (Taken { held: 4, ..Taken::default() }, SaleStatus::Held));
        process.inventory.forget_all(house.reseller);
    }
    house.end().await;
}

#[tokio::test]
async fn a_pause_is_told_by_every_memory_that_has_heard_of_it() {
    let house = House::with(seats(&[("A", 4)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage();
    let seen = async |process: &Process| process.inventory.availability(house.reseller, stage.id).await.unwrap();
    let before = seen(&two).await;
    assert_eq!((before.left.status, before.left.largest_party, before.public), (SaleStatus::Available, 4, true));
    let mut tx = house.tx().await;
    let changes = PerformanceChanges { state: Some(PerformanceState::Paused), ..PerformanceChanges::default() };
    update_performance(&mut tx, stage.id, 1, changes).await.unwrap();
    tx.commit().await.unwrap();
    all_heard(&house, &[&one, &two]).await;
    let after = seen(&two).await;
    assert_eq!(after.left.status, SaleStatus::Paused);
    assert!(after.sequence > before.sequence && after.mark != before.mark);
    assert_eq!(seen(&two).await.mark, after.mark, "nothing has changed");
    house.end().await;
}

#[tokio::test]
async fn what_a_pool_has_left_is_told_after_each_hold_and_each_end() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    let mut tx = house.tx().await;
    let pool = Pool {
        id: foundation::id::PoolId::new(),
        performance: stage.id,
        name: "few".to_owned(),
        capacity: 5,
        offers: vec![stage.offer],
        version: 1,
    };
    create_pool(&mut tx, &pool).await.unwrap();
    tx.commit().await.unwrap();
    let left = async || {
        let seen = process.inventory.availability(house.reseller, stage.id).await.unwrap();
        (seen.left.available, seen.left.beyond_limits)
    };
    assert_eq!(left().await, (5, 15));
    let hold = process.hold(vec![stage.any(2)]).await.unwrap();
    assert_eq!(left().await, (3, 15));
    process.release(hold.id).await.unwrap();
    assert_eq!(left().await, (5, 15));
    process.hold(vec![stage.any(4)]).await.unwrap();
    house.ahead(MINUTES + Duration::from_secs(1)).await;
    let mut tx = house.tx().await;
    process.inventory.set_clock(house.reseller, tx.now().await.unwrap());
    drop(tx);
    assert_eq!(left().await, (5, 15), "ended by its time");
    house.end().await;
}
