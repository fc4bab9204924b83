//! Choosing seats over HTTP: the best for a party, accessible places, restricted view, single seats, and what to have instead.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    mistakes::{Mistake, make, with},
    theatre::{Theatre, id, layout_body},
};

/// The theatre with a performance in a room of one row: a wheelchair place, a companion's seat, one with a restricted view, and
/// seven more (`1` to `10`).
async fn on_a_row(client: &Client) -> Theatre {
    let theatre = Theatre::open(client).await;
    let mut layout = layout_body("Row");
    let rows = layout.pointer_mut("/plan/sections/0/rows").unwrap().as_array_mut().unwrap();
    rows.truncate(1);
    for (seat, attribute) in ["wheelchair", "companion", "restricted_view"].into_iter().enumerate() {
        rows[0]["seats"][seat]["attributes"] = json!([attribute]);
    }
    let performance = theatre.laid_out_as(client, layout).await;
    let whole = client.get(&format!("/v1/performances/{performance}")).await.ok(200);
    let offer = |of: &str| id(whole["offers"].as_array().unwrap().iter().find(|o| o["ticket_type"] == of).unwrap());
    Theatre { adult: offer("adult"), child: offer("child"), performance, ..theatre }
}

fn line(offer: &str, quantity: u32) -> Value {
    json!({ "offer_id": offer, "quantity": quantity })
}

fn choose(theatre: &Theatre, party: &Value) -> Value {
    json!({ "performance_id": theatre.performance, "choose": { "party": party, "section": "Stalls" } })
}

/// The seats of a hold and what is told of them.
fn seats(hold: &Value) -> Vec<&str> {
    hold["items"].as_array().unwrap().iter().map(|item| text(&item["seat"])).collect()
}

