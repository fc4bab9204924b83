//! 3-D Secure: asked for, given, refused, left open; and what happens where nobody can be asked.

use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{World, account, config, text};

const BACK: &str = "https://shop.example/back?order=1";

async fn confirm(world: &World, intent: &Value, method: &str) -> Value {
    let path = format!("/v1/payment_intents/{}/confirm", text(intent, "id"));
    world.post(&path, &[("payment_method", method), ("return_url", BACK)]).await.ok()
}

async fn authenticate(world: &World, intent: &Value, outcome: &str) -> Value {
    let body = json!({"payment_intent": intent["client_secret"], "outcome": outcome});
    world.control("/_sandbox/authenticate", body).await.ok()
}

async fn charge_of(world: &World, intent: &Value) -> Value {
    let path = format!("/v1/payment_intents/{}?expand[]=latest_charge", text(intent, "id"));
    world.get(&path).await.ok()["latest_charge"].clone()
}

#[tokio::test]
async fn a_buyer_who_proves_who_they_are_pays() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let intent = world.intent().await;
    let asked = confirm(&world, &intent, "pm_card_threeDSecure2Required").await;
    assert_eq!(asked["status"], "requires_action");
    assert_eq!(asked["next_action"]["type"], "redirect_to_url");
    assert_eq!(asked["next_action"]["redirect_to_url"]["return_url"], BACK);
    assert!(text(&asked["next_action"]["redirect_to_url"], "url").starts_with(&world.base));
    assert_eq!(asked["latest_charge"], json!(null), "nothing was charged yet");
    assert_eq!(receiver.kinds(2).await, ["payment_intent.created", "payment_intent.requires_action"]);

    let paid = authenticate(&world, &intent, "complete").await;
    assert_eq!((&paid["status"], &paid["next_action"]), (&json!("succeeded"), &json!(null)));
    assert_eq!(receiver.kinds(2).await, ["charge.succeeded", "payment_intent.succeeded"]);
    let charge = charge_of(&world, &intent).await;
    assert_eq!(charge["payment_method_details"]["card"]["three_d_secure"]["result"], "authenticated");
    let body = json!({"payment_intent": intent["id"], "outcome": "complete"});
    let error = world.control("/_sandbox/authenticate", body).await.error(400);
    assert_eq!(error["code"], "payment_intent_unexpected_state", "there is nothing left to prove");
}

#[tokio::test]
async fn a_buyer_who_does_not_is_asked_for_another_method() {
    let mut receiver = Receiver::start().await;
    let world = World::with(config(vec![account("eu", Some(receiver.url.clone()))], None)).await;
    let intent = world.intent().await;
    confirm(&world, &intent, "pm_card_authenticationRequired").await;
    receiver.kinds(2).await;
    let failed = authenticate(&world, &intent, "fail").await;
    assert_eq!((&failed["status"], &failed["payment_method"]), (&json!("requires_payment_method"), &json!(null)));
    let error = &failed["last_payment_error"];
    assert_eq!(error["code"], "payment_intent_authentication_failure");
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["payment_method"]["card"]["last4"], "3184");
    assert_eq!(receiver.kinds(1).await, ["payment_intent.payment_failed"], "nothing was charged");
    assert_eq!(confirm(&world, &intent, "pm_card_visa").await["status"], "succeeded");
}

#[tokio::test]
async fn a_bank_may_refuse_after_the_proof() {
    let world = World::new().await;
    for (method, code) in [
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
    ] {
        let intent = world.intent().await;
        confirm(&world, &intent, method).await;
        let declined = authenticate(&world, &intent, "complete").await;
        assert_eq!(declined["status"], "requires_payment_method");
        assert_eq!(declined["last_payment_error"]["decline_code"], code);
        assert_eq!(charge_of(&world, &intent).await["status"], "failed");
    }
}

#[tokio::test]
async fn a_proof_that_was_left_open_can_be_taken_up_replaced_or_cancelled() {
    let world = World::new().await;
    let intent = world.intent().await;
    let path = format!("/v1/payment_intents/{}", text(&intent, "id"));
    confirm(&world, &intent, "pm_card_authenticationRequired").await;
    assert_eq!(confirm(&world, &intent, "pm_card_authenticationRequired").await["status"], "requires_action");
    let changed = world.post(&path, &[("amount", "5000")]).await.ok();
    assert_eq!(changed["status"], "requires_confirmation", "another amount has to be confirmed anew");
    assert_eq!(changed["next_action"], json!(null));
    assert_eq!(confirm(&world, &intent, "pm_card_visa").await["amount_received"], 5000);

    let left = world.intent().await;
    confirm(&world, &left, "pm_card_authenticationRequired").await;
    let cancelled = world.post(&format!("/v1/payment_intents/{}/cancel", text(&left, "id")), &[]).await.ok();
    assert_eq!((&cancelled["status"], &cancelled["next_action"]), (&json!("canceled"), &json!(null)));
}

