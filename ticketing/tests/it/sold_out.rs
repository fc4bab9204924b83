//! That a performance is sold out is told: once, by whichever process looks first, and again only after it was not.

use foundation::{event, id::OrderId, sequencer};
use sqlx::AssertSqlSafe;
use ticketing::{
    rules::block::NewBlock,
    use_cases::{
        expire::do_due,
        refund::{NewRefund, accept_refund},
    },
};

use crate::{
    bank::{Bank, SLOW},
    blocks::{allocation, block, of_hall},
    house::{House, at_once, eur, places},
    process::Process,
};

const VISA: &str = "pm_card_visa";
const OUT: &str = "performance.sold_out";
const AGAIN: &str = "performance.available_again";

async fn in_the_log(house: &House) -> Vec<String> {
    sequencer::place_all(house.db.cell()).await.unwrap();
    let log = event::after(&mut house.tx().await, 0, 1_000).await.unwrap().events;
    log.into_iter().map(|event| event.kind).filter(|kind| [OUT, AGAIN].contains(&kind.as_str())).collect()
}

/// What was told of sold-out performances, in the order of the log, after another look.
async fn told(house: &House, process: &Process, bank: &Bank) -> Vec<String> {
    sequencer::place_all(house.db.cell()).await.unwrap();
    bank.due(process).await;
    in_the_log(house).await
}

async fn given_back(house: &House, process: &Process, order: OrderId, no: i16) {
    let mut tx = house.tx().await;
    let new = NewRefund { order, items: Some(vec![no]), reason: "ill".to_owned() };
    let (_, changes) = accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    process.inventory.learn_own(process.reseller, &changes);
}

#[tokio::test]
async fn what_is_sold_out_is_told_once_and_that_it_is_not_any_more_too() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let stage = house.stage();
    assert!(told(&house, &process, &bank).await.is_empty());
    let first = bank.sold(&house, &process, vec![stage.any(3)], VISA).await;
    let held = process.hold(vec![stage.any(1)]).await.unwrap();
    let paying = process.ordered(vec![stage.any(1)]).await;
    let payment = bank.start(&process, paying.id).await;
    assert!(told(&house, &process, &bank).await.is_empty(), "what is held or being paid is not sold");
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert!(told(&house, &process, &bank).await.is_empty());
    let last = process.order(held.id).await.unwrap();
    let payment = bank.start(&process, last.id).await;
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(told(&house, &process, &bank).await, [OUT]);
    assert_eq!(told(&house, &process, &bank).await, [OUT], "once");
    given_back(&house, &process, first.id, 1).await;
    assert_eq!(told(&house, &process, &bank).await, [OUT, AGAIN]);
    let again = process.hold(vec![stage.any(1)]).await.unwrap();
    assert_eq!(told(&house, &process, &bank).await, [OUT, AGAIN]);
    process.release(again.id).await.unwrap();
    bank.sold(&house, &process, vec![stage.any(1)], VISA).await;
    assert_eq!(told(&house, &process, &bank).await, [OUT, AGAIN, OUT]);
    house.end().await;
}

#[tokio::test]
async fn what_is_kept_off_sale_or_set_aside_is_not_waited_for() {
    let house = House::of(eur("10.00"), vec![places(6), places(2)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (stage, closed) = (house.stage(), &house.stages[1]);
    block(&process, closed, of_hall("all")).await.unwrap();
    assert!(told(&house, &process, &bank).await.is_empty(), "where nothing is for sale, nothing is sold out");
    let few = |quantity| NewBlock { quantity: Some(quantity), ..of_hall("few") };
    block(&process, stage, few(1)).await.unwrap();
    block(&process, stage, allocation(few(2), "box office")).await.unwrap();
    bank.sold(&house, &process, vec![stage.any(2)], VISA).await;
    assert!(told(&house, &process, &bank).await.is_empty());
    bank.sold(&house, &process, vec![stage.any(1)], VISA).await;
    assert_eq!(told(&house, &process, &bank).await, [OUT]);
    house.end().await;
}

#[tokio::test]
async fn of_two_processes_that_look_at_once_one_tells_and_a_crash_only_makes_it_look_again() {
    let house = House::with(places(2)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let other = Process::another(&house);
    assert!(told(&house, &process, &bank).await.is_empty());
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    sequencer::place_all(house.db.cell()).await.unwrap();
    let looks = (0..8).map(|n| {
        let (process, providers) = ([process.clone(), other.clone()][n % 2].clone(), bank.providers.clone());
        async move { do_due(&process.inventory, &providers, SLOW).await.unwrap() }
    });
    at_once(looks).await;
    assert_eq!(in_the_log(&house).await, [OUT]);
    // It was told, and how far was looked was not noted any more.
    sqlx::query("update stock_watches set position = 0").execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(told(&house, &process, &bank).await, [OUT]);
    // Given back and sold again before anybody looks: it is what it was.
    given_back(&house, &process, order.id, 1).await;
    bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    assert_eq!(told(&house, &process, &bank).await, [OUT]);
    house.end().await;
}

#[tokio::test]
async fn a_performance_that_cannot_be_looked_at_keeps_nobody_from_hearing_of_the_others() {
    let house = House::of(eur("10.00"), vec![places(1), places(1)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    assert!(told(&house, &process, &bank).await.is_empty());
    let break_first = format!(
        "create function fails() returns trigger language plpgsql as 'begin raise exception ''broken''; end';
         create trigger fails before update of sold_out_at on performances for each row
         when (new.performance_id = '{}') execute function fails()",
        house.stage().id.uuid()
    );
    sqlx::raw_sql(AssertSqlSafe(break_first)).execute(&mut house.db.as_owner().await).await.unwrap();
    for stage in &house.stages {
        bank.sold(&house, &process, vec![stage.any(1)], VISA).await;
    }
    assert_eq!(told(&house, &process, &bank).await, [OUT]);
    assert_eq!(
        house.count("select count(*) from performances where reseller_id = $1 and sold_out_at is null").await,
        1
    );
    let due = "select count(*) from stock_watches where reseller_id = $1 and retry_at > clock_timestamp() and cardinality(failed) = 1";
    assert_eq!(house.count(due).await, 1, "and it is tried again, not all the time");
    let mend = "drop trigger fails on performances; update stock_watches set retry_at = clock_timestamp()";
    sqlx::raw_sql(mend).execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(told(&house, &process, &bank).await, [OUT, OUT]);
    assert_eq!(
        house.count("select count(*) from stock_watches where reseller_id = $1 and retry_at is not null").await,
        0
    );
    house.end().await;
}
