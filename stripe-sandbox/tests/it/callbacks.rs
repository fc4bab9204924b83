//! Callbacks: signed over the very bytes that are sent, in order, again when refused, and under a test's control.

use serde_json::json;

use crate::receiver::Receiver;
use crate::world::{DELAY, World, account, config, text};

async fn world() -> (World, Receiver) {
    let receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    (world, receiver)
}

#[tokio::test]
async fn a_payment_is_told_step_by_step() {
    let (world, mut receiver) = world().await;
    let intent = world.intent().await;
    let created = receiver.next().await;
    created.assert_signed("whsec_eu");
    let event = created.json();
    assert_eq!(event["type"], "payment_intent.created");
    assert_eq!(event["api_version"], "2026-09-30.endive");
    assert_eq!(event["data"]["object"], intent, "the object as it was then");
    assert_eq!(event["pending_webhooks"], 1);
    assert!(text(&event["request"], "id").starts_with("req_"));

    let body = json!({"payment_intent": intent["id"], "payment_method": "pm_card_chargeDeclined"});
    world.control("/_sandbox/pay", body).await.error(402);
    assert_eq!(receiver.kinds(2).await, ["charge.failed", "payment_intent.payment_failed"]);
    let body = json!({"payment_intent": intent["client_secret"], "payment_method": "pm_card_visa"});
    assert_eq!(world.control("/_sandbox/pay", body).await.ok()["status"], "succeeded");
    assert_eq!(receiver.kinds(2).await, ["charge.succeeded", "payment_intent.succeeded"]);

    world.advance(DELAY + 1).await;
    let updated = receiver.next().await;
    updated.assert_signed("whsec_eu");
    let event = updated.json();
    assert_eq!(event["type"], "charge.updated");
    assert_eq!(event["data"]["previous_attributes"], json!({"balance_transaction": null}));
    assert!(text(&event["data"]["object"], "balance_transaction").starts_with("txn_"));
    assert_eq!(event["request"]["id"], json!(null), "nobody asked for it");

    world.post("/v1/refunds", &[("payment_intent", text(&intent, "id"))]).await.ok();
    assert_eq!(receiver.kinds(2).await, ["refund.created", "charge.refunded"]);
    let events = world.get("/v1/events?limit=100").await.ok();
    assert_eq!(events["data"].as_array().unwrap().len(), 8);
    let path = format!("/v1/events/{}", text(&event, "id"));
    assert_eq!(world.get(&path).await.ok()["data"], event["data"]);
}

#[tokio::test]
async fn a_refused_callback_comes_again_with_the_same_bytes() {
    let (world, mut receiver) = world().await;
    receiver.answer(&[500, 302]);
    world.intent().await;
    let first = receiver.next().await;
    for _ in 0..2 {
        world.advance(60).await;
        let again = receiver.next().await;
        assert_eq!(again.body, first.body);
        again.assert_signed("whsec_eu");
    }
}

#[tokio::test]
async fn callbacks_can_be_lost_doubled_delayed_and_stalled() {
    let (world, mut receiver) = world().await;
    let control = async |change| world.control("/_sandbox/callbacks", change).await.ok();
    control(json!({"drop_next": 1})).await;
    world.intent().await;
    assert_eq!(control(json!({"double_next": 1})).await["drop_next"], 0, "one was lost");
    let doubled = world.intent().await;
    for _ in 0..2 {
        assert_eq!(receiver.next().await.json()["data"]["object"]["id"], doubled["id"]);
    }
    control(json!({"delay_ms": 30_000})).await;
    let delayed = world.intent().await;
    control(json!({"delay_ms": 0})).await;
    let prompt = world.intent().await;
    assert_eq!(receiver.next().await.json()["data"]["object"]["id"], prompt["id"]);
    world.advance(31).await;
    assert_eq!(receiver.next().await.json()["data"]["object"]["id"], delayed["id"]);
    control(json!({"paused": true})).await;
    world.intent().await;
    let state = world.get("/_sandbox/state").await.ok();
    assert!(state["accounts"]["pk_test_eu"]["callbacks"]["waiting"].as_u64().unwrap() >= 1);
    control(json!({"paused": false})).await;
    assert_eq!(receiver.next().await.kind(), "payment_intent.created");
}

#[tokio::test]
async fn callbacks_can_be_swapped_and_held_back_by_type() {
    let (world, mut receiver) = world().await;
    let control = async |change| world.control("/_sandbox/callbacks", change).await.ok();
    control(json!({"reorder_next": 3})).await;
    let intents = [world.intent().await, world.intent().await, world.intent().await];
    for intent in intents.iter().rev() {
        assert_eq!(receiver.next().await.json()["data"]["object"]["id"], intent["id"], "the last comes first");
    }
    control(json!({"reorder_next": 2})).await;
    let kept = world.intent().await;
    assert_eq!(control(json!({"reorder_next": 0})).await["reorder_next"], 0);
    assert_eq!(receiver.next().await.json()["data"]["object"]["id"], kept["id"], "what was kept is let go");

    control(json!({"type": "payment_intent.created", "drop_next": 1})).await;
    control(json!({"type": "charge.*", "paused": true})).await;
    world.paid("pm_card_visa").await;
    assert_eq!(receiver.kinds(1).await, ["payment_intent.succeeded"], "one was lost, one waits");
    control(json!({"type": "charge.*", "paused": false})).await;
    assert_eq!(receiver.kinds(1).await, ["charge.succeeded"]);
    let wrong = world.control("/_sandbox/callbacks", json!({"type": "charge*"})).await;
    assert_eq!(wrong.error(400)["param"], "type");
}

#[tokio::test]
async fn the_control_needs_the_secret_key() {
    let world = World::new().await;
    let request = world.request(reqwest::Method::POST, "/_sandbox/callbacks").json(&json!({"paused": true}));
    let publishable = request.try_clone().unwrap().bearer_auth("pk_test_eu");
    world.send(publishable).await.error(403);
    world.send(request).await.error(401);
}
