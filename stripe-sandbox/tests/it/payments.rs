//! Payment intents from creation to their end.

use serde_json::json;

use crate::world::{DELAY, World, text};

#[tokio::test]
async fn an_intent_is_paid_by_confirming_it() {
    let world = World::new().await;
    let intent = world.intent().await;
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["metadata"], json!({"order": "ord_1"}));

    let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
    let form =
        [("payment_method", "pm_card_mastercard"), ("expand[]", "latest_charge"), ("expand[1]", "payment_method")];
    let form = [form[0], form[1], ("return_url", "https://shop.example/back")];
    let paid = world.post(&path, &form).await.ok();
    assert_eq!(paid["status"], "succeeded");
    assert_eq!(paid["amount_received"], 10_000);
    let charge = &paid["latest_charge"];
    assert_eq!(charge["metadata"], json!({"order": "ord_1"}), "the charge has the intent's metadata");
    assert_eq!(charge["payment_method_details"]["card"]["brand"], "mastercard");
    assert_eq!(charge["balance_transaction"], json!(null), "settled later");
    assert_eq!(charge["captured"], true);

    let error = world.post(&path, &[("payment_method", "pm_card_visa")]).await.error(400);
    assert_eq!(error["code"], "payment_intent_unexpected_state");
    assert_eq!(error["payment_intent"]["status"], "succeeded");
}

#[tokio::test]
async fn a_charge_reaches_the_balance_later_less_the_fee() {
    let world = World::new().await;
    let intent = world.paid("pm_card_visa").await;
    assert_eq!(world.advance(DELAY - 60).await["done"], 0);
    assert_eq!(world.advance(120).await["done"], 1);

    let path = format!("/v1/payment_intents/{}?expand[]=latest_charge.balance_transaction", text(&intent, "id"));
    let transaction = world.get(&path).await.ok()["latest_charge"]["balance_transaction"].clone();
    assert_eq!(transaction["amount"], 10_000);
    assert_eq!(transaction["fee"], 175);
    assert_eq!(transaction["net"], 9_825);
    assert_eq!(transaction["fee_details"][0]["type"], "stripe_fee");
    assert_eq!(transaction["source"], intent["latest_charge"]);
    assert_eq!(transaction["status"], "pending");
    world.advance(3 * 24 * 3600).await;
    let path = format!("/v1/balance_transactions/{}", text(&transaction, "id"));
    assert_eq!(world.get(&path).await.ok()["status"], "available");
}

#[tokio::test]
async fn a_declined_card_leaves_the_intent_for_a_second_try() {
    let world = World::new().await;
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
    let declines = [
        ("pm_card_chargeDeclined", "card_declined", json!("generic_decline")),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", json!("insufficient_funds")),
        ("pm_card_visa_chargeDeclinedExpiredCard", "expired_card", json!(null)),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", json!(null)),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", json!(null)),
    ];
    for (method, code, decline_code) in declines {
        let error = world.post(&path, &[("payment_method", method)]).await.error(402);
        assert_eq!(error["type"], "card_error");
        assert_eq!(error["code"], code);
        assert_eq!(error["decline_code"], decline_code, "{method}");
        let intent = &error["payment_intent"];
        assert_eq!(intent["status"], "requires_payment_method");
        assert_eq!(intent["last_payment_error"]["code"], code);
        assert_eq!(intent["latest_charge"], error["charge"]);
    }
    let paid = world.post(&path, &[("payment_method", "pm_card_visa")]).await.ok();
    assert_eq!(paid["status"], "succeeded");
    assert_eq!(paid["last_payment_error"], json!(null));
    let charges = world.get(&format!("/v1/charges?payment_intent={}", text(&intent, "id"))).await.ok();
    assert_eq!(charges["data"].as_array().unwrap().len(), 6, "every try is a charge");
    assert_eq!(charges["data"][0]["status"], "succeeded", "newest first");
    assert_eq!(charges["data"][5]["outcome"]["type"], "issuer_declined");
}

#[tokio::test]
async fn an_intent_can_be_changed_and_cancelled_until_it_is_paid() {
    let world = World::new().await;
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}", text(&intent, "id"));
    let changed = world.post(&path, &[("amount", "5000"), ("metadata[order]", ""), ("metadata[x]", "y")]).await.ok();
    assert_eq!((&changed["amount"], &changed["metadata"]), (&json!(5000), &json!({"x": "y"})));
    let cancelled = world.post(&format!("{path}/cancel"), &[("cancellation_reason", "abandoned")]).await.ok();
    assert_eq!(cancelled["status"], "canceled");
    assert_eq!(cancelled["cancellation_reason"], "abandoned");
    assert!(cancelled["canceled_at"].is_i64());
    for (action, form) in
        [("/confirm", vec![("payment_method", "pm_card_visa")]), ("/cancel", vec![]), ("", vec![("amount", "60")])]
    {
        let error = world.post(&format!("{path}{action}"), &form).await.error(400);
        assert_eq!(error["code"], "payment_intent_unexpected_state", "{action}");
    }
    let paid = world.paid("pm_card_visa").await;
    let error = world.post(&format!("/v1/payment_intents/{}/cancel", text(&paid, "id")), &[]).await.error(400);
    assert_eq!(error["payment_intent"]["status"], "succeeded");
}

