//! Support cases over HTTP: opened about something of one's own, followed, and closed.

use serde_json::{Value, json};

use crate::{app::TestApp, theatre::id};

#[tokio::test]
async fn a_case_is_about_what_is_ones_own_and_is_followed_to_its_end() {
    let app = TestApp::start().await;
    let (reseller, other) = (app.reseller().await, app.reseller().await);
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let order = theatre.sold(&app, client, json!([theatre.adults(1)])).await;
    let new = json!({ "category": "payments", "subject": "Paid twice?", "text": "Look at it, please.",
                      "order_id": order["id"], "item_no": 1, "payment_id": order["payments"][0]["id"] });
    other.test.post("/v1/support_cases", new.clone()).await.refused(422, "invalid_field");
    let case = client.post("/v1/support_cases", new.clone()).await.ok(201);
    assert_eq!((&case["state"], &case["messages"], &case["order_id"]), (&json!("open"), &json!(1), &order["id"]));
    let wrong = |pointer: &str, value: Value| {
        let mut wrong = new.clone();
        wrong[pointer] = value;
        wrong
    };
    for (field, value) in [
        ("order_id", json!("ord_0192f0c1000070008000000000000001")),
        ("item_no", json!(7)),
        ("payment_id", json!("pay_0192f0c1000070008000000000000001")),
        ("payout_id", json!("po_0192f0c1000070008000000000000001")),
        ("subject", json!("")),
        ("text", json!("x".repeat(10_001))),
        ("category", json!("gossip")),
    ] {
        let problem = client.post("/v1/support_cases", wrong(field, value)).await.refused(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem}");
    }
    let at = format!("/v1/support_cases/{}", id(&case));
    let written = client.post(&format!("{at}/messages"), json!({ "text": "Hello?" })).await.ok(201);
    assert_eq!((&written["state"], &written["messages"]), (&json!("open"), &json!(2)));
    let first = client.get(&format!("{at}/messages?limit=1")).await.ok(200);
    assert_eq!(
        (&first["data"][0]["text"], &first["data"][0]["author"]),
        (&json!("Look at it, please."), &json!("reseller"))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client.get(&format!("{at}/messages?cursor={cursor}")).await.ok(200);
    assert_eq!((&second["data"][0]["no"], &second["next_cursor"]), (&json!(2), &Value::Null));
    assert_eq!(client.post(&format!("{at}/close"), json!({})).await.ok(200)["state"], "closed");
    client.post(&format!("{at}/messages"), json!({ "text": "And?" })).await.refused(409, "case_closed");
    client.post(&format!("{at}/close"), json!({})).await.refused(409, "case_closed");
    let list = async |state: &str| {
        client.get(&format!("/v1/support_cases?state={state}")).await.ok(200)["data"].as_array().unwrap().len()
    };
    assert_eq!((list("open").await, list("closed").await), (0, 1));
    other.test.get(&at).await.refused(404, "not_found");
    app.verify(&[&reseller, &other]).await;
}

#[tokio::test]
async fn an_endpoint_names_shows_that_there_are() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let nobodys = "show_0192f0c1000070008000000000000001";
    let endpoint = |shows: Value| json!({ "url": "https://example.com/hooks", "show_ids": shows });
    let wrong = client.post("/v1/webhook_endpoints", endpoint(json!([theatre.show, nobodys]))).await;
    let problem = wrong.refused(422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/show_ids/1");
    assert!(problem["detail"].as_str().unwrap().contains(nobodys), "{problem}");
    let made = client.post("/v1/webhook_endpoints", endpoint(json!([theatre.show]))).await.ok(201);
    let at = format!("/v1/webhook_endpoints/{}", id(&made));
    client.patch(&at, "*", json!({ "show_ids": [nobodys] })).await.refused(422, "invalid_field");
    let kept = client.get(&at).await.ok(200);
    assert_eq!(kept["show_ids"], json!([theatre.show]));
    app.verify(&[&reseller]).await;
}
