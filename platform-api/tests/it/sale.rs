//! The whole line by HTTP: from a new account to money given back, every amount by hand.

use serde_json::{Value, json};

use crate::{
    app::{FEE_DELAY, TestApp},
    client::{send, text},
    theatre::{Theatre, buyer, eur, id, venue_body},
};

/// A thousand tickets: 20 rows of 25 seats at 49.90 or 25.00, and 500 places to stand at 19.50.
fn big_show(venue: &str) -> Value {
    let rows: Vec<Value> = ('A'..='T').map(|label| json!({ "label": label, "seats": 25 })).collect();
    json!({
        "title": "Das Rheingold", "description": "Vorabend", "currency": "EUR", "ticket_types": ["adult", "child"],
        "performances": [{
            "venue_id": venue, "starts_at": "2031-05-01T18:00:00Z", "ends_at": "2031-05-01T21:00:00Z",
            "price_tiers": [
                { "name": "seats", "prices": [
                    { "ticket_type": "adult", "price": eur("49.90") }, { "ticket_type": "child", "price": eur("25.00") }] },
                { "name": "standing", "prices": [{ "ticket_type": "adult", "price": eur("19.50") }] }],
            "tickets": [
                { "section": "Stalls", "price_tier": "seats", "rows": rows },
                { "section": "Pit", "price_tier": "standing", "places": 500 }],
        }],
    })
}

#[tokio::test]
async fn a_show_of_a_thousand_tickets_is_made_found_and_counted() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let venue = id(&client.post("/v1/venues", venue_body()).await.ok(201));
    let show = client.post("/v1/shows", big_show(&venue)).await.ok(201);
    let performance = id(&show["performances"][0]);
    assert_eq!(show["performances"][0]["time_zone"], "Europe/Amsterdam");
    for (query, found) in [
        ("", 1),
        ("q=RHEIN", 1),
        ("q=vorabend", 1),
        ("q=walk", 0),
        ("q=%25", 0),
        ("state=published&visibility=public&on_sale=true", 1),
        ("state=draft", 0),
        ("visibility=hidden", 0),
        ("on_sale=false", 0),
        ("from=2031-05-01T18:00:00Z&to=2031-05-01T18:00:01Z", 1),
        ("from=2031-05-01T18:00:01Z", 0),
        ("to=2031-05-01T18:00:00Z", 0),
        (&format!("venue_id={venue}"), 1),
    ] {
        let page = client.get(&format!("/v1/shows?{query}")).await.ok(200);
        assert_eq!(page["data"].as_array().unwrap().len(), found, "{query}");
    }
    let mut seen = std::collections::HashSet::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/v1/performances/{performance}/tickets?limit=100{cursor}")).await.ok(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(id));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 1_000);
    let path = format!("/v1/performances/{performance}/availability");
    let first = client.get(&path).await;
    let counts = first.ok(200);
    assert_eq!((&counts["total"], &counts["available"]), (&json!(1_000), &json!(1_000)));
    let sections: Vec<(&str, &Value)> =
        counts["sections"].as_array().unwrap().iter().map(|s| (text(&s["section"]), &s["total"])).collect();
    assert!(sections.contains(&("Stalls", &json!(500))) && sections.contains(&("Pit", &json!(500))), "{sections:?}");
    let again = send(client.call("get", &path).header("if-none-match", first.etag())).await;
    assert_eq!((again.status, again.text.as_str(), again.etag()), (304, "", first.etag()));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_hold_grows_shrinks_lasts_longer_and_ends() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let made = client.post("/v1/holds", json!({ "items": [theatre.adults(2)], "buyer_reference": "b-1" })).await;
    let hold = made.ok(201);
    assert_eq!((made.etag(), &hold["state"], &hold["face_value"]), ("\"1\"", &json!("active"), &eur("99.80")));
    assert_eq!(theatre.available(client).await, 38);
    let path = format!("/v1/holds/{}", id(&hold));
    let grown = client.post(&format!("{path}/add"), json!({ "items": [theatre.children(1)] })).await.ok(200);
    assert_eq!((&grown["version"], &grown["face_value"]), (&json!(2), &eur("124.80")));
    let first = grown["items"][0]["ticket_id"].clone();
    let shrunk = client.post(&format!("{path}/remove"), json!({ "ticket_ids": [first] })).await.ok(200);
    assert_eq!((&shrunk["version"], &shrunk["face_value"]), (&json!(3), &eur("74.90")));
    assert_eq!(theatre.available(client).await, 38);
    let longer = client.post(&format!("{path}/extend"), json!({ "expires_in_seconds": 3_000 })).await.ok(200);
    assert!(text(&longer["expires_at"]) > text(&shrunk["expires_at"]));
    let read = client.get(&path).await;
    assert_eq!((read.etag(), read.ok(200)), ("\"4\"", longer));
    let released = client.post(&format!("{path}/release"), json!({})).await.ok(200);
    assert_eq!(released["state"], "released");
    assert_eq!(theatre.available(client).await, 40);
    client.post(&format!("{path}/release"), json!({})).await.refused(409, "hold_not_active");
    app.verify(&[&reseller]).await;
}

