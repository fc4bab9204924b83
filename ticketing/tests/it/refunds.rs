//! Money given back: which tickets, how much, once.

use std::{collections::HashSet, time::Duration};

use foundation::{
    Code, Error, Result,
    id::{OrderId, RefundId},
};
use ticketing::{
    rules::{
        order::Credential,
        payment::{Refund, RefundState},
    },
    store::shows_of::shows_of,
    use_cases::{
        refund::{NewRefund, accept_refund, send},
        retry_refund::retry_refund,
    },
};

use crate::{
    bank::Bank,
    house::{House, at_once, code, eur, places, seats},
    process::Process,
};

const VISA: &str = "pm_card_visa";

async fn accept(process: &Process, order: OrderId, items: Option<Vec<i16>>) -> Result<Refund> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let new = NewRefund { order, items, reason: "asked for".to_owned() };
    let (refund, changes) = accept_refund(&mut tx, &process.inventory, &new).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(refund)
}

async fn give_back(process: &Process, bank: &Bank, order: OrderId, items: Option<Vec<i16>>) -> Result<Refund> {
    let refund = accept(process, order, items).await?;
    send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await
}

#[tokio::test]
async fn one_ticket_goes_back_and_is_sold_again() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, house.stage().these(&[0, 1]), VISA).await;
    let refund = give_back(&process, &bank, order.id, Some(vec![2])).await.unwrap();
    assert_eq!((refund.state, refund.amount), (RefundState::Succeeded, eur("10.00")));
    let left = house.order(order.id).await;
    let credentials: Vec<_> = left.items.iter().map(|item| item.credential).collect();
    assert_eq!(credentials, [Credential::Issued, Credential::Voided]);
    assert_eq!((house.claimed().await, process.thinks_free(house.stage().id).await), (1, 1));
    assert_eq!(code(accept(&process, order.id, Some(vec![2])).await), Code::NothingToRefund);
    assert_eq!(code(accept(&process, order.id, Some(vec![3])).await), Code::InvalidField);
    assert_eq!(code(accept(&process, order.id, Some(vec![1, 1])).await), Code::InvalidField);
    bank.apply(&house, &process, "refund.created").await;
    let again = bank.sold(&house, &process, house.stage().these(&[1]), VISA).await;
    assert_eq!(again.items[0].held.ticket, order.items[1].held.ticket);
    // The platform keeps its fee of the ticket that went back: 0.80 and 0.17 for each of three sales.
    let balance = accounting::balance(&mut house.tx().await).await.unwrap();
    assert_eq!(balance[0].pending, eur("17.09").amount());
    house.end().await;
}

#[tokio::test]
async fn all_of_a_sale_is_found_by_its_show_and_nothing_else_is() {
    let house = House::with(seats(&[("A", 2)])).await;
    let other = house.another_show(eur("10.00"), 5).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, house.stage().these(&[0, 1]), VISA).await;
    let refund = give_back(&process, &bank, order.id, Some(vec![2])).await.unwrap();
    let elsewhere = bank.sold(&house, &process, vec![other.any(1)], VISA).await;

    let payment = house.payments(order.id).await[0].id;
    let of_ours = [
        ("show", house.show.id.uuid()),
        ("performance", house.stage().id.uuid()),
        ("offer", house.stage().offer.uuid()),
        ("hold", order.hold.uuid()),
        ("order", order.id.uuid()),
        ("payment", payment.uuid()),
        ("refund", refund.id.uuid()),
    ];
    let of_theirs = [("order", elsewhere.id.uuid()), ("performance", other.id.uuid())];
    let of_none = [("reseller", house.reseller.uuid()), ("order", payment.uuid())];
    let found = shows_of(&mut house.tx().await, &[&of_ours[..], &of_theirs, &of_none].concat()).await.unwrap();
    for (noun, id) in of_ours {
        assert_eq!(found.get(&id), Some(&HashSet::from([house.show.id])), "{noun}");
    }
    for (noun, id) in of_theirs {
        assert_eq!(found.get(&id), Some(&HashSet::from([elsewhere.items[0].show])), "{noun}");
    }
    assert_eq!(found.len(), of_ours.len() + of_theirs.len(), "{found:?}");
    house.end().await;
}

#[tokio::test]
async fn all_that_is_left_goes_back_and_then_nothing() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(3)], VISA).await;
    give_back(&process, &bank, order.id, Some(vec![1])).await.unwrap();
    let rest = give_back(&process, &bank, order.id, None).await.unwrap();
    assert_eq!((rest.items, rest.amount), (vec![2, 3], eur("20.00")));
    assert_eq!(code(accept(&process, order.id, None).await), Code::NothingToRefund);
    assert_eq!((house.claimed().await, bank.count("refunds").await), (0, 2));
    house.end().await;
}

#[tokio::test]
async fn what_is_not_paid_or_was_free_has_nothing_to_give_back() {
    let house = House::with(places(5)).await;
    let free = house.another_show(eur("0.00"), 5).await;
    let process = Process::first(&house);
    let unpaid = process.ordered(vec![house.stage().any(1)]).await;
    assert_eq!(code(accept(&process, unpaid.id, None).await), Code::OrderNotPaid);
    let given = process.ordered(vec![free.any(1)]).await;
    assert_eq!(code(accept(&process, given.id, None).await), Code::NothingToRefund);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_refunds_of_one_item_at_once_one_is_made() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let asked = at_once((0..8).map(|_| {
        let process = process.clone();
        async move { accept(&process, order.id, Some(vec![1])).await }
    }))
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    assert!(refused.into_iter().all(|outcome| code(outcome) == Code::NothingToRefund));
    house.end().await;
}

