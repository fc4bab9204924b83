//! Pausing and closing sales, and what becomes of buyers who are at it: they may finish, or what they have ends.

use std::time::Duration;

use foundation::Code;
use ticketing::{
    plans::Plans,
    rules::{
        order::{HoldState, OrderState},
        payment::Way,
        performance::{Checkouts, PerformanceState},
    },
    use_cases::{
        change_hold::get_hold,
        expire::do_due,
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    bank::{Bank, SLOW},
    house::{House, MINUTES, code, places},
    process::Process,
};

async fn set(house: &House, version: i64, state: PerformanceState, checkouts: Checkouts) {
    let mut tx = house.tx().await;
    let changes = PerformanceChanges { state: Some(state), checkouts, ..PerformanceChanges::default() };
    update_performance(&mut tx, house.stage().id, version, changes).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn who_is_at_it_may_finish_when_sales_are_paused() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let ordered = process.ordered(vec![house.stage().any(1)]).await;
    set(&house, 1, PerformanceState::Closed, Checkouts::MayFinish).await;
    assert_eq!(bank.due(&process).await, 0);
    assert_eq!(code(process.hold(vec![house.stage().any(1)]).await), Code::NotOnSale);
    assert_eq!(code(process.grow(hold.id, &[house.stage().any(1)]).await), Code::NotOnSale);
    process.extend(hold.id, MINUTES, Duration::from_secs(7_200)).await.unwrap();
    process.order(hold.id).await.unwrap();
    let payment = bank.start(&process, ordered.id).await;
    bank.pay(&payment, "pm_card_visa").await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(house.order(ordered.id).await.state, OrderState::Paid);
    house.end().await;
}

#[tokio::test]
async fn what_buyers_have_ends_at_once_when_the_reseller_says_so_and_they_are_told() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let sold = bank.sold(&house, &process, vec![house.stage().any(1)], "pm_card_visa").await;
    let held = process.hold(vec![house.stage().any(2)]).await.unwrap();
    let ordered = process.ordered(vec![house.stage().any(2)]).await;
    let begun = process.ordered(vec![house.stage().any(1)]).await;
    bank.pay_by(&process, begun.id, &Way::ClientSecret).await.unwrap();
    set(&house, 1, PerformanceState::Paused, Checkouts::End).await;
    // From this moment on, before anything is tidied.
    assert_eq!(code(process.order(held.id).await), Code::NotOnSale);
    assert_eq!(code(process.extend(held.id, MINUTES, Duration::from_secs(7_200)).await), Code::NotOnSale);
    assert_eq!(code(bank.pay_by(&process, ordered.id, &Way::ClientSecret).await), Code::NotOnSale);
    while bank.due(&process).await > 0 {}
    let released = get_hold(&mut house.tx().await, &Plans::default(), held.id).await.unwrap();
    assert_eq!(released.state, HoldState::Released);
    let told = "select count(*) from events where reseller_id = $1 and type = 'hold.released' and data->>'reason' = 'sales_stopped'";
    assert_eq!(house.count(told).await, 1);
    for order in [ordered.id, begun.id] {
        assert_eq!(house.order(order).await.state, OrderState::Cancelled);
    }
    assert_eq!(
        house.count("select count(*) from mail_outbox where reseller_id = $1 and kind = 'order_cancelled'").await,
        2
    );
    assert_eq!(house.order(sold.id).await.state, OrderState::Paid, "what is sold stays sold");
    assert_eq!(house.claimed().await, 1);
    assert_eq!(house.count("select count(*) from performances where reseller_id = $1 and checkouts_due").await, 0);
    // Reopened, the next are as free as if nothing had been.
    set(&house, 2, PerformanceState::Open, Checkouts::MayFinish).await;
    let next = process.hold(vec![house.stage().any(8)]).await.unwrap();
    process.order(next.id).await.unwrap();
    assert_eq!(bank.due(&process).await, 0);
    house.end().await;
}

#[tokio::test]
async fn checkouts_end_only_where_sales_stop() {
    let house = House::with(places(1)).await;
    let mut tx = house.tx().await;
    for state in [None, Some(PerformanceState::Open)] {
        let changes = PerformanceChanges { state, checkouts: Checkouts::End, ..PerformanceChanges::default() };
        assert_eq!(code(update_performance(&mut tx, house.stage().id, 1, changes).await), Code::InvalidField);
    }
    drop(tx);
    house.end().await;
}

/// A page of orders that are being paid, of which the provider says nothing, stands before one that can be ended.
#[tokio::test]
async fn what_cannot_be_ended_now_stands_in_nobodys_way() {
    let house = House::with(places(101)).await;
    let process = Process::first(&house);
    let mut orders = Vec::new();
    for _ in 0..101 {
        orders.push(process.ordered(vec![house.stage().any(1)]).await.id);
    }
    orders.sort_unstable();
    sqlx::query(
        "insert into payments (reseller_id, payment_id, order_id, attempt, state, method, provider_intent, amount, currency, due_at, created_at)
         select $1, gen_random_uuid(), order_id, 1, 'requires_payment', 'client_secret', 'pi_' || order_id, total, 'EUR', 'infinity', now()
         from orders where reseller_id = $1 and order_id <> $2",
    )
    .bind(house.reseller)
    .bind(orders[100])
    .execute(&mut house.db.as_owner().await)
    .await
    .unwrap();
    set(&house, 1, PerformanceState::Paused, Checkouts::End).await;
    do_due(&process.inventory, &Bank::down().await, SLOW).await.unwrap();
    assert_eq!(house.order(orders[100]).await.state, OrderState::Cancelled);
    assert_eq!(house.order(orders[0]).await.state, OrderState::AwaitingPayment);
}
