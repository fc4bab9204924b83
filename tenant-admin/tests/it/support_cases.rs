//! What operators write to resellers is written once, however often it is sent.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::Database;

use crate::{
    desk::{account, ada, get, interface, post_keyed},
    document::opened,
};

#[tokio::test]
async fn the_same_key_answers_and_resolves_once() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let case =
        format!("/regions/eu/resellers/{0}/support_cases/{1}", live.reseller.id, opened(&db, live.reseller.id).await);
    let ask = async |act: &str, key: &str, text: &str| {
        let body = json!({ "text": text }).to_string();
        post_keyed(&interface, &ada, (&format!("{case}/{act}"), key), &body).await
    };
    let written = async || -> Vec<Value> {
        let (_, messages) = get(&interface, &ada, &format!("{case}/messages")).await;
        messages["data"].as_array().unwrap().iter().map(|message| message["text"].clone()).collect()
    };
    assert_eq!(ask("answer", "", "Yes.").await.1["code"], "idempotency_key_missing");
    let first = ask("answer", "k-1", "Yes.").await;
    assert_eq!((first.0, &first.1["state"]), (StatusCode::OK, &json!("waiting_for_reseller")));
    assert_eq!(ask("answer", "k-1", "Yes.").await, first);
    assert_eq!(ask("answer", "k-1", "No.").await.1["code"], "idempotency_key_reused");
    let done = ask("resolve", "k-2", "That was it.").await;
    assert_eq!(ask("resolve", "k-2", "That was it.").await, done);
    assert_eq!(ask("resolve", "k-1", "Yes.").await.1["code"], "idempotency_key_reused", "another act");
    assert_eq!(written().await, ["as the page says", "Yes.", "That was it."]);
}
