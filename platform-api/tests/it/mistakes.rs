//! The errors a person makes: each is told with its status, its code and where it is, and nothing has changed.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Answer, Client, fresh, send},
    theatre::{Theatre, buyer, eur, id, performance_body, show_body, venue_body},
};

/// Where the caller is told that the fault is.
fn pointers(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

/// A mistake: a name, its path, its body, and what it is answered: status, code, pointer (none where it is no field's).
type Mistake = (&'static str, String, Value, u16, &'static str, Option<&'static str>);

#[track_caller]
fn told(name: &str, answer: &Answer, status: u16, code: &str, pointer: Option<&str>) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &Value::from(code)), "{name}: {}", answer.text);
    if let Some(pointer) = pointer {
        assert!(pointers(answer).iter().any(|told| told == pointer), "{name} is not told at {pointer}: {}", answer.text);
    }
    assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{name}: {}", answer.text);
}

async fn make(app: &TestApp, client: &Client, mistakes: Vec<Mistake>) {
    for (name, path, body, status, code, pointer) in mistakes {
        let before = app.counts().await;
        let answer = client.post(&path, body).await;
        told(name, &answer, status, code, pointer);
        assert_eq!(app.counts().await, before, "{name} has changed something");
    }
}

/// The body with another value at this place.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(all) => all[field.parse::<usize>().unwrap()] = value,
        object => object[field] = value,
    }
    body
}