#[tokio::test]
async fn the_best_seats_for_adults_and_children_together_are_held_and_explained() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_row(client).await;
    let party = json!([line(&theatre.adult, 2), line(&theatre.child, 1)]);
    let hold = theatre.hold(client, json!([choose(&theatre, &party)])).await;
    assert_eq!(seats(&hold), ["5", "6", "7"], "{hold}");
    let types: Vec<&str> = hold["items"].as_array().unwrap().iter().map(|item| text(&item["ticket_type"])).collect();
    assert_eq!(types, ["adult", "adult", "child"]);
    assert_eq!(hold["seating"][0]["codes"], json!(["adjacent"]));
    let read = client.get(&format!("/v1/holds/{}", id(&hold))).await.ok(200);
    assert_eq!((&read["items"], &read["seating"]), (&hold["items"], &Value::Null));
    let order = client.post("/v1/orders", json!({ "items": [choose(&theatre, &party)] })).await.ok(201);
    assert_eq!(seats(&order), ["8", "9", "10"]);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_is_particular_about_seats_is_told_before_they_are_chosen() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_row(client).await;
    let tickets = theatre.tickets(client, "section=Stalls&limit=4").await;
    let attributes: Vec<&Value> = tickets.iter().map(|ticket| &ticket["attributes"]).collect();
    assert_eq!(attributes[..3], [&json!(["wheelchair"]), &json!(["companion"]), &json!(["restricted_view"])]);
    assert_eq!(attributes[3], &Value::Null);
    let availability = format!("/v1/performances/{}/availability", theatre.performance);
    let stalls = client.get(&availability).await.ok(200)["sections"][0].clone();
    assert_eq!((&stalls["available"], &stalls["accessible"]), (&json!(10), &json!(2)));
    let map = client.get(&format!("/v1/performances/{}/seat-map.svg?section=Stalls", theatre.performance)).await.text;
    assert!(map.contains("<title>Row A, seat 3: available, restricted view</title>"), "{map}");
    let held = theatre.hold(client, json!([theatre.seat(&id(&tickets[2]))])).await;
    assert_eq!(held["items"][0]["attributes"], json!(["restricted_view"]));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn accessible_places_are_asked_for_and_released_at_the_time_that_was_set() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_row(client).await;
    let path = format!("/v1/performances/{}/seating", theatre.performance);
    let read = client.get(&path).await;
    assert_eq!((&read.ok(200)["accessible_until"], &read.json()["single_seats"]), (&Value::Null, &json!("allowed")));
    let at = |offer: &str, place: &str| json!({ "offer_id": offer, "quantity": 1, "place": place });
    let two = json!([at(&theatre.adult, "wheelchair"), at(&theatre.child, "companion")]);
    let hold = theatre.hold(client, json!([choose(&theatre, &two)])).await;
    assert_eq!(seats(&hold), ["1", "2"]);
    client.post(&format!("/v1/holds/{}/release", id(&hold)), json!({})).await.ok(200);
    let first = id(&theatre.tickets(client, "limit=1").await[0]);
    let refused = client.post("/v1/holds", json!({ "items": [theatre.seat(&first)] })).await;
    assert_eq!(refused.refused(409, "accessible_place")["alternatives"]["kept"], json!(first));
    let asked = with(theatre.seat(&first), "/place", json!("wheelchair"));
    let hold = theatre.hold(client, json!([asked])).await;
    client.post(&format!("/v1/holds/{}/release", id(&hold)), json!({})).await.ok(200);
    let past = json!({ "accessible_until": "2020-01-01T00:00:00Z", "single_seats": "refused" });
    let set = client.patch(&path, read.etag(), past).await;
    assert_eq!(set.ok(200)["accessible_until"], "2020-01-01T00:00:00Z");
    theatre.hold(client, json!([theatre.seat(&first)])).await;
    let seats = theatre.tickets(client, "section=Stalls&limit=10").await;
    let middle = client.post("/v1/holds", json!({ "items": [theatre.seat(&id(&seats[2]))] })).await;
    let problem = middle.refused(409, "leaves_single_seat");
    assert_eq!(problem["alternatives"]["single_seats"], json!([id(&seats[1])]));
    assert!(text(&problem["detail"]).contains("Stalls, row A, seat 2"), "{problem}");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_is_not_to_be_had_is_answered_with_what_is() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_row(client).await;
    let ten =
        client.post("/v1/holds", json!({ "items": [choose(&theatre, &json!([line(&theatre.adult, 10)]))] })).await;
    let alternatives = ten.refused(409, "not_enough_tickets")["alternatives"].clone();
    assert_eq!(alternatives["available"], 8, "{alternatives}");
    assert_eq!(alternatives["sections"], json!([{ "section": "Floor", "available": 20 }]));
    let date = &alternatives["performances"][0];
    assert_eq!((text(&date["price_tier"]), &date["available"]), ("stalls", &json!(40)), "{alternatives}");
    assert_eq!(date["offers"][0]["ticket_type"], "adult");
    let seats = theatre.tickets(client, "section=Stalls&limit=10").await;
    theatre.hold(client, json!([theatre.seat(&id(&seats[6]))])).await;
    let five = choose(&theatre, &json!([line(&theatre.adult, 5)]));
    let apart = client.post("/v1/holds", json!({ "items": [five.clone()] })).await;
    assert_eq!(apart.refused(409, "not_together")["alternatives"]["largest_group"], 4);
    let free_view = with(five.clone(), "/choose/restricted_view", json!("excluded"));
    let apart = client.post("/v1/holds", json!({ "items": [free_view] })).await;
    assert_eq!(apart.refused(409, "not_together")["alternatives"]["largest_group"], 3);
    let split = theatre.hold(client, json!([with(five, "/choose/together", json!("preferred"))])).await;
    assert_eq!(split["seating"][0]["codes"][0], "split");
    assert!(text(&split["seating"][0]["detail"]).contains("row A, seats 3 to 6"), "{split}");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_choosing() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_row(client).await;
    let seats = theatre.tickets(client, "section=Stalls&limit=10").await;
    let seat = |i: usize| theatre.seat(&id(&seats[i]));
    let of = |quantity| choose(&theatre, &json!([line(&theatre.adult, quantity)]));
    let at = |place: &str| choose(&theatre, &json!([{ "offer_id": theatre.adult, "quantity": 1, "place": place }]));
    let but = |pointer: &str, value: Value| with(of(1), pointer, value);
    let refused = [
        ("no party", choose(&theatre, &json!([])), "/items/0/choose/party"),
        ("a party of none", of(0), "/items/0/choose/party/0/quantity"),
        ("a companion alone", at("companion"), "/items/0/choose/party/0/place"),
        ("a place of no kind", at("throne"), "/items/0/choose/party/0/place"),
        ("together somehow", but("/choose/together", json!("maybe")), "/items/0/choose/together"),
        ("an offer beside a party", but("/offer_id", json!(theatre.adult)), "/items/0/offer_id"),
        ("a section beside a party", but("/section", json!("Stalls")), "/items/0/section"),
        ("a place beside a party", but("/place", json!("wheelchair")), "/items/0/place"),
        ("a number beside a party", but("/quantity", json!(2)), "/items/0"),
        ("a place of any", with(theatre.adults(1), "/place", json!("wheelchair")), "/items/0/place"),
        ("no offer", json!({ "performance_id": theatre.performance, "quantity": 1 }), "/items/0/offer_id"),
        ("no wheelchair place", with(seat(5), "/place", json!("wheelchair")), "/items/0/place"),
    ];
    let h = |name, item: Value, status, code, at| -> Mistake {
        (name, "/v1/holds".to_owned(), json!({ "items": [item] }), status, code, at)
    };
    let fields = refused.into_iter().map(|(name, item, at)| h(name, item, 422, "invalid_field", Some(at)));
    let alone = with(seat(1), "/place", json!("companion"));
    let others = vec![
        h("a party too large", of(51), 422, "too_many_tickets", None),
        h("an unknown wish", but("/choose/window", json!(true)), 400, "unknown_field", Some("/items/0/choose/window")),
        h("a section that is not there", but("/choose/section", json!("Roof")), 404, "not_found", None),
        h("a place kept for others", seat(0), 409, "accessible_place", None),
        h("a companion's seat alone", alone, 422, "companion_alone", None),
    ];
    make(&app, client, fields.chain(others).collect()).await;
    let seating = format!("/v1/performances/{}/seating", theatre.performance);
    let etag = client.get(&seating).await.etag().to_owned();
    for (body, at) in [
        (json!({ "accessible_until": "2040-01-01T00:00:00Z" }), "/accessible_until"),
        (json!({ "single_seats": "never" }), "/single_seats"),
    ] {
        let refused = client.patch(&seating, &etag, body).await;
        assert_eq!(refused.refused(422, "invalid_field")["errors"][0]["pointer"], at);
    }
    app.verify(&[&reseller]).await;
}
