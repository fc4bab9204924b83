//! Disputes, inquiries and early fraud warnings, from the bank's first word to its last.

use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{DELAY, World, account, config, text};

async fn world() -> (World, Receiver) {
    let receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    (world, receiver)
}

/// The only dispute of the account.
async fn dispute(world: &World) -> Value {
    let list = world.get("/v1/disputes").await.ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    list["data"][0].clone()
}

async fn evidence(world: &World, dispute: &Value, words: &str) -> Value {
    let path = format!("/v1/disputes/{}", text(dispute, "id"));
    world.post(&path, &[("evidence[uncategorized_text]", words)]).await.ok()
}

async fn charge(world: &World, dispute: &Value) -> Value {
    world.get(&format!("/v1/charges/{}", text(dispute, "charge"))).await.ok()
}

/// What all movements of money come to, fees included.
async fn net(world: &World) -> i64 {
    let list = world.get("/v1/balance_transactions?limit=100").await.ok();
    list["data"].as_array().unwrap().iter().map(|transaction| transaction["net"].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_winning_brings_it_back() {
    let (world, mut receiver) = world().await;
    let paid = world.paid("pm_card_createDispute").await;
    receiver.kinds(3).await;
    world.advance(DELAY + 1).await;
    let kinds = receiver.kinds(3).await;
    assert_eq!(kinds, ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn"]);

    let open = dispute(&world).await;
    assert_eq!((&open["status"], &open["reason"]), (&json!("needs_response"), &json!("fraudulent")));
    assert_eq!((&open["amount"], &open["payment_intent"]), (&json!(10_000), &paid["id"]));
    assert_eq!(open["payment_method_details"]["card"]["case_type"], "chargeback");
    assert_eq!(open["is_charge_refundable"], false);
    let withdrawal = &open["balance_transactions"][0];
    assert_eq!(
        (&withdrawal["amount"], &withdrawal["fee"], &withdrawal["net"]),
        (&json!(-10_000), &json!(1500), &json!(-11_500))
    );
    assert_eq!((&withdrawal["type"], &withdrawal["reporting_category"]), (&json!("adjustment"), &json!("dispute")));
    assert_eq!(charge(&world, &open).await["disputed"], true);
    let error = world.post("/v1/refunds", &[("payment_intent", text(&paid, "id"))]).await.error(400);
    assert_eq!(error["code"], "charge_disputed", "the bank has the money already");

    let review = evidence(&world, &open, "winning_evidence").await;
    assert_eq!(
        (&review["status"], &review["evidence_details"]["submission_count"]),
        (&json!("under_review"), &json!(1))
    );
    let updated = receiver.next().await.json();
    assert_eq!(updated["type"], "charge.dispute.updated");
    assert_eq!(updated["data"]["previous_attributes"]["status"], "needs_response");
    let path = format!("/v1/disputes/{}", text(&open, "id"));
    world.post(&path, &[("evidence[uncategorized_text]", "more")]).await.error(400);

    world.advance(DELAY + 1).await;
    assert_eq!(receiver.kinds(2).await, ["charge.dispute.closed", "charge.dispute.funds_reinstated"]);
    let won = dispute(&world).await;
    assert_eq!(won["status"], "won");
    assert_eq!(
        (&won["balance_transactions"][1]["net"], net(&world).await),
        (&json!(11_500), 9825),
        "as if it had never been"
    );
    world.post("/v1/refunds", &[("payment_intent", text(&paid, "id"))]).await.ok();
}

#[tokio::test]
async fn evidence_is_staged_and_a_bad_answer_loses() {
    let world = World::new().await;
    world.paid("pm_card_createDisputeProductNotReceived").await;
    world.advance(DELAY + 1).await;
    let open = dispute(&world).await;
    assert_eq!(open["reason"], "product_not_received");
    let path = format!("/v1/disputes/{}", text(&open, "id"));
    let staged = [("evidence[customer_name]", "Ada"), ("submit", "false"), ("metadata[order]", "ord_1")];
    let staged = world.post(&path, &staged).await.ok();
    assert_eq!((&staged["status"], &staged["metadata"]), (&json!("needs_response"), &json!({"order": "ord_1"})));
    assert_eq!((&staged["evidence"]["customer_name"], &staged["evidence"]["receipt"]), (&json!("Ada"), &json!(null)));
    assert_eq!(staged["evidence_details"]["has_evidence"], true);
    assert_eq!(evidence(&world, &open, "losing_evidence").await["status"], "under_review");
    world.advance(DELAY + 1).await;
    let lost = dispute(&world).await;
    assert_eq!((&lost["status"], lost["balance_transactions"].as_array().unwrap().len()), (&json!("lost"), 1));
    let error = world.post(&path, &[("evidence[receipt]", "file_1")]).await.error(400);
    assert_eq!(error["message"], "This dispute is already closed.");
    world.post(&format!("{path}/close"), &[]).await.error(400);
    assert_eq!(world.post(&path, &[("evidence[colour]", "red")]).await.error(400)["param"], "evidence[colour]");
}

#[tokio::test]
async fn who_gives_up_or_says_nothing_loses() {
    let world = World::new().await;
    world.paid("pm_card_createDispute").await;
    world.advance(DELAY + 1).await;
    let closed = world.post(&format!("/v1/disputes/{}/close", text(&dispute(&world).await, "id")), &[]).await.ok();
    assert_eq!(closed["status"], "lost");

    let silent = World::new().await;
    silent.paid("pm_card_createDispute").await;
    silent.advance(DELAY + 1).await;
    let open = dispute(&silent).await;
    silent.advance(13 * 86_400).await;
    assert_eq!(dispute(&silent).await["status"], "needs_response");
    silent.advance(2 * 86_400).await;
    assert_eq!(dispute(&silent).await["status"], "lost");
    assert_eq!(charge(&silent, &open).await["refunded"], false);
}

#[tokio::test]
async fn an_inquiry_takes_no_money_and_a_refund_ends_it() {
    let (world, mut receiver) = world().await;
    let paid = world.paid("pm_card_createDisputeInquiry").await;
    receiver.kinds(3).await;
    world.advance(DELAY + 1).await;
    assert_eq!(receiver.kinds(2).await, ["charge.updated", "charge.dispute.created"]);
    let open = dispute(&world).await;
    assert_eq!((&open["status"], &open["is_charge_refundable"]), (&json!("warning_needs_response"), &json!(true)));
    assert_eq!(open["balance_transactions"], json!([]));
    world.post("/v1/refunds", &[("payment_intent", text(&paid, "id"))]).await.ok();
    assert_eq!(receiver.kinds(3).await, ["refund.created", "charge.refunded", "charge.dispute.closed"]);
    assert_eq!(dispute(&world).await["status"], "warning_closed");
}

#[tokio::test]
async fn an_inquiry_can_become_a_dispute() {
    let (world, mut receiver) = world().await;
    world.paid("pm_card_createDisputeInquiry").await;
    receiver.kinds(3).await;
    world.advance(DELAY + 1).await;
    let open = dispute(&world).await;
    assert_eq!(evidence(&world, &open, "escalate_inquiry_evidence").await["status"], "warning_under_review");
    receiver.kinds(3).await;
    world.advance(DELAY + 1).await;
    assert_eq!(receiver.kinds(2).await, ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]);
    let escalated = dispute(&world).await;
    assert_eq!((&escalated["status"], &escalated["id"]), (&json!("needs_response"), &open["id"]));
    assert_eq!(net(&world).await, 9825 - 11_500);
}

#[tokio::test]
async fn a_warning_can_be_acted_upon_until_the_refund() {
    let (world, mut receiver) = world().await;
    let paid = world.paid("pm_card_createIssuerFraudRecord").await;
    receiver.kinds(3).await;
    world.advance(DELAY + 1).await;
    assert_eq!(receiver.kinds(2).await, ["charge.updated", "radar.early_fraud_warning.created"]);
    let path = format!("/v1/radar/early_fraud_warnings?charge={}", text(&paid, "latest_charge"));
    let warning = world.get(&path).await.ok()["data"][0].clone();
    assert_eq!((&warning["actionable"], &warning["payment_intent"]), (&json!(true), &paid["id"]));
    let part = [("payment_intent", text(&paid, "id")), ("amount", "1")];
    world.post("/v1/refunds", &part).await.ok();
    world.post("/v1/refunds", &part[..1]).await.ok();
    let kinds = receiver.kinds(5).await;
    assert_eq!(kinds[4], "radar.early_fraud_warning.updated");
    let path = format!("/v1/radar/early_fraud_warnings/{}", text(&warning, "id"));
    assert_eq!(world.get(&path).await.ok()["actionable"], false);
    assert_eq!(world.get("/v1/radar/early_fraud_warnings?charge=ch_other").await.ok()["data"], json!([]));
}

#[tokio::test]
async fn a_test_triggers_what_banks_and_dashboards_do() {
    let (world, mut receiver) = world().await;
    let paid = world.paid("pm_card_visa").await;
    receiver.kinds(3).await;
    let wanted = json!({"what": "dispute", "charge": paid["id"], "amount": 4000, "reason": "duplicate"});
    let part = world.trigger(wanted).await.ok();
    assert_eq!((&part["amount"], &part["reason"]), (&json!(4000), &json!("duplicate")));
    let created = receiver.next().await.json();
    assert_eq!((&created["type"], &created["request"]["id"]), (&json!("charge.dispute.created"), &json!(null)));
    receiver.next().await;
    let error =
        world.post("/v1/refunds", &[("payment_intent", text(&paid, "id")), ("amount", "6001")]).await.error(400);
    assert_eq!(error["param"], "amount", "only what the bank did not take can be refunded");
    world.trigger(json!({"what": "dispute", "charge": paid["id"], "amount": 6001})).await.error(400);
    world.trigger(json!({"what": "dispute", "charge": paid["id"], "reason": "boredom"})).await.error(400);

    let refund = world.trigger(json!({"what": "refund", "charge": paid["latest_charge"], "amount": 500})).await.ok();
    assert_eq!(receiver.kinds(2).await, ["refund.created", "charge.refunded"]);
    let before = net(&world).await;
    let failed = world.trigger(json!({"what": "refund_fails", "refund": refund["id"]})).await.ok();
    assert_eq!((&failed["status"], net(&world).await), (&json!("failed"), before + 500));
    assert_eq!(receiver.next().await.kind(), "refund.failed");
    world.trigger(json!({"what": "refund_fails", "refund": refund["id"]})).await.error(400);

    assert_eq!(world.trigger(json!({"what": "dispute_won", "dispute": part["id"]})).await.ok()["status"], "won");
    world.trigger(json!({"what": "dispute_lost", "dispute": part["id"]})).await.error(400);
    receiver.kinds(2).await;
    world.trigger(json!({"what": "fraud_warning", "charge": paid["id"]})).await.ok();
    assert_eq!(receiver.next().await.kind(), "radar.early_fraud_warning.created");
    world.trigger(json!({"what": "fraud_warning", "charge": paid["id"]})).await.error(400);
    world.trigger(json!({"what": "rain"})).await.error(400);
    let unpaid = world.intent().await;
    world.trigger(json!({"what": "dispute", "charge": unpaid["id"]})).await.error(400);
}

#[tokio::test]
async fn what_was_refunded_is_not_disputed_and_delays_can_be_set() {
    let world = World::new().await;
    let paid = world.paid("pm_card_createDispute").await;
    world.post("/v1/refunds", &[("payment_intent", text(&paid, "id"))]).await.ok();
    world.advance(DELAY + 1).await;
    assert_eq!(world.get("/v1/disputes").await.ok()["data"], json!([]));

    let set = world.control("/_sandbox/delays", json!({"dispute": 60})).await.ok();
    assert_eq!((&set["dispute"], &set["verdict"]), (&json!(60), &json!(DELAY)));
    world.paid("pm_card_createDispute").await;
    world.advance(61).await;
    dispute(&world).await;
}
