//! One endpoint does not cost another anything.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use webhooks_dispatcher::DispatcherSettings;

use crate::{
    receiver::{Receiver, Reply},
    world::{World, settings},
};

#[tokio::test]
async fn a_hanging_endpoint_holds_its_own_places_only() {
    let world = World::create().await;
    let hanging = Receiver::start(|_| Reply::Hang).await;
    let mut good = Receiver::answering(200).await;
    world.endpoint(&hanging.url, &[]).await;
    world.endpoint(&good.url, &[]).await;
    let few = DispatcherSettings { workers: 4, per_endpoint: 2, ..settings() };
    let running = tokio::spawn(world.dispatcher_with(few).run(CancellationToken::new()));
    for _ in 0..20 {
        world.emit(&["order.paid"]).await;
        good.next().await;
    }
    running.abort();
    let _ = running.await;
    assert_eq!(hanging.all().len(), 1, "who has taken nothing has one place");
}

#[tokio::test]
async fn however_many_hang_half_of_the_places_are_the_others() {
    let world = World::create().await;
    let hanging = Receiver::start(|_| Reply::Hang).await;
    let mut good = Receiver::answering(200).await;
    for _ in 0..10 {
        world.endpoint(&hanging.url, &[]).await;
    }
    // They have failed before.
    world.execute("update webhook_lanes set failing_since = clock_timestamp()").await;
    world.endpoint(&good.url, &[]).await;
    let few = DispatcherSettings { workers: 4, per_endpoint: 2, ..settings() };
    let running = tokio::spawn(world.dispatcher_with(few).run(CancellationToken::new()));
    for _ in 0..20 {
        world.emit(&["order.paid"]).await;
        good.next().await;
    }
    running.abort();
    let _ = running.await;
    assert!(hanging.all().len() <= 2, "{}", hanging.all().len());
}

#[tokio::test]
async fn one_at_a_time_goes_to_each_in_the_order_of_the_log() {
    let world = World::create().await;
    let mut receivers = Vec::new();
    for _ in 0..3 {
        let receiver = Receiver::answering(200).await;
        world.endpoint(&receiver.url, &[]).await;
        receivers.push(receiver);
    }
    world.emit(&["order.paid"; 3]).await;
    let alone = DispatcherSettings { workers: 1, per_endpoint: 1, ..settings() };
    world.dispatcher_with(alone).run_once().await.unwrap();
    for receiver in &receivers {
        let positions: Vec<_> = receiver.all().iter().map(|r| r.json()["position"].as_i64().unwrap()).collect();
        assert_eq!(positions, [4, 5, 6]);
    }
}

/// The 99th of a hundred latencies from the commit to the arrival, of endpoints that answer.
async fn p99(hanging: bool) -> Duration {
    let world = World::create().await;
    let arrived = Arc::new(Mutex::new(HashMap::<String, Vec<tokio::time::Instant>>::new()));
    let hang = Receiver::start(|_| Reply::Hang).await;
    let mut receivers = Vec::new();
    for nth in 0..100 {
        let arrived = Arc::clone(&arrived);
        let receiver = Receiver::start_seeing(move |_, received| {
            arrived.lock().unwrap().entry(received.id()).or_default().push(tokio::time::Instant::now());
            Reply::Status(200)
        })
        .await;
        let url = if hanging && nth == 0 { &hang.url } else { &receiver.url };
        world.endpoint_of(world.db.reseller().await, url).await;
        receivers.push(receiver);
    }
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(world.dispatcher().run(shutdown.clone()));
    let mut latencies = Vec::new();
    for _ in 0..10 {
        // All but the first, which may hang.
        let committed = world.emit_to_all().await.split_off(1);
        // The lock is not held over the wait.
        let all_there = || committed.iter().all(|(id, _)| arrived.lock().unwrap().contains_key(id));
        while !all_there() {
            tokio::task::yield_now().await;
        }
        let arrived = arrived.lock().unwrap();
        latencies.extend(committed.iter().map(|(id, at)| arrived[id][0].saturating_duration_since(*at)));
    }
    running.abort();
    latencies.sort();
    latencies[latencies.len() * 99 / 100]
}

/// The promise at its own size, on an idle machine: `cargo test --release -p webhooks-dispatcher --test it -- --ignored hangs`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "compares times, which wants an idle machine"]
async fn one_of_a_hundred_that_hangs_costs_the_others_nothing() {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        without.push(p99(false).await);
        with.push(p99(true).await);
    }
    without.sort();
    with.sort();
    assert!(with[1] * 10 <= without[1] * 12, "p99 {:?} with one that hangs, {:?} without", with[1], without[1]);
}
