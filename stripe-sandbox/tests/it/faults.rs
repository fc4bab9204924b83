//! Calls that fail, hang or are cut off, as a test asks for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, World, account, config};

const INTENT: [(&str, &str); 2] = [("amount", "10000"), ("currency", "eur")];

fn create(world: &World, key: &str) -> reqwest::RequestBuilder {
    let request = world.request(Method::POST, "/v1/payment_intents").bearer_auth("sk_test_eu");
    request.header("idempotency-key", key.to_owned()).form(&INTENT)
}

async fn fault(world: &World, plan: Value) -> Value {
    world.control("/_sandbox/faults", plan).await.ok()
}

async fn intents(world: &World) -> usize {
    world.get("/v1/payment_intents").await.ok()["data"].as_array().unwrap().len()
}

async fn faults(world: &World, held: usize) -> Value {
    world.get(&format!("/_sandbox/faults?held={held}")).await.ok()
}

#[tokio::test]
async fn an_error_before_the_work_leaves_nothing_behind() {
    let world = World::new().await;
    fault(&world, json!({"method": "POST", "path": "/v1/payment_intents", "answer": 500})).await;
    assert_eq!(world.send(create(&world, "k")).await.error(500)["type"], "api_error");
    assert_eq!(intents(&world).await, 0);
    let answer = world.send(create(&world, "k")).await;
    answer.ok();
    assert!(!answer.headers.contains_key("idempotent-replayed"), "the key is still free");
    assert_eq!(answer.headers["original-request"], answer.headers["request-id"]);
}

#[tokio::test]
async fn an_error_after_the_work_is_what_the_key_remembers() {
    let world = World::new().await;
    fault(&world, json!({"path": "/v1/payment_intents", "when": "after", "answer": 503})).await;
    let first = world.send(create(&world, "k")).await;
    first.error(503);
    assert_eq!(intents(&world).await, 1, "it was done");
    let again = world.send(create(&world, "k")).await;
    assert_eq!((again.status, &again.headers["idempotent-replayed"]), (first.status, &"true".parse().unwrap()));
    assert_eq!(again.text, first.text);
    assert_eq!(intents(&world).await, 1);
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_work() {
    let world = World::new().await;
    for (when, done) in [("before", 0), ("after", 1)] {
        fault(&world, json!({"path": "/v1/payment_intents", "method": "post", "when": when, "cut": true})).await;
        create(&world, "k").send().await.expect_err("nothing is answered");
        assert_eq!(intents(&world).await, done);
    }
    let answer = world.send(create(&world, "k")).await;
    assert_eq!(answer.headers["idempotent-replayed"], "true", "what was done is told the next time");
    answer.ok();
    assert_eq!(intents(&world).await, 1);
    fault(&world, json!({"method": "GET", "path": "/v1/payment_intents/*", "cut": true})).await;
    let read = world.request(Method::GET, "/v1/payment_intents/pi_1").bearer_auth("sk_test_eu");
    read.send().await.expect_err("nothing is answered");
}

#[tokio::test]
async fn a_call_hangs_until_it_is_let_go() {
    let world = World::new().await;
    let plan = json!({"method": "POST", "path": "/v1/payment_intents", "hold": true});
    let id = fault(&world, plan).await["id"].as_str().unwrap().to_owned();
    let held = tokio::spawn(create(&world, "k").send());
    let now = faults(&world, 1).await;
    assert_eq!((&now["held"], &now["faults"][0]["held"], &now["faults"][0]["left"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(intents(&world).await, 0);
    let meanwhile = world.send(create(&world, "k")).await.error(409);
    assert_eq!(meanwhile["code"], "idempotency_key_in_use");
    let path = format!("/_sandbox/faults/{id}");
    let remove = || world.request(Method::DELETE, &path).bearer_auth("sk_test_eu");
    assert_eq!(world.send(remove()).await.ok()["removed"], 1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!((faults(&world, 0).await["held"].clone(), intents(&world).await), (json!(0), 1));
    world.send(remove()).await.error(404);

    fault(&world, json!({"path": "/v1/**", "when": "after", "hold": true, "answer": 500})).await;
    let held = tokio::spawn(create(&world, "k2").send());
    faults(&world, 1).await;
    assert_eq!(intents(&world).await, 2, "it is done, and nobody was told");
    world.send(world.request(Method::DELETE, "/_sandbox/faults").bearer_auth("sk_test_eu")).await.ok();
    assert_eq!(held.await.unwrap().unwrap().status(), 500);

    fault(&world, json!({"path": "/v1/payment_intents", "hold_seconds": 0})).await;
    world.send(create(&world, "k3")).await.ok();
    fault(&world, json!({"path": "/v1/payment_intents", "hold": true})).await;
    let gone = tokio::spawn(create(&world, "k4").send());
    faults(&world, 1).await;
    gone.abort();
    // A client that hangs up is not held any more, and its key is free.
    let mut answer = world.send(create(&world, "k4")).await;
    while answer.status == 409 {
        answer = world.send(create(&world, "k4")).await;
    }
    answer.ok();
    assert_eq!(faults(&world, 0).await["held"], 0);
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_it_should_and_only_what_it_names() {
    let us = account("us", None);
    let world = World::with(config(vec![account("eu", None), us], None)).await;
    fault(&world, json!({"path": "/v1/payment_intents/*/cancel", "times": 2, "answer": 429})).await;
    let path = format!("/v1/payment_intents/{}", world.intent().await["id"].as_str().unwrap());
    world.get(&path).await.ok();
    let cancel = async |key| -> Answer {
        world.send(world.request(Method::POST, &format!("{path}/cancel")).bearer_auth(key)).await
    };
    cancel("sk_test_us").await.error(404);
    for _ in 0..2 {
        assert_eq!(cancel("sk_test_eu").await.error(429)["code"], "rate_limit");
    }
    cancel("sk_test_eu").await.ok();
    for (plan, field) in [
        (json!({"path": "/pay/x", "cut": true}), "path"),
        (json!({"path": "/v1/x", "answer": 200}), "answer"),
        (json!({"path": "/v1/x", "answer": 500, "cut": true}), "cut"),
        (json!({"path": "/v1/x"}), "hold"),
    ] {
        assert_eq!(world.control("/_sandbox/faults", plan).await.error(400)["param"], field);
    }
    world
        .send(world.request(Method::POST, "/_sandbox/faults").json(&json!({"path": "/v1/x", "cut": true})))
        .await
        .error(401);
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused() {
    let world = World::new().await;
    world.control("/_sandbox/rate_limit", json!({"per_second": 0})).await.ok();
    let error = world.get("/v1/payment_intents").await.error(429);
    assert_eq!((&error["code"], &error["type"]), (&json!("rate_limit"), &json!("invalid_request_error")));
    world.control("/_sandbox/rate_limit", json!({"per_second": null})).await.ok();
    world.get("/v1/payment_intents").await.ok();
}
