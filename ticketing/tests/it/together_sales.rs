//! Payments of many orders that are heard of at the same moment, and sold in one transaction: whatever stands beside a sale in it, late
//! money, credit, a second payment, has what it would have had alone.

use std::time::Duration;

use foundation::id::PaymentId;
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    provider::{Callback, Kind},
    rules::{
        order::{Order, OrderState},
        payment::{Payment, PaymentState, RefundState},
    },
    store::credits,
    use_cases::{ask_payment::ask_payment, expire::do_due, pay_with_credit::pay_with_credit},
};

use crate::{
    bank::{Bank, SLOW, sent_anew},
    credits::given,
    house::{House, seats},
    process::Process,
    together::{of_one_connection, steps},
};

const VISA: &str = "pm_card_visa";

struct Scene {
    house: House,
    process: Process,
    bank: Bank,
}

impl Scene {
    async fn set() -> Self {
        let house = House::with(seats(&[("A", 9)])).await;
        let process = of_one_connection(&house);
        Self { house, process, bank: Bank::open().await }
    }

    async fn ordered(&self, seat: usize) -> Order {
        self.process.ordered(self.house.stage().these(&[seat])).await
    }

    /// The buyer has paid the order, and nobody has heard of it yet.
    async fn paid(&self, order: &Order) -> Payment {
        let payment = self.bank.start(&self.process, order.id).await;
        self.bank.pay(&payment, VISA).await;
        payment
    }

    /// The buyer has paid, and what the provider told first was that the payment is cancelled.
    async fn paid_and_called_off(&mut self, order: &Order) -> (Payment, Callback) {
        let payment = self.paid(order).await;
        let succeeded = self.bank.callback(&self.house, "payment_intent.succeeded").await;
        (payment, Callback { kind: Kind::Cancelled, ..sent_anew(&succeeded) })
    }

