//! Checkout Sessions: the provider's own page, from its order to its end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{Answer, DELAY, World, account, config, text};

const ORDER: [(&str, &str); 14] = [
    ("mode", "payment"),
    ("success_url", "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"),
    ("cancel_url", "https://shop.example/cart"),
    ("client_reference_id", "ord_1"),
    ("customer_email", "ada@example.com"),
    ("metadata[order]", "ord_1"),
    ("payment_intent_data[metadata][order]", "ord_1"),
    ("payment_intent_data[description]", "Hamlet, 21 November"),
    ("line_items[0][price_data][currency]", "eur"),
    ("line_items[0][price_data][unit_amount]", "2500"),
    ("line_items[0][price_data][product_data][name]", "Stalls <A>"),
    ("line_items[0][quantity]", "2"),
    ("line_items[1][price_data][currency]", "eur"),
    ("line_items[1][price_data][product_data][name]", "Fee"),
];

async fn order(world: &World, more: &[(&str, &str)]) -> Answer {
    let form = [&ORDER[..], &[("line_items[1][price_data][unit_amount_decimal]", "199")], more].concat();
    world.post("/v1/checkout/sessions", &form).await
}

async fn pay(world: &World, session: &Value, method: &str) -> Answer {
    let body = json!({"checkout_session": session["id"], "payment_method": method});
    world.control("/_sandbox/pay", body).await
}

async fn now(world: &World, session: &Value) -> Value {
    world.get(&format!("/v1/checkout/sessions/{}", text(session, "id"))).await.ok()
}

#[tokio::test]
async fn an_order_becomes_a_page_and_a_payment() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let session = order(&world, &[]).await.ok();
    assert_eq!((&session["status"], &session["payment_status"]), (&json!("open"), &json!("unpaid")));
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(5199), &json!("eur")));
    assert_eq!(session["payment_intent"], json!(null), "made only when the buyer pays");
    assert_eq!(session.get("line_items"), None, "shown to those who ask");
    assert!(text(&session, "url").starts_with(&world.base));
    let expires = session["expires_at"].as_i64().unwrap() - session["created"].as_i64().unwrap();
    assert_eq!(expires, 24 * 3600);

    let id = text(&session, "id");
    let lines = world.get(&format!("/v1/checkout/sessions/{id}/line_items?limit=1")).await.ok();
    assert_eq!((&lines["data"][0]["amount_total"], &lines["has_more"]), (&json!(5000), &json!(true)));
    let after = format!("/v1/checkout/sessions/{id}/line_items?starting_after={}", text(&lines["data"][0], "id"));
    assert_eq!(world.get(&after).await.ok()["data"][0]["description"], "Fee");
    let expanded = world.get(&format!("/v1/checkout/sessions/{id}?expand[]=line_items")).await.ok();
    assert_eq!(expanded["line_items"]["data"].as_array().unwrap().len(), 2);

    assert_eq!(pay(&world, &session, "pm_card_chargeDeclined").await.error(402)["code"], "card_declined");
    let tried = now(&world, &session).await;
    assert_eq!(tried["status"], "open", "the buyer may try again");
    let kinds = ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"];
    assert_eq!(receiver.kinds(3).await, kinds);

    pay(&world, &session, "pm_card_visa").await.ok();
    let done = now(&world, &session).await;
    assert_eq!((&done["status"], &done["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!((&done["url"], &done["payment_intent"]), (&json!(null), &tried["payment_intent"]));
    assert_eq!(done["customer_details"]["email"], "ada@example.com");
    let kinds = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"];
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(receiver.next().await.json());
    }
    assert_eq!(told.iter().map(|event| text(event, "type")).collect::<Vec<_>>(), kinds);
    assert_eq!(told[2]["data"]["object"], done);

    let intent = world.get(&format!("/v1/payment_intents/{}", text(&done, "payment_intent"))).await.ok();
    assert_eq!((&intent["metadata"], &intent["amount"]), (&json!({"order": "ord_1"}), &json!(5199)));
    assert_eq!(intent["description"], "Hamlet, 21 November");
    let found = world.get(&format!("/v1/checkout/sessions?payment_intent={}", text(&intent, "id"))).await.ok();
    assert_eq!(found["data"][0]["id"], session["id"]);
    assert_eq!(world.get("/v1/checkout/sessions?status=open").await.ok()["data"], json!([]));
    pay(&world, &session, "pm_card_visa").await.error(400);
    let error = world.post(&format!("/v1/checkout/sessions/{id}/expire"), &[]).await.error(400);
    assert!(text(&error, "message").ends_with("has a status of `complete`."));
}

#[tokio::test]
async fn a_session_ends_when_its_time_has_come_or_the_seller_says_so() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let soon = world.get("/_sandbox/state").await.ok()["now"].as_i64().unwrap() + 1860;
    let session = order(&world, &[("expires_at", &soon.to_string())]).await.ok();
    assert_eq!(session["expires_at"], soon);
    assert_eq!(pay(&world, &session, "pm_card_authenticationRequired").await.ok()["status"], "requires_action");
    receiver.kinds(2).await;
    let begun = now(&world, &session).await;
    let intent = format!("/v1/payment_intents/{}", text(&begun, "payment_intent"));
    let error = world.post(&format!("{intent}/cancel"), &[]).await.error(400);
    assert!(text(&error, "message").contains("Expire the Checkout Session"), "{error}");

    world.advance(1900).await;
    let ended = now(&world, &session).await;
    assert_eq!((&ended["status"], &ended["url"]), (&json!("expired"), &json!(null)));
    assert_eq!(receiver.kinds(2).await, ["payment_intent.canceled", "checkout.session.expired"]);
    assert_eq!(world.get(&intent).await.ok()["cancellation_reason"], "expired");
    pay(&world, &session, "pm_card_visa").await.error(400);
    let page = world.send(world.request(Method::GET, &format!("/c/pay/{}", text(&session, "id")))).await;
    assert!(page.text.contains("This page has expired"));

    let other = order(&world, &[]).await.ok();
    let path = format!("/v1/checkout/sessions/{}/expire", text(&other, "id"));
    assert_eq!(world.post(&path, &[]).await.ok()["status"], "expired");
    assert_eq!(receiver.kinds(1).await, ["checkout.session.expired"]);
    let error = world.post(&path, &[]).await.error(400);
    assert!(text(&error, "message").contains("can be expired"), "{error}");
    pay(&world, &other, "pm_card_visa").await.error(400);
    assert_eq!(now(&world, &other).await["payment_intent"], json!(null), "nobody can pay any more");
}

