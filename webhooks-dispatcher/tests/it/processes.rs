//! Processes that stop in the middle, and several at once.

use std::{collections::HashSet, sync::Arc};

use sqlx::Connection as _;
use tokio::sync::Notify;

use crate::{
    receiver::{Received, Receiver, Reply},
    world::World,
};

#[tokio::test]
async fn a_crash_between_sending_and_recording_sends_again_with_the_same_id() {
    let world = World::create().await;
    let mut receiver = Receiver::start(|nth| if nth == 0 { Reply::Hang } else { Reply::Status(200) }).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    let crashing = world.dispatcher();
    let first = tokio::select! {
        _ = crashing.run_once() => panic!("it cannot be done before it is answered"),
        first = receiver.next() => first,
    };
    drop(crashing);

    assert_eq!(world.dispatcher().run_once().await.unwrap(), 0, "the lease still stands");
    world.let_time_pass().await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 1);
    let again = receiver.next().await;
    assert_eq!((first.id(), first.body), (again.id(), again.body));
    assert_eq!(world.states().await, ["delivered"]);
}

#[tokio::test]
async fn an_outcome_is_recorded_only_under_its_own_lease() {
    let world = World::create().await;
    let go = Arc::new(Notify::new());
    let held = Arc::clone(&go);
    let mut receiver = Receiver::start(move |_| Reply::Held(Arc::clone(&held))).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    let dispatcher = world.dispatcher();
    let slow = tokio::spawn(async move { dispatcher.run_once().await });
    receiver.next().await;
    // The lease has run out meanwhile, and another process has taken a new one.
    world
        .execute("update webhook_lanes set lease = lease + 1, leased_until = clock_timestamp() + interval '1 hour'")
        .await;
    go.notify_one();
    slow.await.unwrap().unwrap();
    assert!(world.queue().await.is_empty());
    assert!(world.attempts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_breaks_off_for_a_moment_has_nothing_sent_twice() {
    let world = World::create().await;
    let go = Arc::new(Notify::new());
    let held = Arc::clone(&go);
    let mut receiver = Receiver::start(move |_| Reply::Held(Arc::clone(&held))).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    let dispatcher = world.dispatcher();
    let sending = tokio::spawn(async move { dispatcher.run_once().await });
    receiver.next().await;
    // Its outcome waits for the lane, and is broken off there.
    let mut owner = world.db.as_owner().await;
    let mut lock = owner.begin().await.unwrap();
    sqlx::query("select 1 from webhook_lanes for update").execute(&mut *lock).await.unwrap();
    go.notify_one();
    world.break_off_who_waits().await;
    lock.rollback().await.unwrap();
    assert_eq!(sending.await.unwrap().unwrap(), 1);
    assert_eq!((receiver.all().len(), world.attempts().await.len()), (1, 1));
    assert_eq!(world.states().await, ["delivered"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_dispatchers_send_each_event_once() {
    let world = World::create().await;
    let mut receivers = Vec::new();
    for _ in 0..3 {
        let receiver = Receiver::answering(200).await;
        world.endpoint(&receiver.url, &[]).await;
        receivers.push(receiver);
    }
    for _ in 0..10 {
        world.emit(&["order.paid"; 70]).await;
    }
    let (one, two, three) = (world.dispatcher(), world.dispatcher(), world.dispatcher());
    tokio::try_join!(one.run_once(), two.run_once(), three.run_once()).unwrap();
    // One may have found the others' work still under way; what it left is nothing.
    world.dispatcher().run_once().await.unwrap();
    for receiver in &receivers {
        let all = receiver.all();
        let ids: HashSet<_> = all.iter().map(Received::id).collect();
        assert_eq!((all.len(), ids.len()), (700, 700));
    }
    assert!(world.states().await.iter().all(|state| state == "delivered"));
}

#[tokio::test]
async fn a_lane_that_another_process_has_is_passed_over() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();

    world.emit(&["order.paid"]).await;
    world.execute("update webhook_lanes set leased_until = clock_timestamp() + interval '1 hour'").await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 0);
    world.execute("update webhook_lanes set leased_until = '-infinity'").await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 1);
    assert_eq!(receiver.all().len(), 2);
}