#[tokio::test]
async fn in_what_is_to_be_sold() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let show = |pointer: &str, value: Value| with(show_body(&theatre.venue), pointer, value);
    let first_price = "/performances/0/price_tiers/0/prices/0/price";
    let wrong_show = |name, pointer: &'static str, value: Value, status, code, at| -> Mistake {
        (name, "/v1/shows".to_owned(), show(pointer, value), status, code, at)
    };
    let usd = json!({ "amount": "49.90", "currency": "USD" });
    let tickets = "/performances/0/tickets/1/places";
    make(&app, &reseller.test, vec![
        wrong_show("another currency", first_price, usd, 422, "currency_mismatch", Some("/performances/0/price_tiers/0/prices/0/price/currency")),
        wrong_show("a past date", "/performances/0/starts_at", json!("2020-05-01T18:00:00Z"), 422, "invalid_field", Some("/performances/0/starts_at")),
        wrong_show("an end before the start", "/performances/0/ends_at", json!("2031-05-01T17:00:00Z"), 422, "invalid_field", Some("/performances/0/ends_at")),
        wrong_show("a negative price", first_price, eur("-1.00"), 422, "invalid_field", Some(first_price)),
        wrong_show("a price with three decimals", first_price, eur("1.001"), 422, "invalid_field", Some(first_price)),
        wrong_show("a price as a number", first_price, json!({ "amount": 49.9, "currency": "EUR" }), 422, "invalid_field", Some("/performances/0/price_tiers/0/prices/0/price/amount")),
        wrong_show("no ticket", tickets, json!(0), 422, "invalid_field", Some(tickets)),
        wrong_show("ten million tickets", tickets, json!(10_000_000), 422, "too_many_tickets", None),
        wrong_show("more than any number", tickets, json!(99_999_999_999_u64), 422, "invalid_field", Some(tickets)),
        wrong_show("half a ticket", tickets, json!(1.5), 422, "invalid_field", Some(tickets)),
        wrong_show("an unknown field", "/colour", json!("red"), 400, "unknown_field", Some("/colour")),
        wrong_show("an unknown field within", "/performances/0/colour", json!("red"), 400, "unknown_field", Some("/performances/0/colour")),
        wrong_show("no title", "/title", json!(" "), 422, "invalid_field", Some("/title")),
        wrong_show("a title of a NUL", "/title", json!("Ham\0let"), 422, "invalid_field", None),
        wrong_show("a description of a NUL", "/description", json!("\0"), 422, "invalid_field", None),
        wrong_show("a currency that is none", "/currency", json!("EURO"), 422, "invalid_field", Some("/currency")),
        wrong_show("an unknown ticket type", "/ticket_types", json!(["adult"]), 422, "invalid_field", Some("/performances/0/price_tiers/0/prices/1/ticket_type")),
        wrong_show("a ticket type twice", "/ticket_types", json!(["adult", "child", "adult"]), 422, "invalid_field", Some("/ticket_types/2")),
        wrong_show("rows and places", "/performances/0/tickets/0/places", json!(5), 422, "invalid_field", Some("/performances/0/tickets/0")),
        wrong_show("an inverted window", "/performances/0/on_sale_at", json!("2031-05-01T18:00:00Z"), 422, "invalid_field", Some("/performances/0/off_sale_at")),
        wrong_show("a time before any calendar", "/performances/0/on_sale_at", json!("-009000-01-01T00:00:00Z"), 422, "invalid_field", Some("/performances/0/on_sale_at")),
        wrong_show("a time without a zone", "/performances/0/starts_at", json!("2031-05-01T18:00:00"), 422, "invalid_field", Some("/performances/0/starts_at")),
        ("an unknown time zone", "/v1/venues".to_owned(), with(venue_body(), "/time_zone", json!("Europe/Atlantis")), 422, "invalid_field", Some("/time_zone")),
        ("an unknown visibility", "/v1/shows".to_owned(), show("/visibility", json!("secret")), 422, "invalid_field", Some("/visibility")),
        ("a row twice", format!("/v1/performances/{}/tickets", theatre.performance),
            json!({ "tickets": [{ "section": "Stalls", "price_tier": "stalls", "rows": [{ "label": "A", "seats": 3 }] }] }), 422, "seat_twice", None),
        ("no tickets to add", format!("/v1/performances/{}/tickets", theatre.performance), json!({ "tickets": [] }), 422, "invalid_field", Some("/tickets")),
        ("a performance in the past", format!("/v1/shows/{}/performances", theatre.show),
            with(performance_body(&theatre.venue), "/starts_at", json!("2020-05-01T18:00:00Z")), 422, "invalid_field", Some("/starts_at")),
    ]).await;
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_a_purchase() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let seats = theatre.tickets(client, "section=Stalls&limit=20").await;
    let seat = |i: usize| theatre.seat(&id(&seats[i]));
    theatre.sold(&app, client, json!([seat(4)])).await;
    let hold = id(&theatre.hold(client, json!([seat(6)])).await);
    let holds = |items: Value| json!({ "items": items });
    let priced = with(theatre.adults(1), "/price", eur("1.00"));
    let both = with(theatre.adults(1), "/ticket_id", seats[0]["id"].clone());
    let not_theirs = json!({ "ticket_ids": [id(&seats[0])] });
    let orders = |body: Value| ("/v1/orders".to_owned(), body);
    let order = |name, (path, body): (String, Value), status, code, at| -> Mistake { (name, path, body, status, code, at) };
    let h = |name, items: Value, status, code, at| -> Mistake { (name, "/v1/holds".to_owned(), holds(items), status, code, at) };
    make(&app, client, vec![
        h("a price from the client", json!([priced]), 400, "unknown_field", Some("/items/0/price")),
        h("a seat twice", json!([seat(0), seat(0)]), 422, "seat_twice", Some("/items/1/ticket_id")),
        h("a sold seat", json!([seat(4)]), 409, "seats_unavailable", None),
        h("a held seat", json!([seat(0), seat(6)]), 409, "seats_unavailable", None),
        h("none", json!([]), 422, "invalid_field", Some("/items")),
        h("none of an offer", json!([theatre.adults(0)]), 422, "invalid_field", Some("/items/0/quantity")),
        h("fewer than none", json!([with(theatre.adults(1), "/quantity", json!(-1))]), 422, "invalid_field", Some("/items/0/quantity")),
        h("too many", json!([theatre.adults(51)]), 422, "too_many_tickets", None),
        h("more than there are", json!([theatre.adults(39)]), 409, "not_enough_tickets", None),
        h("a seat and a number", json!([both]), 422, "invalid_field", Some("/items/0")),
        h("an id of another kind", json!([with(theatre.adults(1), "/offer_id", json!(theatre.performance))]), 422, "invalid_field", Some("/items/0/offer_id")),
        ("a hold for ever", "/v1/holds".to_owned(), json!({ "items": [theatre.adults(1)], "expires_in_seconds": 3601 }), 422, "invalid_field", Some("/expires_in_seconds")),
        ("a hold for no time", "/v1/holds".to_owned(), json!({ "items": [theatre.adults(1)], "expires_in_seconds": 0 }), 422, "invalid_field", Some("/expires_in_seconds")),
        ("a buyer's NUL", "/v1/holds".to_owned(), json!({ "items": [theatre.adults(1)], "buyer_reference": "a\0b" }), 422, "invalid_field", None),
        ("a ticket that is not in the hold", format!("/v1/holds/{hold}/remove"), not_theirs, 422, "invalid_field", Some("/ticket_ids/0")),
        ("nothing to take out", format!("/v1/holds/{hold}/remove"), json!({ "ticket_ids": [] }), 422, "invalid_field", Some("/ticket_ids")),
        order("a total from the client", orders(json!({ "items": [theatre.adults(1)], "total": eur("1.00") })), 400, "unknown_field", Some("/total")),
        order("a price in an order", orders(json!({ "items": [priced] })), 400, "unknown_field", Some("/items/0/price")),
        order("a hold and items", orders(json!({ "hold_id": hold, "items": [theatre.adults(1)] })), 422, "invalid_field", Some("/hold_id")),
        order("neither hold nor items", orders(json!({})), 422, "invalid_field", Some("/hold_id")),
        order("no e-mail address", orders(json!({ "hold_id": hold, "buyer": { "email": "ada" } })), 422, "invalid_field", Some("/buyer/email")),
        order("a reference of a NUL", orders(json!({ "hold_id": hold, "reference": "\0" })), 422, "invalid_field", None),
        order("another total in another currency", orders(json!({ "hold_id": hold, "expected_total": { "amount": "49.90", "currency": "USD" } })), 409, "price_changed", None),
    ]).await;
    let taken = client.post("/v1/holds", holds(json!([seat(4)]))).await.json();
    assert_eq!(taken["alternatives"]["unavailable"], json!([seats[4]["id"]]));
    let nearest = taken["alternatives"]["nearest_free"].as_array().unwrap();
    assert!(nearest.contains(&seats[3]["id"]) && nearest.contains(&seats[5]["id"]), "{taken}");
    assert!(!nearest.contains(&seats[4]["id"]) && !nearest.contains(&seats[6]["id"]), "{taken}");
    not_one_is_left_half_done(&app, client, &theatre).await;
    app.verify(&[&reseller]).await;
}

