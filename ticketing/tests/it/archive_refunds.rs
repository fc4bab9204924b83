//! What becomes of money long after the last curtain: refunds and disputes find what is archived, whatever is moved at the same time.

use std::time::Duration;

use foundation::{Result, id::OrderId};
use serde_json::json;
use ticketing::{
    rules::{
        order::{Credential, OrderState},
        payment::RefundState,
    },
    use_cases::{
        archive_performance::archive_performance,
        refund::{NewRefund, accept_refund, send},
        sell::{Paid, payment_succeeded},
    },
};

use crate::{
    archive::{ARCHIVABLE, DAY, VISA, archive_all, live, read},
    bank::Bank,
    house::{House, at_once, places, seats},
    process::Process,
};

pub(crate) async fn give_back(
    process: &Process,
    bank: &Bank,
    order: OrderId,
    items: Option<Vec<i16>>,
) -> Result<RefundState> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let new = NewRefund { order, items, reason: "asked for".to_owned() };
    let (refund, changes) = accept_refund(&mut tx, &process.inventory, &new).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await?.state)
}

#[tokio::test]
async fn a_refund_brings_the_tickets_back_and_a_day_later_they_are_archived_again() {
    let house = House::with(seats(&[("A", 6)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, house.stage().these(&[0, 1]), VISA).await;
    let other = bank.sold(&house, &process, house.stage().these(&[2]), VISA).await;
    house.ahead(ARCHIVABLE).await;
    archive_all(&house).await;
    assert_eq!(give_back(&process, &bank, order.id, Some(vec![1])).await.unwrap(), RefundState::Succeeded);
    let credentials: Vec<_> = house.order(order.id).await.items.iter().map(|item| item.credential).collect();
    assert_eq!(credentials, [Credential::Voided, Credential::Issued]);
    assert_eq!(live(&house).await[..2], [2, 2], "both tickets of the order, and no other");
    assert_eq!(house.owner_of(order.items[0].held.ticket).await, None, "given back");
    house.end().await;
    assert_eq!(archive_all(&house).await, 0, "not at once");
    house.ahead(ARCHIVABLE + DAY + Duration::from_secs(60)).await;
    let before = read(&house, house.stage(), &[&order, &other]).await;
    assert!(archive_all(&house).await > 0);
    assert_eq!(live(&house).await, [0; 5]);
    assert_eq!(read(&house, house.stage(), &[&order, &other]).await, before);
    let told = "select count(*) from events where reseller_id = $1 and type = 'performance.archived'";
    assert_eq!(house.count(told).await, 1, "once, however often rows move");
    // A dispute finds it too, and keeps what was brought back.
    let intent = house.payments(other.id).await.remove(0).provider_intent.unwrap();
    bank.trigger(json!({ "what": "dispute", "charge": intent })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    assert_eq!(house.order(other.id).await.items[0].credential, Credential::Suspended);
    assert_eq!(give_back(&process, &bank, order.id, None).await.unwrap(), RefundState::Succeeded);
    house.ahead(ARCHIVABLE + DAY * 3).await;
    assert_eq!((archive_all(&house).await, live(&house).await[0]), (0, 2), "while it is disputed");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_waits_for_the_archive_finds_its_tickets_there() {
    let house = House::with(places(4)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    house.ahead(ARCHIVABLE).await;
    // Somebody has the claims for a moment: the archive waits for them, and the refund behind it.
    let mut tx = house.tx().await;
    let lock = "select 1 from claims where reseller_id = $1 for update";
    sqlx::query(lock).bind(house.reseller).execute(tx.conn()).await.unwrap();
    let (cell, reseller, id) = (house.db.second_cell(), house.reseller, house.stage().id);
    let archiving = tokio::spawn(async move { archive_performance(&cell, reseller, id).await });
    waiting(&house, 1).await;
    let (refunder, providers) = (Process::another(&house), bank.providers.test.clone());
    let refunding = tokio::spawn(async move {
        let mut tx = refunder.inventory.cell().tenant(refunder.reseller).await?;
        let new = NewRefund { order: order.id, items: None, reason: "asked for".to_owned() };
        let (refund, _) = accept_refund(&mut tx, &refunder.inventory, &new).await?;
        tx.commit().await?;
        send(&refunder.inventory, &providers, refunder.reseller, refund.id).await
    });
    waiting(&house, 2).await;
    drop(tx);
    assert!(archiving.await.unwrap().unwrap() > 0);
    assert_eq!(refunding.await.unwrap().unwrap().state, RefundState::Succeeded);
    assert_eq!(house.claimed().await, 0);
    assert_eq!(house.count("select count(*) from archive_returns where reseller_id = $1").await, 2);
    house.end().await;
}

/// Waits until so many wait for locks; the server itself says when.
async fn waiting(house: &House, many: i64) {
    let mut owner = house.db.as_owner().await;
    let waits = async {
        loop {
            let now: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&mut owner)
            .await
            .unwrap();
            if now >= many {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waits).await.expect("so many do not wait");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_and_the_archive_at_once_lose_nothing() {
    let house = House::with(places(30)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await.id);
    }
    house.ahead(ARCHIVABLE).await;
    let processes = [process.clone(), Process::another(&house)];
    let id = house.stage().id;
    let outcomes = at_once((0..16).map(|nth| {
        let (process, order, provider) = (processes[nth % 2].clone(), orders[nth / 2], bank.providers.test.clone());
        async move {
            if nth % 2 == 0 {
                return archive_performance(process.inventory.cell(), process.reseller, id).await.map(|_| ());
            }
            let mut tx = process.inventory.cell().tenant(process.reseller).await?;
            let new = NewRefund { order, items: None, reason: "asked for".to_owned() };
            let (refund, _) = accept_refund(&mut tx, &process.inventory, &new).await?;
            tx.commit().await?;
            send(&process.inventory, &provider, process.reseller, refund.id).await.map(drop)
        }
    }))
    .await;
    for outcome in outcomes {
        outcome.unwrap();
    }
    assert_eq!(house.claimed().await, 0, "all were refunded");
    house.end().await;
    house.ahead(ARCHIVABLE + DAY * 2).await;
    archive_all(&house).await;
    assert_eq!(live(&house).await[..3], [0; 3]);
    assert_eq!(house.count("select count(*) from archived_tickets where reseller_id = $1").await, 30);
    house.end().await;
}

#[tokio::test]
async fn late_money_for_what_is_archived_goes_back() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    let payment = bank.start(&process, order.id).await;
    assert_eq!(bank.cancel(&process, order.id).await.unwrap().state, OrderState::Cancelled);
    house.ahead(ARCHIVABLE).await;
    archive_all(&house).await;
    let mut tx = house.tx().await;
    let paid = Paid {
        payment: payment.id,
        intent: payment.provider_intent.clone(),
        charge: Some("ch_late".to_owned()),
        received: 1000,
    };
    let settled = payment_succeeded(&mut tx, &paid, 0).await.unwrap();
    tx.commit().await.unwrap();
    assert!(settled.refund.is_some(), "{settled:?}");
    assert_eq!(house.order(order.id).await.state, OrderState::Cancelled);
    assert_eq!(house.claimed().await, 0);
    house.end().await;
}
