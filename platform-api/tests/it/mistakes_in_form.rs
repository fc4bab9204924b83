//! The errors in a body's form and in a query.

use crate::{
    app::TestApp,
    client::{fresh, send},
    mistakes::{told, with},
    theatre::{show_body, venue_body},
};
use serde_json::json;

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
    let call =
        reseller.test.call("post", "/v1/venues").header("idempotency-key", fresh()).header("content-type", media);
    send(call.body(venue_body().to_string())).await.ok(201);
}

#[tokio::test]
async fn deep_nesting_of_any_depth_is_refused_and_not_followed() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let call = reseller
        .test
        .call("post", "/v1/shows")
        .header("idempotency-key", fresh())
        .header("content-type", "application/json");
    let answer = send(call.body(format!("{{\"performances\":{}", "[".repeat(500_000)))).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
}

/// serde reads a structure from a list of its fields as well; the API does not.
#[tokio::test]
async fn a_list_where_an_object_is_wanted_is_refused_however_deep() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let show = show_body(&theatre.venue);
    let tier = "/performances/0/price_tiers/0";
    let order = json!({ "items": [theatre.adults(1)], "buyer": ["Ada", "ada@example.com"] });
    let before = app.counts().await;
    for (path, body, pointer) in [
        ("/v1/venues", json!(["Royal", "Amsterdam", "NL", "Europe/Amsterdam"]), ""),
        ("/v1/shows", with(show.clone(), tier, json!(["stalls", []])), tier),
        (
            "/v1/shows",
            with(show, &format!("{tier}/prices/0/price"), json!(["1.00", "EUR"])),
            "/performances/0/price_tiers/0/prices/0/price",
        ),
        ("/v1/orders", order, "/buyer"),
        ("/v1/test_clock/advance", json!([60]), ""),
    ] {
        let answer = reseller.test.post(path, body).await;
        told(path, &answer, 422, "invalid_field", Some(pointer));
        let detail = &answer.json()["errors"][0]["detail"];
        assert_eq!(detail, "must be an object, not a list", "{path} {pointer}");
    }
    assert_eq!(app.counts().await, before);
}

/// What is told is in the API's words: none of serde's, and no name of a type of ours.
#[tokio::test]
async fn what_is_wanted_is_told_in_the_apis_words() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let show = |pointer: &str, value| with(show_body(&theatre.venue), pointer, value);
    let places = "/performances/0/tickets/1/places";
    let whole = "must be a whole number, 0 or more";
    for (path, body, pointer, detail) in [
        ("/v1/venues", json!("Royal"), "", "must be an object, not a text"),
        ("/v1/venues", json!(null), "", "must be an object, not null"),
        ("/v1/venues", with(venue_body(), "/name", json!(5)), "/name", "must be a text, not the number 5"),
        ("/v1/venues", with(venue_body(), "/name", json!({})), "/name", "must be a text, not an object"),
        ("/v1/venues", json!({ "name": "Royal" }), "/city", "is missing"),
        ("/v1/shows", show("/performances", json!({})), "/performances", "must be a list, not an object"),
        (
            "/v1/shows",
            show("/performances/0/tickets/1", json!({ "places": 5 })),
            "/performances/0/tickets/1/section",
            "is missing",
        ),
        ("/v1/shows", show(places, json!("5")), places, &format!("{whole}, not a text")),
        ("/v1/shows", show(places, json!(1.5)), places, &format!("{whole}, not the number 1.5")),
        ("/v1/shows", show(places, json!(-1)), places, &format!("{whole}, not the number -1")),
        ("/v1/shows", show(places, json!(5_000_000_000_u64)), places, "must be a smaller number than 5000000000"),
        ("/v1/shows", show("/visibility", json!("secret")), "/visibility", "must be one of `public`, `hidden`"),
    ] {
        let answer = reseller.test.post(path, body).await;
        told(pointer, &answer, 422, "invalid_field", Some(pointer));
        assert_eq!(answer.json()["errors"][0]["detail"], detail, "{path} {pointer}");
    }
    for (query, detail) in [
        ("limit=ten", "must be a whole number, 0 or more"),
        ("limit=1&limit=2", "is given twice"),
        ("colour=red", "is not known here; there are `limit`, `cursor`"),
    ] {
        let answer = reseller.test.get(&format!("/v1/venues?{query}")).await;
        assert_eq!(answer.json()["errors"][0]["detail"], detail, "{query}");
    }
    let answer = reseller.test.post("/v1/venues", with(venue_body(), "/colour", json!("red"))).await;
    let problem = answer.refused(400, "unknown_field");
    let known = "is not known here; there are `name`, `city`, `country`, `time_zone`";
    assert_eq!(problem["errors"][0], json!({ "pointer": "/colour", "detail": known }));
    assert_eq!(problem["detail"], format!("/colour {known}"));
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
        for (query, status, code, parameter_at_fault) in [
            ("limit=0", 422, "invalid_field", "limit"),
            ("limit=101", 422, "invalid_field", "limit"),
            ("limit=-1", 422, "invalid_field", "limit"),
            ("limit=ten", 422, "invalid_field", "limit"),
            ("limit=1&limit=2", 422, "invalid_field", "limit"),
            ("cursor=abc", 400, "invalid_cursor", "cursor"),
            ("cursor=7b7d", 400, "invalid_cursor", "cursor"),
            ("colour=red", 400, "unknown_field", "colour"),
        ] {
            let answer = reseller.test.get(&format!("{list}?{query}")).await;
            told(&format!("{list}?{query}"), &answer, status, code, None);
            // A query has parameters, and no place that a JSON pointer could lead to.
            let named = &answer.json()["errors"][0];
            let parameter = named["parameter"].as_str().unwrap_or_default();
            assert_eq!((parameter, named.get("pointer")), (parameter_at_fault, None), "{list}?{query}: {named}");
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
        ("/v1/events?after=-1".to_owned(), 422, "invalid_field"),
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
