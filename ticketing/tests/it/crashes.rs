//! A process that dies at any place of a purchase: each piece of work is dropped at every one of its waits in turn, as a killed
//! process would leave it, and every call of the provider fails in every way, before and after its work was done. What is done
//! afterwards (the same call again, the worker, the provider's list of events) always ends with one order, one charge, balanced books.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use foundation::{Error, Result};
use serde_json::json;
use ticketing::{
    rules::{
        order::{Order, OrderState},
        payment::{PaymentState, ProviderId, RefundState, Way, WebAddress},
    },
    use_cases::{
        apply_callback::apply_callback,
        cancel_order::{Ending, end_order},
        reconcile::reconcile,
        refund::{NewRefund, accept_refund, send},
        start_payment::start_payment,
    },
};

use crate::{
    bank::Bank,
    house::{House, places},
    process::{Process, SETTINGS},
    wire::Wire,
};

/// Longer than anyone is patient with work that nobody finishes, shorter than an order's deadline.
const LATER: Duration = Duration::from_secs(120);
/// More waits than any piece of work here has.
pub(crate) const WAITS_MAX: usize = 2_000;

/// Runs work until it has waited `waits` times, then drops it. None if it was dropped. Every answer of the database and of the
/// provider comes over a wire that is carried by the same thread, so that work waits for each of them.
pub(crate) async fn cut<T>(waits: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut polls) = (pin!(work), 0);
    poll_fn(|context| {
        if polls == waits {
            return Poll::Ready(None);
        }
        polls += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

fn confirm() -> Way {
    Way::Confirm {
        payment_method: ProviderId::parse("pm_card_visa".to_owned(), "/").unwrap(),
        return_url: WebAddress::parse("https://shop.example/back", "/").unwrap(),
    }
}

/// A place where one purchase after the other is cut, each a little later than the one before.
struct Scene {
    house: House,
    process: Process,
    bank: Bank,
    orders: u32,
}

impl Scene {
    async fn open() -> Self {
        let house = House::with(places(2_000)).await;
        let wire = Wire::to(&house).await;
        let (process, _) = Process::open(wire.cell(&house), house.reseller, SETTINGS);
        Self { process, bank: Bank::open().await, house, orders: 0 }
    }

    /// The next order, at a time when everything before it is long over.
    async fn order(&mut self) -> Order {
        self.orders += 1;
        self.house.ahead(10 * LATER * self.orders).await;
        self.process.ordered(vec![self.house.stage().any(1)]).await
    }

    /// Time passes, and the worker does what is due.
    async fn later(&self, by: Duration) {
        self.house.ahead(10 * LATER * self.orders + by).await;
        self.bank.due(&self.process).await;
    }

    /// The buyer's shop asks again until it is paid, as it would with the same key; between two tries time passes.
    async fn pay_in_the_end(&self, order: &Order) {
        for tries in 1..=4 {
            if self.house.order(order.id).await.state == OrderState::Paid {
                return;
            }
            match self.bank.pay_by(&self.process, order.id, &confirm()).await {
                Ok(_) | Err(Error::Refused(_) | Error::Provider(_)) => {}
                Err(other) => panic!("{other}"),
            }
            self.later(LATER * tries).await;
        }
        panic!("never paid: {:?} {:?}", self.house.order(order.id).await, self.house.payments(order.id).await);
    }

    /// One charge for each order, and everything else as it must be.
    async fn end(&self) {
        let paid = self.house.count("select count(*) from orders where reseller_id = $1 and state = 'paid'").await;
        assert_eq!((self.bank.count("charges").await, paid), (u64::from(self.orders), i64::from(self.orders)));
        self.house.end().await;
    }
}

#[tokio::test]
async fn a_purchase_cut_at_any_wait_is_paid_once_in_the_end() {
    let mut scene = Scene::open().await;
    for waits in 1..WAITS_MAX {
        let order = scene.order().await;
        let providers = scene.bank.providers.clone();
        let way = confirm();
        let paying = start_payment(&scene.process.inventory, &providers.test, scene.process.reseller, order.id, &way);
        let whole = cut(waits, paying).await;
        scene.pay_in_the_end(&order).await;
        if let Some(paid) = whole {
            assert_eq!(paid.unwrap().state, PaymentState::Succeeded);
            assert!(waits > 20, "too few places to be cut at: {waits}");
            return scene.end().await;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test]
async fn a_callback_cut_at_any_wait_is_found_in_the_providers_list() {
    let mut scene = Scene::open().await;
    for waits in 1..WAITS_MAX {
        let order = scene.order().await;
        let payment = scene.bank.start(&scene.process, order.id).await;
        scene.bank.pay(&payment, "pm_card_visa").await;
        let succeeded = scene.bank.callback(&scene.house, "payment_intent.succeeded").await;
        let providers = scene.bank.providers.clone();
        let mode = foundation::Mode::Test;
        let whole = cut(waits, apply_callback(&scene.process.inventory, &providers, mode, &succeeded)).await;
        reconcile(&scene.process.inventory, &providers).await.unwrap();
        assert_eq!(scene.house.order(order.id).await.state, OrderState::Paid, "cut after {waits}");
        if whole.is_some() {
            assert!(waits > 10, "too few places to be cut at: {waits}");
            return scene.end().await;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test]
async fn an_order_that_is_being_ended_when_the_process_dies_ends_once_and_frees_its_ticket() {
    let mut scene = Scene::open().await;
    for waits in 1..WAITS_MAX {
        let order = scene.order().await;
        scene.bank.start(&scene.process, order.id).await;
        let providers = scene.bank.providers.clone();
        let (inventory, reseller) = (scene.process.inventory.clone(), scene.process.reseller);
        let whole = cut(waits, end_order(&inventory, &providers.test, reseller, order.id, Ending::Cancel)).await;
        // At the latest at its deadline.
        scene.later(LATER * 9).await;
        let now = scene.house.order(order.id).await;
        assert!(matches!(now.state, OrderState::Cancelled | OrderState::Expired), "cut after {waits}: {now:?}");
        assert_eq!(scene.house.claimed().await, 0);
        if whole.is_some() {
            assert_eq!(scene.bank.count("charges").await, 0);
            return scene.house.end().await;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test]
async fn a_refund_cut_at_any_wait_gives_the_money_back_once() {
    let mut scene = Scene::open().await;
    for waits in 1..WAITS_MAX {
        let order = scene.order().await;
        scene.pay_in_the_end(&order).await;
        let providers = scene.bank.providers.clone();
        let (inventory, reseller) = (scene.process.inventory.clone(), scene.process.reseller);
        let giving_back = async {
            let mut tx = inventory.cell().tenant(reseller).await?;
            let new = NewRefund { order: order.id, items: None, reason: String::new() };
            let (refund, changes) = accept_refund(&mut tx, &inventory, &new).await?;
            tx.commit().await?;
            inventory.learn_own(reseller, &changes);
            send(&inventory, &providers.test, reseller, refund.id).await
        };
        let whole: Option<Result<_>> = cut(waits, giving_back).await;
        scene.later(LATER * 5).await;
        let refunds = scene.house.refunds(order.id).await;
        assert!(
            refunds.len() <= 1 && refunds.iter().all(|refund| refund.state == RefundState::Succeeded),
            "{refunds:?}"
        );
        if whole.is_some() {
            let made = scene.house.count("select count(*) from refunds where reseller_id = $1").await;
            assert_eq!(scene.bank.count("refunds").await, u64::try_from(made).unwrap());
            return scene.end().await;
        }
    }
    panic!("it never came to its end");
}

/// Each call that a purchase makes, failing in each way: answered with an error, cut off, never answered; before the provider has
/// done its work and after.
#[tokio::test]
async fn whatever_a_call_of_the_provider_comes_to_the_purchase_is_paid_once() {
    let mut scene = Scene::open().await;
    let calls = [("POST", "/v1/payment_intents"), ("POST", "/v1/payment_intents/*/confirm"), ("GET", "/v1/**")];
    let failures = [json!({ "answer": 500 }), json!({ "answer": 429 }), json!({ "cut": true })];
    for (method, path) in calls {
        for failure in &failures {
            for when in ["before", "after"] {
                // Once is got over by the client itself; four times are more than it tries.
                for times in [1, 4] {
                    let order = scene.order().await;
                    let mut fault = json!({ "method": method, "path": path, "when": when, "times": times });
                    fault.as_object_mut().unwrap().extend(failure.as_object().unwrap().clone());
                    scene.bank.fault(fault).await;
                    // What it comes to is the caller's to see; what matters is what it ends in.
                    let _ = scene.bank.pay_by(&scene.process, order.id, &confirm()).await;
                    scene.bank.let_go().await;
                    scene.pay_in_the_end(&order).await;
                }
            }
        }
    }
    scene.end().await;
}

/// All callbacks are lost, then one look at the provider's list finds every one of them.
#[tokio::test]
async fn what_never_came_is_found_by_one_look_at_the_providers_list() {
    let mut scene = Scene::open().await;
    scene.bank.call("/_sandbox/callbacks", json!({ "paused": true })).await;
    let mut orders = Vec::new();
    for card in ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required", "pm_card_sandboxProcessing"]
    {
        let order = scene.order().await;
        let payment = scene.bank.start(&scene.process, order.id).await;
        scene.bank.pay(&payment, card).await;
        orders.push(order);
    }
    let (inventory, providers) = (scene.process.inventory.clone(), scene.bank.providers.clone());
    assert!(reconcile(&inventory, &providers).await.unwrap() >= 4);
    let expected = [
        (OrderState::Paid, PaymentState::Succeeded),
        (OrderState::AwaitingPayment, PaymentState::RequiresPayment),
        (OrderState::AwaitingPayment, PaymentState::RequiresAction),
        (OrderState::Processing, PaymentState::Processing),
    ];
    for (order, expected) in orders.iter().zip(expected) {
        let payment = scene.house.payments(order.id).await.remove(0).state;
        assert_eq!((scene.house.order(order.id).await.state, payment), expected);
    }
    assert_eq!(reconcile(&inventory, &providers).await.unwrap(), 0, "and nothing is left to find");
    // What cannot be applied now is not passed over.
    let payment = scene.house.payments(orders[1].id).await.remove(0);
    scene.bank.pay(&payment, "pm_card_visa").await;
    // Events of a later hour are there already.
    scene.bank.advance().await;
    let mut owner = scene.house.db.as_owner().await;
    let mut lock = sqlx::Connection::begin(&mut owner).await.unwrap();
    let locked = "select 1 from orders where order_id = $1 for update";
    sqlx::query(locked).bind(orders[1].id).execute(&mut *lock).await.unwrap();
    assert!(reconcile(&inventory, &providers).await.unwrap() > 0, "the charge is noted, the sale is not");
    lock.rollback().await.unwrap();
    assert_eq!(reconcile(&inventory, &providers).await.unwrap(), 1);
    assert_eq!(scene.house.order(orders[1].id).await.state, OrderState::Paid);
    scene.house.end().await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_overtaken_counts_for_nothing() {
    let mut scene = Scene::open().await;
    let order = scene.order().await;
    let payment = scene.bank.start(&scene.process, order.id).await;
    scene.bank.fault(json!({ "method": "GET", "path": "/v1/payment_intents/*", "when": "after", "hold": true })).await;
    let asking = {
        let (process, providers) = (scene.process.clone(), scene.bank.providers.clone());
        tokio::spawn(async move {
            let ask = ticketing::use_cases::ask_payment::ask_payment;
            ask(&process.inventory, &providers.test, process.reseller, payment.id).await
        })
    };
    scene.bank.held(1).await;
    let slow = ProviderId::parse("pm_card_sandboxProcessing".to_owned(), "/").unwrap();
    let Way::Confirm { return_url, .. } = confirm() else { panic!() };
    scene.bank.pay_by(&scene.process, order.id, &Way::Confirm { payment_method: slow, return_url }).await.unwrap();
    assert_eq!(scene.house.order(order.id).await.state, OrderState::Processing);
    scene.bank.let_go().await;
    assert_eq!(
        asking.await.unwrap().unwrap().state,
        PaymentState::Processing,
        "it said that the buyer had still to pay"
    );
    assert_eq!(scene.house.order(order.id).await.state, OrderState::Processing);
    scene.house.end().await;
}
