//! Operators set when a reseller's money becomes available.

use axum::http::StatusCode;
use serde_json::json;
use testkit::Database;

use crate::desk::{account, ada, get, interface, post};

#[tokio::test]
async fn the_platforms_terms_hold_until_others_are_set_which_is_recorded() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let one = format!("/regions/eu/resellers/{}", live.reseller.id);
    let (_, own) = get(&interface, &ada, &format!("{one}/release_terms")).await;
    assert_eq!(own, json!({ "release_after_days": 2, "reserve_percentage": "0", "reserve_days": 90 }));
    let terms = json!({ "release_after_days": 7, "reserve_percentage": "12.5", "reserve_days": 30 });
    let mut body = terms.clone();
    body["reason"] = json!("new in the market");
    let (status, set) = post(&interface, &ada, &format!("{one}/release_terms"), &body.to_string()).await;
    assert_eq!((status, &set), (StatusCode::OK, &terms));
    assert_eq!(get(&interface, &ada, &format!("{one}/release_terms")).await.1, terms);
    for (name, wrong) in [
        ("release_after_days", json!(366)),
        ("reserve_percentage", json!("101")),
        ("reserve_percentage", json!(10)),
        ("reserve_days", json!(0)),
        ("reason", json!(" ")),
    ] {
        let mut body = body.clone();
        body[name] = wrong;
        let (_, problem) = post(&interface, &ada, &format!("{one}/release_terms"), &body.to_string()).await;
        assert_eq!(problem["errors"][0]["pointer"], json!(format!("/{name}")), "{problem}");
    }
    assert_eq!(get(&interface, &ada, &format!("{one}/release_terms")).await.1, terms);
    let (_, audit) = get(&interface, &ada, &format!("{one}/audit")).await;
    assert_eq!(audit["data"].as_array().unwrap().len(), 1);
    assert_eq!(audit["data"][0]["act"], "release_terms.set");
}
