//! Lists: a walk over their pages gives every object once, in the order of one great page.

use foundation::{
    event::{self, NewEvent},
    id::PerformanceId,
};
use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::Client,
    document::operations,
    theatre::{eur, id, show_body, venue_body},
};

async fn walk(client: &Client, path: &str, limit: usize) -> Vec<String> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("{path}?limit={limit}{cursor}")).await.ok(200);
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        seen.extend(data.iter().map(id));
        let Value::String(next) = &page["next_cursor"] else { return seen };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn every_list_is_walked_without_loss() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let back = json!({ "return_url": "https://stageleft.example/payouts" });
    client.post("/v1/payout_settings/onboarding", back).await.ok(200);
    app.give(&reseller, "100.00").await;
    for n in 0..4 {
        client.post("/v1/venues", venue_body()).await.ok(201);
        client.post("/v1/shows", show_body(&theatre.venue)).await.ok(201);
        let hold = theatre.hold(client, json!([theatre.adults(1)])).await;
        client.post("/v1/orders", json!({ "hold_id": id(&hold) })).await.ok(201);
        theatre.disputed(&app, client, json!([theatre.adults(1)])).await;
        client.post("/v1/settlements", json!({})).await.ok(201);
        client.post("/v1/api_keys", json!({ "kind": "publishable", "name": format!("shop {n}") })).await.ok(201);
        client.post("/v1/webhook_endpoints", json!({ "url": "https://example.com/x" })).await.ok(201);
        let promotion = json!({ "code": format!("CODE-{n}"), "name": "Five percent", "percent": "5" });
        client.post("/v1/promotions", promotion).await.ok(201);
        client.post("/v1/payouts", json!({ "amount": eur("1.00") })).await.ok(201);
        client.post("/v1/credits", json!({ "amount": eur("5.00") })).await.ok(201);
        let case = json!({ "category": "other", "subject": format!("Case {n}"), "text": "It is so." });
        client.post("/v1/support_cases", case).await.ok(201);
    }
    let own = operations().into_iter().filter(|operation| operation.method == "get" && operation.ids.is_empty());
    let paged = own.filter(|operation| operation.parameters.iter().any(|name| name == "cursor"));
    let mut lists: Vec<String> = paged.map(|operation| operation.path).collect();
    assert!(lists.len() >= 5, "{lists:?}");
    lists.push(format!("/v1/performances/{}/tickets", theatre.performance));
    lists.push(format!("/v1/public/eu/{}/shows", reseller.id));
    lists.push(format!("/v1/public/eu/{}/performances", reseller.id));
    for list in lists {
        let whole = walk(client, &list, 100).await;
        assert!(whole.len() >= 4, "{list}: {whole:?}");
        for limit in [1, 3] {
            assert_eq!(walk(client, &list, limit).await, whole, "{list} by {limit}");
        }
    }
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_walk_is_not_disturbed_by_what_comes_meanwhile() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let venue = id(&client.post("/v1/venues", venue_body()).await.ok(201));
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(id(&client.post("/v1/shows", show_body(&venue)).await.ok(201)));
    }
    let first = client.get("/v1/shows?limit=2").await.ok(200);
    client.post("/v1/shows", show_body(&venue)).await.ok(201);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client.get(&format!("/v1/shows?limit=2&cursor={cursor}")).await.ok(200);
    let seen: Vec<String> =
        [first, second].iter().flat_map(|page| page["data"].as_array().unwrap().iter().map(id)).collect();
    made.reverse();
    assert_eq!(seen, made);
}

/// The platform's own events have positions too; a reader gets past them and does not read them again and again.
#[tokio::test]
async fn a_reader_of_events_gets_past_those_that_are_not_shown() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    app.settle().await;
    let read =
        async |after: i64, limit: u32| client.get(&format!("/v1/events?after={after}&limit={limit}")).await.ok(200);
    let before = read(0, 100).await["next_after"].as_i64().unwrap();
    for _ in 0..3 {
        theatre.hold(client, json!([theatre.adults(1)])).await;
    }
    app.settle().await;
    let hidden = read(before, 100).await;
    assert_eq!(hidden["data"], json!([]), "a hold is told of by no event");
    let after = hidden["next_after"].as_i64().unwrap();
    assert!(after > before, "{hidden}");
    assert_eq!(read(after, 100).await, json!({ "data": [], "next_after": after }));
    // Nothing that is shown is passed over, whatever the pages.
    client.post("/v1/venues", venue_body()).await.ok(201);
    client.post("/v1/shows", show_body(&theatre.venue)).await.ok(201);
    theatre.hold(client, json!([theatre.adults(1)])).await;
    theatre.order(client, json!([theatre.adults(1)])).await;
    app.settle().await;
    let whole = read(0, 100).await;
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = read(after, 1).await;
        seen.extend(page["data"].as_array().unwrap().clone());
        let next = page["next_after"].as_i64().unwrap();
        if next == after {
            break;
        }
        after = next;
    }
    assert_eq!((Value::from(seen), &json!(after)), (whole["data"].clone(), &whole["next_after"]));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_reading_of_events_is_bounded_however_many_are_not_shown() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    app.settle().await;
    let read = async |after: i64| reseller.test.get(&format!("/v1/events?after={after}&limit=100")).await.ok(200);
    let before = read(0).await["next_after"].as_i64().unwrap();
    let hidden = NewEvent {
        kind: "stock.reload",
        object: "performance",
        object_id: theatre.performance.parse::<PerformanceId>().unwrap().uuid(),
        version: None,
        data: json!({}),
    };
    let mut tx = app.cell().tenant(reseller.id).await.unwrap();
    event::append(&mut tx, &vec![hidden; 10_001]).await.unwrap();
    tx.commit().await.unwrap();
    reseller.test.post("/v1/shows", show_body(&theatre.venue)).await.ok(201);
    app.settle().await;
    assert_eq!(read(before).await, json!({ "data": [], "next_after": before + 10_000 }));
    assert_eq!(read(before + 10_000).await["data"][0]["type"], "show.created");
}