/// What a row or total of the sales report says, in the order: sold, refunded, gross, fees, tax, refunds, net.
fn figures(row: &Value) -> Vec<String> {
    let amount = |name: &str| text(&row[name]["amount"]).to_owned();
    let count = |name: &str| row[name].to_string();
    let amounts = ["gross", "platform_fees", "platform_fee_tax", "refunds", "net"].map(amount);
    [vec![count("tickets_sold"), count("tickets_refunded")], amounts.to_vec()].concat()
}

async fn pending(app: &TestApp, client: &crate::client::Client) -> String {
    app.settle().await;
    let balance = client.get("/v1/balance").await.ok(200);
    text(&balance["data"][0]["pending"]["amount"]).to_owned()
}

/// Two adults and a child: 49.90 + 49.90 + 25.00 = 124.80. The platform's fee is 5 % + 0.30 a ticket: 2.80, 2.80 and 1.55, with
/// 21 % tax of 0.59, 0.59 and 0.33. The provider keeps 1.5 % + 0.25 = 2.12.
#[tokio::test]
async fn from_a_hold_to_money_given_back_to_the_cent() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = ordered(client, &theatre).await;
    let path = format!("/v1/orders/{}", id(&order));
    let payment = client.post(&format!("{path}/payments"), json!({})).await.ok(201);
    assert_eq!((&payment["state"], &payment["amount"]), (&json!("requires_payment"), &eur("124.80")));
    assert!(text(&payment["client_secret"]).starts_with(text(&payment["provider_payment"])));
    assert_eq!(app.pay(&payment, "pm_card_visa").await["status"], "succeeded");
    assert_eq!(app.callback("payment_intent.succeeded").await, 200);
    let paid = client.get(&path).await.ok(200);
    assert_eq!((&paid["state"], &paid["payments"][0]["state"]), (&json!("paid"), &json!("succeeded")));
    assert!(paid["items"].as_array().unwrap().iter().all(|item| item["credential"] == "issued"));
    assert_eq!(paid["payments"][0]["client_secret"], Value::Null);
    assert_eq!(pending(&app, client).await, "116.14");
    app.sandbox("/_sandbox/advance", json!({ "seconds": FEE_DELAY + 1 })).await;
    assert_eq!(app.callback("charge.updated").await, 200);
    assert_eq!(pending(&app, client).await, "114.02");

    let refund = client.post(&format!("{path}/refunds"), json!({ "items": [1], "reason": "ill" })).await.ok(201);
    assert_eq!((&refund["amount"], &refund["items"]), (&eur("49.90"), &json!([1])));
    app.callback("refund.created").await;
    let refund = client.get(&format!("/v1/refunds/{}", id(&refund))).await.ok(200);
    assert_eq!(refund["state"], "succeeded");
    assert_eq!(pending(&app, client).await, "64.12");
    assert_eq!(theatre.available(client).await, 38);
    let order = client.get(&path).await.ok(200);
    let credentials: Vec<&str> =
        order["items"].as_array().unwrap().iter().map(|item| text(&item["credential"])).collect();
    assert_eq!(credentials, ["voided", "issued", "issued"]);
    client.post(&format!("{path}/refunds"), json!({ "items": [1] })).await.refused(409, "nothing_to_refund");

    let report = client.get("/v1/reports/sales?group_by=ticket_type").await.ok(200);
    let rows: Vec<(&str, Vec<String>)> =
        report["data"].as_array().unwrap().iter().map(|row| (text(&row["ticket_type"]), figures(row))).collect();
    assert_eq!(
        rows,
        [
            ("adult", ["2", "1", "99.80", "5.60", "1.18", "49.90", "43.12"].map(str::to_owned).to_vec()),
            ("child", ["1", "0", "25.00", "1.55", "0.33", "0.00", "23.12"].map(str::to_owned).to_vec()),
        ]
    );
    let total = &report["totals"][0];
    assert_eq!(figures(total), ["3", "1", "124.80", "7.15", "1.51", "49.90", "66.24"]);
    assert_eq!((&total["provider_fees"], &total["net_after_provider_fees"]), (&eur("2.12"), &eur("64.12")));
    for group in ["show", "performance", "day"] {
        let other = client.get(&format!("/v1/reports/sales?group_by={group}")).await.ok(200);
        let row = ["3", "1", "124.80", "7.15", "1.51", "49.90", "66.24"].map(str::to_owned).to_vec();
        assert_eq!((figures(&other["data"][0]), &other["totals"][0]), (row, total), "{group}");
    }
    events_tell_it(&app, client).await;
    app.verify(&[&reseller]).await;
}

