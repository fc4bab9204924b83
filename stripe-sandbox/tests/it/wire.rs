//! Headers, parameters and errors on the wire.

use reqwest::Method;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn every_answer_is_named_and_versioned() {
    let world = World::new().await;
    let request = world.request(Method::GET, "/v1/charges").bearer_auth("sk_test_eu");
    let answer = world.send(request.header("stripe-version", "2024-06-20")).await;
    assert!(answer.headers["request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(answer.headers["stripe-version"], "2024-06-20");
    let answer = world.get("/v1/charges").await;
    assert_eq!(answer.headers["stripe-version"], "2026-09-30.endive");
    assert_eq!(answer.json(), json!({"object": "list", "data": [], "has_more": false, "url": "/v1/charges"}));
}

#[tokio::test]
async fn an_error_names_its_request_and_its_page() {
    let world = World::new().await;
    let answer = world.get("/v1/charges/ch_none").await;
    let (id, error) = (answer.headers["request-id"].to_str().unwrap(), answer.error(404));
    assert_eq!(error["request_log_url"], format!("https://dashboard.stripe.com/test/logs/{id}"));
    assert_eq!(error["doc_url"], "https://docs.stripe.com/error-codes#resource-missing");
    assert_eq!(answer.headers["content-type"], "application/json");
    let form =
        [("amount", "500"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_chargeDeclined")];
    let answer = world.post("/v1/payment_intents", &form).await;
    let (id, error) = (answer.headers["request-id"].to_str().unwrap(), answer.error(402));
    assert_eq!(error["request_log_url"], format!("https://dashboard.stripe.com/test/logs/{id}"));
    assert_eq!(error["charge"], error["payment_intent"]["latest_charge"]);
}

#[tokio::test]
async fn a_version_that_cannot_be_one_is_refused() {
    let world = World::new().await;
    let ask = |version: &str| {
        world.request(Method::GET, "/v1/charges").bearer_auth("sk_test_eu").header("stripe-version", version)
    };
    assert_eq!(world.send(ask("newest")).await.error(400)["message"], "Invalid Stripe API version: newest");
    assert_eq!(world.send(ask("2025-03-31.basil")).await.headers["stripe-version"], "2025-03-31.basil");
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_name() {
    let world = World::new().await;
    let post = async |form: &[(&str, &str)]| world.post("/v1/payment_intents", form).await.error(400);
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case<'_>; 6] = [
        (&[("currency", "eur")], "parameter_missing", "amount"),
        (&[("amount", "1.5"), ("currency", "eur")], "parameter_invalid_integer", "amount"),
        (&[("amount", "49"), ("currency", "eur")], "amount_too_small", "amount"),
        (&[("amount", "100"), ("currency", "euro")], "parameter_invalid", "currency"),
        (&[("amount", "100"), ("currency", "eur"), ("colour", "red")], "parameter_unknown", "colour"),
        (
            &[("amount", "100"), ("currency", "eur"), ("application_fee_amount", "1")],
            "parameter_unknown",
            "application_fee_amount",
        ),
    ];
    for (form, code, param) in cases {
        let error = post(form).await;
        assert_eq!((&error["code"], &error["param"]), (&json!(code), &json!(param)));
        assert_eq!(error["type"], "invalid_request_error");
    }
    let error = world.get("/v1/teapots").await.error(404);
    assert_eq!(error["message"], "Unrecognized request URL (GET: /v1/teapots).");
}

#[tokio::test]
async fn amounts_are_integers_in_every_currency() {
    let world = World::new().await;
    for (amount, currency) in
        [("1999", "jpy"), ("5120", "KWD"), ("4990", "eur"), ("500", "isk"), ("999999999999", "idr")]
    {
        let form = [("amount", amount), ("currency", currency), ("automatic_payment_methods[enabled]", "true")];
        let intent = world.post("/v1/payment_intents", &form).await.ok();
        assert_eq!(intent["amount"].to_string(), amount);
        assert_eq!(intent["currency"], currency.to_lowercase());
    }
}

#[tokio::test]
async fn amounts_that_cannot_be_charged_are_refused() {
    let world = World::new().await;
    for (amount, currency, code, param) in [
        ("29", "gbp", "amount_too_small", "amount"),
        ("17499", "huf", "amount_too_small", "amount"),
        ("100000000", "eur", "amount_too_large", "amount"),
        ("5125", "kwd", "parameter_invalid_integer", "amount"),
        ("550", "isk", "parameter_invalid_integer", "amount"),
        ("1050", "ugx", "parameter_invalid_integer", "amount"),
        ("0", "eur", "parameter_invalid_integer", "amount"),
        ("100", "xxx", "parameter_invalid", "currency"),
    ] {
        let form = [("amount", amount), ("currency", currency)];
        let error = world.post("/v1/payment_intents", &form).await.error(400);
        assert_eq!((&error["code"], &error["param"]), (&json!(code), &json!(param)), "{amount} {currency}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let world = World::new().await;
    let long = "x".repeat(300_000);
    world.post("/v1/payment_intents", &[("description", &long)]).await.error(400);
}