/// References are unique, refunds are of what was paid, an expired hold is gone.
async fn not_one_is_left_half_done(app: &TestApp, client: &Client, theatre: &Theatre) {
    let hold = |client: Client| async move { id(&theatre.hold(&client, json!([theatre.adults(1)])).await) };
    let (first, second, third) = (hold(client.clone()).await, hold(client.clone()).await, hold(client.clone()).await);
    let body = |hold: &str| json!({ "hold_id": hold, "reference": "same", "buyer": buyer() });
    let order = id(&client.post("/v1/orders", body(&first)).await.ok(201));
    make(app, client, vec![
        ("a reference again", "/v1/orders".to_owned(), body(&second), 409, "reference_taken", None),
        ("a hold again", "/v1/orders".to_owned(), json!({ "hold_id": first }), 409, "hold_not_active", None),
        ("a refund of what is not paid", format!("/v1/orders/{order}/refunds"), json!({}), 409, "order_not_paid", None),
        ("a test clock that stands", "/v1/test_clock/advance".to_owned(), json!({ "seconds": 0 }), 422, "invalid_field", Some("/seconds")),
        ("a test clock of a millennium", "/v1/test_clock/advance".to_owned(), json!({ "seconds": u64::MAX }), 422, "invalid_field", Some("/seconds")),
    ]).await;
    client.post("/v1/test_clock/advance", json!({ "seconds": 901 })).await.ok(200);
    make(app, client, vec![
        ("an expired hold", "/v1/orders".to_owned(), json!({ "hold_id": third }), 410, "expired", None),
        ("more for an expired hold", format!("/v1/holds/{third}/add"), json!({ "items": [theatre.adults(1)] }), 410, "expired", None),
        ("time for an expired hold", format!("/v1/holds/{third}/extend"), json!({}), 410, "expired", None),
        ("payment of an expired order", format!("/v1/orders/{order}/payments"), json!({}), 410, "order_expired", None),
    ]).await;
}

#[tokio::test]
async fn with_a_live_key_the_clock_cannot_be_moved() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let before = app.counts().await;
    reseller.live.post("/v1/test_clock/advance", json!({ "seconds": 60 })).await.refused(403, "test_only");
    assert_eq!(app.counts().await, before);
}

#[tokio::test]
async fn in_a_registration() {
    let app = TestApp::start().await;
    let form = json!({ "name": "N", "email": "a@b.example", "country": "NL", "currency": "EUR", "legal_name": "N BV", "address": "S 1" });
    let anyone = app.anyone();
    make(&app, &anyone, vec![
        ("no e-mail address", "/v1/regions/eu/resellers".to_owned(), with(form.clone(), "/email", json!("a")), 422, "invalid_field", Some("/email")),
        ("a country of three letters", "/v1/regions/eu/resellers".to_owned(), with(form.clone(), "/country", json!("NLD")), 422, "invalid_field", Some("/country")),
        ("no currency", "/v1/regions/eu/resellers".to_owned(), with(form.clone(), "/currency", json!("XXX")), 422, "invalid_field", Some("/currency")),
        ("a NUL", "/v1/regions/eu/resellers".to_owned(), with(form.clone(), "/name", json!("\0")), 422, "invalid_field", None),
        ("a mode", "/v1/regions/eu/resellers".to_owned(), with(form.clone(), "/mode", json!("live")), 400, "unknown_field", Some("/mode")),
        ("another region", "/v1/regions/us/resellers".to_owned(), form.clone(), 421, "region_elsewhere", None),
        ("no region", "/v1/regions/mars/resellers".to_owned(), form, 421, "region_elsewhere", None),
    ]).await;
}

