//! With a state file, an end of the process loses nothing.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::json;

use crate::receiver::Receiver;
use crate::world::{DELAY, World, account, config, text};

fn state_file(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("stripe-sandbox-{name}-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn create(world: &World) -> reqwest::RequestBuilder {
    let request = world.request(Method::POST, "/v1/payment_intents").bearer_auth("sk_test_eu");
    request.header("idempotency-key", "k1").form(&[
        ("amount", "700"),
        ("currency", "eur"),
        ("metadata[order]", "ord_9"),
    ])
}

#[tokio::test]
async fn payments_keys_time_and_what_is_due_survive() {
    let path = state_file("survive");
    let config = || config(vec![account("eu", None)], Some(path.clone()));
    let world = World::with(config()).await;
    let paid = world.paid("pm_card_visa").await;
    world.post("/v1/refunds", &[("payment_intent", text(&paid, "id")), ("amount", "100")]).await.ok();
    let customer = world.post("/v1/customers", &[("payment_method", "pm_card_visa")]).await.ok();
    let form = [
        ("amount", "900"),
        ("currency", "eur"),
        ("capture_method", "manual"),
        ("confirm", "true"),
        ("payment_method", "pm_card_visa"),
    ];
    let reserved = world.post("/v1/payment_intents", &form).await.ok();
    let form = [
        ("mode", "payment"),
        ("success_url", "https://shop.example/"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "Stalls"),
    ];
    let session = world.post("/v1/checkout/sessions", &form).await.ok();
    let kept = world.send(create(&world)).await;
    let now = world.advance(DELAY / 2).await["now"].as_i64().unwrap();
    let paths = [
        format!("/v1/payment_intents/{}?expand[]=latest_charge&expand[]=payment_method", text(&paid, "id")),
        "/v1/refunds".to_owned(),
        format!("/v1/payment_methods?customer={}", text(&customer, "id")),
        format!("/v1/checkout/sessions/{}?expand[]=line_items", text(&session, "id")),
        format!("/v1/customers/{}", text(&customer, "id")),
        "/v1/events?limit=100".to_owned(),
        "/v1/payment_intents/search?query=metadata%5B%27order%27%5D%3A%27ord_9%27".to_owned(),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(world.get(path).await.ok());
    }
    world.stop().await;

    // Twice, because the second start reads what the first compacted.
    for _ in 0..2 {
        let world = World::with(config()).await;
        for (path, before) in paths.iter().zip(&before) {
            assert_eq!(world.get(path).await.ok(), *before, "{path}");
        }
        let again = world.send(create(&world)).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.text, kept.text);
        assert!(world.get("/_sandbox/state").await.ok()["now"].as_i64().unwrap() >= now, "time does not fall back");
        world.stop().await;
    }
    let world = World::with(config()).await;
    assert_eq!(world.advance(DELAY).await["done"], 1, "the charge still settles");
    world.advance(7 * 24 * 3600).await;
    let path = format!("/v1/payment_intents/{}", text(&reserved, "id"));
    assert_eq!(world.get("/v1/checkout/sessions").await.ok()["data"][0]["status"], "expired", "in its time");
    assert_eq!(world.get(&path).await.ok()["status"], "canceled", "reserved money is still given back");
    world.stop().await;
}

