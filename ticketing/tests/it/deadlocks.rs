//! Everything at once on the same few tickets: whoever gives way is told so in words of ours.

use foundation::{Code, Error, Mode, Result};
use ticketing::use_cases::{
    apply_callback::apply_callback,
    expire::do_due,
    refund::{NewRefund, accept_refund},
};

use crate::{
    bank::Bank,
    house::{House, at_once, eur, seats},
    process::Process,
};

#[track_caller]
fn gave_way_politely<T>(what: &str, outcome: Result<T>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(Error::Refused(refusal)) => {
            assert_ne!(refusal.code, Code::Internal, "{what}");
            None
        }
        Err(error) => panic!("{what}: {error:?}"),
    }
}

/// A success of the order's payment, as the provider's callback would tell it.
fn success(process: &Process, payment: foundation::id::PaymentId, total: i64) -> ticketing::provider::Callback {
    let text = format!("evt_{payment}");
    ticketing::provider::Callback {
        event: text.clone(),
        kind_text: "payment_intent.succeeded".to_owned(),
        created: 0,
        kind: ticketing::provider::Kind::Succeeded { charge: None, received: total },
        reseller: Some(process.reseller),
        payment: Some(payment),
        refund: None,
        payout: None,
        object: format!("pi_{}", payment.uuid().simple()),
        intent: Some(format!("pi_{}", payment.uuid().simple())),
        payload: serde_json::json!({ "id": text }),
    }
}

async fn one_step(
    house: &'static House,
    process: &Process,
    providers: &ticketing::provider::Providers,
    task: usize,
    n: usize,
) {
    let (first, second) = (&house.stages[0], &house.stages[1]);
    let at = |k: usize| (n * 7 + task * 3 + k) % 8;
    // Two of each performance, named in another order by each task.
    let mut wants = vec![first.ticket(at(0)), second.ticket(at(1)), first.ticket(at(2)), second.ticket(at(3))];
    wants.rotate_left(task % 4);
    wants.dedup_by(|one, other| one == other);
    let Some(hold) = gave_way_politely("hold", process.hold(wants).await) else { return };
    match (n + task) % 5 {
        0 => drop(gave_way_politely("release", process.release(hold.id).await)),
        1 => {
            let more = [second.ticket(at(5)), first.ticket(at(6))];
            gave_way_politely("grow", process.grow(hold.id, &more).await);
            let out = [hold.items[0].held.ticket];
            gave_way_politely("shrink", process.shrink(hold.id, &out).await);
            gave_way_politely("release", process.release(hold.id).await);
        }
        2 => {
            let Some(order) = gave_way_politely("order", process.order(hold.id).await) else { return };
            let ending = ticketing::use_cases::cancel_order::Ending::Cancel;
            let end = ticketing::use_cases::cancel_order::end_order;
            gave_way_politely(
                "cancel",
                end(&process.inventory, &providers.test, process.reseller, order.id, ending).await,
            );
        }
        _ => {
            let Some(order) = gave_way_politely("order", process.order(hold.id).await) else { return };
            let total = i64::try_from(order.items.len()).unwrap() * 1_000;
            let payment = paid_by_hand(house, &order).await;
            let callback = success(process, payment, total);
            gave_way_politely("pay", apply_callback(&process.inventory, providers, Mode::Test, &callback).await);
            for items in [Some(vec![1]), None] {
                let new = NewRefund { order: order.id, items, reason: String::new() };
                gave_way_politely("refund", refund(process, &new).await);
            }
        }
    }
}

/// Writes the payment that a provider would have been asked for, without one.
async fn paid_by_hand(house: &House, order: &ticketing::rules::order::Order) -> foundation::id::PaymentId {
    let payment = ticketing::rules::payment::Payment {
        id: foundation::id::PaymentId::new(),
        order: order.id,
        attempt: 1,
        state: ticketing::rules::payment::PaymentState::Creating,
        method: ticketing::rules::payment::Method::ClientSecret,
        amount: foundation::Money::rounded(order.total, order.currency),
        received: None,
        provider_intent: None,
        provider_session: None,
        client_secret: None,
        page_url: None,
        return_url: None,
        action_url: None,
        decline: None,
        created_at: order.created_at,
        version: 1,
    };
    let mut tx = house.tx().await;
    ticketing::store::payments::insert(&mut tx, &[&payment], crate::house::MINUTES).await.unwrap();
    tx.commit().await.unwrap();
    payment.id
}

async fn refund(process: &Process, new: &NewRefund) -> Result<()> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let (_, changes) = accept_refund(&mut tx, &process.inventory, new).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_orders_payments_and_refunds_on_the_same_tickets_never_deadlock_into_an_error() {
    let house: &'static House =
        Box::leak(Box::new(House::of(eur("10.00"), vec![seats(&[("A", 8)]), seats(&[("A", 8)])]).await));
    let processes = [Process::first(house), Process::another(house)];
    let providers = Bank::open().await.providers;
    at_once((0..8).map(|task| {
        let (process, providers) = (processes[task % 2].clone(), providers.clone());
        async move {
            for n in 0..150 {
                one_step(house, &process, &providers, task, n).await;
                if n % 10 == 0 {
                    process.inventory.catch_up().await.unwrap();
                    foundation::sequencer::place_all(process.inventory.cell()).await.unwrap();
                    do_due(&process.inventory, &providers, crate::bank::SLOW).await.unwrap();
                }
            }
        }
    }))
    .await;
    let sold = house.count("select count(*) from orders where reseller_id = $1 and state = 'paid'").await;
    assert!(sold > 20, "only {sold} orders came so far");
    house.end().await;
    for process in &processes {
        process.inventory.cell().close().await;
    }
    // The sessions have ended, and with that have told the server what they met.
    let met = "select deadlocks from pg_stat_database where datname = current_database() and $1::uuid is not null";
    assert_eq!(house.count(met).await, 0, "there is one order of locks");
}