#[tokio::test]
async fn in_a_bodys_form() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let venue = venue_body().to_string();
    let json_type = "application/json";
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let twice = venue.replacen('{', "{\"name\":\"Other\",", 1);
    let padded = format!("{{\"name\":\"{}\"}}", "x".repeat(app.settings.body_limit));
    let cases: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
        ("broken JSON", json_type, b"{\"name\": ".to_vec(), 400, "invalid_request"),
        ("more after the end", json_type, format!("{venue} x").into_bytes(), 400, "invalid_request"),
        ("no body", json_type, Vec::new(), 422, "invalid_field"),
        ("no object", json_type, b"[]".to_vec(), 422, "invalid_field"),
        ("null", json_type, b"null".to_vec(), 422, "invalid_field"),
        ("a form", "application/x-www-form-urlencoded", b"name=x".to_vec(), 415, "unsupported_media_type"),
        ("text", "text/plain", venue.clone().into_bytes(), 415, "unsupported_media_type"),
        ("no type", "", venue.clone().into_bytes(), 415, "unsupported_media_type"),
        ("a huge body", json_type, padded.into_bytes(), 413, "body_too_large"),
        ("deep nesting", json_type, deep.into_bytes(), 422, "invalid_field"),
        ("a huge number", json_type, b"{\"name\": 1e999}".to_vec(), 400, "invalid_request"),
        ("a field twice", json_type, twice.into_bytes(), 422, "invalid_field"),
        ("invalid UTF-8", json_type, b"{\"name\": \"\xff\xfe\"}".to_vec(), 400, "invalid_request"),
        ("half a pair", json_type, b"{\"name\": \"\\ud800\"}".to_vec(), 400, "invalid_request"),
        ("a NUL byte", json_type, b"{\"name\": \"a\0b\"}".to_vec(), 400, "invalid_request"),
        ("a NUL's escape", json_type, venue.replacen("Royal", "\\u0000", 1).into_bytes(), 422, "invalid_field"),
    ];
    let before = app.counts().await;
    for (name, media, body, status, code) in cases {
        let call = reseller.test.call("post", "/v1/venues").header("idempotency-key", fresh()).body(body);
        let answer = send(if media.is_empty() { call } else { call.header("content-type", media) }).await;
        told(name, &answer, status, code, None);
        assert_eq!(app.counts().await, before, "{name}");
    }
    // What only looks like a NUL's escape is a text like any other.
    let venue = with(venue_body(), "/name", json!("back\\u0000slash"));
    assert_eq!(reseller.test.post("/v1/venues", venue.clone()).await.ok(201)["name"], venue["name"]);
    let media = "Application/JSON; charset=utf-8";
    let call = reseller.test.call("post", "/v1/venues").header("idempotency-key", fresh()).header("content-type", media);
    send(call.body(venue_body().to_string())).await.ok(201);
}

#[tokio::test]
async fn deep_nesting_of_any_depth_is_refused_and_not_followed() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let call = reseller.test.call("post", "/v1/shows").header("idempotency-key", fresh()).header("content-type", "application/json");
    let answer = send(call.body(format!("{{\"performances\":{}", "[".repeat(500_000)))).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
}

