//! How a purchase by one call goes, and the ways in which it does not become one.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{send, text},
    theatre::{buyer, eur, id},
};

fn codes(order: &Value) -> Vec<&str> {
    order["missing"].as_array().unwrap().iter().map(|missing| text(&missing["code"])).collect()
}

#[tokio::test]
async fn one_call_reserves_prices_and_creates_the_payment() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let body = json!({ "items": [theatre.adults(2)], "buyer": buyer(), "payment": {}, "expected_total": eur("99.80") });
    let order = client.post("/v1/orders", body).await.ok(201);
    assert_eq!((&order["state"], &order["total"]), (&json!("awaiting_payment"), &eur("99.80")));
    assert_eq!((codes(&order), theatre.available(client).await), (Vec::new(), json!(38)));
    app.pay(&order["payments"][0], "pm_card_visa").await;
    app.callback("payment_intent.succeeded").await;
    assert_eq!(client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200)["state"], "paid");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn one_call_that_failed_half_way_is_taken_up_by_the_same_key() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let body = json!({ "items": [theatre.adults(2)], "buyer": buyer(), "payment": {} });
    let place = || client.call("post", "/v1/orders").header("idempotency-key", "one-call").json(&body);
    // More often than the client of the provider tries.
    let fault = json!({ "method": "POST", "path": "/v1/payment_intents", "times": 4, "answer": 500 });
    app.sandbox("/_sandbox/faults", fault).await;
    let failed = send(place()).await;
    failed.refused(503, "provider_unavailable");
    assert_eq!(failed.header("retry-after"), "1");
    let order = send(place()).await.ok(201);
    // One of the faults was left over, and the client got over it by itself.
    assert_eq!(
        (&order["state"], &order["payments"][0]["state"], &order["payments"][1]["state"]),
        (&json!("awaiting_payment"), &json!("cancelled"), &json!("requires_payment")),
        "what failed there is given up, and the order has another payment"
    );
    assert_eq!(client.get("/v1/orders").await.ok(200)["data"].as_array().unwrap().len(), 1);
    assert_eq!(theatre.available(client).await, json!(38));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_provider_that_fails_is_told_with_the_order_that_can_still_be_paid() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let fault = json!({ "method": "POST", "path": "/v1/payment_intents", "times": 4, "answer": 500 });
    app.sandbox("/_sandbox/faults", fault.clone()).await;
    let body = json!({ "items": [theatre.adults(1)], "buyer": buyer(), "payment": {} });
    let failed = client.post("/v1/orders", body).await;
    let problem = failed.refused(503, "provider_unavailable");
    assert_eq!(failed.header("retry-after"), "1");
    let order = text(&problem["alternatives"]["order_id"]).to_owned();
    let path = format!("/v1/orders/{order}/payments");
    app.sandbox("/_sandbox/faults", fault).await;
    let problem = client.post(&path, json!({})).await.refused(503, "provider_unavailable");
    assert_eq!(text(&problem["alternatives"]["order_id"]), order);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_payment_whose_answer_got_lost_with_its_process_is_answered_by_the_same_key() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = theatre.order(client, json!([theatre.adults(1)])).await;
    let path = format!("/v1/orders/{}/payments", id(&order));
    let body = json!({ "method": "confirm", "payment_method": "pm_card_visa", "return_url": "https://shop.example/" });
    let pay = || client.call("post", &path).header("idempotency-key", "lost").json(&body);
    let paid = send(pay()).await.ok(201);
    assert_eq!(paid["state"], "succeeded");
    // As it is when the process dies before it has stored the answer, and its lease has run out.
    let lost = "update idempotency_keys set state = 'running', status = null, answer = null, answer_sealed = null,
                    lease_until = clock_timestamp() where key = 'lost'";
    sqlx::query(lost).execute(&mut app.db.as_owner().await).await.unwrap();
    let again = send(pay()).await.ok(201);
    assert_eq!((&again["id"], &again["state"]), (&paid["id"], &paid["state"]));
    client.post(&path, body.clone()).await.refused(409, "order_not_payable");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn one_call_without_a_buyer_leaves_nothing_and_one_whose_payment_is_refused_names_its_order() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let mut body = json!({ "items": [theatre.adults(1)], "reference": "web-1", "payment": {} });
    let refused = client.post("/v1/orders", body.clone()).await.refused(422, "invalid_field");
    let pointers: Vec<&str> = refused["errors"].as_array().unwrap().iter().map(|e| text(&e["pointer"])).collect();
    assert_eq!(pointers, ["/buyer/name", "/buyer/email"]);
    assert_eq!(theatre.available(client).await, json!(40));
    body["buyer"] = buyer();
    let nothing = json!({ "method": "confirm", "payment_method": "pm_nope", "return_url": "https://shop.example/" });
    body["payment"] = nothing;
    let refused = client.post("/v1/orders", body).await.refused(422, "payment_refused");
    let order = client.get(&format!("/v1/orders/{}", text(&refused["alternatives"]["order_id"]))).await.ok(200);
    assert_eq!((&order["reference"], &order["state"]), (&json!("web-1"), &json!("awaiting_payment")));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_price_other_than_expected_is_refused_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let hold = theatre.hold(client, json!([theatre.adults(1)])).await;
    let body = json!({ "hold_id": id(&hold), "expected_total": eur("49.00") });
    let problem = client.post("/v1/orders", body).await.refused(409, "price_changed");
    assert_eq!(problem["alternatives"]["total"], eur("49.90"));
    assert_eq!(client.get(&format!("/v1/holds/{}", id(&hold))).await.ok(200)["state"], "active");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_declined_card_is_told_and_a_second_try_pays() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = theatre.order(client, json!([theatre.adults(1)])).await;
    let path = format!("/v1/orders/{}", id(&order));
    let declined = app.pay(&order["payments"][0], "pm_card_visa_chargeDeclinedInsufficientFunds").await;
    assert_eq!(declined["error"]["type"], "card_error", "{declined}");
    assert_eq!(app.callback("payment_intent.payment_failed").await, 200);
    let told = client.get(&path).await.ok(200);
    assert_eq!((&told["state"], codes(&told)), (&json!("awaiting_payment"), vec!["payment_declined"]));
    assert_eq!(told["payments"][0]["decline"]["code"], "insufficient_funds");
    let again = client.post(&format!("{path}/payments"), json!({})).await.ok(201);
    assert_eq!(id(&again), id(&order["payments"][0]), "the open payment is tried again");
    app.pay(&again, "pm_card_visa").await;
    app.callback("payment_intent.succeeded").await;
    let paid = client.get(&path).await.ok(200);
    assert_eq!((&paid["state"], codes(&paid)), (&json!("paid"), Vec::new()));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_cancelled_order_frees_its_tickets_and_cannot_be_paid() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = theatre.order(client, json!([theatre.adults(3)])).await;
    let path = format!("/v1/orders/{}", id(&order));
    let cancelled = client.post(&format!("{path}/cancel"), json!({})).await.ok(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(theatre.available(client).await, 40);
    client.post(&format!("{path}/payments"), json!({})).await.refused(409, "order_not_payable");
    let late = app.pay(&order["payments"][0], "pm_card_visa").await;
    assert!(late["error"].is_object(), "a cancelled payment was paid: {late}");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_paid_order_cannot_be_cancelled() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let order = theatre.sold(&app, &reseller.test, json!([theatre.adults(1)])).await;
    let path = format!("/v1/orders/{}/cancel", id(&order));
    reseller.test.post(&path, json!({})).await.refused(409, "order_not_payable");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn time_ends_holds_and_orders_and_their_tickets_are_free_at_once() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let hold = theatre.hold(client, json!([theatre.adults(4)])).await;
    let order = theatre.order(client, json!([theatre.adults(2)])).await;
    assert_eq!(theatre.available(client).await, 34);
    client.post("/v1/test_clock/advance", json!({ "seconds": 901 })).await.ok(200);
    assert_eq!(theatre.available(client).await, 38, "an expired hold needs no job");
    client.post(&format!("/v1/orders/{}/payments", id(&order)), json!({})).await.refused(410, "order_expired");
    app.settle().await;
    assert_eq!(theatre.available(client).await, 40);
    assert_eq!(client.get(&format!("/v1/holds/{}", id(&hold))).await.ok(200)["state"], "expired");
    assert_eq!(client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200)["state"], "expired");
    client.post("/v1/orders", json!({ "hold_id": id(&hold) })).await.refused(410, "expired");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_costs_nothing_is_paid_by_being_ordered() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let hold = theatre.hold(client, json!([theatre.children(2)])).await;
    let offer = format!("/v1/performances/{}/offers/{}", theatre.performance, theatre.child);
    client.patch(&offer, "\"1\"", json!({ "price": eur("0") })).await.refused(409, "tickets_in_use");
    let prices = json!({ "prices": [{ "offer_id": theatre.child, "price": eur("0") }] });
    client.post(&format!("/v1/performances/{}/reprice", theatre.performance), prices).await.ok(200);
    let told = client.get(&format!("/v1/holds/{}", id(&hold))).await.ok(200);
    assert_eq!(told["face_value"], eur("0.00"), "a hold is told at the price of now");
    let body = json!({ "hold_id": id(&hold), "buyer": buyer(), "payment": {} });
    let order = client.post("/v1/orders", body).await.ok(201);
    assert_eq!((&order["state"], &order["total"], &order["payments"]), (&json!("paid"), &eur("0.00"), &json!([])));
    assert!(order["items"].as_array().unwrap().iter().all(|item| item["credential"] == "issued"));
    let refunds = format!("/v1/orders/{}/refunds", id(&order));
    let problem = client.post(&refunds, json!({})).await.refused(409, "nothing_to_refund");
    assert_eq!(problem["detail"], "The order was free: no money came in, so there is none to give back.");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_is_paused_or_closed_is_not_sold() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let path = format!("/v1/performances/{}", theatre.performance);
    let before = theatre.hold(client, json!([theatre.adults(1)])).await;
    for state in ["paused", "closed"] {
        let etag = client.get(&path).await.etag().to_owned();
        client.patch(&path, &etag, json!({ "state": state })).await.ok(200);
        client.post("/v1/holds", json!({ "items": [theatre.adults(1)] })).await.refused(409, "not_on_sale");
        let add = json!({ "items": [theatre.adults(1)] });
        client.post(&format!("/v1/holds/{}/add", id(&before)), add).await.refused(409, "not_on_sale");
    }
    let etag = client.get(&path).await.etag().to_owned();
    client.patch(&path, &etag, json!({ "state": "open" })).await.ok(200);
    theatre.hold(client, json!([theatre.adults(1)])).await;
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn mistakes_in_a_refund_give_nothing_back() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = theatre.sold(&app, client, json!([theatre.adults(2)])).await;
    let path = format!("/v1/orders/{}/refunds", id(&order));
    let before = app.counts().await;
    for (body, status, code) in [
        (json!({ "items": [] }), 422, "invalid_field"),
        (json!({ "items": [3] }), 422, "invalid_field"),
        (json!({ "items": [1, 1] }), 422, "invalid_field"),
        (json!({ "items": [70_000] }), 422, "invalid_field"),
        (json!({ "items": [1], "amount": eur("1.00") }), 422, "invalid_field"),
        (json!({ "amount": eur("0.00") }), 422, "invalid_field"),
        (json!({ "amount": { "amount": "1.00", "currency": "USD" } }), 422, "currency_mismatch"),
        (json!({ "amount": eur("99.81") }), 409, "nothing_to_refund"),
        (json!({ "tickets": [1] }), 400, "unknown_field"),
        (json!({ "reason": "x".repeat(501) }), 422, "invalid_field"),
        (json!({ "reason": "\0" }), 422, "invalid_field"),
    ] {
        client.post(&path, body).await.refused(status, code);
    }
    assert_eq!(app.counts().await, before);
    let all = client.post(&path, json!({})).await.ok(201);
    assert_eq!((&all["amount"], &all["items"]), (&eur("99.80"), &json!([1, 2])));
    client.post(&path, json!({})).await.refused(409, "nothing_to_refund");
    app.verify(&[&reseller]).await;
}
