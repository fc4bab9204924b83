//! What is sent, and to whom.

use foundation::Mode;
use standardwebhooks::Webhook;
use tenancy::webhook_endpoints::PayloadVersion;
use tokio_util::sync::CancellationToken;
use webhooks_dispatcher::Origin;

use crate::{
    receiver::{Receiver, Reply},
    world::{Attempted, World},
};

#[tokio::test]
async fn the_official_library_accepts_a_live_delivery() {
    let world = World::create().await;
    let mut receiver = Receiver::answering(204).await;
    let (_, secret) = world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();

    let received = receiver.next().await;
    let official = Webhook::new(&secret).unwrap();
    official.verify(&received.body, &received.headers).unwrap();
    let forged = String::from_utf8(received.body.to_vec()).unwrap().replace("49.90", "49.91");
    assert!(official.verify(forged.as_bytes(), &received.headers).is_err());
    assert_eq!(received.header("content-type"), "application/json");

    let body = received.json();
    assert_eq!(body["id"], received.id());
    assert_eq!((&body["type"], &body["position"], &body["region"]), (&"order.paid".into(), &2.into(), &"eu".into()));
    assert_eq!((&body["api_version"], &body["mode"], &body["sequence"]), (&"v1".into(), &"test".into(), &1.into()));
    assert_eq!(body["data"]["total"]["amount"], "49.90");
    assert_eq!(world.states().await, ["delivered"]);
    assert_eq!(
        world.attempts().await,
        [Attempted { attempt: 1, status: Some(204), error: None, answer_head: String::new() }]
    );
}

#[tokio::test]
async fn the_event_list_shows_the_same_json() {
    let world = World::create().await;
    let mut receiver = Receiver::answering(200).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();

    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let listed = foundation::event::after(&mut tx, 0, 10).await.unwrap().events;
    assert_eq!(
        receiver.next().await.body,
        webhooks_dispatcher::payload(&listed[1], Origin { region: "eu", mode: Mode::Test }, PayloadVersion::V1)
    );
}

#[tokio::test]
async fn only_the_types_wanted_are_sent_and_internal_ones_never() {
    let world = World::create().await;
    let (some, all) = (Receiver::answering(200).await, Receiver::answering(200).await);
    world.endpoint(&some.url, &["order.paid"]).await;
    world.endpoint(&all.url, &[]).await;
    world.emit(&["order.expired", "stock.changed", "order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();

    let types = |receiver: &Receiver| {
        let mut types: Vec<_> = receiver.all().iter().map(|r| r.json()["type"].as_str().unwrap().to_owned()).collect();
        types.sort();
        types
    };
    assert_eq!(types(&some), ["order.paid"]);
    assert_eq!(types(&all), ["order.expired", "order.paid"]);
}

#[tokio::test]
async fn an_endpoint_gets_what_happens_after_it_was_made() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    world.emit(&["order.paid"]).await;
    foundation::sequencer::place_all(world.db.cell()).await.unwrap();
    // The first event has its position, but nothing has been fanned out yet.
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.expired"]).await;
    world.dispatcher().run_once().await.unwrap();
    let positions: Vec<_> = receiver.all().iter().map(|r| r.json()["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, [3], "the second is its ping");
}

#[tokio::test]
async fn a_retry_goes_to_where_the_endpoint_is_now() {
    let world = World::create().await;
    let (old, new) = (Receiver::answering(500).await, Receiver::answering(200).await);
    world.endpoint(&old.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();

    let mut owner = world.db.as_owner().await;
    sqlx::query("update webhook_endpoints set url = $1, version = version + 1")
        .bind(&new.url)
        .execute(&mut owner)
        .await
        .unwrap();
    world.let_time_pass().await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!((old.all().len(), new.all().len()), (1, 1));
}

#[tokio::test]
async fn the_first_part_of_an_answer_is_kept_as_text() {
    let world = World::create().await;
    let answer = format!("nul\0{}", "x".repeat(100_000));
    let receiver = Receiver::start(move |_| Reply::With(400, Vec::new(), answer.clone())).await;
    world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let head = &world.attempts().await[0].answer_head;
    assert!(head.starts_with("nul\u{fffd}xxx"));
    assert_eq!(head.chars().count(), 8 * 1024);
}

#[tokio::test]
async fn the_running_dispatcher_sends_what_is_committed_and_stops_when_told() {
    let world = World::create().await;
    let mut receiver = Receiver::answering(200).await;
    world.endpoint(&receiver.url, &[]).await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(world.dispatcher().run(shutdown.clone()));
    for _ in 0..3 {
        world.emit(&["order.paid"]).await;
        receiver.next().await;
    }
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(world.states().await, ["delivered", "delivered", "delivered"]);
}
