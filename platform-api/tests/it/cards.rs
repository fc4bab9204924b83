//! Card numbers are taken nowhere: not in any field of any operation's body, not in a query, not as a key.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{fresh, send},
    document::operations,
    scenes::Scene,
};

const CARD: &str = "4242 4242 4242 4242";
const BARE: &str = "4242424242424242";

/// Whether the card's number is in a text, in either spelling; fewer of its digits may stand in any id.
fn shows_the_card(text: &str) -> bool {
    text.contains(BARE) || text.contains(CARD)
}

/// Where texts and numbers stand in a body, and where objects stand that could have one more member.
fn places(body: &Value, at: &str, found: &mut Vec<String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                places(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{i}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

#[tokio::test]
async fn a_card_number_is_refused_in_every_field_and_stored_and_logged_nowhere() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let scene = Scene::set(&app, &reseller).await;
    let before = app.counts().await;
    let mut tried = 0;
    for operation in operations() {
        let (body, path) = (scene.body(&operation), scene.path(&operation));
        let client = if operation.open { &app.anyone() } else { &reseller.test };
        let mut found = Vec::new();
        if !body.is_null() {
            places(&body, "", &mut found);
            found.push("/a_field_of_nobodys".to_owned());
        }
        for place in found {
            for card in [json!(CARD), json!(BARE), json!(4_242_424_242_424_242_u64)] {
                let mut with = body.clone();
                match with.pointer_mut(&place) {
                    Some(value) => *value = card,
                    None => with["a_field_of_nobodys"] = card,
                }
                let call = client.call(&operation.method, &path);
                let refused =
                    send(call.header("idempotency-key", fresh()).header("if-match", "\"1\"").json(&with)).await;
                assert_eq!(refused.status, 422, "{} {place}: {}", operation.id, refused.text);
                assert!(refused.text.contains("card_data_refused"), "{} {place}: {}", operation.id, refused.text);
                assert!(refused.text.contains(&format!("\"pointer\":\"{place}\"")), "{place}: {}", refused.text);
                assert!(!shows_the_card(&refused.text), "{}", refused.text);
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
    let query = reseller.test.get("/v1/shows?q=4242+4242+4242+4242").await;
    assert_eq!(query.status, 422, "{}", query.text);
    assert!(query.text.contains("\"parameter\":\"q\"") && !shows_the_card(&query.text), "{}", query.text);
    let key = reseller.test.call("post", "/v1/venues").header("idempotency-key", BARE).json(&json!({}));
    assert_eq!(send(key).await.status, 422);
    let nowhere = app.anyone().get(&format!("/v1/{BARE}")).await;
    assert!(!shows_the_card(&nowhere.text), "{}", nowhere.text);
    assert_eq!(app.counts().await, before, "nothing of it was stored");
    assert!(!shows_the_card(&crate::log::lines()), "nothing of it was logged");
    app.verify(&[&reseller]).await;
}