    /// Keeps so much of new credit for the order.
    async fn credit(&self, order: &Order, amount: &str) {
        let (_, code) = given(&self.house, amount, None).await;
        let mut tx = self.house.tx().await;
        pay_with_credit(&mut tx, &self.process.inventory, order.id, &code).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Has one payment heard of by itself and then the others in one batch. Gives those as they then are.
    async fn heard_together(&self, first: &Payment, others: &[PaymentId]) -> Vec<Payment> {
        let Self { house, process, bank } = self;
        let path = format!("/v1/payment_intents/{}", first.provider_intent.as_ref().unwrap());
        let of_first = bank.call("/_sandbox/faults", json!({ "path": path, "hold": true })).await;
        bank.fault(json!({ "path": "/v1/payment_intents/*", "hold": true, "times": others.len() })).await;
        let ask = |payment: PaymentId| {
            let (process, providers) = (process.clone(), bank.providers.clone());
            tokio::spawn(async move {
                ask_payment(&process.inventory, &providers.test, process.reseller, payment).await.unwrap()
            })
        };
        let asked = ask(first.id);
        let rest: Vec<_> = others.iter().map(|payment| ask(*payment)).collect();
        bank.held(others.len() + 1).await;
        // The only connection is taken while they get their answers.
        let taken = process.inventory.cell().tenant(process.reseller).await.unwrap();
        bank.let_go_of(&of_first).await;
        steps(process, "sales: 1 at work, 0 waiting").await;
        bank.let_go().await;
        steps(process, &format!("sales: 1 at work, {} waiting", others.len())).await;
        drop(taken);
        asked.await.unwrap();
        let mut heard = Vec::with_capacity(rest.len());
        for payment in rest {
            heard.push(payment.await.unwrap());
        }
        // Rows of one transaction bear its number.
        let batches = "select count(distinct xmin::text) from payments where reseller_id = $1 and state = 'succeeded'";
        assert_eq!(house.count(batches).await, 2, "the first by itself, the others together");
        heard
    }
}

async fn journals(house: &House, of: &str) -> i64 {
    let sql = "select count(*) from journals where reseller_id = $1 and source like $2";
    let count = sqlx::query_scalar(sql).bind(house.reseller).bind(format!("{of}:%"));
    count.fetch_one(&mut house.db.as_owner().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_and_credit_beside_sales_in_a_batch_have_what_they_have_alone() {
    let mut scene = Scene::set().await;
    // Two orders end before their money is heard of; then somebody takes the second's seat.
    let [free, gone] = [scene.ordered(0).await, scene.ordered(1).await];
    let (of_free, free_cancelled) = scene.paid_and_called_off(&free).await;
    let (of_gone, gone_cancelled) = scene.paid_and_called_off(&gone).await;
    scene.house.ahead(Duration::from_secs(901)).await;
    do_due(&scene.process.inventory, &Bank::down().await, SLOW).await.unwrap();
    for cancelled in [free_cancelled, gone_cancelled] {
        scene.bank.apply_this(&scene.process, &cancelled).await.unwrap();
    }
    scene.process.hold(scene.house.stage().these(&[1])).await.unwrap();
    let [first, plain, once, twice] =
        [scene.ordered(2).await, scene.ordered(3).await, scene.ordered(4).await, scene.ordered(5).await];
    scene.credit(&once, "4.00").await;
    scene.credit(&twice, "3.00").await;
    scene.credit(&twice, "2.50").await;
    let of_first = scene.paid(&first).await;
    let mut others = vec![of_free.id, of_gone.id];
    for order in [&plain, &once, &twice] {
        others.push(scene.paid(order).await.id);
    }
    let heard = scene.heard_together(&of_first, &others).await;
    assert!(heard.iter().all(|payment| payment.state == PaymentState::Succeeded), "{heard:?}");
    let house = &scene.house;
    for order in [&free, &plain, &once, &twice] {
        assert_eq!(house.order(order.id).await.state, OrderState::Paid);
        assert!(house.refunds(order.id).await.is_empty());
    }
    assert_eq!(house.order(gone.id).await.state, OrderState::Expired);
    let back = house.refunds(gone.id).await.remove(0);
    assert_eq!((back.state, back.reason.as_str()), (RefundState::Succeeded, "late_payment"));
    assert_eq!((journals(house, "sale").await, journals(house, "redeem").await), (5, 3));
    assert_eq!(credits::outstanding(&mut house.tx().await).await.unwrap(), [], "all credit is redeemed");
    let pending: Decimal = accounting::balance(&mut house.tx().await).await.unwrap().iter().map(|of| of.pending).sum();
    let available: Decimal =
        accounting::balance(&mut house.tx().await).await.unwrap().iter().map(|of| of.available).sum();
    // Five tickets of 10.00 less fees of 0.97; the credit was given out of what is available.
    assert_eq!((pending, available), ("45.15".parse().unwrap(), "-9.50".parse().unwrap()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_payments_of_one_order_in_a_batch_one_buys_and_the_other_goes_back() {
    let mut scene = Scene::set().await;
    let order = scene.ordered(0).await;
    let (one, cancelled) = scene.paid_and_called_off(&order).await;
    scene.bank.apply_this(&scene.process, &cancelled).await.unwrap();
    let two = scene.paid(&order).await;
    assert_ne!(one.id, two.id);
    let of_first = scene.paid(&scene.ordered(1).await).await;
    scene.heard_together(&of_first, &[one.id, two.id]).await;
    let house = &scene.house;
    let payments = house.payments(order.id).await;
    assert!(payments.iter().all(|payment| payment.state == PaymentState::Succeeded), "{payments:?}");
    assert_eq!(house.order(order.id).await.state, OrderState::Paid);
    let refunds = house.refunds(order.id).await;
    assert_eq!((refunds.len(), refunds[0].state, refunds[0].amount), (1, RefundState::Succeeded, one.amount));
    assert_eq!((journals(house, "sale").await, journals(house, "late_payment").await), (2, 1));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_payment_twice_in_a_batch_is_one_sale() {
    let scene = Scene::set().await;
    let [order, first] = [scene.ordered(0).await, scene.ordered(1).await];
    let [payment, of_first] = [scene.paid(&order).await, scene.paid(&first).await];
    let heard = scene.heard_together(&of_first, &[payment.id, payment.id]).await;
    assert_eq!(heard[0], heard[1]);
    let house = &scene.house;
    assert_eq!((heard[0].state, house.order(order.id).await.state), (PaymentState::Succeeded, OrderState::Paid));
    assert!(house.refunds(order.id).await.is_empty());
    let paid = "select count(*) from events where reseller_id = $1 and type in ('payment.paid', 'order.paid')";
    assert_eq!((journals(house, "sale").await, house.count(paid).await), (2, 4));
    house.end().await;
}
