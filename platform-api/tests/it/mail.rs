//! Mail to buyers, as a reseller sets it and as a purchase causes it.

use foundation::mail::Language;
use serde_json::{Value, json};

use crate::{
    app::TestApp,
    theatre::{buyer, id},
};

#[tokio::test]
async fn a_reseller_sets_how_its_buyers_are_written_to() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let change = async |mail: Value| {
        let etag = client.get("/v1/reseller").await.etag().to_owned();
        client.patch("/v1/reseller", &etag, json!({ "mail": mail })).await.ok(200)["mail"].clone()
    };
    let fresh = json!({ "enabled": true, "sender_name": null, "reply_to": null, "language": "en", "ticket_url": null, "waiting_url": null });
    assert_eq!(client.get("/v1/reseller").await.ok(200)["mail"], fresh);
    let full = json!({
        "enabled": false, "sender_name": "Stage Left", "reply_to": "help@stageleft.example", "language": "nl",
        "ticket_url": "https://stageleft.example/t/{order_id}/{item_no}",
        "waiting_url": "https://stageleft.example/w/{performance_id}/{entry_id}",
    });
    assert_eq!(change(full.clone()).await, full);
    assert_eq!(change(json!({ "enabled": true })).await["ticket_url"], full["ticket_url"], "what is left out stays");
    assert_eq!(
        change(
            json!({ "sender_name": null, "reply_to": null, "language": "en", "ticket_url": null, "waiting_url": null })
        )
        .await,
        fresh
    );
    assert_eq!(client.get("/v1/reseller").await.ok(200)["mail"], fresh);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_purchase_queues_one_confirmation_in_the_buyers_language() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let hold = theatre.hold(client, json!([theatre.adults(2)])).await;
    let mut who = buyer();
    who["language"] = json!("nl");
    let order = client.post("/v1/orders", json!({ "hold_id": id(&hold), "buyer": who })).await.ok(201);
    assert_eq!(order["buyer"]["language"], "nl");
    let payment = client.post(&format!("/v1/orders/{}/payments", id(&order)), json!({})).await.ok(201);
    app.pay(&payment, "pm_card_visa").await;
    assert_eq!(app.callback("payment_intent.succeeded").await, 200);
    assert_eq!(client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200)["state"], "paid");
    let letters: Vec<(String, String, Option<Language>)> =
        sqlx::query_as("select kind, recipient, language from mail_outbox")
            .fetch_all(&mut app.db.as_owner().await)
            .await
            .unwrap();
    assert_eq!(letters, [("order_confirmed".to_owned(), "ada@example.com".to_owned(), Some(Language::Nl))]);
    app.verify(&[&reseller]).await;
}
