//! What a reseller will have, as it is told over HTTP.

use serde_json::json;

use crate::{
    app::{FEE_DELAY, TestApp},
    client::text,
    theatre::eur,
};

#[tokio::test]
async fn the_forecast_says_what_comes_when_and_why_and_comes_to_the_balance() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    client.patch(&format!("/v1/shows/{}", theatre.show), "\"1\"", json!({ "title": "=Hamlet, or so" })).await.ok(200);
    theatre.sold(&app, client, json!([theatre.adults(1)])).await;
    app.give(&reseller, "10.00").await;
    let told = client.get("/v1/reports/forecast").await.ok(200);
    let of = &told["data"][0];
    // 49.90 less 2.80 and a tax of 0.59, two days after the end on 1 May 2031.
    let entry = json!({
        "at": "2031-05-03T21:00:00Z", "why": "release", "performance_id": theatre.performance, "show_id": theatre.show,
        "show_title": "=Hamlet, or so", "performance_ends_at": "2031-05-01T21:00:00Z", "provider_available_at": null, "amount": eur("46.51"),
        "available_after": eur("56.51"),
    });
    assert_eq!(of["entries"], json!([entry]));
    let amounts = ["available", "pending", "reserved", "later"].map(|name| of[name].clone());
    assert_eq!(amounts, [eur("10.00"), eur("46.51"), eur("0.00"), eur("0.00")]);
    assert_eq!(of["next_payout"], json!(null));
    let balance = client.get("/v1/balance").await.ok(200);
    for name in ["available", "pending", "reserved"] {
        assert_eq!(balance["data"][0][name], of[name], "{name}");
    }
    let csv = client.get("/v1/reports/forecast?format=csv").await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    let lines: Vec<&str> = csv.text.split("\r\n").collect();
    let id = |name: &str| text(&of["entries"][0][name]).to_owned();
    let expected = format!(
        "EUR,2031-05-03T21:00:00Z,release,{},{},\"'=Hamlet, or so\",2031-05-01T21:00:00Z,,46.51,56.51",
        id("performance_id"),
        id("show_id")
    );
    assert_eq!(
        lines[0],
        "currency,at,why,performance_id,show_id,show_title,performance_ends_at,provider_available_at,amount,available_after"
    );
    assert!(lines[1].starts_with("EUR,") && lines[1].ends_with(",available,,,,,,10.00,10.00"), "{}", lines[1]);
    assert_eq!(lines[2..], [expected.as_str(), "EUR,,later,,,,,,0.00,", ""]);
    // With its fee the provider says when it has the money: 0.25 and 1.5 % of 49.90 are its own.
    app.sandbox("/_sandbox/advance", json!({ "seconds": FEE_DELAY + 1 })).await;
    assert_eq!(app.callback("charge.updated").await, 200);
    app.settle().await;
    let known = client.get("/v1/reports/forecast").await.ok(200)["data"][0]["entries"][0].clone();
    assert_eq!(known["amount"], eur("45.51"));
    assert!(text(&known["provider_available_at"]) > text(&told["as_of"]), "{known}");
    client.get("/v1/reports/forecast?format=pdf").await.refused(422, "invalid_field");
    reseller.publishable.get("/v1/reports/forecast").await.refused(403, "forbidden");
    app.verify(&[&reseller]).await;
}
