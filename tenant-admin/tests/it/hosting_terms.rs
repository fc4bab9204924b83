//! Operators set what the hosted shop costs by the month.

use axum::http::StatusCode;
use serde_json::json;
use testkit::Database;

use crate::desk::{account, ada, get, interface, post};

#[tokio::test]
async fn a_monthly_fee_is_set_shown_recorded_and_ended() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let terms = format!("/regions/eu/resellers/{}/hosting_terms", live.reseller.id);
    let none = json!({ "fee": null, "tax_rate": null });
    assert_eq!(get(&interface, &ada, &terms).await.1, none);
    let fee = json!({ "amount": "29.00", "currency": "EUR" });
    let body = json!({ "reason": "the shop opens", "fee": fee, "tax_rate": "21" });
    let (status, set) = post(&interface, &ada, &terms, &body.to_string()).await;
    assert_eq!((status, &set), (StatusCode::OK, &json!({ "fee": fee, "tax_rate": "21" })));
    assert_eq!(get(&interface, &ada, &terms).await.1, set);
    for (name, wrong, pointer) in [
        ("fee", json!({ "amount": "0.00", "currency": "EUR" }), "/fee/amount"),
        ("tax_rate", json!("101"), "/tax_rate"),
        ("reason", json!(" "), "/reason"),
    ] {
        let mut body = body.clone();
        body[name] = wrong;
        let (_, problem) = post(&interface, &ada, &terms, &body.to_string()).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(get(&interface, &ada, &terms).await.1, set);
    assert_eq!(post(&interface, &ada, &terms, r#"{"reason": "it closes"}"#).await.1, none);
    let (_, audit) = get(&interface, &ada, &terms.replace("hosting_terms", "audit")).await;
    assert_eq!(audit["data"].as_array().unwrap().len(), 2);
}
