//! Performances on layouts over HTTP: their tickets, how full they are, and their pictures.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    mistakes::{told, with},
    theatre::{Theatre, id, laid_out_body, layout_body},
};

/// What there is to hold of a performance.
async fn adult(client: &Client, performance: &str) -> String {
    let whole = client.get(&format!("/v1/performances/{performance}")).await.ok(200);
    id(whole["offers"].as_array().unwrap().iter().find(|offer| offer["ticket_type"] == "adult").unwrap())
}

/// The theatre, a performance of it on a layout, and one as the theatre's that sells it.
async fn on_a_layout(client: &Client) -> Theatre {
    let theatre = Theatre::open(client).await;
    let performance = theatre.laid_out(client).await;
    Theatre { adult: adult(client, &performance).await, performance, ..theatre }
}

async fn capacity(client: &Client, performance: &str) -> Value {
    client.get(&format!("/v1/performances/{performance}/capacity")).await.ok(200)
}

/// created, sold, held, blocked, available
fn counts(of: &Value) -> [i64; 5] {
    ["created", "sold", "held", "blocked", "available"].map(|count| of[count].as_i64().unwrap())
}

#[tokio::test]
async fn how_full_it_is_can_be_read_by_area_beside_its_room_and_its_lawful_maximum() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_layout(client).await;
    let layout = &client.get(&format!("/v1/performances/{}", theatre.performance)).await.ok(200)["layout"];
    assert_eq!(layout["choices"], json!({ "floor": "standing" }));
    let full = capacity(client, &theatre.performance).await;
    assert_eq!(counts(&full["totals"]), [40, 0, 0, 0, 40]);
    theatre.sold(&app, client, json!([theatre.adults(3)])).await;
    theatre.hold(client, json!([theatre.adults(2)])).await;
    theatre.order(client, json!([theatre.adults(1)])).await;
    let full = capacity(client, &theatre.performance).await;
    assert_eq!(counts(&full["totals"]), [40, 3, 3, 0, 34], "an order that is not paid holds its ticket");
    let stalls = &full["sections"][0];
    assert_eq!(
        (text(&stalls["section"]), &stalls["capacity"], &stalls["maximum"]),
        ("Stalls", &json!(20), &Value::Null)
    );
    let floor = &full["sections"][1];
    assert_eq!((text(&floor["section"]), &floor["capacity"], &floor["numbered"]), ("Floor", &json!(20), &json!(false)));
    assert_eq!(full["sections"].as_array().unwrap().len(), 2, "what excludes the floor is not there");
    // What the law allows stands beside what there is room for, area by area and in all.
    let mut lawful = layout_body("Lawful");
    lawful["plan"]["maximum"] = json!(25);
    lawful["plan"]["sections"][0]["maximum"] = json!(15);
    lawful["plan"]["areas"][0]["maximum"] = json!(12);
    let layouts = format!("/v1/venues/{}/layouts", theatre.venue);
    let layout = client.post(&layouts, lawful).await.ok(201);
    let draft = id(&layout["open"]);
    client.post(&format!("{layouts}/{}/versions/{draft}/publish", id(&layout)), json!({})).await.ok(200);
    let mut body = laid_out_body(&theatre.venue, &id(&layout));
    body["tickets"][0]["only_rows"] = json!(["A"]);
    body["tickets"][1]["places"] = json!(12);
    let lawful = client.post(&format!("/v1/shows/{}/performances", theatre.show), body).await.ok(201);
    let full = capacity(client, &id(&lawful)).await;
    assert_eq!((&full["maximum"], counts(&full["totals"])), (&json!(25), [22, 0, 0, 0, 22]));
    let areas = full["sections"].as_array().unwrap().iter();
    let areas: Vec<_> = areas.map(|of| [&of["section"], &of["capacity"], &of["maximum"], &of["created"]]).collect();
    assert_eq!(json!(areas), json!([["Stalls", 20, 15, 10], ["Floor", 20, 12, 12]]));
    // Without a layout it is the same, with nothing to hold it against.
    let plain = Theatre::open(client).await;
    let full = capacity(client, &plain.performance).await;
    assert_eq!((counts(&full["totals"]), &full["sections"][0]["capacity"]), ([40, 0, 0, 0, 40], &Value::Null));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_performance_gets_of_its_layout_what_was_asked_for_and_never_more_than_the_law_allows() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_layout(client).await;
    let layout = client.get(&format!("/v1/performances/{}", theatre.performance)).await.ok(200);
    let layout = text(&layout["layout"]["layout_id"]).to_owned();
    let mut body = laid_out_body(&theatre.venue, &layout);
    let performances = format!("/v1/shows/{}/performances", theatre.show);
    let tickets = "/tickets/0";
    let before = app.counts().await;
    for (place, value, status, code, at) in [
        ("/layout/choices", json!({}), 422, "invalid_field", "/layout/choices/floor"),
        ("/layout/choices/floor", json!("flying"), 422, "invalid_field", "/layout/choices/floor"),
        ("/layout/choices/roof", json!("open"), 422, "invalid_field", "/layout/choices"),
        ("/tickets/0/section", json!("Chairs"), 422, "invalid_field", "/tickets/0/section"),
        ("/tickets/0/only_rows", json!(["A", "Z"]), 422, "invalid_field", "/tickets/0/only_rows/1"),
        ("/tickets/0/except", json!([{ "row": "A", "seat": "11" }]), 422, "invalid_field", "/tickets/0/except/0"),
        ("/tickets/0/places", json!(5), 422, "invalid_field", "/tickets/0/places"),
        ("/tickets/0/rows", json!([{ "label": "A", "seats": 5 }]), 422, "invalid_field", "/tickets/0/rows"),
        ("/tickets/1/places", json!(21), 422, "over_maximum", "/tickets/1"),
    ] {
        told(place, &client.post(&performances, with(body.clone(), place, value)).await, status, code, Some(at));
    }
    assert_eq!(app.counts().await, before);
    let overlaps = client.post(&performances, body.clone()).await.refused(409, "performances_overlap");
    assert_eq!(overlaps["errors"][0]["pointer"], "/starts_at");
    assert_eq!(overlaps["alternatives"]["performance_id"], json!(theatre.performance));
    assert_eq!(app.counts().await, before);
    (body["starts_at"], body["ends_at"]) = (json!("2031-05-02T18:00:00Z"), json!("2031-05-02T21:00:00Z"));
    // Half of it now, the rest later, and never more than fits.
    let some = json!([
        { "section": "Stalls", "price_tier": "stalls", "only_rows": ["A"], "except": [{ "row": "A", "seat": "1" }] },
        { "section": "Floor", "price_tier": "stalls", "places": 15 }]);
    let made = id(&client.post(&performances, with(body.clone(), "/tickets", some)).await.ok(201));
    assert_eq!(counts(&capacity(client, &made).await["totals"]), [24, 0, 0, 0, 24]);
    let more = format!("/v1/performances/{made}/tickets");
    let places = |count: u32| json!({ "tickets": [{ "section": "Floor", "price_tier": "stalls", "places": count }] });
    let before = app.counts().await;
    told("one too many", &client.post(&more, places(6)).await, 422, "over_maximum", Some(tickets));
    let again = json!({ "tickets": [{ "section": "Stalls", "price_tier": "stalls", "only_rows": ["A"], "except": [{ "row": "A", "seat": "2" }] }] });
    client.post(&more, again).await.refused(422, "seat_twice");
    assert_eq!(app.counts().await, before);
    client.post(&more, places(5)).await.ok(201);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_layout_must_be_published_and_of_the_performances_venue() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = Theatre::open(client).await;
    let other = Theatre::open(client).await;
    let layouts = format!("/v1/venues/{}/layouts", theatre.venue);
    let draft = id(&client.post(&layouts, layout_body("Draft")).await.ok(201));
    let performances = format!("/v1/shows/{}/performances", theatre.show);
    client.post(&performances, laid_out_body(&theatre.venue, &draft)).await.refused(409, "layout_not_published");
    client.post(&performances, laid_out_body(&other.venue, &draft)).await.refused(404, "not_found");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn the_picture_shows_sections_then_seats_as_they_are_now() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = on_a_layout(client).await;
    let seats = theatre.tickets(client, "available=true&section=Stalls&limit=4").await;
    theatre.sold(&app, client, json!([theatre.seat(&id(&seats[0]))])).await;
    theatre.hold(client, json!([theatre.seat(&id(&seats[1]))])).await;
    let path = format!("/v1/performances/{}/seat-map.svg", theatre.performance);
    let sections = client.get(&path).await;
    assert_eq!((sections.status, sections.header("content-type")), (200, "image/svg+xml"));
    assert!(sections.header("content-security-policy").contains("default-src 'none'"));
    assert!(sections.text.contains("<title>Stalls: 18 of 20 left</title>"), "{}", sections.text);
    assert!(sections.text.contains("<title>Floor: 20 of 20 left</title>") && !sections.text.contains("Chairs"));
    let stalls = client.get(&format!("{path}?section=Stalls")).await.text;
    for told in ["Row A, seat 1: sold", "Row A, seat 2: held", "Row A, seat 3: available"] {
        assert!(stalls.contains(&format!("<title>{told}</title>")), "{told}: {stalls}");
    }
    let all = client.get(&format!("{path}?detail=seats")).await.text;
    assert_eq!(all.matches("h0").count(), 20);
    // The public learns what it can buy, not who was there before.
    let public = format!("/v1/public/eu/{}/performances/{}/seat-map.svg", reseller.id, theatre.performance);
    let anyone = app.anyone();
    let stalls = anyone.get(&format!("{public}?section=Stalls")).await;
    assert!(stalls.text.contains("<title>Row A, seat 1: unavailable</title>"), "{}", stalls.text);
    assert!(stalls.text.contains("<title>Row A, seat 2: unavailable</title>"));
    assert!(stalls.text.contains("<title>Row A, seat 3: available</title>"));
    assert!(!stalls.text.contains("sold") || !stalls.text.contains("class=\"seat sold\""));
    assert!(anyone.get(&public).await.text.contains("<title>Stalls: 18 of 20 left</title>"));
    // What has not changed is not sent again.
    let etag = anyone.get(&public).await.etag().to_owned();
    for known in [etag.clone(), format!("\"0\",W/{etag}")] {
        let same = crate::client::send(anyone.call("get", &public).header("if-none-match", known)).await;
        assert_eq!((same.status, same.text.as_str()), (304, ""));
    }
    client.get(&format!("{path}?section=Balcony")).await.refused(404, "not_found");
    client.get(&format!("{path}?detail=rows")).await.refused(422, "invalid_field");
    let plain = Theatre::open(client).await;
    client.get(&format!("/v1/performances/{}/seat-map.svg", plain.performance)).await.refused(409, "no_layout");
    app.verify(&[&reseller]).await;
}
