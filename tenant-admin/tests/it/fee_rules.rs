//! Operators set what the platform takes.

use accounting::{Channel, fees_in_force};
use axum::http::StatusCode;
use foundation::id::ShowId;
use serde_json::json;
use testkit::Database;

use crate::desk::{account, ada, get, interface, post};

#[tokio::test]
async fn a_rule_holds_from_now_on_for_what_it_is_for_and_is_recorded() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let (one, show) = (format!("/regions/eu/resellers/{}", live.reseller.id), ShowId::new());
    let component = json!({
        "kind": "platform", "basis": "order", "percentage": "4", "fixed": "0.20", "minimum": "0.50", "payer": "buyer" });
    let all = json!({ "reason": "contract", "tax_rate": "19", "components": [component] });
    let own = json!({
        "reason": "charity", "tax_rate": "0", "components": [], "show_id": show, "channel": "api",
        "refund_policy": "fees_returned", "provider": { "percentage": "1.5", "fixed": "0.25", "payer": "reseller" } });
    let mut set = Vec::new();
    for body in [all, own] {
        let (status, rule) = post(&interface, &ada, &format!("{one}/fee_rules"), &body.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{rule}");
        set.insert(0, rule);
    }
    assert_eq!(set[1]["components"], json!([component]));
    assert_eq!((&set[0]["refund_policy"], &set[1]["refund_policy"]), (&json!("fees_returned"), &json!("fees_kept")));
    let (_, listed) = get(&interface, &ada, &format!("{one}/fee_rules")).await;
    assert_eq!(listed["data"], json!(set));
    let mut tx = db.cell().tenant(live.reseller.id).await.unwrap();
    let rules = fees_in_force(&mut tx, &[show]).await.unwrap();
    for (of, channel, rule) in
        [(show, Channel::Api, &set[0]), (show, Channel::HostedShop, &set[1]), (ShowId::new(), Channel::Api, &set[1])]
    {
        assert_eq!(json!(rules.nearest(of, channel).id), rule["id"]);
    }
    let (_, audit) = get(&interface, &ada, &format!("{one}/audit")).await;
    let acts: Vec<_> = audit["data"].as_array().unwrap().iter().map(|e| [&e["act"], &e["reason"]]).collect();
    assert_eq!(json!(acts), json!([["fee_rule.set", "charity"], ["fee_rule.set", "contract"]]));
}

#[tokio::test]
async fn what_is_no_rule_or_has_no_reason_is_refused_and_nothing_is_set() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let address = format!("/regions/eu/resellers/{}/fee_rules", live.reseller.id);
    let with = |name: &str, value: serde_json::Value| {
        let mut component = json!({
            "kind": "platform", "basis": "ticket", "percentage": "4", "fixed": "0.20", "payer": "buyer" });
        component[name] = value;
        json!({ "reason": "r", "tax_rate": "19", "components": [component] })
    };
    for (body, code, pointer) in [
        (with("percentage", json!("101")), "invalid_field", "/components/0/percentage"),
        (with("percentage", json!(4)), "invalid_field", "/components/0/percentage"),
        (with("maximum", json!("-1")), "invalid_field", "/components/0/maximum"),
        (with("payer", json!("platform")), "invalid_field", "/components/0/payer"),
        (with("vat", json!("1")), "unknown_field", "/components/0/vat"),
        (
            json!({ "reason": "r", "tax_rate": "19", "components": [], "channel": "hosted" }),
            "invalid_field",
            "/channel",
        ),
        (
            json!({ "reason": "r", "tax_rate": "19", "components": [], "refund_policy": "some" }),
            "invalid_field",
            "/refund_policy",
        ),
        (json!({ "reason": " ", "tax_rate": "19", "components": [] }), "invalid_field", "/reason"),
    ] {
        let (_, problem) = post(&interface, &ada, &address, &body.to_string()).await;
        assert_eq!((&problem["code"], &problem["errors"][0]["pointer"]), (&json!(code), &json!(pointer)), "{body}");
    }
    let (_, listed) = get(&interface, &ada, &address).await;
    assert_eq!(listed["data"], json!([]));
}
