//! What a show and a performance get to sell after they were made, over HTTP.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    mistakes::{Mistake, make},
    theatre::{Theatre, eur, id},
};

/// Holds one ticket of this offer.
async fn hold(client: &Client, theatre: &Theatre, offer: &str) -> Value {
    let item = json!({ "performance_id": theatre.performance, "offer_id": offer, "quantity": 1 });
    theatre.hold(client, json!([item])).await["items"][0].clone()
}

#[tokio::test]
async fn what_is_added_to_a_performance_on_sale_is_sold_in_every_process_and_told() {
    let mut app = TestApp::start().await;
    app.second_process().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let second = app.at_second(client);
    let theatre = reseller.theatre().await;
    let performance = format!("/v1/performances/{}", theatre.performance);
    theatre.sold(&app, client, json!([theatre.adults(2)])).await;
    // Both have it in their memories.
    assert_eq!((theatre.available(client).await, theatre.available(&second).await), (json!(38), json!(38)));
    let student = client.post(&format!("/v1/shows/{}/ticket_types", theatre.show), json!({ "name": "student" })).await;
    assert!(id(&student.ok(201)).starts_with("tt_"));
    let offer = json!({ "price_tier": "stalls", "ticket_type": "student", "price": eur("30.00"), "tax_rate": "9" });
    let offer = client.post(&format!("{performance}/offers"), offer).await;
    assert_eq!(offer.etag(), "\"1\"");
    let offer = offer.ok(201);
    assert_eq!((&offer["ticket_type"], &offer["tax_rate"]), (&json!("student"), &json!("9")));
    assert_eq!(client.get(&format!("{performance}/offers/{}", id(&offer))).await.ok(200), offer);
    let prices =
        json!([{ "ticket_type": "adult", "price": eur("80.00") }, { "ticket_type": "student", "price": eur("60.00") }]);
    let tier = json!({ "name": "boxes", "prices": prices });
    let tier = client.post(&format!("{performance}/price_tiers"), tier).await.ok(201);
    assert_eq!((&tier["name"], tier["offers"].as_array().unwrap().len()), (&json!("boxes"), 2));
    assert_eq!(tier["offers"][1]["price_tier_id"], tier["id"]);
    let to = json!({ "section": "Stalls", "row": "A", "to": { "price_tier": "boxes" } });
    let row = client.post(&format!("{performance}/tickets/move"), with_dry_run(&to)).await.ok(200);
    assert_eq!(row["tickets"], 10);
    let free = theatre.tickets(client, "section=Stalls&row=A&available=true&limit=100").await;
    let some: Vec<String> = free.iter().take(2).map(id).collect();
    let to = json!({ "ticket_ids": some, "to": { "price_tier": "boxes" } });
    client.post(&format!("{performance}/tickets/move"), to).await.ok(200);
    for process in [client, &second] {
        let held = hold(process, &theatre, &id(&offer)).await;
        assert_eq!((&held["ticket_type"], &held["price"]), (&json!("student"), &eur("30.00")));
        let held = hold(process, &theatre, &id(&tier["offers"][1])).await;
        assert_eq!((&held["price_tier"], &held["price"]), (&json!("boxes"), &eur("60.00")));
    }
    let whole = client.get(&performance).await;
    assert_eq!((whole.etag(), whole.ok(200)["offers"].as_array().unwrap().len()), ("\"4\"", 5));
    app.settle().await;
    for process in [client, &second] {
        let seen = process.get(&format!("{performance}/availability")).await.ok(200);
        assert_eq!(seen["offers"].as_array().unwrap().len(), 5);
    }
    let past = client.get(&format!("{performance}/history")).await.ok(200);
    let types: Vec<&str> = past["data"].as_array().unwrap().iter().map(|entry| text(&entry["type"])).collect();
    let added = "performance.offers_added";
    assert_eq!(types, ["performance.created", added, added, "performance.tickets_changed"]);
    assert_eq!(past["data"][1]["data"]["offers"][0]["id"], offer["id"]);
    let past = client.get(&format!("/v1/shows/{}/history", theatre.show)).await.ok(200);
    assert_eq!(past["data"][1]["changed"], json!(["ticket_types"]));
    app.verify(&[&reseller]).await;
}