#[tokio::test]
async fn in_an_update() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    theatre.hold(client, json!([theatre.adults(1)])).await;
    let (show, performance) = (format!("/v1/shows/{}", theatre.show), format!("/v1/performances/{}", theatre.performance));
    let offer = format!("{performance}/offers/{}", theatre.adult);
    let long = "x".repeat(10_001);
    let cases: Vec<(&str, &str, Value, u16, &str, Option<&str>)> = vec![
        ("an unknown field", &show, json!({ "colour": "red" }), 400, "unknown_field", Some("/colour")),
        ("the currency of a show", &show, json!({ "currency": "USD" }), 400, "unknown_field", Some("/currency")),
        ("an empty title", &show, json!({ "title": "" }), 422, "invalid_field", Some("/title")),
        ("a title of two lines", &show, json!({ "title": "a\nb" }), 422, "invalid_field", Some("/title")),
        ("a title's NUL", &show, json!({ "title": "a\0b" }), 422, "invalid_field", None),
        ("an endless description", &show, json!({ "description": long }), 422, "invalid_field", Some("/description")),
        ("a draft that sells", &show, json!({ "state": "draft" }), 409, "tickets_in_use", None),
        ("another date of what was held", &performance, json!({ "starts_at": "2031-05-02T18:00:00Z" }), 409, "tickets_in_use", None),
        ("an inverted window", &performance, json!({ "on_sale_at": "2031-05-01T18:00:00Z" }), 422, "invalid_field", Some("/off_sale_at")),
        ("a price in another currency", &offer, json!({ "price": { "amount": "5", "currency": "USD" } }), 422, "currency_mismatch", None),
        ("a negative price", &offer, json!({ "price": eur("-0.01") }), 422, "invalid_field", Some("/price")),
        ("nobody's account", "/v1/reseller", json!({ "email": "x" }), 422, "invalid_field", Some("/email")),
        ("another country", "/v1/reseller", json!({ "country": "DE" }), 400, "unknown_field", Some("/country")),
    ];
    let read = async || {
        let mut all = Vec::new();
        for path in [&show, &performance, &offer, "/v1/reseller"] {
            all.push(client.get(path).await.text);
        }
        all
    };
    let before = (read().await, app.counts().await);
    for (name, path, body, status, code, pointer) in cases {
        let etag = client.get(path).await.etag().to_owned();
        told(name, &client.patch(path, &etag, body).await, status, code, pointer);
        assert_eq!((read().await, app.counts().await), before, "{name}");
    }
    let etag = client.get(&show).await.etag().to_owned();
    client.delete(&show, &etag).await.refused(409, "tickets_in_use");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_a_query() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let tickets = format!("/v1/performances/{}/tickets", theatre.performance);
    let public = format!("/v1/public/eu/{}/shows", reseller.id);
    let lists = ["/v1/venues", "/v1/shows", "/v1/orders", "/v1/api_keys", "/v1/webhook_endpoints", &tickets, &public];
    for list in lists {
        for (query, status, code, pointer) in [
            ("limit=0", 422, "invalid_field", "limit"),
            ("limit=101", 422, "invalid_field", "limit"),
            ("limit=-1", 422, "invalid_field", "limit"),
            ("limit=ten", 422, "invalid_field", "limit"),
            ("limit=1&limit=2", 422, "invalid_field", "limit"),
            ("cursor=abc", 400, "invalid_cursor", ""),
            ("cursor=7b7d", 400, "invalid_cursor", ""),
            ("colour=red", 400, "unknown_field", "colour"),
        ] {
            let answer = reseller.test.get(&format!("{list}?{query}")).await;
            told(&format!("{list}?{query}"), &answer, status, code, Some(pointer).filter(|pointer| !pointer.is_empty()));
        }
    }
    for (path, status, code) in [
        ("/v1/shows?q=%00".to_owned(), 422, "invalid_field"),
        ("/v1/shows?from=yesterday".to_owned(), 422, "invalid_field"),
        ("/v1/shows?from=-009000-01-01T00:00:00Z".to_owned(), 422, "invalid_field"),
        ("/v1/shows?venue_id=show_1".to_owned(), 422, "invalid_field"),
        ("/v1/shows?state=sold".to_owned(), 422, "invalid_field"),
        ("/v1/orders?state=sold".to_owned(), 422, "invalid_field"),
        ("/v1/orders?reference=%00".to_owned(), 422, "invalid_field"),
        (format!("{tickets}?section=%00"), 422, "invalid_field"),
        ("/v1/events?after=x".to_owned(), 422, "invalid_field"),
        ("/v1/events?limit=0".to_owned(), 422, "invalid_field"),
        ("/v1/events?page=1".to_owned(), 400, "unknown_field"),
        ("/v1/reports/sales?group_by=buyer".to_owned(), 422, "invalid_field"),
        ("/v1/reports/sales?from=2031-01-01T00:00:00Z&to=2030-01-01T00:00:00Z".to_owned(), 422, "invalid_field"),
        ("/v1/reports/sales?from=-009000-01-01T00:00:00Z".to_owned(), 422, "invalid_field"),
    ] {
        told(&path, &reseller.test.get(&path).await, status, code, None);
    }
    // A cursor of another list, and one of ours that has been tampered with.
    let cursor = hex_of("[1,2,3]");
    reseller.test.get(&format!("/v1/shows?cursor={cursor}")).await.refused(400, "invalid_cursor");
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
