//! Who sells, what that costs in fees, and what becomes of the fees when tickets are given back.

use accounting::{Channel, Component, FeeKind, FeeRule, Payer, RefundPolicy, Scope, set_fee_rule};
use foundation::id::FeeRuleId;
use serde_json::{Value, json};

use crate::{
    app::{Reseller, TestApp},
    client::{Client, text},
    theatre::{eur, id},
};

/// What the hosted shop takes: the platform's 2 % of the reseller, and 1.00 a ticket for the shop on top, 21 % tax on both.
async fn shop_rule(app: &TestApp, reseller: &Reseller, refunding: RefundPolicy) {
    let platform = Component::per_ticket(2.into(), 0.into(), Payer::Reseller);
    let hosting = Component { kind: FeeKind::Hosting, ..Component::per_ticket(0.into(), 1.into(), Payer::Buyer) };
    let rule = FeeRule::new(FeeRuleId::new(), vec![platform, hosting], 21.into()).unwrap().refunding(refunding);
    let mut tx = app.cell().tenant(reseller.id).await.unwrap();
    let scope = Scope { show: None, channel: Some(Channel::HostedShop) };
    set_fee_rule(&mut tx, scope, &rule).await.unwrap();
    tx.commit().await.unwrap();
}

async fn shop_of(app: &TestApp, reseller: &Reseller) -> Client {
    let mut tx = app.cell().tenant(reseller.id).await.unwrap();
    let (_, key) = tenancy::create_shop_key(&mut tx, "eu", "ada", "it opens").await.unwrap();
    tx.commit().await.unwrap();
    app.with_key(key.expose())
}

async fn pending(app: &TestApp, client: &Client) -> String {
    app.settle().await;
    text(&client.get("/v1/balance").await.ok(200)["data"][0]["pending"]["amount"]).to_owned()
}

#[tokio::test]
async fn what_the_shop_sells_has_the_shops_fees_and_only_its_key_says_so() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    shop_rule(&app, &reseller, RefundPolicy::FeesKept).await;
    let shop = shop_of(&app, &reseller).await;
    let prices = format!("/v1/performances/{}/prices", theatre.performance);
    let adult = |listed: &Value| {
        let offers = listed["data"].as_array().unwrap().iter();
        offers.clone().find(|price| price["offer_id"] == theatre.adult.as_str()).unwrap()["total"].clone()
    };
    // 49.90 and, through the shop, 1.00 with 21 % tax on top.
    for (seller, through, total) in [(client, "api", "49.90"), (&shop, "hosted_shop", "51.11")] {
        assert_eq!(adult(&seller.get(&prices).await.ok(200)), eur(total), "{through}");
        let quoted = seller.post("/v1/quotes", json!({ "items": [theatre.adults(1)] })).await.ok(200);
        assert_eq!((&quoted["total"], &quoted["sold_through"]), (&eur(total), &json!(through)));
        let paid = theatre.sold(&app, seller, json!([theatre.adults(1)])).await;
        assert_eq!((&paid["total"], &paid["sold_through"]), (&eur(total), &json!(through)));
    }
    // Of a hold that the reseller's own system made, the shop sells what it orders.
    let hold = theatre.hold(client, json!([theatre.adults(1)])).await;
    let ordered = shop.post("/v1/orders", json!({ "hold_id": id(&hold) })).await.ok(201);
    assert_eq!((&ordered["total"], &ordered["sold_through"]), (&eur("51.11"), &json!("hosted_shop")));
    // A hold of its own shows what that will be, and so what may be expected.
    let hold = theatre.hold(&shop, json!([theatre.adults(1)])).await;
    assert_eq!(
        (&hold["total"], &shop.get(&format!("/v1/holds/{}", id(&hold))).await.ok(200)["total"]),
        (&eur("51.11"), &eur("51.11"))
    );
    let expected = json!({ "hold_id": id(&hold), "expected_total": hold["total"] });
    assert_eq!(shop.post("/v1/orders", expected).await.ok(201)["total"], eur("51.11"));
    // 49.90 less 2.80 and 0.59; and 51.11 less 1.00 and 0.21 for the platform, 1.00 and 0.21 for the shop.
    assert_eq!(pending(&app, client).await, "95.20");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn the_shops_key_is_the_platforms_to_make_and_the_resellers_to_end() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let refused = client.post("/v1/api_keys", json!({ "kind": "hosted_shop", "name": "mine" })).await;
    assert_eq!(refused.refused(422, "invalid_field")["errors"][0]["pointer"], "/kind");
    let shop = shop_of(&app, &reseller).await;
    let listed = client.get("/v1/api_keys").await.ok(200);
    let key = listed["data"].as_array().unwrap().iter().find(|key| key["kind"] == "hosted_shop").unwrap();
    let path = format!("/v1/api_keys/{}", id(key));
    client.post(&format!("{path}/rotate"), json!({})).await.refused(403, "forbidden");
    shop.get("/v1/shows").await.ok(200);
    shop.get("/v1/balance").await.refused(403, "forbidden");
    shop.post("/v1/venues", json!({})).await.refused(403, "forbidden");
    client.post(&format!("{path}/revoke"), json!({})).await.ok(200);
    shop.get("/v1/shows").await.refused(401, "credentials_invalid");
}

#[tokio::test]
async fn what_was_said_of_fees_when_it_was_bought_decides_what_goes_back() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    shop_rule(&app, &reseller, RefundPolicy::FeesReturned).await;
    let shop = shop_of(&app, &reseller).await;
    let quoted = shop.post("/v1/quotes", json!({ "items": [theatre.adults(1)] })).await.ok(200);
    assert_eq!(quoted["refund_policy"], "fees_returned");
    let whole = theatre.sold(&app, &shop, json!([theatre.adults(2)])).await;
    let in_parts = theatre.sold(&app, &shop, json!([theatre.adults(1)])).await;
    shop_rule(&app, &reseller, RefundPolicy::FeesKept).await;
    let kept = theatre.sold(&app, &shop, json!([theatre.adults(1)])).await;
    let policies = [&whole, &in_parts, &kept].map(|order| order["refund_policy"].clone());
    assert_eq!(policies, ["fees_returned", "fees_returned", "fees_kept"].map(|policy| json!(policy)));
    // Of each ticket the reseller has 49.90 less 1.00 and 0.21.
    assert_eq!(pending(&app, &reseller.test).await, "194.76");
    let refund = async |order: &Value, body: Value| {
        let path = format!("/v1/orders/{}/refunds", id(order));
        reseller.test.post(&path, body).await.ok(201)["amount"].clone()
    };
    assert_eq!(refund(&whole, json!({})).await, eur("102.22"));
    assert_eq!(pending(&app, &reseller.test).await, "97.38", "nobody keeps anything of it");
    for part in ["17.03", "17.04", "17.04"] {
        assert_eq!(refund(&in_parts, json!({ "amount": eur(part) })).await, eur(part));
    }
    assert_eq!(pending(&app, &reseller.test).await, "48.69", "in parts as well, to the cent");
    assert_eq!(refund(&kept, json!({})).await, eur("49.90"));
    assert_eq!(pending(&app, &reseller.test).await, "-1.21");
    app.verify(&[&reseller]).await;
}
