//! The errors a person makes in holding, ordering and paying.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::Client,
    mistakes::{Mistake, make, with},
    theatre::{Theatre, buyer, eur, id},
};

#[tokio::test]
async fn in_holding() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let seats = theatre.tickets(client, "section=Stalls&limit=20").await;
    let seat = |i: usize| theatre.seat(&id(&seats[i]));
    theatre.sold(&app, client, json!([seat(4)])).await;
    let hold = id(&theatre.hold(client, json!([seat(6)])).await);
    let holds = |items: Value| json!({ "items": items });
    let priced = with(theatre.adults(1), "/price", eur("1.00"));
    let both = with(theatre.adults(1), "/ticket_id", seats[0]["id"].clone());
    let h = |name, items: Value, status, code, at| -> Mistake {
        (name, "/v1/holds".to_owned(), holds(items), status, code, at)
    };
    make(
        &app,
        client,
        vec![
            h("a price from the client", json!([priced]), 400, "unknown_field", Some("/items/0/price")),
            h("a seat twice", json!([seat(0), seat(0)]), 422, "seat_twice", Some("/items/1/ticket_id")),
            h("a sold seat", json!([seat(4)]), 409, "seats_unavailable", None),
            h("a held seat", json!([seat(0), seat(6)]), 409, "seats_unavailable", None),
            h("none", json!([]), 422, "invalid_field", Some("/items")),
            h("none of an offer", json!([theatre.adults(0)]), 422, "invalid_field", Some("/items/0/quantity")),
            h(
                "fewer than none",
                json!([with(theatre.adults(1), "/quantity", json!(-1))]),
                422,
                "invalid_field",
                Some("/items/0/quantity"),
            ),
            h("too many", json!([theatre.adults(51)]), 422, "too_many_tickets", None),
            h("more than there are", json!([theatre.adults(39)]), 409, "not_enough_tickets", None),
            h("a seat and a number", json!([both]), 422, "invalid_field", Some("/items/0")),
            h(
                "an id of another kind",
                json!([with(theatre.adults(1), "/offer_id", json!(theatre.performance))]),
                422,
                "invalid_field",
                Some("/items/0/offer_id"),
            ),
            (
                "a hold for ever",
                "/v1/holds".to_owned(),
                json!({ "items": [theatre.adults(1)], "expires_in_seconds": 3601 }),
                422,
                "invalid_field",
                Some("/expires_in_seconds"),
            ),
            (
                "a hold for no time",
                "/v1/holds".to_owned(),
                json!({ "items": [theatre.adults(1)], "expires_in_seconds": 0 }),
                422,
                "invalid_field",
                Some("/expires_in_seconds"),
            ),
            (
                "a buyer's NUL",
                "/v1/holds".to_owned(),
                json!({ "items": [theatre.adults(1)], "buyer_reference": "a\0b" }),
                422,
                "invalid_field",
                None,
            ),
            (
                "a ticket that is not in the hold",
                format!("/v1/holds/{hold}/remove"),
                json!({ "ticket_ids": [id(&seats[0])] }),
                422,
                "invalid_field",
                Some("/ticket_ids/0"),
            ),
            (
                "nothing to take out",
                format!("/v1/holds/{hold}/remove"),
                json!({ "ticket_ids": [] }),
                422,
                "invalid_field",
                Some("/ticket_ids"),
            ),
        ],
    )
    .await;
    let taken = client.post("/v1/holds", holds(json!([seat(4)]))).await.json();
    assert_eq!(taken["alternatives"]["unavailable"], json!([seats[4]["id"]]));
    let nearest = taken["alternatives"]["nearest_free"].as_array().unwrap();
    assert!(nearest.contains(&seats[3]["id"]) && nearest.contains(&seats[5]["id"]), "{taken}");
    assert!(!nearest.contains(&seats[4]["id"]) && !nearest.contains(&seats[6]["id"]), "{taken}");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_ordering() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let hold = id(&theatre.hold(client, json!([theatre.adults(1)])).await);
    let priced = with(theatre.adults(1), "/price", eur("1.00"));
    let order =
        |name, body: Value, status, code, at| -> Mistake { (name, "/v1/orders".to_owned(), body, status, code, at) };
    make(
        &app,
        client,
        vec![
            order(
                "a total from the client",
                json!({ "items": [theatre.adults(1)], "total": eur("1.00") }),
                400,
                "unknown_field",
                Some("/total"),
            ),
            order("a price in an order", json!({ "items": [priced] }), 400, "unknown_field", Some("/items/0/price")),
            order(
                "a hold and items",
                json!({ "hold_id": hold, "items": [theatre.adults(1)] }),
                422,
                "invalid_field",
                Some("/hold_id"),
            ),
            order("neither hold nor items", json!({}), 422, "invalid_field", Some("/hold_id")),
            order(
                "no e-mail address",
                json!({ "hold_id": hold, "buyer": { "email": "ada" } }),
                422,
                "invalid_field",
                Some("/buyer/email"),
            ),
            order("a reference of a NUL", json!({ "hold_id": hold, "reference": "\0" }), 422, "invalid_field", None),
            order(
                "another total in another currency",
                json!({ "hold_id": hold, "expected_total": { "amount": "49.90", "currency": "USD" } }),
                409,
                "price_changed",
                None,
            ),
        ],
    )
    .await;
    not_one_is_left_half_done(&app, client, &theatre).await;
    app.verify(&[&reseller]).await;
}

/// References are unique, refunds are of what was paid, an expired hold is gone.
async fn not_one_is_left_half_done(app: &TestApp, client: &Client, theatre: &Theatre) {
    let hold = |client: Client| async move { id(&theatre.hold(&client, json!([theatre.adults(1)])).await) };
    let (first, second, third) = (hold(client.clone()).await, hold(client.clone()).await, hold(client.clone()).await);
    let body = |hold: &str| json!({ "hold_id": hold, "reference": "same", "buyer": buyer() });
    let order = id(&client.post("/v1/orders", body(&first)).await.ok(201));
    make(
        app,
        client,
        vec![
            ("a reference again", "/v1/orders".to_owned(), body(&second), 409, "reference_taken", None),
            ("a hold again", "/v1/orders".to_owned(), json!({ "hold_id": first }), 409, "hold_not_active", None),
            (
                "a refund of what is not paid",
                format!("/v1/orders/{order}/refunds"),
                json!({}),
                409,
                "order_not_paid",
                None,
            ),
            (
                "a test clock that stands",
                "/v1/test_clock/advance".to_owned(),
                json!({ "seconds": 0 }),
                422,
                "invalid_field",
                Some("/seconds"),
            ),
            (
                "a test clock of a millennium",
                "/v1/test_clock/advance".to_owned(),
                json!({ "seconds": u64::MAX }),
                422,
                "invalid_field",
                Some("/seconds"),
            ),
        ],
    )
    .await;
    client.post("/v1/test_clock/advance", json!({ "seconds": 901 })).await.ok(200);
    make(
        app,
        client,
        vec![
            ("an expired hold", "/v1/orders".to_owned(), json!({ "hold_id": third }), 410, "expired", None),
            (
                "more for an expired hold",
                format!("/v1/holds/{third}/add"),
                json!({ "items": [theatre.adults(1)] }),
                410,
                "expired",
                None,
            ),
            ("time for an expired hold", format!("/v1/holds/{third}/extend"), json!({}), 410, "expired", None),
            (
                "payment of an expired order",
                format!("/v1/orders/{order}/payments"),
                json!({}),
                410,
                "order_expired",
                None,
            ),
        ],
    )
    .await;
}
