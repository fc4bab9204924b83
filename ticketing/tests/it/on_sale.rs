//! That a performance is on sale is told: when its window opens, when its show is published, when its sales go on; once each time.

use std::time::Duration;

use foundation::{event, sequencer};
use ticketing::{
    rules::{
        performance::{Checkouts, PerformanceState},
        show::{NewShow, ShowState},
        times::GivenTimes,
    },
    use_cases::{
        create_show::create_show,
        update_performance::{PerformanceChanges, update_performance},
        update_show::{ShowChanges, update_show},
    },
};

use crate::{
    bank::Bank,
    house::{House, eur, performance, places, show},
    process::Process,
};

/// What was told of performances' sales, in the order in which it happened.
async fn told(house: &House, process: &Process, bank: &Bank) -> Vec<String> {
    assert_eq!(bank.due(process).await, 0);
    sequencer::place_all(house.db.cell()).await.unwrap();
    let log = event::after(&mut house.tx().await, 0, 1_000).await.unwrap().events;
    let of_sales = log.into_iter().map(|event| event.kind);
    of_sales.filter(|kind| ["performance.on_sale", "performance.paused"].contains(&kind.as_str())).collect()
}

async fn set(house: &House, version: i64, changes: PerformanceChanges) {
    let mut tx = house.tx().await;
    update_performance(&mut tx, house.stage().id, version, changes).await.unwrap();
    tx.commit().await.unwrap();
}

const ON_SALE: &str = "performance.on_sale";
const PAUSED: &str = "performance.paused";

#[tokio::test]
async fn a_stop_is_told_and_that_sales_go_on_too_and_each_once() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE]);
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE], "once");
    let state = |state| PerformanceChanges { state: Some(state), ..PerformanceChanges::default() };
    set(&house, 1, state(PerformanceState::Paused)).await;
    let again = PerformanceChanges { checkouts: Checkouts::End, ..state(PerformanceState::Paused) };
    set(&house, 2, again).await;
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE, PAUSED], "a second pause is none");
    set(&house, 3, state(PerformanceState::Open)).await;
    set(&house, 4, state(PerformanceState::Open)).await;
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE, PAUSED, ON_SALE]);
    set(&house, 4, state(PerformanceState::Closed)).await;
    assert_eq!(told(&house, &process, &bank).await.len(), 3);
    house.end().await;
}

#[tokio::test]
async fn nothing_is_on_sale_before_its_window_opens_or_its_show_is_published() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let now = house.tx().await.now().await.unwrap();
    let later = GivenTimes { on_sale_at: Some(now.plus(Duration::from_hours(24)).into()), ..GivenTimes::default() };
    set(&house, 1, PerformanceChanges { times: later, ..PerformanceChanges::default() }).await;
    let draft = performance(house.venue, now, eur("10.00"), places(1));
    let draft = NewShow { state: ShowState::Draft, ..show("Draft", eur("10.00"), vec![draft]) };
    let mut tx = house.tx().await;
    let draft = create_show(&mut tx, &draft).await.unwrap();
    tx.commit().await.unwrap();
    assert!(told(&house, &process, &bank).await.is_empty());

    let mut tx = house.tx().await;
    let published = ShowChanges { state: Some(ShowState::Published), ..ShowChanges::default() };
    update_show(&mut tx, draft.id, draft.version, published).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told(&house, &process, &bank).await.len(), 1, "the draft's");
    house.ahead(Duration::from_hours(25)).await;
    assert_eq!(told(&house, &process, &bank).await.len(), 2, "and the one whose window has opened");
    house.end().await;
}
