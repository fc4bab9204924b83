//! The errors in a body's form and in a query.

use crate::{
    app::TestApp,
    client::{fresh, send},
    mistakes::{told, with},
    theatre::venue_body,
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
            told(
                &format!("{list}?{query}"),
                &answer,
                status,
                code,
                Some(pointer).filter(|pointer| !pointer.is_empty()),
            );
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