#[tokio::test]
async fn money_can_be_reserved_first_and_taken_in_part() {
    let world = World::new().await;
    let form = [
        ("amount", "10000"),
        ("currency", "eur"),
        ("capture_method", "manual"),
        ("confirm", "true"),
        ("payment_method", "pm_card_visa"),
        ("payment_method_types[]", "card"),
    ];
    let reserved = world.post("/v1/payment_intents", &form).await.ok();
    assert_eq!((&reserved["status"], &reserved["amount_capturable"]), (&json!("requires_capture"), &json!(10_000)));
    assert_eq!(world.advance(DELAY + 1).await["done"], 0, "nothing was taken, so nothing settles");
    let path = format!("/v1/payment_intents/{}/capture", text(&reserved, "id"));
    let error = world.post(&path, &[("amount_to_capture", "10001")]).await.error(400);
    assert_eq!((&error["code"], &error["param"]), (&json!("amount_too_large"), &json!("amount_to_capture")));
    let error = world.post(&path, &[("amount_to_capture", "4000"), ("final_capture", "false")]).await.error(400);
    assert_eq!(error["param"], "final_capture", "the rest cannot be kept reserved");
    let taken = world.post(&path, &[("amount_to_capture", "4000")]).await.ok();
    assert_eq!((&taken["status"], &taken["amount_received"]), (&json!("succeeded"), &json!(4000)));
    assert_eq!(world.advance(DELAY + 1).await["done"], 1);
}

#[tokio::test]
async fn reserved_money_is_given_back_after_seven_days() {
    let world = World::new().await;
    let form = [
        ("amount", "10000"),
        ("currency", "eur"),
        ("capture_method", "manual"),
        ("confirm", "true"),
        ("payment_method", "pm_card_visa"),
        ("expand[]", "latest_charge"),
    ];
    let reserved = world.post("/v1/payment_intents", &form).await.ok();
    let before = &reserved["latest_charge"]["payment_method_details"]["card"]["capture_before"];
    assert_eq!(before.as_i64().unwrap() - reserved["created"].as_i64().unwrap(), 7 * 24 * 3600);
    let path = format!("/v1/payment_intents/{}?expand[]=latest_charge", text(&reserved, "id"));
    world.advance(7 * 24 * 3600 - 60).await;
    assert_eq!(world.get(&path).await.ok()["status"], "requires_capture");
    world.advance(120).await;
    let ended = world.get(&path).await.ok();
    assert_eq!((&ended["status"], &ended["cancellation_reason"]), (&json!("canceled"), &json!("automatic")));
    assert_eq!((&ended["amount_capturable"], &ended["latest_charge"]["refunded"]), (&json!(0), &json!(true)));
    let events = world.get("/v1/events?limit=2").await.ok();
    assert_eq!(events["data"][0]["type"], "payment_intent.canceled");
    assert_eq!(events["data"][1]["type"], "charge.expired");
}

#[tokio::test]
async fn a_payment_can_take_its_time() {
    let world = World::new().await;
    for (method, end) in
        [("pm_card_sandboxProcessing", "succeeded"), ("pm_card_sandboxProcessingFails", "requires_payment_method")]
    {
        let intent = world.paid(method).await;
        assert_eq!(intent["status"], "processing");
        world.advance(DELAY + 1).await;
        let path = format!("/v1/payment_intents/{}", text(&intent, "id"));
        assert_eq!(world.get(&path).await.ok()["status"], end);
    }
}

#[tokio::test]
async fn a_payment_is_found_by_its_metadata() {
    let world = World::new().await;
    let first = world.intent().await;
    let second = world.intent().await;
    world.post(&format!("/v1/payment_intents/{}", text(&first, "id")), &[("metadata[order]", "ord_2")]).await.ok();
    let search = async |query: &str| {
        let request = world.request(reqwest::Method::GET, "/v1/payment_intents/search").bearer_auth("sk_test_eu");
        world.send(request.query(&[("query", query)])).await.ok()
    };
    let found = search("metadata['order']:'ord_1'").await;
    assert_eq!(found["object"], "search_result");
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"][0]["id"], second["id"]);
    assert_eq!(search("metadata['order']:'ord_2' AND status:'succeeded'").await["data"], json!([]));
}
