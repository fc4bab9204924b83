//! Accounts know nothing of each other.

use reqwest::Method;

use crate::receiver::Receiver;
use crate::world::{World, account, config, text};

#[tokio::test]
async fn an_account_sees_only_its_own() {
    let mut receiver = Receiver::start().await;
    let us = account("us", Some(receiver.url.clone()));
    let world = World::with(config(vec![account("eu", None), us], None)).await;
    let european = world.intent().await;
    let path = format!("/v1/payment_intents/{}", text(&european, "id"));
    let american = |method, path: &str| world.request(method, path).bearer_auth("sk_test_us");

    let error = world.send(american(Method::GET, &path)).await.error(404);
    assert_eq!(error["code"], "resource_missing");
    world.send(american(Method::POST, &format!("{path}/cancel"))).await.error(404);
    let refund = american(Method::POST, "/v1/refunds").form(&[("payment_intent", text(&european, "id"))]);
    world.send(refund).await.error(404);
    let list = world.send(american(Method::GET, "/v1/payment_intents")).await.ok();
    assert_eq!(list["data"], serde_json::json!([]));

    let form = [("amount", "500"), ("currency", "usd")];
    let create = |key: &str| {
        world
            .request(Method::POST, "/v1/payment_intents")
            .bearer_auth(key)
            .header("idempotency-key", "same")
            .form(&form)
    };
    let first = world.send(create("sk_test_eu")).await.ok();
    let second = world.send(create("sk_test_us")).await.ok();
    assert_ne!(first["id"], second["id"], "a key is the account's own");
    assert_eq!(receiver.next().await.json()["data"]["object"]["id"], second["id"], "only its own events are sent");
}

#[tokio::test]
async fn keys_open_what_they_should_and_nothing_else() {
    let world = World::new().await;
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}", text(&intent, "id"));
    world.send(world.request(Method::GET, &path)).await.error(401);
    let error = world.send(world.request(Method::GET, &path).bearer_auth("sk_test_other")).await.error(401);
    assert_eq!(error["message"], "Invalid API Key provided: ****ther");
    world.send(world.request(Method::GET, &path).basic_auth("sk_test_eu", Some(""))).await.ok();

    let publishable = |method, path: &str| world.request(method, path).bearer_auth("pk_test_eu");
    world.send(publishable(Method::GET, "/v1/payment_intents")).await.error(403);
    world.send(publishable(Method::POST, &format!("{path}/cancel"))).await.error(403);
    assert_eq!(world.send(publishable(Method::GET, &path)).await.error(400)["code"], "parameter_missing");
    let wrong = publishable(Method::GET, &path).query(&[("client_secret", "wrong")]);
    assert_eq!(world.send(wrong).await.error(400)["param"], "client_secret");
    let right = publishable(Method::GET, &path).query(&[("client_secret", text(&intent, "client_secret"))]);
    let seen = world.send(right).await.ok();
    assert_eq!(seen["status"], "requires_payment_method");
    assert_eq!(seen.get("metadata"), None, "a buyer does not see the seller's metadata");
}

#[tokio::test]
async fn a_browser_confirms_with_the_publishable_key() {
    let world = World::new().await;
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
    let preflight = world.send(world.request(Method::OPTIONS, &path)).await;
    assert_eq!(
        (preflight.status.as_u16(), &preflight.headers["access-control-allow-origin"]),
        (204, &"*".parse().unwrap())
    );
    let confirm = |number| {
        let form = [
            ("key", "pk_test_eu"),
            ("client_secret", text(&intent, "client_secret")),
            ("return_url", "https://shop.example/"),
            ("payment_method_data[type]", "card"),
            ("payment_method_data[card][number]", number),
            ("payment_method_data[card][exp_month]", "12"),
            ("payment_method_data[card][exp_year]", "34"),
            ("payment_method_data[card][cvc]", "123"),
            ("payment_method_data[billing_details][name]", "Ada"),
        ];
        world.request(Method::POST, &path).form(&form)
    };
    let error = world.send(confirm("4000000000000069")).await.error(402);
    assert_eq!(error["code"], "expired_card");
    assert_eq!(error["payment_intent"].get("metadata"), None);
    assert_eq!(world.send(confirm("4012888888881881")).await.error(402)["decline_code"], "test_mode_live_card");
    assert_eq!(world.send(confirm("4242424242424242")).await.ok()["status"], "succeeded");
}
