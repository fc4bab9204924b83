//! Receivers that are registered through the API, beside the configured one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{World, account, config, text};

async fn world() -> (World, Receiver) {
    let receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    (world, receiver)
}

async fn register(world: &World, receiver: &Receiver, types: &[&str]) -> Value {
    let mut form = vec![("url", receiver.url.as_str())];
    form.extend(types.iter().map(|kind| ("enabled_events[]", *kind)));
    world.post("/v1/webhook_endpoints", &form).await.ok()
}

/// Waits until the event is still to reach `count` receivers; how many have it is noted after each has answered.
async fn pending(world: &World, event: &Value, count: u64) {
    let path = format!("/v1/events/{}", text(event, "id"));
    let end = Instant::now() + Duration::from_secs(20);
    while world.get(&path).await.ok()["pending_webhooks"] != count {
        assert!(Instant::now() < end, "not all receivers got it");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_receiver_gets_what_it_asked_for_signed_with_its_own_secret() {
    let (world, mut configured) = world().await;
    let (mut all, mut some) = (Receiver::start().await, Receiver::start().await);
    let wide = register(&world, &all, &["*"]).await;
    let narrow = register(&world, &some, &["payment_intent.succeeded", "charge.refunded"]).await;
    assert_eq!((&narrow["status"], &narrow["livemode"]), (&json!("enabled"), &json!(false)));
    some.answer(&[500]);
    world.paid("pm_card_visa").await;
    configured.kinds(2).await;
    let last = configured.next().await;
    last.assert_signed("whsec_eu");
    all.kinds(2).await;
    let same = all.next().await;
    same.assert_signed(text(&wide, "secret"));
    assert_eq!(same.body, last.body);
    let refused = some.next().await;
    assert_eq!(refused.kind(), "payment_intent.succeeded");
    refused.assert_signed(text(&narrow, "secret"));
    assert_eq!(refused.json()["pending_webhooks"], 3);
    pending(&world, &refused.json(), 1).await;
    world.advance(60).await;
    assert_eq!(some.next().await.body, refused.body, "tried again, for the one that refused it");
    pending(&world, &refused.json(), 0).await;
    world.intent().await;
    assert_eq!(
        (configured.next().await.kind(), all.next().await.kind()),
        ("payment_intent.created".into(), "payment_intent.created".into())
    );
}

#[tokio::test]
async fn an_endpoint_is_changed_disabled_and_deleted() {
    let (world, mut configured) = world().await;
    let (mut first, mut second) = (Receiver::start().await, Receiver::start().await);
    let endpoint = register(&world, &first, &["*"]).await;
    let path = format!("/v1/webhook_endpoints/{}", text(&endpoint, "id"));
    world.intent().await;
    first.next().await;
    configured.next().await;
    let moved = world.post(&path, &[("url", &second.url), ("metadata[a]", "b"), ("description", "till")]).await.ok();
    assert_eq!((&moved["url"], &moved["metadata"]), (&json!(second.url), &json!({"a": "b"})));
    assert_eq!(moved.get("secret"), None, "a secret is shown once");
    world.intent().await;
    second.next().await.assert_signed(text(&endpoint, "secret"));
    assert_eq!(configured.next().await.json()["pending_webhooks"], 2);

    assert_eq!(world.post(&path, &[("disabled", "true")]).await.ok()["status"], "disabled");
    world.intent().await;
    assert_eq!(configured.next().await.json()["pending_webhooks"], 1);
    assert_eq!(world.post(&path, &[("disabled", "false")]).await.ok()["status"], "enabled");
    let again = world.intent().await;
    assert_eq!(second.next().await.json()["data"]["object"]["id"], again["id"], "none of what happened meanwhile");
    configured.next().await;

    let list = world.get("/v1/webhook_endpoints").await.ok();
    assert_eq!(list["data"], json!([world.get(&path).await.ok()]));
    let delete = world.request(reqwest::Method::DELETE, &path).bearer_auth("sk_test_eu");
    let gone = world.send(delete).await.ok();
    assert_eq!(gone, json!({"id": endpoint["id"], "object": "webhook_endpoint", "deleted": true}));
    world.get(&path).await.error(404);
    assert_eq!(world.get("/v1/webhook_endpoints").await.ok()["data"], json!([]));
    world.intent().await;
    assert_eq!(configured.next().await.json()["pending_webhooks"], 1);
}

#[tokio::test]
async fn what_is_no_endpoint_is_refused() {
    let world = World::new().await;
    let post = async |form: &[(&str, &str)]| world.post("/v1/webhook_endpoints", form).await.error(400);
    let url = ("url", "http://127.0.0.1:9/");
    assert_eq!(post(&[url]).await["param"], "enabled_events");
    assert_eq!(post(&[("enabled_events[]", "*")]).await["param"], "url");
    assert_eq!(
        post(&[url, ("enabled_events[]", "*"), ("enabled_events[]", "charge")]).await["param"],
        "enabled_events[1]"
    );
    for wrong in ["shop.example/hooks", "javascript:alert(1)"] {
        assert_eq!(post(&[("url", wrong), ("enabled_events[]", "*")]).await["code"], "url_invalid");
    }
    for _ in 0..16 {
        world.post("/v1/webhook_endpoints", &[url, ("enabled_events[]", "*")]).await.ok();
    }
    post(&[url, ("enabled_events[]", "*")]).await;
}