/// Held, grown, ordered, its buyer completed.
async fn ordered(client: &crate::client::Client, theatre: &Theatre) -> Value {
    let hold = theatre.hold(client, json!([theatre.adults(2), theatre.children(1)])).await;
    let made = client.post("/v1/orders", json!({ "hold_id": id(&hold), "reference": "r-1" })).await;
    let order = made.ok(201);
    let sums = ["face_value", "total", "buyer_fee", "platform_fee", "platform_fee_tax"].map(|name| order[name].clone());
    assert_eq!(sums, ["124.80", "124.80", "0.00", "7.15", "1.51"].map(eur));
    let missing: Vec<&str> = order["missing"].as_array().unwrap().iter().map(|m| text(&m["code"])).collect();
    assert_eq!(missing, ["buyer_name", "buyer_email"]);
    let path = format!("/v1/orders/{}", id(&order));
    let refused = client.post(&format!("{path}/payments"), json!({})).await.refused(409, "order_not_payable");
    assert_eq!(refused["alternatives"]["missing"][0]["code"], "buyer_name");
    let patched = client.patch(&path, made.etag(), json!({ "buyer": buyer() })).await.ok(200);
    assert_eq!((&patched["missing"], &patched["buyer"]["email"]), (&json!([]), &json!("ada@example.com")));
    let found = client.get("/v1/orders?reference=r-1&state=awaiting_payment").await.ok(200);
    assert_eq!(id(&found["data"][0]), id(&order));
    patched
}

/// The log has the sale in order, each event as its webhook has it, and no word of the buyer.
async fn events_tell_it(app: &TestApp, client: &crate::client::Client) {
    app.settle().await;
    let answer = client.get("/v1/events?after=0&limit=100").await;
    let log = answer.ok(200);
    let events = log["data"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| text(&event["type"])).collect();
    let of_interest = |kind: &&&str| {
        ["order.created", "order.updated", "order.paid", "payment.paid", "refund.created", "refund.succeeded"]
            .contains(*kind)
    };
    let told: Vec<&str> = kinds.iter().filter(of_interest).copied().collect();
    assert_eq!(
        told,
        [
            "order.created",
            "order.updated",
            "payment.paid",
            "order.paid",
            "refund.created",
            "order.updated",
            "refund.succeeded"
        ]
    );
    assert!(kinds.iter().all(|kind| !kind.starts_with("stock.")), "{kinds:?}");
    assert!(!answer.text.contains("Ada") && !answer.text.contains("ada@"), "a buyer's data is in the log");
    let positions: Vec<i64> = events.iter().map(|event| event["position"].as_i64().unwrap()).collect();
    assert!(positions.is_sorted_by(|a, b| a < b));
    let middle = positions[positions.len() / 2];
    let rest = client.get(&format!("/v1/events?after={middle}&limit=1")).await.ok(200);
    assert!(rest["data"][0]["position"].as_i64().unwrap() > middle);
    let end = client.get(&format!("/v1/events?after={}", log["next_after"])).await.ok(200);
    assert_eq!((&end["data"], &end["next_after"]), (&json!([]), &log["next_after"]));
}

