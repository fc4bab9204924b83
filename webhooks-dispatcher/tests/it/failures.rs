//! What happens when an endpoint does not take a delivery.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tenancy::webhook_endpoints::{DisabledReason, EndpointChanges, EndpointState, WantedState};
use webhooks_dispatcher::DispatcherSettings;

use crate::{
    receiver::{Received, Receiver, Reply},
    world::{World, settings},
};

#[tokio::test]
async fn a_failure_is_tried_again_with_the_same_id_and_body() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 0 { 500 } else { 200 })).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    let dispatcher = world.dispatcher();

    let before = world.now().await;
    dispatcher.run_once().await.unwrap();
    let queued = &world.queue().await[0];
    let passed = i64::try_from(world.now().await.since(before).as_millis()).unwrap();
    assert_eq!((queued.state.as_str(), queued.attempts), ("pending", 1));
    assert!(
        queued.due_in_ms <= 6_000 && queued.due_in_ms >= 4_000 - passed,
        "5 s and a fifth, but {} ms",
        queued.due_in_ms
    );
    assert_eq!(dispatcher.run_once().await.unwrap(), 0, "it is not due yet");

    world.let_time_pass().await;
    dispatcher.run_once().await.unwrap();
    let all = receiver.all();
    assert_eq!((all.len(), all[0].id(), &all[0].body), (2, all[1].id(), &all[1].body));
    assert_eq!(world.states().await, ["delivered"]);
    assert_eq!(
        world.attempts().await.iter().map(|a| (a.attempt, a.status)).collect::<Vec<_>>(),
        [(1, Some(500)), (2, Some(200))]
    );
}

#[tokio::test]
async fn the_tenth_failure_is_the_last() {
    let world = World::create().await;
    let receiver = Receiver::answering(503).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    for _ in 0..12 {
        world.dispatcher().run_once().await.unwrap();
        world.let_time_pass().await;
    }
    assert_eq!(receiver.all().len(), 10);
    assert_eq!(world.states().await, ["failed"]);
    assert_eq!(world.attempts().await.len(), 10);
}

#[tokio::test]
async fn gone_disables_the_endpoint_at_once() {
    let world = World::create().await;
    let receiver = Receiver::answering(410).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let disabled = world.read(&endpoint).await;
    assert_eq!((disabled.state, disabled.version), (EndpointState::Disabled, 2));
    assert_eq!(disabled.disabled_reason, Some(DisabledReason::Gone));
    assert_eq!(world.states().await, ["pending"], "it waits for the endpoint to be enabled again");

    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(receiver.all().len(), 1);
}

#[tokio::test]
async fn what_is_pending_for_a_paused_endpoint_waits() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 0 { 500 } else { 200 })).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    world.let_time_pass().await;
    world.execute("update webhook_endpoints set state = 'paused'").await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 0);
    world.execute("update webhook_endpoints set state = 'enabled'").await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 1);
    assert_eq!(world.states().await, ["delivered"]);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_not_followed() {
    let world = World::create().await;
    let elsewhere = Receiver::answering(200).await;
    let location = elsewhere.url.clone();
    let receiver =
        Receiver::start(move |_| Reply::With(307, vec![("location", location.clone())], String::new())).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!((receiver.all().len(), elsewhere.all().len()), (1, 0));
    assert_eq!(world.attempts().await[0].status, Some(307));
    assert_eq!(world.states().await, ["pending"]);
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_twice_the_schedule() {
    let world = World::create().await;
    let receiver = Receiver::start(|_| Reply::With(429, vec![("retry-after", "3600".to_owned())], String::new())).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    let before = world.now().await;
    world.dispatcher().run_once().await.unwrap();
    let due = world.queue().await[0].due_in_ms;
    let passed = i64::try_from(world.now().await.since(before).as_millis()).unwrap();
    assert!(due <= 10_000 && due >= 10_000 - passed, "10 s, but {due} ms");
}

#[tokio::test]
async fn nobody_there_and_no_answer_in_time_are_told_apart() {
    let world = World::create().await;
    let hanging = Receiver::start(|_| Reply::Hang).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    world.endpoint(&nobody, &[]).await;
    world.endpoint(&hanging.url, &[]).await;
    world.emit(&["order.paid"]).await;
    let short = DispatcherSettings { timeout: std::time::Duration::from_millis(300), ..settings() };
    world.dispatcher_with(short).run_once().await.unwrap();
    let errors: Vec<_> = world.attempts().await.into_iter().map(|a| (a.status, a.error)).collect();
    assert_eq!(errors, [(None, Some("connection_failed".to_owned())), (None, Some("timeout".to_owned()))]);
}

#[tokio::test]
async fn a_private_address_is_refused_at_the_delivery_too() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    world.endpoint(&receiver.url, &[]).await;
    world.endpoint(&receiver.url.replace("http://127.0.0.1", "https://[::ffff:127.0.0.1]"), &[]).await;
    world.emit(&["order.paid"]).await;
    let strict = DispatcherSettings { allow_private_addresses: false, ..settings() };
    world.dispatcher_with(strict).run_once().await.unwrap();
    assert_eq!(receiver.all().len(), 0);
    for attempt in world.attempts().await {
        assert_eq!(attempt.error.as_deref(), Some("address_refused"));
    }
    assert_eq!(world.states().await, ["pending", "pending"]);
}

