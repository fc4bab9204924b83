//! Purchases on special terms through HTTP: a presale's code, a promotion, a maximum per buyer; what each answer shows.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    theatre::{buyer, eur, id},
};

#[tokio::test]
async fn a_presale_and_a_promotion_are_shown_from_the_hold_to_the_order() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let rounds = format!("/v1/performances/{}/sale_rounds", theatre.performance);
    let round = json!({ "name": "presale", "access": "codes", "capacity": 5, "tickets_per_code": 2,
                        "prices": [{ "offer_id": theatre.adult, "price": eur("40.00") }] });
    let round = client.post(&rounds, round).await.ok(201);
    let guests =
        client.post(&format!("{rounds}/{}/guests", id(&round)), json!({ "codes": ["SECRET-1"] })).await.ok(200);
    assert_eq!(guests, json!({ "added": 1 }));
    let ten = json!({ "code": "ten", "name": "Ten percent", "percent": "10", "offer_ids": [theatre.adult] });
    let ten = client.post("/v1/promotions", ten).await.ok(201);
    let asked = |codes: Value| {
        let mut body = json!({ "items": [theatre.adults(2)] });
        body.as_object_mut().unwrap().extend(codes.as_object().unwrap().clone());
        body
    };
    client.post("/v1/holds", asked(json!({}))).await.refused(409, "not_on_sale");
    client.post("/v1/holds", asked(json!({ "access_code": "SECRET-2" }))).await.refused(422, "code_invalid");
    let codes = json!({ "access_code": "secret-1", "promotion_code": "Ten" });
    let hold = client.post("/v1/holds", asked(codes.clone())).await.ok(201);
    let item = &hold["items"][0];
    assert_eq!((&hold["price"], &hold["discount"], &hold["face_value"]), (&eur("80.00"), &eur("8.00"), &eur("72.00")));
    assert_eq!((&hold["buyer_fee"], &hold["total"], &item["total"]), (&eur("0.00"), &eur("72.00"), &eur("36.00")));
    assert_eq!((&item["price"], &item["discount"], &item["face_value"]), (&eur("40.00"), &eur("4.00"), &eur("36.00")));
    assert_eq!((&item["sale_round_id"], &item["promotion_id"]), (&round["id"], &ten["id"]));
    client.post("/v1/holds", asked(codes)).await.refused(409, "code_used");
    let order = json!({ "hold_id": id(&hold), "buyer": buyer(), "expected_total": eur("80.00") });
    let refused = client.post("/v1/orders", order).await.refused(409, "price_changed");
    assert_eq!(refused["alternatives"]["total"], eur("72.00"));
    let order = json!({ "hold_id": id(&hold), "buyer": buyer(), "expected_total": eur("72.00") });
    let order = client.post("/v1/orders", order).await.ok(201);
    let item = &order["items"][1];
    assert_eq!((&order["discount"], &order["total"]), (&eur("8.00"), &eur("72.00")));
    assert_eq!((&item["price"], &item["discount"], &item["face_value"]), (&eur("40.00"), &eur("4.00"), &eur("36.00")));
    assert_eq!((&item["sale_round_id"], &item["promotion_id"]), (&round["id"], &ten["id"]));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn an_order_of_more_than_one_may_have_is_refused_and_its_tickets_are_free() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let all = theatre.available(client).await;
    let limit = client.get(&format!("/v1/performances/{}/buyer_limit", theatre.performance)).await.ok(200);
    assert_eq!((&limit["max_tickets"], &limit["in_force"]), (&Value::Null, &json!(6)));
    let at_once = json!({ "items": [theatre.adults(7)], "buyer": buyer() });
    let refused = client.post("/v1/orders", at_once).await.refused(409, "buyer_limit");
    assert_eq!(refused["alternatives"], json!({ "maximum": 6, "available": 6 }));
    assert_eq!(theatre.available(client).await, all);
    let hold = theatre.hold(client, json!([theatre.adults(7)])).await;
    let order = json!({ "hold_id": id(&hold), "buyer": buyer() });
    client.post("/v1/orders", order).await.refused(409, "buyer_limit");
    assert_eq!(theatre.available(client).await, all);
    let body = json!({ "items": [theatre.adults(7)], "buyer_reference": "b1" });
    client.post("/v1/holds", body).await.refused(409, "buyer_limit");
    theatre.order(client, json!([theatre.adults(6)])).await;
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_dry_run_of_a_round_and_of_a_pool_tells_whom_it_reaches() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let at = |what: &str| format!("/v1/performances/{}/{what}", theatre.performance);
    let pool = json!({ "name": "adults", "capacity": 5, "offer_ids": [theatre.adult] });
    let pool = client.post(&at("pools"), pool).await.ok(201);
    let round = json!({ "name": "early", "prices": [{ "offer_id": theatre.adult, "price": eur("40.00") }] });
    let round = client.post(&at("sale_rounds"), round).await.ok(201);
    let hold = theatre.hold(client, json!([theatre.adults(2)])).await;
    let prices = json!([{ "offer_id": theatre.adult, "price": eur("45.00") }]);
    let (of_round, of_pool) = (at(&format!("sale_rounds/{}", id(&round))), at(&format!("pools/{}", id(&pool))));
    for (path, change, total) in [
        (&of_round, json!({ "prices": prices, "dry_run": true }), "90.00"),
        (&of_pool, json!({ "capacity": 2, "dry_run": true }), "80.00"),
    ] {
        let is = client.get(path).await;
        let tried = client.patch(path, is.etag(), change).await;
        assert_eq!(tried.etag(), is.etag());
        let reached =
            json!({ "hold_id": id(&hold), "buyer_reference": null, "total_before": eur("80.00"), "total": eur(total) });
        let concerned = json!({ "holds": 1, "holds_first": [reached], "unpaid_orders": 0, "orders": 0 });
        assert_eq!(tried.ok(200)["concerned"], concerned);
        assert_eq!(client.get(path).await.text, is.text, "nothing has changed");
    }
    let is = client.get(&of_pool).await;
    let refused = client.patch(&of_pool, is.etag(), json!({ "capacity": 1, "dry_run": true })).await;
    let who = &refused.refused(422, "invalid_field")["alternatives"];
    assert_eq!(who, &json!({ "taken": 2, "holds_first": [id(&hold)], "orders_first": [] }));
    app.verify(&[&reseller]).await;
}