#[tokio::test]
async fn each_environment_pays_through_its_own_account() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    for (client, account) in [(&reseller.test, "test"), (&reseller.live, "live")] {
        let theatre = Theatre::open(client).await;
        let order = theatre.order(client, json!([theatre.adults(1)])).await;
        assert_eq!(order["payments"][0]["publishable_key"], format!("pk_test_{account}"));
        app.pay(&order["payments"][0], "pm_card_visa").await;
        assert_eq!(app.callback("payment_intent.succeeded").await, 200);
        assert_eq!(client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200)["state"], "paid");
    }
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_disputed_payment_is_told_on_its_order_and_in_the_list() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let order = theatre.disputed(&app, &reseller.test, json!([theatre.adults(2)])).await;
    let dispute = &order["disputes"][0];
    assert_eq!((&dispute["state"], &dispute["amount"]), (&json!("needs_response"), &order["total"]));
    assert!(order["items"].as_array().unwrap().iter().all(|item| item["credential"] == "suspended"), "{order}");
    let path = format!("/v1/disputes?order_id={}", id(&order));
    assert_eq!(&reseller.test.get(&path).await.ok(200)["data"][0], dispute);
    assert_eq!(&reseller.test.get(&format!("/v1/disputes/{}", id(dispute))).await.ok(200), dispute);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_payment_is_confirmed_from_the_server_or_says_what_the_buyer_has_to_do() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let paying =
        |card: &str| json!({ "method": "confirm", "payment_method": card, "return_url": "https://shop.example/back" });
    let body = json!({ "items": [theatre.adults(1)], "buyer": buyer(), "payment": paying("pm_card_chargeDeclined") });
    let order = client.post("/v1/orders", body).await.ok(201);
    assert_eq!(
        (&order["state"], &order["missing"][0]["code"]),
        (&json!("awaiting_payment"), &json!("payment_declined"))
    );
    assert!(text(&order["payments"][0]["decline"]["advice"]).contains("another card"));
    let path = format!("/v1/orders/{}/payments", id(&order));
    let waiting = client.post(&path, paying("pm_card_authenticationRequired")).await.ok(201);
    assert_eq!((&waiting["state"], &waiting["next_action"]["kind"]), (&json!("requires_action"), &json!("redirect")));
    assert!(text(&waiting["next_action"]["url"]).starts_with("http"));
    let page = client.post(&path, json!({ "method": "page", "return_url": "https://shop.example/back" })).await.ok(201);
    assert!(text(&page["page_url"]).starts_with("http") && page["client_secret"].is_null(), "{page}");
    let paid = client.post(&path, paying("pm_card_visa")).await.ok(201);
    assert_eq!((&paid["state"], &paid["method"]), (&json!("succeeded"), &json!("confirm")));
    let due = order["due"].clone();
    let order = client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200);
    assert_eq!((&order["state"], &order["missing"]), (&json!("paid"), &json!([])));
    assert_eq!((&due, &order["due"]), (&order["total"], &eur("0.00")), "after it is paid nothing is due");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_a_way_to_pay_needs_is_named() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let order = ordered(client, &theatre).await;
    let path = format!("/v1/orders/{}/payments", id(&order));
    for (body, pointer) in [
        (json!({ "method": "page" }), "/return_url"),
        (json!({ "method": "page", "return_url": "http://shop.example/" }), "/return_url"),
        (json!({ "method": "confirm", "return_url": "https://shop.example/" }), "/payment_method"),
        (
            json!({ "method": "confirm", "payment_method": "pm 1", "return_url": "https://shop.example/" }),
            "/payment_method",
        ),
        (json!({ "payment_method": "pm_card_visa" }), "/payment_method"),
        (json!({ "method": "cash" }), "/method"),
    ] {
        let refused = client.post(&path, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text);
        assert!(refused.text.contains(&format!("\"pointer\":\"{pointer}\"")), "{body}: {}", refused.text);
    }
    assert_eq!(client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200)["payments"], json!([]));
    app.verify(&[&reseller]).await;
}

/// Currencies of no, two and three decimals, and one that the provider counts in its own way.
#[tokio::test]
async fn each_currency_is_paid_and_given_back_in_its_own_decimals() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let venue = id(&client.post("/v1/venues", venue_body()).await.ok(201));
    for (currency, price, total, theirs) in [
        ("JPY", "1999", "3998", 3_998),
        ("GBP", "12.34", "24.68", 2_468),
        ("KWD", "5.120", "10.240", 10_240),
        ("ISK", "300", "600", 60_000),
    ] {
        let mut show = crate::theatre::show_body(&venue);
        show["currency"] = json!(currency);
        let money = json!({ "amount": price, "currency": currency });
        let prices = json!([{ "ticket_type": "adult", "price": money }]);
        show["performances"][0]["price_tiers"][0]["prices"] = prices;
        let show = client.post("/v1/shows", show).await.ok(201);
        let performance = id(&show["performances"][0]);
        let whole = client.get(&format!("/v1/performances/{performance}")).await.ok(200);
        let wanted = json!({ "performance_id": performance, "offer_id": id(&whole["offers"][0]), "quantity": 2 });
        let order = json!({ "items": [wanted], "buyer": buyer(), "payment": {} });
        let order = client.post("/v1/orders", order).await.ok(201);
        assert_eq!(order["total"], json!({ "amount": total, "currency": currency }));
        app.pay(&order["payments"][0], "pm_card_visa").await;
        let there = text(&order["payments"][0]["provider_payment"]);
        let there = app.at_provider(&format!("/v1/payment_intents/{there}")).await;
        assert_eq!((&there["status"], &there["amount_received"]), (&json!("succeeded"), &json!(theirs)), "{currency}");
        assert_eq!(app.callback("payment_intent.succeeded").await, 200);
        let path = format!("/v1/orders/{}", id(&order));
        assert_eq!(client.get(&path).await.ok(200)["state"], "paid", "{currency}");
        let refund = client.post(&format!("{path}/refunds"), json!({ "items": [1] })).await.ok(201);
        assert_eq!(refund["amount"], money);
        assert_eq!(app.callback("refund.created").await, 200);
        let refund = client.get(&format!("/v1/refunds/{}", id(&refund))).await.ok(200);
        assert_eq!((&refund["state"], &refund["amount"]), (&json!("succeeded"), &money), "{currency}");
    }
    app.verify(&[&reseller]).await;
}
