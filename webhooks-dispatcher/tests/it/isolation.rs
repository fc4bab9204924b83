//! One endpoint does not cost another anything.

use std::sync::{Arc, Mutex};

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
    assert_eq!(hanging.all().len(), 2);
}

#[tokio::test]
async fn lanes_take_turns() {
    let world = World::create().await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut receivers = Vec::new();
    for name in ["a", "b", "c"] {
        let order = Arc::clone(&order);
        let receiver = Receiver::start(move |_| {
            order.lock().unwrap().push(name);
            Reply::Status(200)
        })
        .await;
        world.endpoint(&receiver.url, &[]).await;
        receivers.push(receiver);
    }
    world.emit(&["order.paid"; 3]).await;
    let alone = DispatcherSettings { workers: 1, per_endpoint: 1, ..settings() };
    world.dispatcher_with(alone).run_once().await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
    for receiver in &receivers {
        let positions: Vec<_> = receiver.all().iter().map(|r| r.json()["position"].as_i64().unwrap()).collect();
        assert_eq!(positions, [1, 2, 3], "with one at a time, events come in order");
    }
}
