//! A past performance after so many days: everything answers as before, orders are refunded as before, and it is changed no more.

use serde_json::{Value, json};
use ticketing::use_cases::archive_performance::archive_due;

use crate::{
    app::TestApp,
    client::{Client, text},
    theatre::{eur, id},
};

/// Moves the clock from now to so many days, and a minute, after that end.
async fn go_to(client: &Client, ends_at: &Value, days: i64) {
    let now = text(&client.post("/v1/test_clock/advance", json!({ "seconds": 1 })).await.ok(200)["now"]).to_owned();
    let seconds = |instant: &str| {
        let instant: foundation::Instant = serde_json::from_value(json!(instant)).unwrap();
        instant.as_micros() / 1_000_000
    };
    let mut ahead = seconds(text(ends_at)) - seconds(&now) + days * 86_400 + 60;
    while ahead > 0 {
        // A step is four hundred days at most.
        let step = ahead.min(400 * 86_400);
        client.post("/v1/test_clock/advance", json!({ "seconds": step })).await.ok(200);
        ahead -= step;
    }
}

async fn archive_all(app: &TestApp) -> usize {
    let mut moved = 0;
    loop {
        match archive_due(app.cell()).await.unwrap() {
            0 => return moved,
            rows => moved += rows,
        }
    }
}

#[tokio::test]
async fn an_archived_performance_answers_to_the_byte_as_before() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let account = client.get("/v1/reseller").await;
    assert_eq!(account.ok(200)["archive_after_days"], 30);
    client
        .patch("/v1/reseller", account.etag(), json!({ "archive_after_days": 0 }))
        .await
        .refused(422, "invalid_field");
    client.patch("/v1/reseller", account.etag(), json!({ "archive_after_days": 7 })).await.ok(200);
    let order = theatre.sold(&app, client, json!([theatre.adults(2), theatre.children(1)])).await;
    let performance = format!("/v1/performances/{}", theatre.performance);
    let read = client.get(&performance).await;
    let tickets = client.get(&format!("{performance}/tickets")).await.ok(200);
    let free = id(&tickets["data"][5]);
    let blocked = json!({ "name": "press", "reason": "house", "ticket_ids": [free] });
    let block = client.post(&format!("{performance}/blocks"), blocked).await.ok(201);
    go_to(client, &read.ok(200)["ends_at"], 6).await;
    app.settle().await;
    archive_all(&app).await;
    assert!(client.get(&performance).await.ok(200)["archived_at"].is_null(), "a week is not over");
    go_to(client, &read.ok(200)["ends_at"], 8).await;

    let paths = [
        format!("{performance}/tickets"),
        format!("{performance}/tickets?available=true&limit=7"),
        format!("{performance}/tickets/{}", text(&order["items"][0]["ticket_id"])),
        format!("{performance}/capacity"),
        format!("{performance}/prices"),
        format!("{performance}/blocks/{}", id(&block)),
        format!("{performance}/sale_rounds"),
        format!("/v1/orders/{}", id(&order)),
        "/v1/orders?limit=5".to_owned(),
        format!("/v1/orders/{}/items/1/owners", id(&order)),
        format!("/v1/holds/{}", text(&order["hold_id"])),
        "/v1/reports/sales?group_by=performance".to_owned(),
        "/v1/reports/sales?group_by=ticket_type".to_owned(),
        "/v1/balance".to_owned(),
    ];
    let all = async || {
        let mut answers = Vec::new();
        for path in &paths {
            let answer = client.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            answers.push(answer.text);
        }
        answers
    };
    let before = all().await;
    assert!(archive_all(&app).await > 0);
    app.settle().await;
    assert_eq!(all().await, before);
    let archived = client.get(&performance).await;
    assert!(archived.ok(200)["archived_at"].is_string(), "{}", archived.text);
    assert_eq!(theatre.available(client).await, 36);
    for (filter, many) in [("archived=true", 1), ("archived=false", 0), ("limit=5", 1)] {
        let listed = client.get(&format!("/v1/performances?{filter}")).await.ok(200);
        assert_eq!(listed["data"].as_array().unwrap().len(), many, "{filter}");
    }
    client
        .patch(&performance, archived.etag(), json!({ "state": "paused" }))
        .await
        .refused(409, "performance_archived");
    let log = client.get(&format!("{performance}/history")).await.ok(200);
    let last = log["data"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["type"], &last["data"]["tickets"]), (&json!("performance.archived"), &json!(40)));

    let refunds = format!("/v1/orders/{}/refunds", id(&order));
    let refund = client.post(&refunds, json!({ "items": [1] })).await.ok(201);
    assert_eq!(refund["amount"], eur("49.90"));
    app.callback("refund.created").await;
    assert_eq!(theatre.available(client).await, 37);
    app.verify(&[&reseller]).await;
}
