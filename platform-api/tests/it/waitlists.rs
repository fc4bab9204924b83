//! A waitlist over HTTP: joined from a shop's browser, served, ordered from its backend.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    theatre::{Theatre, buyer, id, performance_body},
};

fn party(theatre: &Theatre, email: &str, quantity: u32) -> Value {
    json!({ "choose": [{ "party": [{ "offer_id": theatre.adult, "quantity": quantity }] }], "buyer": { "email": email, "language": "nl" } })
}

#[tokio::test]
async fn who_joins_from_a_browser_sees_its_place_is_offered_tickets_and_orders_them() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, shop) = (&reseller.test, &reseller.publishable);
    let theatre = reseller.theatre().await;
    let list = format!("/v1/performances/{}/waitlist", theatre.performance);
    let entries = format!("{list}/entries");
    shop.post(&entries, party(&theatre, "ada@example.com", 2)).await.refused(409, "waitlist_closed");
    let unset = client.get(&list).await;
    let set = client.patch(&list, unset.etag(), json!({ "state": "open", "offer_seconds": 3600 })).await.ok(200);
    assert_eq!((&set["state"], &set["offer_seconds"], &set["version"]), (&json!("open"), &json!(3600), &json!(2)));
    client.patch(&list, unset.etag(), json!({ "state": "closed" })).await.refused(412, "if_match_stale");
    let refused = client.patch(&list, "*", json!({ "offer_seconds": 60 })).await.refused(422, "invalid_field");
    assert_eq!(refused["errors"][0]["pointer"], "/offer_seconds");
    shop.post(&entries, party(&theatre, "ada@example.com", 2)).await.refused(409, "tickets_available");
    shop.post(&entries, party(&theatre, "ada@example.com", 7)).await.refused(409, "buyer_limit");
    let refused = shop.post(&entries, party(&theatre, "ada@example.com", 0)).await.refused(422, "invalid_field");
    assert_eq!(refused["errors"][0]["pointer"], "/choose/0/party/0/quantity");
    let mut named = party(&theatre, "ada@example.com", 2);
    named["buyer_reference"] = json!("somebody-else");
    let refused = shop.post(&entries, named).await.refused(422, "invalid_field");
    assert_eq!(refused["errors"][0]["pointer"], "/buyer_reference");
    let all = theatre.hold(client, json!([theatre.adults(38)])).await;
    let rest = theatre.hold(client, json!([theatre.adults(2)])).await;

    let ada = shop.post(&entries, party(&theatre, "ada@example.com", 2)).await.ok(201);
    let bob = shop.post(&entries, party(&theatre, "bob@example.com", 1)).await.ok(201);
    assert_eq!([&ada["place"], &bob["place"]], [1, 2]);
    assert!(ada.get("buyer").is_none() && ada["state"] == "waiting" && ada["offer_ends_at"].is_null());
    shop.post(&entries, party(&theatre, "ada+2@example.com", 3)).await.refused(409, "waitlist_twice");
    let own = |entry: &Value| format!("{entries}/{}", id(entry));
    assert_eq!(shop.get(&own(&bob)).await.ok(200)["place"], 2);
    assert_eq!(shop.get(&list).await.ok(200)["waiting"], 2);
    shop.get(&entries).await.refused(403, "forbidden");

    client.post(&format!("/v1/holds/{}/release", id(&rest)), json!({})).await.ok(200);
    let past = json!({ "items": [theatre.adults(1)] });
    client.post("/v1/holds", past.clone()).await.refused(409, "waitlist_first");
    let availability = format!("/v1/performances/{}/availability", theatre.performance);
    let (seen, told) = (shop.get(&availability).await.ok(200), client.get(&availability).await.ok(200));
    assert_eq!((&seen["available"], &seen["for_waitlist"]), (&json!(0), &json!(2)));
    assert_eq!(told["unavailable"]["waitlist"], 2);
    app.settle().await;
    let offered = shop.get(&own(&ada)).await.ok(200);
    assert_eq!((&offered["state"], &offered["place"]), (&json!("offered"), &Value::Null));
    let hold = text(&offered["hold_id"]);
    assert_eq!(client.get(&format!("/v1/holds/{hold}")).await.ok(200)["expires_at"], offered["offer_ends_at"]);
    client.post("/v1/orders", json!({ "hold_id": hold, "buyer": buyer() })).await.ok(201);
    assert_eq!(shop.get(&own(&ada)).await.ok(200)["state"], "accepted");
    shop.post(&format!("{}/leave", own(&ada)), json!({})).await.refused(409, "waitlist_entry_ended");

    client.post(&format!("/v1/holds/{}/release", id(&all)), json!({})).await.ok(200);
    app.settle().await;
    assert_eq!(shop.post(&format!("{}/leave", own(&bob)), json!({})).await.ok(200)["state"], "declined");
    client.post("/v1/holds", past).await.ok(201);
    let listed = client.get(&format!("{entries}?state=declined")).await.ok(200);
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][0]["buyer"]["email"]),
        (&bob["id"], &json!("bob@example.com"))
    );
    assert_eq!(client.get(&format!("{entries}?limit=1")).await.ok(200)["data"][0]["id"], ada["id"]);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_list_of_what_is_hidden_is_joined_from_no_browser() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let list = format!("/v1/performances/{}/waitlist", theatre.performance);
    reseller.test.patch(&list, "*", json!({ "state": "open" })).await.ok(200);
    reseller.test.patch(&format!("/v1/shows/{}", theatre.show), "*", json!({ "visibility": "hidden" })).await.ok(200);
    reseller.publishable.get(&list).await.refused(404, "not_found");
    let entries = format!("{list}/entries");
    reseller.publishable.post(&entries, party(&theatre, "ada@example.com", 2)).await.refused(404, "not_found");
    reseller.test.post(&entries, party(&theatre, "ada@example.com", 2)).await.refused(409, "tickets_available");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn interest_is_registered_from_a_browser_told_at_the_opening_and_withdrawn_by_its_id() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, shop) = (&reseller.test, &reseller.publishable);
    let theatre = reseller.theatre().await;
    let interests = format!("/v1/shows/{}/interests", theatre.show);
    let email = |email: &str| json!({ "buyer": { "email": email } });
    shop.post(&interests, email("ada@example.com")).await.refused(409, "on_sale_already");
    let mut later = performance_body(&theatre.venue);
    later["on_sale_at"] = json!("2031-01-01T10:00:00Z");
    let later = client.post(&format!("/v1/shows/{}/performances", theatre.show), later).await.ok(201);
    let of_later = |email: &str| json!({ "performance_id": id(&later), "buyer": { "email": email } });
    let refused = shop.post(&interests, json!({ "performance_id": id(&later), "buyer": {} })).await;
    assert_eq!(refused.refused(422, "invalid_field")["errors"][0]["pointer"], "/buyer/email");
    let ada = shop.post(&interests, of_later("ada@example.com")).await.ok(201);
    let bob = shop.post(&interests, of_later("bob@example.com")).await.ok(201);
    assert!(ada.get("buyer").is_none() && ada["told_at"].is_null());
    shop.post(&interests, of_later("bob@example.com")).await.refused(409, "interest_twice");
    shop.get(&interests).await.refused(403, "forbidden");
    let listed = client.get(&format!("{interests}?limit=1")).await.ok(200);
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][0]["buyer"]["email"]),
        (&ada["id"], &json!("ada@example.com"))
    );
    shop.post(&format!("{interests}/{}/withdraw", id(&bob)), json!({})).await.ok(200);
    let left = client.get(&interests).await.ok(200);
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn who_gives_many_addresses_from_a_browser_is_slowed_down() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let entries = format!("/v1/performances/{}/waitlist/entries", theatre.performance);
    let interests = format!("/v1/shows/{}/interests", theatre.show);
    let answers = async |client: &Client, path: &str| {
        let body = party(&theatre, "ada@example.com", 2);
        let all = futures_util::future::join_all((0..60).map(|_| client.post(path, body.clone()))).await;
        all.into_iter().filter(|answer| answer.status == 429).count()
    };
    // Sixty at once: ten pass, and one more each second.
    assert!(answers(&reseller.publishable, &entries).await > 20);
    let interested = json!({ "buyer": { "email": "ada@example.com" } });
    let all = (0..60).map(|_| reseller.publishable.post(&interests, interested.clone()));
    let slowed = futures_util::future::join_all(all).await.into_iter().filter(|answer| answer.status == 429).count();
    assert!(slowed > 20, "{slowed}");
    assert_eq!(answers(&reseller.test, &entries).await, 0, "a secret key is its reseller's own");
    app.verify(&[&reseller]).await;
}
