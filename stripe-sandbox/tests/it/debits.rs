//! SEPA Direct Debit: a payment that takes its time.

use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{DELAY, World, account, config, text};

const DEBIT: [(&str, &str); 4] =
    [("amount", "5000"), ("currency", "eur"), ("confirm", "true"), ("payment_method_types[]", "sepa_debit")];

async fn debit(world: &World, method: &str) -> Value {
    world.post("/v1/payment_intents", &[&DEBIT[..], &[("payment_method", method)]].concat()).await.ok()
}

#[tokio::test]
async fn a_debit_is_pending_first_and_paid_later() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let form = [
        ("payment_method_data[type]", "sepa_debit"),
        ("payment_method_data[sepa_debit][iban]", "DE89 3704 0044 0532 0130 00"),
        ("payment_method_data[billing_details][name]", "Ada"),
        ("payment_method_data[billing_details][email]", "ada@example.com"),
        ("expand[]", "latest_charge"),
    ];
    let intent = world.post("/v1/payment_intents", &[&DEBIT[..], &form].concat()).await.ok();
    assert_eq!(intent["status"], "processing");
    let charge = &intent["latest_charge"];
    assert!(text(charge, "id").starts_with("py_"));
    assert_eq!((&charge["status"], &charge["paid"]), (&json!("pending"), &json!(false)));
    assert_eq!(charge["payment_method_details"]["sepa_debit"]["last4"], "3000");
    let kinds = ["payment_intent.created", "charge.pending", "payment_intent.processing"];
    assert_eq!(receiver.kinds(3).await, kinds);

    let path = format!("/v1/payment_intents/{}", text(&intent, "id"));
    let error = world.post(&format!("{path}/cancel"), &[]).await.error(400);
    assert_eq!(error["code"], "payment_intent_unexpected_state", "the bank is at work");
    assert_eq!(error["payment_intent"]["status"], "processing");
    world.post("/v1/refunds", &[("charge", text(charge, "id"))]).await.error(400);

    world.advance(DELAY + 1).await;
    assert_eq!(receiver.kinds(2).await, ["charge.succeeded", "payment_intent.succeeded"]);
    let paid = world.get(&path).await.ok();
    assert_eq!((&paid["status"], &paid["latest_charge"]), (&json!("succeeded"), &charge["id"]), "the same charge");
    world.post("/v1/refunds", &[("payment_intent", text(&intent, "id"))]).await.ok();
}

#[tokio::test]
async fn a_debit_may_come_back() {
    let world = World::new().await;
    for (method, reason) in [
        ("pm_failed_de", "incorrect_account_holder_name"),
        ("pm_insufficientFunds_at", "insufficient_funds"),
        ("pm_exceedsWeeklyVolumeLimit_fr", "charge_exceeds_source_limit"),
    ] {
        let intent = debit(&world, method).await;
        assert_eq!(intent["status"], "processing");
        world.advance(DELAY + 1).await;
        let path = format!("/v1/payment_intents/{}?expand[]=latest_charge", text(&intent, "id"));
        let failed = world.get(&path).await.ok();
        assert_eq!(failed["status"], "requires_payment_method");
        assert_eq!(failed["last_payment_error"]["code"], "payment_intent_payment_attempt_failed");
        assert_eq!(failed["latest_charge"]["failure_code"], reason);
        assert_eq!(failed["latest_charge"]["status"], "failed");
    }
}

#[tokio::test]
async fn a_debit_may_be_disputed_once_it_is_paid() {
    let world = World::new().await;
    let intent = debit(&world, "pm_disputed_de").await;
    assert_eq!(intent["status"], "processing");
    world.advance(DELAY + 1).await;
    assert_eq!(world.get("/v1/disputes").await.ok()["data"], json!([]));
    world.advance(DELAY + 1).await;
    let disputes = world.get("/v1/disputes").await.ok();
    assert_eq!(disputes["data"][0]["payment_intent"], intent["id"]);
}

#[tokio::test]
async fn a_late_bank_takes_three_minutes_at_least() {
    let config = stripe_sandbox::Config {
        balance_transaction_delay: std::time::Duration::from_secs(60),
        ..config(vec![account("eu", None)], None)
    };
    let world = World::with(config).await;
    let late = debit(&world, "pm_successDelayed_de").await;
    let path = format!("/v1/payment_intents/{}", text(&late, "id"));
    world.advance(170).await;
    assert_eq!(world.get(&path).await.ok()["status"], "processing");
    world.advance(11).await;
    assert_eq!(world.get(&path).await.ok()["status"], "succeeded");
}

#[tokio::test]
async fn a_debit_is_in_euros_and_where_it_was_asked_for() {
    let world = World::new().await;
    let form = [("amount", "5000"), ("currency", "usd"), ("payment_method_types[]", "sepa_debit")];
    assert_eq!(world.post("/v1/payment_intents", &form).await.error(400)["code"], "payment_method_currency_mismatch");
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
    let error = world.post(&path, &[("payment_method", "pm_success_de")]).await.error(400);
    assert_eq!(error["code"], "payment_intent_incompatible_payment_method");
    let form = [
        ("type", "sepa_debit"),
        ("sepa_debit[iban]", "DE89370400440532013001"),
        ("billing_details[name]", "Ada"),
        ("billing_details[email]", "ada@example.com"),
    ];
    assert_eq!(world.post("/v1/payment_methods", &form).await.error(400)["code"], "invalid_bank_account_iban");
    assert_eq!(world.post("/v1/payment_methods", &form[..3]).await.error(400)["param"], "billing_details[email]");
}