#[tokio::test]
async fn a_slow_method_completes_the_session_before_it_pays() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let types = [("payment_method_types[0]", "card"), ("payment_method_types[1]", "sepa_debit")];
    for (method, end, status) in [
        ("pm_success_de", "checkout.session.async_payment_succeeded", "paid"),
        ("pm_failed_de", "checkout.session.async_payment_failed", "unpaid"),
    ] {
        let session = order(&world, &types).await.ok();
        assert_eq!(pay(&world, &session, method).await.ok()["status"], "processing");
        let waiting = now(&world, &session).await;
        assert_eq!((&waiting["status"], &waiting["payment_status"]), (&json!("complete"), &json!("unpaid")));
        assert_eq!(receiver.kinds(4).await[3], "checkout.session.completed");
        world.advance(DELAY + 1).await;
        assert_eq!(receiver.kinds(3).await[2], end);
        assert_eq!(now(&world, &session).await["payment_status"], status);
        // The paid one settles by itself some time after.
        world.advance(DELAY + 1).await;
        if status == "paid" {
            assert_eq!(receiver.kinds(1).await, ["charge.updated"]);
        }
    }
}

#[tokio::test]
async fn reserved_money_is_paid_when_the_seller_takes_it() {
    let world = World::new().await;
    let session = order(&world, &[("payment_intent_data[capture_method]", "manual")]).await.ok();
    let intent = pay(&world, &session, "pm_card_visa").await.ok();
    assert_eq!(intent["status"], "requires_capture");
    let reserved = now(&world, &session).await;
    assert_eq!((&reserved["status"], &reserved["payment_status"]), (&json!("complete"), &json!("unpaid")));
    world.post(&format!("/v1/payment_intents/{}/capture", text(&intent, "id")), &[]).await.ok();
    assert_eq!(now(&world, &session).await["payment_status"], "paid");
    let events = world.get("/v1/events?type=checkout.session.async_payment_succeeded").await.ok();
    assert_eq!(events["data"], json!([]));
}

