//! Payments up to the deadline: callbacks in any order, any number of times; a provider that is down.

use std::time::Duration;

use foundation::{Code, Mode, Money};
use serde_json::json;
use ticketing::{
    provider::Callback,
    rules::{
        order::{Credential, Order, OrderState},
        payment::{Payment, PaymentState, RefundState, Way},
    },
    store::payments,
    use_cases::{apply_callback::apply_callback, start_payment::start_payment},
};

use crate::{
    bank::{Bank, sent_anew},
    house::{House, code, eur, places, seats},
    process::{Process, new_order},
};

const VISA: &str = "pm_card_visa";

fn is_sold(order: &Order) -> bool {
    order.state == OrderState::Paid && order.items.iter().all(|item| item.credential == Credential::Issued)
}

#[tokio::test]
async fn a_payment_that_succeeds_sells_the_tickets() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    assert!(is_sold(&order), "{order:?}");
    assert_eq!(house.payments(order.id).await[0].state, PaymentState::Succeeded);
    let again = bank.pay_by(&process, order.id, &Way::ClientSecret).await;
    assert_eq!(code(again), Code::OrderNotPayable);
    house.ahead(Duration::from_secs(86_400)).await;
    assert_eq!(bank.due(&process).await, 0);
    assert_eq!((house.claimed().await, process.thinks_free(house.stage().id).await), (2, 3));
    house.end().await;
}

#[tokio::test]
async fn what_is_missing_before_an_order_can_be_paid_is_listed() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let mut new = new_order(hold.id);
    new.buyer.email = None;
    let order = process.make_order(&new).await.unwrap();
    let started = bank.pay_by(&process, order.id, &Way::ClientSecret).await;
    let refused = crate::lanes::refusal(started);
    assert_eq!(refused.code, Code::OrderNotPayable);
    assert_eq!(refused.alternatives.unwrap()["missing"][0]["code"], "buyer_email");
    assert_eq!(bank.count("payment_intents").await, 0);
    house.end().await;
}

#[tokio::test]
async fn a_callback_faster_than_our_own_note_is_not_undone_by_it() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    // The process stops between the provider's answer and its own note of it.
    let down = Bank::down().await;
    start_payment(&process.inventory, &down.test, house.reseller, order.id, &Way::ClientSecret).await.unwrap_err();
    let mut payment = house.payments(order.id).await.remove(0);
    assert_eq!((payment.state, payment.provider_intent.clone()), (PaymentState::Creating, None));
    let intent = bank.create_there(&house, &payment).await;
    payment.client_secret = intent.client_secret;
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert!(is_sold(&house.order(order.id).await));
    assert_eq!(house.payments(order.id).await[0].provider_intent, intent.id);
    house.end().await;
}

#[tokio::test]
async fn a_provider_that_is_down_at_first_makes_one_payment() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let down = Bank::down().await;
    let failed = start_payment(&process.inventory, &down.test, house.reseller, order.id, &Way::ClientSecret).await;
    let failed = crate::lanes::refusal(failed);
    assert_eq!((failed.code, failed.retry_after), (Code::ProviderUnavailable, Some(Duration::from_secs(1))));
    assert_eq!(failed.alternatives.unwrap(), json!({ "order_id": order.id }), "which can still be paid");
    let waiting = house.payments(order.id).await.remove(0);
    // It was created there, and the answers were lost.
    for _ in 0..4 {
        bank.create_there(&house, &waiting).await;
    }
    let payment = bank.start(&process, order.id).await;
    assert_eq!(bank.start(&process, order.id).await, payment, "asked again, the same");
    assert_eq!((payment.id, bank.count("payment_intents").await), (waiting.id, 1));
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert!(is_sold(&house.order(order.id).await));
    house.end().await;
}

