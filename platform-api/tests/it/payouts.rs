//! How a reseller is paid out, as it sees it.

use serde_json::json;

use crate::{
    app::TestApp,
    theatre::{eur, id},
};

#[tokio::test]
async fn from_the_account_at_the_provider_to_money_at_the_bank_or_back() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    client.post("/v1/payouts", json!({ "currency": "EUR" })).await.refused(409, "payout_account_missing");
    let back = json!({ "return_url": "https://stageleft.example/payouts" });
    let page = client.post("/v1/payout_settings/onboarding", back).await.ok(200);
    assert!(page["url"].as_str().unwrap().starts_with("http"), "{page}");
    client.post("/v1/payouts", json!({ "currency": "EUR" })).await.refused(409, "balance_insufficient");
    app.give(&reseller, "100.00").await;
    let refused = client.post("/v1/payouts", json!({ "amount": eur("100.01") })).await;
    assert_eq!(refused.refused(409, "balance_insufficient")["alternatives"]["available"], eur("100.00"));
    for (body, pointer) in [(json!({}), "/amount"), (json!({ "amount": eur("1.00"), "currency": "EUR" }), "/currency")]
    {
        let refused = client.post("/v1/payouts", body).await.refused(422, "invalid_field");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    for nothing in ["0.00", "-1.00"] {
        let refused = client.post("/v1/payouts", json!({ "amount": eur(nothing) })).await.refused(422, "invalid_field");
        assert_eq!(refused["errors"][0]["pointer"], "/amount", "{nothing}");
    }
    let made = client.post("/v1/payouts", json!({ "amount": eur("60.00") })).await.ok(201);
    assert_eq!((&made["state"], &made["amount"]), (&json!("created"), &eur("60.00")));
    // The account is not complete, so the provider takes nothing, and the money is available again.
    let failed = client.get(&format!("/v1/payouts/{}", id(&made))).await.ok(200);
    assert_eq!(
        (&failed["state"], &failed["failure_code"]),
        (&json!("failed"), &json!("insufficient_capabilities_for_transfer"))
    );
    let balance = client.get("/v1/balance").await.ok(200);
    assert_eq!((&balance["data"][0]["available"], &balance["data"][0]["reserved"]), (&eur("100.00"), &eur("0.00")));
    let listed = client.get("/v1/payouts").await.ok(200);
    assert_eq!(listed["data"], json!([failed]));
    reseller.publishable.get("/v1/payouts").await.refused(403, "forbidden");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn the_schedule_is_changed_whole_and_says_when_it_is_next() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let settings = "/v1/payout_settings";
    let first = client.get(settings).await;
    let etag = first.etag().to_owned();
    let shown = first.ok(200);
    assert_eq!(shown["schedule"], json!({ "every": "manual", "on_day": null, "minimum": "0" }));
    assert_eq!((&shown["next_at"], &shown["account"]), (&json!(null), &json!(null)));
    for (schedule, pointer) in [
        (json!({ "every": "weekly" }), "/schedule/on_day"),
        (json!({ "every": "threshold" }), "/schedule/minimum"),
        (json!({ "every": "daily", "minimum": "1.005" }), "/schedule/minimum"),
        (json!({ "every": "hourly" }), "/schedule/every"),
        (json!({ "every": "daily", "minimum": 5 }), "/schedule/minimum"),
    ] {
        let refused =
            client.patch(settings, &etag, json!({ "schedule": schedule })).await.refused(422, "invalid_field");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let monthly = json!({ "every": "monthly", "on_day": 1, "minimum": "100.00" });
    let changed = client.patch(settings, &etag, json!({ "schedule": monthly })).await.ok(200);
    assert_eq!(changed["schedule"]["every"], "monthly");
    assert!(changed["next_at"].as_str().unwrap().ends_with("-01T06:00:00Z"), "{changed}");
    client.patch(settings, &etag, json!({ "schedule": monthly })).await.refused(412, "if_match_stale");
}
