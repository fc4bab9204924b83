//! Operators correct a reseller's money: small amounts alone, large ones by two.

use accounting::{LatePayment, post_late_payment};
use axum::{Router, http::StatusCode};
use foundation::id::{AdjustmentId, OrderId, PaymentId, ResellerId};
use serde_json::{Value, json};
use tenant_admin::session_token;
use testkit::Database;

use crate::desk::{HOUR, account, ada, get, interface, now, operator_key, post, post_keyed};

struct Desk {
    db: Database,
    interface: Router,
    ada: String,
    grace: String,
    reseller: ResellerId,
    address: String,
}

impl Desk {
    async fn open() -> Self {
        let db = Database::create().await;
        let reseller = account(&db).await.live.reseller.id;
        let (interface, ada) = (interface(&[&db]), ada(&db).await);
        let region = db.cell().region();
        let grace = session_token(&operator_key(region), "grace", region, HOUR, now(db.cell()).await).unwrap();
        let address = format!("/regions/eu/resellers/{reseller}/adjustments");
        Self { db, interface, ada, grace, reseller, address }
    }

    async fn adjusted(&self, amount: &str) -> Value {
        let body = json!({ "reason": "sorry", "kind": "goodwill", "amount": { "amount": amount, "currency": "EUR" } });
        let (status, adjustment) = post(&self.interface, &self.ada, &self.address, &body.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{adjustment}");
        adjustment
    }

    async fn step(&self, session: &str, adjustment: &Value, step: &str) -> (StatusCode, Value) {
        let address = format!("{}/{}/{step}", self.address, adjustment["id"].as_str().unwrap());
        post(&self.interface, session, &address, r#"{"reason": "agreed"}"#).await
    }

    async fn available(&self) -> String {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        let balance = accounting::balance(&mut tx).await.unwrap();
        balance.first().map_or_else(|| "none".to_owned(), |balance| balance.available.to_string())
    }
}

#[tokio::test]
async fn a_small_correction_is_posted_at_once_and_undone_once() {
    let desk = Desk::open().await;
    let given = desk.adjusted("10.00").await;
    assert_eq!((&given["state"], desk.available().await.as_str()), (&json!("posted"), "10.00"));
    desk.adjusted("-2.50").await;
    assert_eq!(desk.available().await, "7.50");
    let (_, undone) = desk.step(&desk.grace, &given, "reverse").await;
    assert_eq!((&undone["state"], &undone["reversed_by"]), (&json!("reversed"), &json!("grace")));
    assert_eq!(desk.available().await, "-2.50");
    let (status, again) = desk.step(&desk.grace, &given, "reverse").await;
    assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("adjustment_not_open")));
    let (_, listed) = get(&desk.interface, &desk.ada, &format!("{}?limit=1", desk.address)).await;
    assert_eq!(listed["data"][0]["amount"]["amount"], "-2.50");
    let (_, audit) = get(&desk.interface, &desk.ada, &desk.address.replace("adjustments", "audit")).await;
    assert_eq!(audit["data"].as_array().unwrap().len(), 3);
    let mut tx = desk.db.cell().tenant(desk.reseller).await.unwrap();
    accounting::seal(&mut tx).await.unwrap();
    for checked in accounting::checks(&mut tx).await.unwrap() {
        assert_eq!(checked.violations, [""; 0], "{}", checked.invariant);
    }
}

#[tokio::test]
async fn a_large_correction_needs_another_operator() {
    let desk = Desk::open().await;
    let proposed = desk.adjusted("500.01").await;
    assert_eq!((&proposed["state"], desk.available().await.as_str()), (&json!("proposed"), "none"));
    let (status, refused) = desk.step(&desk.ada, &proposed, "approve").await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
    assert_eq!(desk.step(&desk.ada, &proposed, "reverse").await.0, StatusCode::CONFLICT);
    assert_eq!(desk.available().await, "none");
    let (_, agreed) = desk.step(&desk.grace, &proposed, "approve").await;
    assert_eq!((&agreed["state"], &agreed["approved_by"]), (&json!("posted"), &json!("grace")));
    assert_eq!(desk.available().await, "500.01");
    assert_eq!(desk.step(&desk.grace, &proposed, "approve").await.0, StatusCode::CONFLICT);
    assert_eq!(desk.available().await, "500.01");
}