#[tokio::test]
async fn a_buyer_can_become_a_customer() {
    let world = World::new().await;
    let session = order(&world, &[("customer_creation", "always")]).await.ok();
    assert_eq!((&session["customer"], &session["customer_creation"]), (&json!(null), &json!("always")));
    pay(&world, &session, "pm_card_visa").await.ok();
    let done = now(&world, &session).await;
    let customer = world.get(&format!("/v1/customers/{}", text(&done, "customer"))).await.ok();
    assert_eq!(customer["email"], "ada@example.com");
    let intent = world.get(&format!("/v1/payment_intents/{}", text(&done, "payment_intent"))).await.ok();
    assert_eq!(intent["customer"], customer["id"]);

    let more = [("customer", text(&customer, "id")), ("line_items[1][price_data][unit_amount]", "199")];
    let form: Vec<_> = ORDER.into_iter().filter(|(name, _)| *name != "customer_email").chain(more).collect();
    let known = world.post("/v1/checkout/sessions", &form).await.ok();
    let page = world.send(world.request(Method::GET, &format!("/c/pay/{}", text(&known, "id")))).await;
    assert!(page.text.contains("ada@example.com"), "the shop knows the buyer");
    pay(&world, &known, "pm_card_visa").await.ok();
    assert_eq!(now(&world, &known).await["customer_details"]["email"], "ada@example.com");
}

#[tokio::test]
async fn an_order_that_cannot_be_sold_is_refused() {
    let world = World::new().await;
    let now = world.get("/_sandbox/state").await.ok()["now"].as_i64().unwrap();
    let (early, late) = ((now + 600).to_string(), (now + 90_000).to_string());
    for (name, value, code, param) in [
        ("mode", "subscription", json!("parameter_invalid"), "mode"),
        ("success_url", "javascript:alert(1)", json!("url_invalid"), "success_url"),
        ("customer_email", "nobody", json!("email_invalid"), "customer_email"),
        ("line_items[1][price_data][currency]", "usd", json!("parameter_invalid"), "line_items"),
        ("line_items[0][price_data][unit_amount]", "-1", json!("parameter_invalid_integer"), "line_items"),
        ("payment_method_types[]", "klarna", json!("parameter_invalid"), "payment_method_types"),
        ("expires_at", &early, json!(null), "expires_at"),
        ("expires_at", &late, json!(null), "expires_at"),
        ("customer", "cus_none", json!("parameters_exclusive"), "customer_email"),
        ("colour", "red", json!("parameter_unknown"), "colour"),
    ] {
        let error = order(&world, &[(name, value)]).await.error(400);
        assert_eq!((&error["code"], &error["param"]), (&code, &json!(param)), "{name}={value}: {error}");
    }
    let bare = [("mode", "payment"), ("success_url", "https://shop.example/")];
    assert_eq!(world.post("/v1/checkout/sessions", &bare).await.error(400)["param"], "line_items");
    let error = world.get("/v1/checkout/sessions/cs_none").await.error(404);
    assert_eq!(error["code"], "resource_missing");
    assert_eq!(world.get("/v1/checkout/sessions").await.ok()["data"], json!([]));
}

#[tokio::test]
async fn the_page_of_a_session_works_without_scripts() {
    let world = World::new().await;
    let session = order(&world, &[("branding_settings[display_name]", "The Globe & Sons")]).await.ok();
    let path = text(&session, "url").strip_prefix(&world.base).unwrap().to_owned();
    let page = world.send(world.request(Method::GET, &path)).await;
    assert_eq!(page.status, 200);
    for shown in ["The Globe &amp; Sons", "Stalls &lt;A&gt;", "2 × EUR 25.00", "EUR 51.99", "ada@example.com"] {
        assert!(page.text.contains(shown), "{shown}");
    }
    let post = async |number: &str| {
        let form = [("number", number), ("expiry", "12/34"), ("cvc", "123"), ("name", "Ada")];
        world.send(world.request(Method::POST, &path).form(&form)).await
    };
    let declined = post("4000000000009995").await;
    assert_eq!(declined.status, 402);
    assert!(declined.text.contains("insufficient funds") && !declined.text.contains("9995"));
    let asked = post("4000002760003184").await;
    assert_eq!(asked.status, 303);
    assert!(asked.headers["location"].to_str().unwrap().starts_with("/3d-secure/pi_"));
    let left = world.send(world.request(Method::GET, &path)).await;
    assert!(left.text.contains("Continue at your bank"));
    assert_eq!(post("4242424242424242").await.headers["location"], path);
    let done = world.send(world.request(Method::GET, &path)).await;
    let thanks = format!("https://shop.example/thanks?session={}", text(&session, "id"));
    assert!(done.text.contains("Payment successful") && done.text.contains(&thanks), "{}", done.text);
    assert_eq!(world.send(world.request(Method::GET, "/c/pay/cs_none")).await.status, 404);
    let charges = world.get("/v1/charges").await.ok();
    assert_eq!(charges["data"][0]["billing_details"]["email"], "ada@example.com");
    assert_eq!(charges["data"].as_array().unwrap().len(), 2);
}