#[tokio::test]
async fn a_refund_that_did_not_reach_the_provider_is_sent_by_the_worker() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let refund = accept(&process, order.id, None).await.unwrap();
    let down = Bank::down().await;
    let failed = send(&process.inventory, &down.test, house.reseller, refund.id).await;
    assert!(matches!(failed, Err(Error::Provider(_))), "{failed:?}");
    assert_eq!(house.refunds(order.id).await[0].state, RefundState::Pending);
    assert_eq!(bank.due(&process).await, 0, "a request may still be at it");
    house.ahead(Duration::from_secs(31)).await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!((house.refunds(order.id).await[0].state, bank.count("refunds").await), (RefundState::Succeeded, 1));
    assert_eq!(bank.due(&process).await, 0);
    house.end().await;
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_made_once() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let intent = house.payments(order.id).await.remove(0).provider_intent.unwrap();
    let refund = accept(&process, order.id, None).await.unwrap();
    for _ in 0..4 {
        bank.providers.test.create_refund(house.reseller, refund.id, &intent, refund.amount).await.unwrap();
    }
    let sent = send(&process.inventory, &bank.providers.test, house.reseller, refund.id).await.unwrap();
    assert_eq!((sent.state, bank.count("refunds").await), (RefundState::Succeeded, 1));
    house.end().await;
}

#[tokio::test]
async fn a_refund_may_be_pending_and_a_done_one_may_come_back() {
    for (card, first, then, kind) in [
        ("pm_card_pendingRefund", RefundState::Pending, RefundState::Succeeded, "refund.updated"),
        ("pm_card_refundFail", RefundState::Succeeded, RefundState::Failed, "refund.failed"),
    ] {
        let house = House::with(places(5)).await;
        let (process, mut bank) = (Process::first(&house), Bank::open().await);
        let order = bank.sold(&house, &process, vec![house.stage().any(1)], card).await;
        assert_eq!(give_back(&process, &bank, order.id, None).await.unwrap().state, first, "{card}");
        bank.advance().await;
        bank.apply(&house, &process, kind).await;
        assert_eq!(house.refunds(order.id).await[0].state, then, "{card}");
        // What was told before comes late and changes nothing.
        bank.apply(&house, &process, "refund.created").await;
        assert_eq!(house.refunds(order.id).await[0].state, then, "{card}");
        house.end().await;
    }
}

async fn retry(process: &Process, bank: &Bank, id: RefundId) -> Result<Refund> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let refund = retry_refund(&mut tx, id).await?;
    tx.commit().await?;
    send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await
}

#[tokio::test]
async fn what_could_not_be_given_back_is_given_back_by_another_try_and_never_twice() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, house.stage().these(&[0, 1]), "pm_card_refundFail").await;
    let before = accounting::balance(&mut house.tx().await).await.unwrap();
    let mut last = give_back(&process, &bank, order.id, Some(vec![2])).await.unwrap();
    let after = accounting::balance(&mut house.tx().await).await.unwrap();
    for _ in 0..2 {
        assert_eq!(code(retry(&process, &bank, last.id).await), Code::NothingToRefund, "it has not failed");
        bank.advance().await;
        bank.apply_until(&house, &process, "refund.failed").await;
        assert_eq!(accounting::balance(&mut house.tx().await).await.unwrap(), before, "the money did not go");
        let next = retry(&process, &bank, last.id).await.unwrap();
        assert_eq!((next.state, next.amount, &next.items), (RefundState::Succeeded, eur("10.00"), &vec![2]));
        assert_eq!((next.retry_of, next.reason.as_str()), (Some(last.id), "asked for"));
        assert_eq!(code(retry(&process, &bank, last.id).await), Code::NothingToRefund, "it was tried again already");
        assert_eq!(accounting::balance(&mut house.tx().await).await.unwrap(), after);
        last = next;
    }
    let credentials: Vec<_> = house.order(order.id).await.items.iter().map(|item| item.credential).collect();
    assert_eq!(credentials, [Credential::Issued, Credential::Voided]);
    let told = "select count(*) from mail_outbox where kind = 'refund_failed'";
    assert_eq!(house.count(told).await, 2, "the buyer was told that the money is back, so it is told that it is not");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tries_at_once_one_is_made() {
    let house = House::with(places(1)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], "pm_card_refundFail").await;
    let refund = give_back(&process, &bank, order.id, None).await.unwrap();
    bank.advance().await;
    bank.apply_until(&house, &process, "refund.failed").await;
    let tries = at_once((0..8).map(|_| {
        let process = process.clone();
        async move {
            let mut tx = process.inventory.cell().tenant(process.reseller).await.unwrap();
            let made = retry_refund(&mut tx, refund.id).await;
            if made.is_ok() {
                tx.commit().await.unwrap();
            }
            made
        }
    }))
    .await;
    assert_eq!(tries.iter().filter(|made| made.is_ok()).count(), 1);
    house.end().await;
}
