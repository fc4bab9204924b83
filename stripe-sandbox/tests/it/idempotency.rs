//! The same key gives the same answer, whatever happens in between.

use reqwest::Method;

use crate::world::{Answer, World, text};

async fn keyed(world: &World, path: &str, key: &str, form: &[(&str, &str)]) -> Answer {
    let request = world.request(Method::POST, path).bearer_auth("sk_test_eu").header("idempotency-key", key);
    world.send(request.form(form)).await
}

const INTENT: [(&str, &str); 2] = [("amount", "10000"), ("currency", "eur")];

#[tokio::test]
async fn an_answer_is_replayed_even_after_the_object_changed() {
    let world = World::new().await;
    let first = keyed(&world, "/v1/payment_intents", "k1", &INTENT).await;
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let id = first.ok();
    world.post(&format!("/v1/payment_intents/{}/cancel", text(&id, "id")), &[]).await.ok();
    let again = keyed(&world, "/v1/payment_intents", "k1", &INTENT).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["original-request"], first.headers["request-id"]);
    assert_eq!(again.text, first.text, "byte for byte");
}

#[tokio::test]
async fn a_decline_is_replayed_and_not_tried_again() {
    let world = World::new().await;
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
    let form = [("payment_method", "pm_card_chargeDeclined")];
    let first = keyed(&world, &path, "k1", &form).await;
    assert_eq!(first.error(402)["code"], "card_declined");
    let again = keyed(&world, &path, "k1", &form).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.text, first.text);
    let charges = world.get(&format!("/v1/charges?payment_intent={}", text(&intent, "id"))).await.ok();
    assert_eq!(charges["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_parameters() {
    let world = World::new().await;
    keyed(&world, "/v1/payment_intents", "k1", &INTENT).await.ok();
    let error = keyed(&world, "/v1/payment_intents", "k1", &[("amount", "1"), ("currency", "eur")]).await.error(400);
    assert_eq!(error["code"], "amount_too_small", "what cannot be understood is refused before the key is looked at");
    let error = keyed(&world, "/v1/payment_intents", "k1", &[("amount", "200"), ("currency", "eur")]).await.error(400);
    assert_eq!(error["type"], "idempotency_error");
}

#[tokio::test]
async fn what_was_refused_before_it_began_is_not_remembered() {
    let world = World::new().await;
    keyed(&world, "/v1/payment_intents", "k1", &[("amount", "x"), ("currency", "eur")]).await.error(400);
    keyed(&world, "/v1/payment_intents", "k1", &INTENT).await.ok();
}

#[tokio::test]
async fn fifty_at_once_make_one_payment() {
    let world = World::new().await;
    let request = || {
        let request = world.request(Method::POST, "/v1/payment_intents").bearer_auth("sk_test_eu");
        tokio::spawn(request.header("idempotency-key", "k1").form(&INTENT).send())
    };
    let running: Vec<_> = (0..50).map(|_| request()).collect();
    for one in running {
        let status = one.await.unwrap().unwrap().status().as_u16();
        assert!(status == 200 || status == 409, "{status}");
    }
    let list = world.get("/v1/payment_intents").await.ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = World::new().await;
    let first = keyed(&world, "/v1/payment_intents", "k1", &INTENT).await.ok();
    world.advance(24 * 3600 + 1).await;
    let later = keyed(&world, "/v1/payment_intents", "k1", &INTENT).await.ok();
    assert_ne!(first["id"], later["id"]);
}
