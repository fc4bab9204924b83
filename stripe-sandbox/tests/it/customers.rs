//! Customers and their payment methods.

use reqwest::Method;
use serde_json::json;

use crate::world::{World, text};

async fn customer(world: &World) -> String {
    let form = [("email", "ada@example.com"), ("name", "Ada Lovelace"), ("metadata[buyer]", "b_1")];
    text(&world.post("/v1/customers", &form).await.ok(), "id").to_owned()
}

#[tokio::test]
async fn a_customer_is_made_changed_found_and_deleted() {
    let world = World::new().await;
    let form = [
        ("email", "ada@example.com"),
        ("address[city]", "London"),
        ("address[line1]", "1 Street"),
        ("shipping[name]", "Ada"),
        ("shipping[address][line1]", "2 Street"),
        ("preferred_locales[]", "en"),
    ];
    let made = world.post("/v1/customers", &form).await.ok();
    assert_eq!(made["address"]["postal_code"], json!(null), "an address has all its fields");
    assert_eq!(made["shipping"]["address"]["line1"], "2 Street");
    let path = format!("/v1/customers/{}", text(&made, "id"));
    let changed = world.post(&path, &[("name", "Ada"), ("email", ""), ("metadata[a]", "b")]).await.ok();
    assert_eq!((&changed["name"], &changed["email"]), (&json!("Ada"), &json!(null)));
    assert_eq!(changed["metadata"], json!({"a": "b"}));
    let event = world.get("/v1/events?type=customer.updated").await.ok()["data"][0].clone();
    assert_eq!(event["data"]["previous_attributes"]["email"], "ada@example.com");
    assert_eq!(event["data"]["previous_attributes"].get("address"), None, "only what changed");
    assert_eq!(world.get(&path).await.ok(), changed);
    assert_eq!(world.post("/v1/customers", &[("email", "nobody")]).await.error(400)["code"], "email_invalid");

    let other = customer(&world).await;
    let found = world.get("/v1/customers?email=ada@example.com").await.ok();
    assert_eq!(found["data"][0]["id"], json!(other));
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let deleted = world.send(world.request(Method::DELETE, &path).bearer_auth("sk_test_eu")).await.ok();
    assert_eq!(deleted, json!({"id": made["id"], "object": "customer", "deleted": true}));
    assert_eq!(world.get(&path).await.ok(), deleted);
    world.post(&path, &[("name", "x")]).await.error(404);
    assert_eq!(world.get("/v1/customers").await.ok()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_method_belongs_to_one_customer_until_it_is_detached() {
    let world = World::new().await;
    let (ada, bob) = (customer(&world).await, customer(&world).await);
    let attach = async |method: &str, customer: &str| {
        world.post(&format!("/v1/payment_methods/{method}/attach"), &[("customer", customer)]).await
    };
    let card = attach("pm_card_visa", &ada).await.ok();
    assert_eq!(card["customer"], json!(ada));
    let id = text(&card, "id");
    assert_ne!(id, "pm_card_visa", "a test name becomes a method of its own");
    let error = attach(id, &bob).await.error(400);
    assert_eq!(error["message"], "The payment method you provided has already been attached to a customer.");
    assert_eq!(attach("pm_card_visa", "cus_none").await.error(400)["code"], "resource_missing");
    assert_eq!(attach("pm_card_chargeDeclined", &ada).await.error(402)["code"], "card_declined");
    attach("pm_card_chargeCustomerFail", &ada).await.ok();

    let list = world.get(&format!("/v1/payment_methods?customer={ada}&type=card&limit=1")).await.ok();
    assert_eq!((&list["data"][0]["card"]["last4"], &list["has_more"]), (&json!("0341"), &json!(true)));
    let own = world.get(&format!("/v1/customers/{ada}/payment_methods/{id}")).await.ok();
    assert_eq!(own["id"], card["id"]);
    world.get(&format!("/v1/customers/{bob}/payment_methods/{id}")).await.error(404);
    let form = [("card[exp_year]", "2044"), ("billing_details[name]", "Ada"), ("metadata[a]", "b")];
    let changed = world.post(&format!("/v1/payment_methods/{id}"), &form).await.ok();
    assert_eq!((&changed["card"]["exp_year"], &changed["billing_details"]["name"]), (&json!(2044), &json!("Ada")));

    let form = [("invoice_settings[default_payment_method]", id)];
    world.post(&format!("/v1/customers/{ada}"), &form).await.ok();
    world.post(&format!("/v1/customers/{bob}"), &form).await.error(400);
    let detach = format!("/v1/payment_methods/{id}/detach");
    assert_eq!(world.post(&detach, &[]).await.ok()["customer"], json!(null));
    world.post(&detach, &[]).await.error(400);
    attach(id, &ada).await.error(400);
    world.post(&format!("/v1/payment_methods/{id}"), &[("metadata[a]", "c")]).await.error(400);
}

#[tokio::test]
async fn a_method_without_a_customer_is_used_once() {
    let world = World::new().await;
    let paid = world.paid("pm_card_visa").await;
    let form = [
        ("amount", "500"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("payment_method", text(&paid, "payment_method")),
    ];
    let error = world.post("/v1/payment_intents", &form).await.error(400);
    assert!(text(&error, "message").contains("It may not be used again"), "{error}");
}

#[tokio::test]
async fn a_kept_card_pays_without_the_buyer() {
    let world = World::new().await;
    let ada = customer(&world).await;
    let pay = async |form: &[(&str, &str)]| {
        let base = [("amount", "500"), ("currency", "eur"), ("confirm", "true"), ("customer", ada.as_str())];
        world.post("/v1/payment_intents", &[&base, form].concat()).await
    };
    let first =
        pay(&[("payment_method", "pm_card_authenticationRequiredOnSetup"), ("setup_future_usage", "off_session")]);
    let first = first.await.ok();
    assert_eq!((&first["status"], &first["customer"]), (&json!("requires_action"), &json!(ada)));
    let body = json!({"payment_intent": first["id"], "outcome": "complete"});
    assert_eq!(world.control("/_sandbox/authenticate", body).await.ok()["setup_future_usage"], "off_session");
    let kept = text(&first, "payment_method");
    assert_eq!(world.get(&format!("/v1/payment_methods/{kept}")).await.ok()["customer"], json!(ada));
    let later = pay(&[("payment_method", kept), ("off_session", "true")]).await.ok();
    assert_eq!(later["status"], "succeeded", "it was set up for that");
    let charge = world.get(&format!("/v1/charges?customer={ada}")).await.ok();
    assert_eq!(charge["data"].as_array().unwrap().len(), 2);
    let on_session = pay(&[("payment_method", kept)]).await.ok();
    assert_eq!(on_session["status"], "requires_action", "a buyer who is there is asked");

    let form = [("amount", "500"), ("currency", "eur"), ("confirm", "true"), ("payment_method", kept)];
    let error = world.post("/v1/payment_intents", &form).await.error(400);
    assert_eq!(error["param"], "payment_method", "not without its customer");
    let other = customer(&world).await;
    let error = world.post("/v1/payment_intents", &[&form[..], &[("customer", &other)]].concat()).await.error(400);
    assert!(text(&error, "message").contains("does not belong to the Customer"), "{error}");
    assert_eq!(pay(&[("customer", "cus_none")]).await.error(400)["param"], "customer");
}
