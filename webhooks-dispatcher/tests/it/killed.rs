//! Nothing is lost however often the dispatcher is killed (`kill -9`): the test starts itself as the dispatcher, again and again.

use std::{collections::HashSet, process::Child, time::Duration};

use foundation::Cell;
use testkit::child;
use tokio_util::sync::CancellationToken;
use webhooks_dispatcher::{Dispatcher, DispatcherSettings};

use crate::{
    receiver::{Received, Receiver, Reply},
    world::{World, settings},
};

/// What the child is: a dispatcher that runs until it is killed.
#[tokio::test]
async fn as_the_dispatcher_that_is_killed() {
    let Some(cell) = child::given() else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let short = DispatcherSettings { lease: Duration::from_millis(300), ..settings() };
    Dispatcher::new(Cell::open(&cell).unwrap(), short).unwrap().run(CancellationToken::new()).await;
}

fn dispatcher(world: &World) -> Child {
    world.db.start_child("killed::as_the_dispatcher_that_is_killed")
}

/// Kills the dispatcher so many times while so many events are sent to several endpoints, one of them ordered.
async fn kill(times: usize, events: usize) {
    let world = World::create().await;
    // One in fifty attempts fails, so that there are retries too.
    let flaky = |nth: usize| Reply::Status(if nth % 50 == 49 { 500 } else { 200 });
    let (plain, ordered) = (Receiver::start(flaky).await, Receiver::answering(200).await);
    world.endpoint(&plain.url, &[]).await;
    let new = tenancy::webhook_endpoints::NewEndpoint {
        url: ordered.url.clone(),
        ordered: true,
        ..tenancy::webhook_endpoints::NewEndpoint::default()
    };
    world.endpoint_like(new).await;
    let page = events / times;
    for killed in 1..=times {
        let mut running = dispatcher(&world);
        for _ in 0..page.div_ceil(250) {
            world.emit(&vec!["order.paid"; page.min(250)]).await;
        }
        // It is killed in the middle of sending: something has come since it was started.
        let before = plain.all().len() + ordered.all().len();
        let begun = tokio::time::Instant::now();
        while plain.all().len() + ordered.all().len() < before + killed % 40 + 1
            && begun.elapsed() < Duration::from_secs(20)
        {
            tokio::task::yield_now().await;
        }
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let all = page.div_ceil(250) * page.min(250) * times;
    let dispatcher = world.dispatcher();
    while world.delivered().await < 2 * all {
        world.let_time_pass().await;
        dispatcher.run_once().await.unwrap();
    }
    for receiver in [&plain, &ordered] {
        let received = receiver.all();
        let ids: HashSet<_> = received.iter().map(Received::id).collect();
        assert_eq!(ids.len(), all, "none is lost");
        let bodies: HashSet<_> = received.iter().map(|one| (one.id(), one.body.clone())).collect();
        assert_eq!(bodies.len(), all, "what comes twice has the same id and body");
    }
    // What an ordered endpoint gets again after a crash it has had; what is new to it comes in the order of the log.
    let mut highest = 0;
    for position in ordered.all().iter().map(|one| one.json()["position"].as_i64().unwrap()) {
        assert!(position <= highest + 1 || highest == 0, "{position} after {highest}");
        highest = highest.max(position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_however_often_the_dispatcher_is_killed() {
    kill(5, 1_000).await;
}

/// The promise at its own size: `cargo test -p webhooks-dispatcher --test it -- --ignored killed`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn nothing_of_a_hundred_thousand_is_lost_in_a_hundred_kills() {
    kill(100, 50_000).await;
}