#[tokio::test]
async fn a_script_of_the_shop_opens_the_page_where_there_is_no_way_back() {
    let world = World::new().await;
    for form in [vec![], vec![("return_url", BACK), ("use_stripe_sdk", "true")]] {
        let intent = world.intent().await;
        let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
        let form = [form, vec![("payment_method", "pm_card_authenticationRequired")]].concat();
        let asked = world.post(&path, &form).await.ok();
        assert_eq!(asked["next_action"]["type"], "use_stripe_sdk");
        assert!(text(&asked["next_action"]["use_stripe_sdk"], "stripe_js").starts_with(&world.base));
    }
}

#[tokio::test]
async fn without_the_buyer_a_bank_that_asks_has_refused() {
    let world = World::new().await;
    let pay = async |method: &str, more: (&str, &str)| {
        let form = [("amount", "1000"), ("currency", "eur"), ("confirm", "true"), ("payment_method", method), more];
        world.post("/v1/payment_intents", &form).await
    };
    let error = pay("pm_card_authenticationRequired", ("off_session", "true")).await.error(402);
    assert_eq!((&error["code"], &error["decline_code"]), (&json!("authentication_required"), &error["code"]));
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    let error = pay("pm_card_authenticationRequiredOnSetup", ("off_session", "recurring")).await.error(402);
    assert_eq!(error["type"], "card_error");
    let error = pay("pm_card_authenticationRequired", ("error_on_requires_action", "true")).await.error(402);
    assert_eq!(error["decline_code"], "authentication_not_handled");
    let ready = "pm_card_authenticationRequiredSetupForOffSession";
    assert_eq!(pay(ready, ("off_session", "true")).await.ok()["status"], "succeeded");
    assert_eq!(pay(ready, ("return_url", BACK)).await.ok()["status"], "requires_action");
    let form = [("amount", "1000"), ("currency", "eur"), ("off_session", "true")];
    let error = world.post("/v1/payment_intents", &form).await.error(400);
    assert_eq!(error["param"], "off_session", "only where something is confirmed");
}

#[tokio::test]
async fn a_seller_can_ask_for_it() {
    let world = World::new().await;
    let pay = async |method: &str| {
        let form = [
            ("amount", "1000"),
            ("currency", "eur"),
            ("confirm", "true"),
            ("payment_method", method),
            ("payment_method_options[card][request_three_d_secure]", "any"),
        ];
        let intent = world.post("/v1/payment_intents", &form).await.ok();
        assert_eq!(intent["payment_method_options"]["card"]["request_three_d_secure"], "any");
        intent["status"].clone()
    };
    assert_eq!(pay("pm_card_threeDSecureOptional").await, "requires_action");
    assert_eq!(pay("pm_card_visa").await, "succeeded", "a card that is not enrolled is not asked");
    assert_eq!(world.paid("pm_card_threeDSecureOptional").await["status"], "succeeded");
}

#[tokio::test]
async fn the_page_of_the_bank_needs_the_secret_and_leads_back_to_the_shop() {
    let world = World::new().await;
    let intent = world.intent().await;
    let asked = confirm(&world, &intent, "pm_card_authenticationRequired").await;
    let url = text(&asked["next_action"]["redirect_to_url"], "url");
    let path = url.strip_prefix(&world.base).unwrap();
    let page = world.send(world.request(reqwest::Method::GET, path)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("EUR 100.00") && page.text.contains("Complete authentication"));
    let (plain, _) = path.split_once('?').unwrap();
    let stranger = world.request(reqwest::Method::GET, plain).query(&[("client_secret", "wrong")]);
    assert_eq!(world.send(stranger).await.status, 404);
    let post = async |secret: &str| {
        let form = [("client_secret", secret), ("outcome", "complete")];
        world.send(world.request(reqwest::Method::POST, plain).form(&form)).await
    };
    assert_eq!(post("wrong").await.status, 404);
    let done = post(text(&intent, "client_secret")).await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("https://shop.example/back?order=1&amp;payment_intent="), "{}", done.text);
    assert!(done.text.contains("redirect_status=succeeded"));
    let again = post(text(&intent, "client_secret")).await;
    assert!(again.text.contains("Payment successful"), "sent twice, it is paid once");
    let charges = world.get(&format!("/v1/charges?payment_intent={}", text(&intent, "id"))).await.ok();
    assert_eq!(charges["data"].as_array().unwrap().len(), 1);
}