#[tokio::test]
async fn a_callback_is_applied_once_however_often_it_comes() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_chargeDeclined").await;
    let declined = bank.apply(&house, &process, "payment_intent.payment_failed").await;
    let version = house.payments(order.id).await[0].version;
    bank.apply_this(&process, &declined).await.unwrap();
    assert_eq!(house.payments(order.id).await[0].version, version, "the very same event does nothing");
    bank.pay(&payment, VISA).await;
    let succeeded = bank.apply(&house, &process, "payment_intent.succeeded").await;
    let sold = house.order(order.id).await;
    bank.apply_this(&process, &succeeded).await.unwrap();
    bank.apply_this(&process, &sent_anew(&succeeded)).await.unwrap();
    assert_eq!(house.order(order.id).await, sold);
    assert!(house.refunds(order.id).await.is_empty(), "it was not paid twice");
    house.end().await;
}

#[tokio::test]
async fn test_money_buys_nothing_live_and_the_other_way_round() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, VISA).await;
    let succeeded = bank.callback(&house, "payment_intent.succeeded").await;
    apply_callback(&process.inventory, &bank.providers, Mode::Live, &succeeded).await.unwrap();
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment);
    let parked = house.count("select count(*) from parked_callbacks where $1::uuid is not null").await;
    assert_eq!(parked, 1, "a person has to look at it");
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert!(is_sold(&house.order(order.id).await));
    house.end().await;
}

#[tokio::test]
async fn the_same_callback_many_times_at_once_sells_once() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, VISA).await;
    let succeeded = bank.callback(&house, "payment_intent.succeeded").await;
    let applied = crate::house::at_once((0..8).map(|n| {
        let (process, providers) = (process.clone(), bank.providers.clone());
        let callback = if n % 2 == 0 { succeeded.clone() } else { sent_anew(&succeeded) };
        async move { apply_callback(&process.inventory, &providers, Mode::Test, &callback).await }
    }))
    .await;
    applied.into_iter().for_each(|outcome| outcome.unwrap());
    assert!(is_sold(&house.order(order.id).await));
    assert!(house.refunds(order.id).await.is_empty());
    house.end().await;
}

#[tokio::test]
async fn callbacks_may_come_in_any_order() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_chargeDeclined").await;
    bank.pay(&payment, "pm_card_sandboxProcessing").await;
    bank.advance().await;
    let succeeded = bank.callback(&house, "payment_intent.succeeded").await;
    let mut earlier = Vec::new();
    for kind in
        ["charge.succeeded", "payment_intent.processing", "payment_intent.payment_failed", "payment_intent.created"]
    {
        earlier.push(bank.callback(&house, kind).await);
    }
    for callback in std::iter::once(succeeded).chain(earlier) {
        bank.apply_this(&process, &callback).await.unwrap();
        assert!(is_sold(&house.order(order.id).await), "after {}", callback.kind_text);
    }
    house.end().await;
}

#[tokio::test]
async fn a_declined_buyer_may_try_again_and_while_it_is_decided_the_order_is_locked() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_chargeDeclinedInsufficientFunds").await;
    bank.apply(&house, &process, "payment_intent.payment_failed").await;
    let declined = house.payments(order.id).await.remove(0);
    assert_eq!(declined.decline.unwrap().code, "insufficient_funds");
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment);
    bank.pay(&payment, "pm_card_sandboxProcessing").await;
    bank.apply(&house, &process, "payment_intent.processing").await;
    assert_eq!(house.order(order.id).await.state, OrderState::Processing);
    assert_eq!(code(bank.cancel(&process, order.id).await), Code::OrderLocked);
    bank.advance().await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert!(is_sold(&house.order(order.id).await));
    house.end().await;
}

#[tokio::test]
async fn the_providers_fee_is_booked_once_when_it_is_known() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(4)], VISA).await;
    bank.apply(&house, &process, "charge.succeeded").await;
    assert_eq!(bank.due(&process).await, 0, "it is not known yet");
    bank.advance().await;
    bank.apply(&house, &process, "charge.updated").await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!(bank.due(&process).await, 0);
    // 40.00 less 4 × (0.80 + 0.17) for the platform, less 1.5 % and 0.25 for the provider.
    let balance = accounting::balance(&mut house.tx().await).await.unwrap();
    assert_eq!((balance.len(), balance[0].pending), (1, eur("35.27").amount()));
    assert_eq!(house.count("select count(*) from payments where reseller_id = $1 and provider_fee = 0.85").await, 1);
    assert!(is_sold(&order));
    house.end().await;
}

