//! Lists: a walk over their pages gives every object once, in the order of one great page.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::Client,
    document::operations,
    theatre::{id, show_body, venue_body},
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
    for n in 0..4 {
        client.post("/v1/venues", venue_body()).await.ok(201);
        client.post("/v1/shows", show_body(&theatre.venue)).await.ok(201);
        let hold = theatre.hold(client, json!([theatre.adults(1)])).await;
        client.post("/v1/orders", json!({ "hold_id": id(&hold) })).await.ok(201);
        theatre.disputed(&app, client, json!([theatre.adults(1)])).await;
        client.post("/v1/api_keys", json!({ "kind": "publishable", "name": format!("shop {n}") })).await.ok(201);
        client.post("/v1/webhook_endpoints", json!({ "url": "https://example.com/x" })).await.ok(201);
    }
    let own = operations().into_iter().filter(|operation| operation.method == "get" && operation.ids.is_empty());
    let paged = own.filter(|operation| operation.parameters.iter().any(|name| name == "cursor"));
    let mut lists: Vec<String> = paged.map(|operation| operation.path).collect();
    assert!(lists.len() >= 5, "{lists:?}");
    lists.push(format!("/v1/performances/{}/tickets", theatre.performance));
    lists.push(format!("/v1/public/eu/{}/shows", reseller.id));
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