#[tokio::test]
async fn what_is_no_correction_is_refused_and_nothing_is_done() {
    let desk = Desk::open().await;
    let money = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    for (kind, amount, reason, pointer) in [
        ("goodwill", money("0"), "r", "/amount/amount"),
        ("goodwill", money("1.005"), "r", "/amount/amount"),
        ("goodwill", money("1.00"), " ", "/reason"),
        ("charity", money("1.00"), "r", "/kind"),
    ] {
        let body = json!({ "kind": kind, "amount": amount, "reason": reason });
        let (_, problem) = post(&desk.interface, &desk.ada, &desk.address, &body.to_string()).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let none = json!({ "id": AdjustmentId::new() });
    assert_eq!(desk.step(&desk.ada, &none, "approve").await.0, StatusCode::NOT_FOUND);
    assert_eq!(desk.available().await, "none");
}

#[tokio::test]
async fn the_same_key_adjusts_once_and_another_request_with_it_is_refused() {
    let desk = Desk::open().await;
    let body = |amount: &str| {
        json!({ "reason": "sorry", "kind": "goodwill", "amount": { "amount": amount, "currency": "EUR" } }).to_string()
    };
    let ask = async |key: &str, amount: &str| {
        post_keyed(&desk.interface, &desk.ada, (&desk.address, key), &body(amount)).await
    };
    assert_eq!(ask("", "10.00").await.1["code"], "idempotency_key_missing");
    let first = ask("k-1", "10.00").await;
    assert_eq!((first.0, &first.1["state"]), (StatusCode::OK, &json!("posted")));
    assert_eq!(ask("k-1", "10.00").await, first);
    assert_eq!(desk.available().await, "10.00");
    assert_eq!(ask("k-1", "11.00").await.1["code"], "idempotency_key_reused");
    // A refusal does not use the key up.
    assert_eq!(ask("k-2", "0").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask("k-2", "1.00").await.0, StatusCode::OK);
    assert_eq!(desk.available().await, "11.00");
}

#[tokio::test]
async fn what_nobody_claimed_is_given_to_its_owner_only_as_far_as_it_is_there() {
    let desk = Desk::open().await;
    let ask = async |amount: &str| {
        let body = json!({ "reason": "found", "kind": "unmatched", "amount": { "amount": amount, "currency": "EUR" } });
        post(&desk.interface, &desk.ada, &desk.address, &body.to_string()).await.1
    };
    assert_eq!(ask("0.01").await["code"], "balance_insufficient");
    let mut tx = desk.db.cell().tenant(desk.reseller).await.unwrap();
    let late = LatePayment {
        payment: PaymentId::new(),
        order: OrderId::new(),
        currency: "EUR".parse().unwrap(),
        amount: "600.00".parse().unwrap(),
    };
    post_late_payment(&mut tx, &late).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ask("600.01").await["code"], "balance_insufficient");
    let large = ask("599.00").await;
    assert_eq!(large["state"], "proposed");
    // What a proposal is about is not set aside: whoever is first has it.
    assert_eq!(ask("2.00").await["state"], "posted");
    let (status, refused) = desk.step(&desk.grace, &large, "approve").await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("balance_insufficient")));
    assert_eq!(ask("400.00").await["state"], "posted");
    assert_eq!(ask("198.01").await["code"], "balance_insufficient");
    assert_eq!(ask("198.00").await["state"], "posted");
    assert_eq!(desk.available().await, "600.00");
}
