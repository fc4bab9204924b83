//! Refunds: in parts, never too much, and those that fail later.

use serde_json::json;

use crate::world::{DELAY, World, text};

#[tokio::test]
async fn refunds_add_up_and_never_exceed_the_charge() {
    let world = World::new().await;
    let intent = world.paid("pm_card_visa").await;
    let (id, charge) = (text(&intent, "id"), text(&intent, "latest_charge"));
    let form =
        [("payment_intent", id), ("amount", "4000"), ("reason", "requested_by_customer"), ("metadata[refund]", "r1")];
    let part = world.post("/v1/refunds", &form).await.ok();
    assert_eq!((&part["status"], &part["amount"]), (&json!("succeeded"), &json!(4000)));
    assert_eq!(part["metadata"], json!({"refund": "r1"}));

    let error = world.post("/v1/refunds", &[("charge", charge), ("amount", "6001")]).await.error(400);
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["param"], "amount");
    assert_eq!(error["message"], "Refund amount (EUR 60.01) is greater than unrefunded amount on charge (EUR 60.00)");

    let rest = world.post("/v1/refunds", &[("charge", charge)]).await.ok();
    assert_eq!(rest["amount"], 6000, "without an amount, all that is left");
    let error = world.post("/v1/refunds", &[("charge", charge)]).await.error(400);
    assert_eq!(error["code"], "charge_already_refunded");

    let charge = world.get(&format!("/v1/charges/{charge}")).await.ok();
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(10_000), &json!(true)));
    assert_eq!(charge["refunds"]["data"].as_array().unwrap().len(), 2);
    let list = world.get(&format!("/v1/refunds?payment_intent={id}&limit=1")).await.ok();
    assert_eq!((&list["data"][0]["id"], &list["has_more"]), (&rest["id"], &json!(true)));
    let next = world.get(&format!("/v1/refunds?payment_intent={id}&starting_after={}", text(&rest, "id"))).await.ok();
    assert_eq!((&next["data"][0]["id"], &next["has_more"]), (&part["id"], &json!(false)));

    let path = format!("/v1/balance_transactions/{}", text(&part, "balance_transaction"));
    let transaction = world.get(&path).await.ok();
    assert_eq!((&transaction["amount"], &transaction["net"]), (&json!(-4000), &json!(-4000)));
    let updated = world.post(&format!("/v1/refunds/{}", text(&part, "id")), &[("metadata[note]", "n")]).await.ok();
    assert_eq!(updated["metadata"], json!({"note": "n", "refund": "r1"}));
}

#[tokio::test]
async fn sixteen_refunds_at_once_share_what_there_is() {
    let world = World::new().await;
    let intent = world.paid("pm_card_visa").await;
    let form = [("payment_intent", text(&intent, "id")), ("amount", "1000")];
    let (mut done, mut refused) = (0, 0);
    let all = (0..16)
        .map(|_| world.request(reqwest::Method::POST, "/v1/refunds").bearer_auth("sk_test_eu").form(&form).send());
    let running: Vec<_> = all.map(tokio::spawn).collect();
    for request in running {
        match request.await.unwrap().unwrap().status().as_u16() {
            200 => done += 1,
            400 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((done, refused), (10, 6));
}

#[tokio::test]
async fn what_was_not_paid_cannot_be_refunded() {
    let world = World::new().await;
    let intent = world.intent().await;
    world.post("/v1/refunds", &[("payment_intent", text(&intent, "id"))]).await.error(400);
    let error = world.post("/v1/refunds", &[("charge", "ch_nothing")]).await.error(404);
    assert_eq!((&error["code"], &error["param"]), (&json!("resource_missing"), &json!("charge")));
    assert_eq!(world.post("/v1/refunds", &[]).await.error(400)["code"], "parameter_missing");
}

#[tokio::test]
async fn a_refund_may_be_pending_or_fail_later() {
    let world = World::new().await;
    for (method, first, then) in
        [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")]
    {
        let intent = world.paid(method).await;
        let refund = world.post("/v1/refunds", &[("payment_intent", text(&intent, "id"))]).await.ok();
        assert_eq!(refund["status"], first);
        world.advance(DELAY + 1).await;
        assert_eq!(world.get(&format!("/v1/refunds/{}", text(&refund, "id"))).await.ok()["status"], then);
        let charge = world.get(&format!("/v1/charges/{}", text(&intent, "latest_charge"))).await.ok();
        let back = if then == "failed" { 0 } else { 10_000 };
        assert_eq!(charge["amount_refunded"], back, "a failed refund can be made again");
    }
}
