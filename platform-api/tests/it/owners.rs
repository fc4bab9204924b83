//! Whose a ticket is, over HTTP: what an order says of it, the list of its owners, and mistakes.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    theatre::{buyer, id, performance_body},
};

#[tokio::test]
async fn a_ticket_says_whose_it_is_and_whose_it_was() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let order = theatre.sold(&app, client, json!([theatre.adults(2)])).await;
    let at = |what: &str| format!("/v1/orders/{}/items/1/{what}", id(&order));
    assert_eq!(order["items"][0]["owner"]["email"], "ada@example.com");
    let grace = json!({ "name": "Grace Hopper", "email": "Grace@Example.com", "language": "nl" });
    let given = client.post(&at("transfer"), grace).await.ok(200);
    let owner = &given["items"][0]["owner"];
    assert_eq!((&owner["name"], &owner["email"]), (&json!("Grace Hopper"), &json!("grace@example.com")));
    assert_ne!(owner["credential_id"], order["items"][0]["owner"]["credential_id"]);
    assert_eq!(given["items"][1]["owner"]["email"], "ada@example.com");
    assert_eq!(given["buyer"], order["buyer"], "who has bought stays who has bought");
    let page = client.get(&at("owners?limit=1")).await.ok(200);
    assert_eq!((&page["data"][0]["change"], &page["data"][0]["name"]), (&json!("purchased"), &json!("Ada Lovelace")));
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = client.get(&at(&format!("owners?cursor={cursor}"))).await.ok(200);
    assert_eq!((&rest["data"][0]["change"], rest["data"].as_array().unwrap().len()), (&json!("transferred"), 1));
    client.post(&at("void"), json!({ "place": "blocked" })).await.ok(200);
    let void = client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200);
    assert_eq!((&void["items"][0]["owner"], &void["items"][0]["credential"]), (&Value::Null, &json!("voided")));
    client.post(&at("rename"), json!({ "name": "Ada" })).await.refused(409, "ticket_void");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn one_ticket_tells_its_state_and_to_who_may_see_orders_its_order_and_owner() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let key = json!({ "kind": "restricted", "name": "shows", "scopes": ["shows:read"] });
    let restricted = app.with_key(client.post("/v1/api_keys", key).await.ok(201)["secret"].as_str().unwrap());
    let first: Vec<String> = theatre.tickets(client, "limit=3").await.iter().map(id).collect();
    let seat = first[2].clone();
    let path = format!("/v1/performances/{}/tickets/{seat}", theatre.performance);
    // As the list has it, to everyone; what is beside that is only for who may see orders.
    let read = async || {
        let mut told = client.get(&path).await.ok(200);
        let order = told.as_object_mut().unwrap().remove("order").unwrap();
        assert_eq!(told, theatre.tickets(client, "limit=3").await[2]);
        for other in [&restricted, &reseller.publishable] {
            assert_eq!(other.get(&path).await.ok(200), told);
        }
        (told["state"].as_str().unwrap().to_owned(), order)
    };
    let state = |state: &str, order: Value| (state.to_owned(), order);
    assert_eq!(read().await, state("available", Value::Null));
    let hold = theatre.hold(client, json!([theatre.seat(&first[0]), theatre.seat(&seat)])).await;
    assert_eq!(read().await, state("held", Value::Null));
    let body = json!({ "hold_id": id(&hold), "buyer": buyer(), "payment": {} });
    let order = client.post("/v1/orders", body).await.ok(201);
    let no = order["items"].as_array().unwrap().iter().find(|item| item["ticket_id"] == seat).unwrap()["no"].clone();
    let of_order = |owner: Value| json!({ "order_id": order["id"], "item_no": no, "owner": owner });
    assert_eq!(read().await, state("held", of_order(Value::Null)));
    app.pay(&order["payments"][0], "pm_card_visa").await;
    assert_eq!(app.callback("payment_intent.succeeded").await, 200);
    let owner = async || {
        let order = client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200);
        order["items"].as_array().unwrap().iter().find(|item| item["no"] == no).unwrap()["owner"].clone()
    };
    assert_eq!(read().await, state("sold", of_order(owner().await)));
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    client.post(&format!("/v1/orders/{}/items/{no}/transfer", id(&order)), grace).await.ok(200);
    assert_eq!(read().await, state("sold", of_order(owner().await)));
    assert_eq!(owner().await["name"], "Grace Hopper");
    // Void and for sale, it is had again by the same order, as another item.
    client.post(&format!("/v1/orders/{}/items/{no}/void", id(&order)), json!({ "place": "on_sale" })).await.ok(200);
    assert_eq!(read().await, state("available", Value::Null));
    let other = json!({ "ticket_id": seat });
    let rest = if no == json!(1) { 2 } else { 1 };
    client.post(&format!("/v1/orders/{}/items/{rest}/exchange", id(&order)), other).await.ok(200);
    let (told, has) = read().await;
    assert_eq!((told.as_str(), &has["item_no"], &has["order_id"]), ("sold", &json!(rest), &order["id"]));
    let elsewhere = reseller.theatre().await.performance;
    client.get(&format!("/v1/performances/{elsewhere}/tickets/{seat}")).await.refused(404, "not_found");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn mistakes_about_an_owner_are_told_with_what_to_do() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let order = theatre.sold(&app, client, json!([theatre.adults(1)])).await;
    let at = |what: &str| format!("/v1/orders/{}/items/1/{what}", id(&order));
    let both =
        client.post(&at("transfer"), json!({ "name": "", "email": "grace" })).await.refused(422, "invalid_field");
    let pointers: Vec<_> = both["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/name", "/email"]);
    client.post(&at("void"), json!({ "place": "gone" })).await.refused(422, "invalid_field");
    let mut dearer = performance_body(&theatre.venue);
    dearer["price_tiers"][0]["prices"][0]["price"]["amount"] = json!("60.00");
    let dearer = id(&client.post(&format!("/v1/shows/{}/performances", theatre.show), dearer).await.ok(201));
    let tickets = client.get(&format!("/v1/performances/{dearer}/tickets?limit=1")).await.ok(200);
    let wish = json!({ "performance_id": dearer, "ticket_id": id(&tickets["data"][0]) });
    let differs = client.post(&at("exchange"), wish).await.refused(409, "price_differs");
    assert_eq!(differs["alternatives"]["difference"], json!({ "amount": "10.10", "currency": "EUR" }));
    for nowhere in ["0", "2", "x", "99999"] {
        let path = format!("/v1/orders/{}/items/{nowhere}/rename", id(&order));
        client.post(&path, json!({ "name": "Grace" })).await.refused(404, "not_found");
    }
    app.verify(&[&reseller]).await;
}
