//! Stock kept for one seller, over HTTP.

use serde_json::{Value, json};

use crate::{
    app::{Reseller, TestApp},
    client::Client,
    theatre::id,
};

/// A key that sells, and its id.
async fn seller(app: &TestApp, reseller: &Reseller, name: &str) -> (Client, String) {
    let key = json!({ "kind": "restricted", "name": name, "scopes": ["orders:write"] });
    let key = reseller.test.post("/v1/api_keys", key).await.ok(201);
    (app.with_key(key["secret"].as_str().unwrap()), id(&key))
}

#[tokio::test]
async fn an_allocation_for_a_key_is_held_with_that_key_alone_in_every_process() {
    let mut app = TestApp::start().await;
    app.second_process().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let (partner, partner_id) = seller(&app, &reseller, "partner").await;
    let (other, _) = seller(&app, &reseller, "other").await;
    let hold = async |who: &Client, items: Value| who.post("/v1/holds", json!({ "items": items })).await;
    let seats: Vec<String> = theatre.tickets(client, "section=Stalls&row=A&limit=3").await.iter().map(id).collect();
    // Both have it in their memories from before.
    for process in [client.clone(), app.at_second(client)] {
        assert_eq!(theatre.available(&process).await, 40);
    }
    let blocks = format!("/v1/performances/{}/blocks", theatre.performance);
    let kept = json!({ "name": "theirs", "api_key_id": partner_id, "ticket_ids": seats });
    let kept = client.post(&blocks, kept).await.ok(201);
    assert_eq!((&kept["reason"], &kept["api_key_id"]), (&json!("allocation"), &json!(partner_id)));
    let states = theatre.tickets(client, "section=Stalls&row=A&limit=3").await;
    assert!(states.iter().all(|ticket| ticket["state"] == "allocated"), "{states:?}");
    let another = [other.clone(), app.at_second(&other), client.clone(), app.at_second(client)];
    for who in &another {
        hold(who, json!([theatre.seat(&seats[0])])).await.refused(409, "seats_unavailable");
    }
    let held = hold(&partner, json!([theatre.seat(&seats[0])])).await.ok(201);
    hold(&app.at_second(&partner), json!([theatre.seat(&seats[1])])).await.ok(201);
    // What its seller gives up is its seller's again, and all the rest is anybody's.
    partner.post(&format!("/v1/holds/{}/release", id(&held)), json!({})).await.ok(200);
    for who in &another {
        hold(who, json!([theatre.seat(&seats[0])])).await.refused(409, "seats_unavailable");
    }
    hold(&other, json!([theatre.adults(37)])).await.ok(201);
    hold(&other, json!([theatre.adults(1)])).await.refused(409, "not_enough_tickets");
    hold(&partner, json!([theatre.adults(1)])).await.ok(201);
    client.post(&format!("{blocks}/{}/release", id(&kept)), json!({})).await.ok(200);
    hold(&other, json!([theatre.adults(1)])).await.ok(201);
    app.verify(&[&reseller]).await;
}