#[tokio::test]
async fn an_order_called_off_is_cancelled_at_the_provider_first() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let unpaid = process.ordered(house.stage().these(&[0])).await;
    assert_eq!(bank.cancel(&process, unpaid.id).await.unwrap().state, OrderState::Cancelled);
    let started = process.ordered(house.stage().these(&[0])).await;
    bank.start(&process, started.id).await;
    assert_eq!(bank.cancel(&process, started.id).await.unwrap().state, OrderState::Cancelled);
    bank.apply(&house, &process, "payment_intent.canceled").await;
    assert_eq!(house.order(started.id).await.state, OrderState::Cancelled);
    assert_eq!((house.claimed().await, process.thinks_free(house.stage().id).await), (0, 2));
    assert_eq!(code(bank.cancel(&process, started.id).await), Code::OrderNotPayable);
    house.end().await;
}

#[tokio::test]
async fn a_payment_that_somebody_cancels_at_the_provider_leaves_the_order_payable() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    let payment = bank.start(&process, order.id).await;
    bank.providers.test.cancel_intent(payment.provider_intent.as_ref().unwrap()).await.unwrap();
    bank.apply(&house, &process, "payment_intent.canceled").await;
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment, "its deadline has not come");
    let second = bank.start(&process, order.id).await;
    assert_eq!((second.attempt, bank.count("payment_intents").await), (2, 2));
    bank.pay(&second, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert!(is_sold(&house.order(order.id).await));
    house.end().await;
}

#[tokio::test]
async fn a_second_payment_of_a_paid_order_goes_back_at_once() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    // As it would be had the first been given up for lost.
    let first = house.payments(order.id).await.remove(0);
    let mut second = Payment { id: foundation::id::PaymentId::new(), attempt: 2, received: None, ..first };
    let mut tx = house.tx().await;
    payments::insert(&mut tx, &[&second], Duration::from_secs(60)).await.unwrap();
    tx.commit().await.unwrap();
    let amount: Money = second.amount;
    let intent = bank.create_there(&house, &second).await;
    second.client_secret = intent.client_secret;
    bank.pay(&second, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(house.order(order.id).await, order, "the sale is as it was");
    let refunds = house.refunds(order.id).await;
    assert_eq!((refunds.len(), refunds[0].payment, refunds[0].amount), (1, Some(second.id), amount));
    assert_eq!(refunds[0].state, RefundState::Succeeded);
    let suspense = "select count(*) from journals where reseller_id = $1 and source like 'late_payment:%'";
    assert_eq!(house.count(suspense).await, 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_that_meets_a_lock_is_not_taken_and_comes_again() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, VISA).await;
    let succeeded: Callback = bank.callback(&house, "payment_intent.succeeded").await;
    let mut owner = house.db.as_owner().await;
    let mut lock = sqlx::Connection::begin(&mut owner).await.unwrap();
    let sql = "select 1 from orders where order_id = $1 for update";
    sqlx::query(sql).bind(order.id).execute(&mut *lock).await.unwrap();
    assert_eq!(code(bank.apply_this(&process, &succeeded).await), Code::Busy, "the provider is to send it again");
    lock.rollback().await.unwrap();
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert!(is_sold(&house.order(order.id).await));
    house.end().await;
}

#[tokio::test]
async fn what_names_nothing_of_ours_is_parked() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, VISA).await;
    let succeeded = bank.callback(&house, "payment_intent.succeeded").await;
    let nobody = Callback { reseller: None, intent: None, ..sent_anew(&succeeded) };
    let stranger = Callback { reseller: Some(foundation::id::ResellerId::new()), ..sent_anew(&succeeded) };
    let nothing = Callback { payment: Some(foundation::id::PaymentId::new()), ..sent_anew(&succeeded) };
    for callback in [&nobody, &stranger, &nothing, &nothing] {
        bank.apply_this(&process, callback).await.unwrap();
    }
    let parked = "select count(*) from parked_callbacks where $1::uuid is not null";
    assert_eq!(house.count(parked).await, 3);
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment);
    house.end().await;
}