#[tokio::test]
async fn what_is_around_payments_survives() {
    let path = state_file("around");
    let config = || config(vec![account("eu", None)], Some(path.clone()));
    let world = World::with(config()).await;
    world.paid("pm_card_createDispute").await;
    world.paid("pm_card_createIssuerFraudRecord").await;
    world.paid("pm_card_bypassPending").await;
    world.paid("pm_card_bypassPending").await;
    world.advance(DELAY + 1).await;
    let form = [
        ("business_type", "company"),
        ("company[name]", "Venue"),
        ("company[tax_id]", "1"),
        ("business_profile[url]", "https://venue.example"),
        ("capabilities[transfers][requested]", "true"),
        ("tos_acceptance[date]", "1790000000"),
        ("tos_acceptance[ip]", "127.0.0.1"),
        ("external_account[object]", "bank_account"),
        ("external_account[country]", "DE"),
        ("external_account[currency]", "eur"),
        ("external_account[account_number]", "DE62370400440532013001"),
    ];
    let made = world.post("/v1/accounts", &form).await.ok();
    let id = text(&made, "id");
    let endpoint = [("url", "http://127.0.0.1:9/"), ("enabled_events[]", "*"), ("connect", "true")];
    world.post("/v1/webhook_endpoints", &endpoint).await.ok();
    let given = [("amount", "5000"), ("currency", "eur"), ("destination", id)];
    let given = world.post("/v1/transfers", &given).await.ok();
    world.post(&format!("/v1/transfers/{}/reversals", text(&given, "id")), &[("amount", "1000")]).await.ok();
    let connected = |world: &World, method: Method, path: &str| {
        world.request(method, path).bearer_auth("sk_test_eu").header("stripe-account", id)
    };
    let pay_out = |world: &World| {
        let request = connected(world, Method::POST, "/v1/payouts").header("idempotency-key", "k");
        request.form(&[("amount", "3000"), ("currency", "eur")])
    };
    let paid_out = world.send(pay_out(&world)).await;
    let dispute = world.get("/v1/disputes").await.ok()["data"][0].clone();
    let evidence = [("evidence[uncategorized_text]", "winning_evidence")];
    world.post(&format!("/v1/disputes/{}", text(&dispute, "id")), &evidence).await.ok();
    let platform = [
        "/v1/disputes",
        "/v1/radar/early_fraud_warnings",
        "/v1/webhook_endpoints",
        "/v1/accounts",
        "/v1/transfers",
        "/v1/balance",
        "/v1/events?limit=100",
    ];
    let look = async |world: &World| {
        let mut all = Vec::new();
        for path in platform {
            all.push(world.get(path).await.ok());
        }
        for path in ["/v1/payouts", "/v1/balance", "/v1/events", "/v1/balance_transactions"] {
            all.push(world.send(connected(world, Method::GET, path)).await.ok());
        }
        all
    };
    let before = look(&world).await;
    world.stop().await;
    for _ in 0..2 {
        let world = World::with(config()).await;
        assert_eq!(look(&world).await, before);
        let again = world.send(pay_out(&world)).await;
        assert_eq!((&again.headers["idempotent-replayed"], &again.text), (&"true".parse().unwrap(), &paid_out.text));
        world.stop().await;
    }
    let world = World::with(config()).await;
    assert_eq!(world.advance(2 * DELAY + 2).await["done"], 3, "the verdict, and both steps of the payout");
    assert_eq!(world.get("/v1/disputes").await.ok()["data"][0]["status"], "won");
    let payouts = world.send(connected(&world, Method::GET, "/v1/payouts")).await.ok();
    assert_eq!(payouts["data"][0]["failure_code"], "no_account");
    world.stop().await;
}

#[tokio::test]
async fn what_was_not_delivered_is_sent_after_the_restart() {
    let path = state_file("undelivered");
    let mut receiver = Receiver::start().await;
    let config = || config(vec![account("eu", Some(receiver.url.clone()))], Some(path.clone()));
    let world = World::with(config()).await;
    world.control("/_sandbox/callbacks", json!({"paused": true})).await.ok();
    let intent = world.intent().await;
    world.stop().await;
    let world = World::with(config()).await;
    assert_eq!(receiver.next().await.json()["data"]["object"]["id"], intent["id"]);
    world.stop().await;
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_left_out() {
    let path = state_file("cut");
    let config = || config(vec![account("eu", None)], Some(path.clone()));
    let world = World::with(config()).await;
    let intent = world.intent().await;
    world.stop().await;
    let mut text_of_file = std::fs::read_to_string(&path).unwrap();
    text_of_file.push_str("{\"of\":[\"pk_test_eu\",{\"charge\":{\"id\":\"ch_");
    std::fs::write(&path, text_of_file).unwrap();
    let world = World::with(config()).await;
    assert_eq!(world.get(&format!("/v1/payment_intents/{}", text(&intent, "id"))).await.ok(), intent);
    world.stop().await;
}

#[tokio::test]
async fn no_card_number_is_in_the_file() {
    let path = state_file("cards");
    let world = World::with(config(vec![account("eu", None)], Some(path.clone()))).await;
    let intent = world.intent().await;
    let form = [
        ("payment_method_data[type]", "card"),
        ("payment_method_data[card][number]", "4000000000009995"),
        ("payment_method_data[card][exp_month]", "12"),
        ("payment_method_data[card][exp_year]", "2034"),
        ("payment_method_data[card][cvc]", "987"),
    ];
    world.post(&format!("/v1/payment_intents/{}/confirm", text(&intent, "id")), &form).await.error(402);
    world.stop().await;
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept.contains("9995") && !kept.contains("0000009995") && !kept.contains("\"987\""));
}
