//! What holds for every answer, and what operators look at.

use serde_json::json;

use crate::{
    app::{TestApp, settings},
    client::send,
    log::lines,
    theatre::{id, venue_body},
};

#[tokio::test]
async fn what_is_nowhere_is_a_problem_with_an_id_too() {
    let app = TestApp::start().await;
    let anyone = app.anyone();
    for path in ["/", "/v1", "/v1/nothing", "/v1/shows/", "/v2/shows", "/callbacks/stripe", "/%00", "/v1/%2e%2e/shows"]
    {
        let problem = anyone.get(path).await.refused(404, "not_found");
        let detail = problem["detail"].as_str().unwrap();
        // As the client sends it.
        let url = reqwest::Url::parse(&format!("http://localhost{path}")).unwrap();
        let path = url.path();
        assert!(detail.starts_with(&format!("There is nothing at {path}; ")), "{detail}");
        assert!(detail.contains("/v1") && detail.contains("/openapi.json"), "{detail}");
    }
    let secret = anyone.get("/v2/shows?key=in-the-query").await;
    assert!(!secret.text.contains("in-the-query"), "{}", secret.text);
    let long = anyone.get(&format!("/{}", "x".repeat(5_000))).await;
    assert!(long.refused(404, "not_found")["detail"].as_str().unwrap().len() < 400);
    for (method, path) in
        [("put", "/v1/shows"), ("delete", "/v1/shows"), ("post", "/healthz"), ("get", "/callbacks/stripe/eu-1")]
    {
        let answer = send(anyone.call(method, path)).await;
        answer.refused(405, "method_not_allowed");
        assert!(!answer.header("allow").is_empty(), "{method} {path}: {answer:?}");
    }
    let first = anyone.get("/v1/shows").await;
    let second = send(anyone.call("get", "/v1/shows").header("request-id", first.header("request-id"))).await;
    assert_ne!(first.header("request-id"), second.header("request-id"), "a caller chooses its request's id");
}

#[tokio::test]
async fn liveness_readiness_and_the_description_are_open() {
    let app = TestApp::start().await;
    let anyone = app.anyone();
    assert_eq!(anyone.get("/healthz").await.text, "ok");
    let ready = anyone.get("/readyz").await.ok(200);
    assert_eq!(ready, json!({ "ready": true, "cells": { "eu-1": "ready" } }));
    assert_eq!(anyone.get("/openapi.json").await.ok(200), crate::document::document());
}

#[tokio::test]
async fn a_cell_whose_database_is_gone_is_named_and_the_process_lives() {
    let mut app = TestApp::start().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("postgres://stagedoor_app:test@{gone}/none");
    let lost = foundation::cell::CellSettings {
        name: "eu-2".to_owned(),
        database_url: url.clone(),
        worker_database_url: url,
        ..app.db.settings()
    };
    app.process_on(foundation::Cell::open(&lost).unwrap()).await;
    let anyone = app.at_second(&app.anyone());
    let told = anyone.get("/readyz").await.ok(503);
    assert_eq!(told["ready"], false);
    assert_eq!(told["cells"]["eu-2"], "its database does not answer");
    assert_eq!(anyone.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn metrics_are_for_those_who_may_read_them() {
    let app = TestApp::start().await;
    app.reseller().await.test.get("/v1/shows").await.ok(200);
    let metrics = app.anyone().get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text.contains("stagedoor_requests_total{route=\"/v1/shows\",method=\"GET\",status=\"200\"}"),
        "{}",
        metrics.text
    );
    let closed = platform_api::ApiSettings {
        metrics_from: vec!["10.0.0.0/8".parse().unwrap()],
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..settings()
    };
    let app = TestApp::with(closed).await;
    app.anyone().get("/metrics").await.refused(404, "not_found");
    // Whatever a caller says of itself, it is the peer that counts.
    send(app.anyone().call("get", "/metrics").header("x-forwarded-for", "10.0.0.1")).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_callback_that_is_not_the_providers_is_refused() {
    let app = TestApp::start().await;
    let body = json!({ "id": "evt_1", "type": "payment_intent.succeeded", "data": { "object": {} } });
    let before = app.counts().await;
    for signature in ["", "t=1,v1=00", "nonsense"] {
        let call =
            app.anyone().call("post", "/callbacks/stripe/eu-1").header("stripe-signature", signature).json(&body);
        send(call).await.refused(400, "invalid_request");
    }
    send(app.anyone().call("post", "/callbacks/stripe/eu-9").json(&body)).await.refused(404, "not_found");
    let huge = app.anyone().call("post", "/callbacks/stripe/eu-1").body(vec![b'x'; (1 << 20) + 1]);
    send(huge).await.refused(413, "body_too_large");
    assert_eq!(app.counts().await, before);
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_and_no_secret() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let order = theatre.order(client, json!([theatre.adults(1)])).await;
    let payment = &order["payments"][0];
    app.pay(payment, "pm_card_visa").await;
    app.callback("payment_intent.succeeded").await;
    client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200);
    let created = client.post("/v1/webhook_endpoints", json!({ "url": "https://example.com/hooks" })).await.ok(201);
    client.get("/v1/shows?q=in-the-query").await.ok(200);
    let last = client.post_keyed("/v1/venues", "an-idempotency-key", &venue_body().to_string()).await;
    app.with_key(&client.key.clone().unwrap().replace("_test_", "_live_"))
        .get("/v1/orders")
        .await
        .refused(401, "credentials_invalid");
    let log = lines();
    let line = log.lines().find(|line| line.contains(last.header("request-id"))).unwrap();
    for part in ["method=POST", "route=\"/v1/venues\"", "status=201", &reseller.id.to_string()] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(log.contains("route=\"/v1/orders/{order_id}\""), "routes are logged, not addresses");
    let key = client.key.clone().unwrap();
    for (what, text) in [
        ("a key's secret", &key[key.len() - 48..]),
        ("a signing secret", created["secret"].as_str().unwrap()),
        ("a payment's secret", payment["client_secret"].as_str().unwrap()),
        ("the buyer's name", "Ada Lovelace"),
        ("the buyer's address", "ada@example.com"),
        ("a query", "in-the-query"),
        ("an idempotency key", "an-idempotency-key"),
    ] {
        let told: Vec<&str> = log.lines().filter(|line| line.contains(text)).collect();
        assert!(told.is_empty(), "{what} is in the log: {told:?}");
    }
}

#[tokio::test]
async fn what_is_too_much_or_too_slow_is_told_to_come_again() {
    for (settings, code) in [
        (platform_api::ApiSettings { max_in_flight: 0, ..settings() }, "busy"),
        (platform_api::ApiSettings { request_timeout: std::time::Duration::ZERO, ..settings() }, "request_timeout"),
    ] {
        let app = TestApp::with(settings).await;
        // It asks the database, and so it can be too slow.
        let answer = app.anyone().get(&format!("/v1/public/eu/rs_{:032x}/shows", 1)).await;
        answer.refused(503, code);
        assert_eq!((answer.header("retry-after"), answer.header("content-type")), ("1", "application/problem+json"));
        assert_eq!(app.anyone().get("/healthz").await.status, 200, "a busy process is alive");
    }
}
