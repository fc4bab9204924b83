//! Seat maps of rooms with real shapes in a real browser, at a desk and on a phone. The pictures are kept for people to look at.

use std::path::Path;

use platform_api::ApiSettings;
use serde_json::{Value, json};
use testkit::{browser::Browser, shapes};

use crate::{
    app::{TestApp, settings},
    client::Client,
    theatre::{eur, id, venue_body},
};

/// A performance with all tickets of this plan, some of them held. Gives the public address of its picture.
async fn on_sale(client: &Client, name: &str, plan: Value, choices: Value) -> String {
    let venue = id(&client.post("/v1/venues", venue_body()).await.ok(201));
    let layouts = format!("/v1/venues/{venue}/layouts");
    let layout = client.post(&layouts, json!({ "name": name, "plan": plan })).await.ok(201);
    let publish = format!("{layouts}/{}/versions/{}/publish", id(&layout), id(&layout["open"]));
    client.post(&publish, json!({})).await.ok(200);
    let chosen = choices.as_object().is_some_and(|choices| !choices.is_empty());
    let there = |name: &Value| match name.as_str().unwrap() {
        "Chairs" | "Courtside" => false,
        "Pit" | "Floor" => chosen,
        _ => true,
    };
    let parts = ["sections", "areas"].into_iter().flat_map(|kind| plan[kind].as_array().cloned().unwrap_or_default());
    let tickets: Vec<Value> = parts
        .filter(|part| there(&part["name"]))
        .map(|part| json!({ "section": part["name"], "price_tier": "all" }))
        .collect();
    let show = json!({
        "title": name, "currency": "EUR", "ticket_types": ["adult"],
        "performances": [{
            "venue_id": venue, "starts_at": "2031-05-01T18:00:00Z", "ends_at": "2031-05-01T21:00:00Z",
            "layout": { "layout_id": id(&layout), "choices": choices }, "tickets": tickets,
            "price_tiers": [{ "name": "all", "prices": [{ "ticket_type": "adult", "price": eur("50.00") }] }] }],
    });
    let show = client.post("/v1/shows", show).await.ok(201);
    let performance = id(&show["performances"][0]);
    let whole = client.get(&format!("/v1/performances/{performance}")).await.ok(200);
    let offer = id(&whole["offers"][0]);
    let seats = |section: &Value| -> usize {
        section["rows"].as_array().unwrap().iter().map(|row| row["seats"].as_array().unwrap().len()).sum()
    };
    let large: Vec<&Value> =
        plan["sections"].as_array().unwrap().iter().filter(|&section| seats(section) > 150).collect();
    for n in 0..24 {
        let section = &large[n % large.len().min(5)]["name"];
        let item =
            json!({ "performance_id": performance, "offer_id": offer, "quantity": 24 - n % 5 * 4, "section": section });
        client.post("/v1/holds", json!({ "items": [item] })).await.ok(201);
    }
    performance
}

#[tokio::test]
async fn a_theatre_and_an_arena_can_be_looked_at_in_a_browser_and_entered_by_their_sections() {
    let app = TestApp::with(ApiSettings { bulk_body_limit: 16 << 20, ..settings() }).await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_sale(client, "Opera", shapes::theatre(), json!({})).await;
    let arena = on_sale(client, "Arena", shapes::arena(), json!({ "floor": "standing" })).await;
    let address = |performance: &str| {
        format!("{}/v1/public/eu/{}/performances/{performance}/seat-map.svg", app.processes[0].base, reseller.id)
    };
    let rooms = [("theatre", address(&theatre), "Stalls"), ("arena", address(&arena), "101")];
    Browser::play(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("seat-maps"), async |browser| {
        for (width, height) in [(1280, 900), (390, 844)] {
            browser.resize(width, height).await;
            for (room, picture, section) in &rooms {
                browser.open(&format!("{picture}?detail=seats")).await;
                browser.find("path.available").await;
                browser.picture(&format!("{room}-seats")).await;
                browser.open(picture).await;
                browser.find("a .shape").await;
                browser.picture(&format!("{room}-sections")).await;
                browser.click(&format!("a[href='?section={section}'] .shape")).await;
                browser.arrive("g.seat.available title", &format!("{picture}?section={section}")).await;
                browser.find("g.seat.unavailable").await;
                browser.picture(&format!("{room}-section")).await;
            }
        }
    })
    .await;
    app.verify(&[&reseller]).await;
}
