//! The door over HTTP: a ticket is used once, what the second one is told, and what an order says of it afterwards.

use serde_json::{Value, json};

use crate::{app::TestApp, client::text, theatre::id};

#[tokio::test]
async fn a_scanners_key_lets_in_once_and_nothing_else_and_the_order_shows_it() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let order = theatre.sold(&app, client, json!([theatre.adults(1)])).await;
    let item = &order["items"][0];
    assert_eq!((&item["checked_in_at"], &item["gate"]), (&Value::Null, &Value::Null));
    let key = json!({ "kind": "restricted", "name": "scanner", "scopes": ["door:write"] });
    let key = client.post("/v1/api_keys", key).await.ok(201);
    let scanner = app.with_key(text(&key["secret"]));
    let at = |what: &str| format!("/v1/tickets/{}/{what}", text(&item["ticket_id"]));
    let shown = json!({ "performance_id": item["performance_id"], "credential_id": item["owner"]["credential_id"],
                        "gate": "North 2" });
    let seen = scanner.post(&at("check_in"), shown.clone()).await.ok(200);
    assert_eq!((&seen["credential"], &seen["gate"]), (&json!("checked_in"), &json!("North 2")));
    assert_eq!((&seen["owner_name"], &seen["order_id"]), (&json!("Ada Lovelace"), &order["id"]));
    let again = scanner.post(&at("check_in"), shown.clone()).await.refused(409, "already_checked_in");
    assert_eq!(again["alternatives"], json!({ "checked_in_at": seen["checked_in_at"], "gate": "North 2" }));
    scanner.get(&format!("/v1/orders/{}", id(&order))).await.refused(403, "forbidden");
    let after = client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200);
    let used = &after["items"][0];
    assert_eq!((&used["credential"], &used["checked_in_at"]), (&json!("checked_in"), &seen["checked_in_at"]));
    let owners = client.get(&format!("/v1/orders/{}/items/1/owners", id(&order))).await.ok(200);
    assert_eq!(owners["data"][0]["checked_in_at"], seen["checked_in_at"]);
    client
        .post(&format!("/v1/orders/{}/items/1/void", id(&order)), json!({ "place": "on_sale" }))
        .await
        .refused(409, "ticket_used");
    let performance = json!({ "performance_id": item["performance_id"] });
    let undone = scanner.post(&at("undo_check_in"), performance.clone()).await.ok(200);
    assert_eq!((&undone["credential"], &undone["checked_in_at"]), (&json!("issued"), &Value::Null));
    scanner.post(&at("undo_check_in"), performance).await.refused(409, "not_checked_in");
    scanner.post(&at("check_in"), shown).await.ok(200);
    app.verify(&[&reseller]).await;
}