#[tokio::test]
async fn five_days_without_success_disable_with_event_and_mail_and_nothing_is_lost() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth < 3 { 500 } else { 200 })).await;
    let witness = Receiver::answering(200).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &["order.paid"]).await;
    world.endpoint(&witness.url, &["endpoint.disabled"]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert!(world.read(&endpoint).await.failing_since.is_some());
    world.let_pass(Duration::from_hours(119)).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(world.read(&endpoint).await.state, EndpointState::Enabled, "not yet five days");
    world.let_pass(Duration::from_hours(2)).await;
    world.dispatcher().run_once().await.unwrap();
    let disabled = world.read(&endpoint).await;
    assert_eq!((disabled.state, disabled.disabled_reason), (EndpointState::Disabled, Some(DisabledReason::Failing)));
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(receiver.all().len(), 3);
    let told = witness.all()[0].json();
    assert_eq!((&told["type"], &told["data"]["disabled_reason"]), (&"endpoint.disabled".into(), &"failing".into()));
    let mut owner = world.db.as_owner().await;
    let letters: i64 = sqlx::query_scalar("select count(*) from mail_outbox where kind = 'endpoint_disabled'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(letters, 1);

    let enable = EndpointChanges { state: Some(WantedState::Enabled), ..EndpointChanges::default() };
    world.change(&endpoint, enable).await;
    world.let_pass(Duration::from_hours(2)).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(receiver.all().len(), 5, "what waited and what it has missed");
    assert!(world.states().await.iter().all(|state| state == "delivered"));
}

#[tokio::test]
async fn a_success_in_between_begins_the_five_days_anew() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 1 { 200 } else { 500 })).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &[]).await;
    for _ in 0..3 {
        world.emit(&["order.paid"]).await;
        world.dispatcher().run_once().await.unwrap();
        world.let_pass(Duration::from_hours(100)).await;
    }
    assert_eq!(world.read(&endpoint).await.state, EndpointState::Enabled);
}

#[tokio::test]
async fn a_receiver_that_was_down_for_three_days_gets_everything() {
    let world = World::create().await;
    let down = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&down);
    let receiver = Receiver::start(move |_| Reply::Status(if switch.load(Ordering::SeqCst) { 503 } else { 200 })).await;
    world.endpoint(&receiver.url, &[]).await;
    for _ in 0..24 {
        world.emit(&["order.paid", "order.expired"]).await;
        world.dispatcher().run_once().await.unwrap();
        world.let_pass(Duration::from_hours(3)).await;
    }
    down.store(false, Ordering::SeqCst);
    let before = receiver.all().len();
    while world.states().await.iter().any(|state| state == "pending") {
        world.dispatcher().run_once().await.unwrap();
        world.let_time_pass().await;
    }
    let taken: HashSet<_> = receiver.all()[before..].iter().map(Received::id).collect();
    assert_eq!((taken.len(), receiver.all().len() - before), (48, 48), "each once");
    assert_eq!(world.states().await, ["delivered"; 48]);
}