fn with_dry_run(body: &Value) -> Value {
    let mut body = body.clone();
    body["dry_run"] = json!(true);
    body
}

#[tokio::test]
async fn in_what_is_added_to_what_is_sold() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let type_at = |name: Value| (format!("/v1/shows/{}/ticket_types", theatre.show), json!({ "name": name }));
    let price = |of: &str| json!({ "ticket_type": of, "price": eur("5.00") });
    let tier_at = |name: &str, prices: Value| {
        (format!("/v1/performances/{}/price_tiers", theatre.performance), json!({ "name": name, "prices": prices }))
    };
    let offer_at = |pointer: &str, value: Value| {
        let offer = json!({ "price_tier": "stalls", "ticket_type": "student", "price": eur("5.00") });
        (format!("/v1/performances/{}/offers", theatre.performance), crate::mistakes::with(offer, pointer, value))
    };
    reseller.test.post(&type_at(json!("student")).0, type_at(json!("student")).1).await.ok(201);
    let usd = json!({ "amount": "5.00", "currency": "USD" });
    let mut in_usd = price("adult");
    in_usd["price"] = usd.clone();
    let mut taxed = price("adult");
    taxed["tax_rate"] = json!("101");
    let invalid = (422, "invalid_field");
    let cases = [
        ("a type without a name", type_at(json!(" ")), invalid, "/name"),
        ("a type that there is", type_at(json!("adult")), (409, "name_taken"), "/name"),
        ("a tier without a name", tier_at("", json!([price("adult")])), invalid, "/name"),
        ("a tier that there is", tier_at("stalls", json!([price("adult")])), (409, "name_taken"), "/name"),
        ("a tier without a price", tier_at("boxes", json!([])), invalid, "/prices"),
        (
            "a price for nobody",
            tier_at("boxes", json!([price("adult"), price("dog")])),
            invalid,
            "/prices/1/ticket_type",
        ),
        ("a price twice", tier_at("boxes", json!([price("adult"), price("adult")])), invalid, "/prices/1/ticket_type"),
        (
            "a tier in dollars",
            tier_at("boxes", json!([in_usd])),
            (422, "currency_mismatch"),
            "/prices/0/price/currency",
        ),
        ("all of it tax", tier_at("boxes", json!([taxed])), invalid, "/prices/0/tax_rate"),
        ("an offer of no tier", offer_at("/price_tier", json!("boxes")), invalid, "/price_tier"),
        ("an offer for nobody", offer_at("/ticket_type", json!("dog")), invalid, "/ticket_type"),
        ("an offer that there is", offer_at("/ticket_type", json!("child")), invalid, "/ticket_type"),
        ("a negative price", offer_at("/price", eur("-0.01")), invalid, "/price"),
        ("an offer in dollars", offer_at("/price", usd), (422, "currency_mismatch"), "/price/currency"),
        ("an unknown field", offer_at("/colour", json!("red")), (400, "unknown_field"), "/colour"),
    ];
    let mistake = |(name, (path, body), (status, code), at)| -> Mistake { (name, path, body, status, code, Some(at)) };
    make(&app, &reseller.test, cases.map(mistake).into()).await;
    let types = format!("/v1/shows/{}/ticket_types", theatre.show);
    for nth in 4..=50 {
        reseller.test.post(&types, json!({ "name": format!("type {nth}") })).await.ok(201);
    }
    let most = reseller.test.post(&types, json!({ "name": "type 51" })).await.refused(422, "invalid_field");
    assert_eq!(most["errors"][0]["pointer"], "/name");
    app.verify(&[&reseller]).await;
}
