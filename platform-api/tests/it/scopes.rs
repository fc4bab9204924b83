//! Which key may call what: every operation is called with a key of each scope alone, and what came out is the committed table.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;
use tenancy::Scope;

use crate::{
    app::TestApp,
    client::{Client, send},
    document::{Operation, operations},
};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scopes.md");

/// Whether the key is let in. The call has no body and no object, so that nothing is done: what a key may is asked first.
async fn may(client: &Client, operation: &Operation) -> bool {
    let path = operation.ids.iter().fold(operation.path.clone(), |path, id| path.replace(&format!("{{{id}}}"), "none"));
    let answer = send(client.call(&operation.method, &path)).await;
    assert_ne!(answer.status, 401, "{}: {}", operation.id, answer.text);
    answer.status != 403
}

#[tokio::test]
async fn what_gives_money_back_wants_the_scope_of_orders_too() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let mut keys = Vec::new();
    for scopes in [json!(["shows:write"]), json!(["shows:write", "orders:write"])] {
        let body = json!({ "kind": "restricted", "name": "catalogue", "scopes": scopes });
        let key = reseller.test.post("/v1/api_keys", body).await.ok(201);
        keys.push(app.with_key(key["secret"].as_str().unwrap()));
    }
    let performance = format!("/v1/performances/{}", theatre.performance);
    let refund = json!({ "offered": ["refund"] });
    let calls = [
        (format!("{performance}/reschedule"), json!({ "starts_at": "2031-06-01T20:00:00", "default": "keep" })),
        (format!("{performance}/cancel"), refund.clone()),
        (format!("/v1/shows/{}/cancel", theatre.show), refund),
    ];
    for (path, body) in &calls {
        let mut dry = body.clone();
        dry["dry_run"] = json!(true);
        keys[0].post(path, dry).await.ok(200);
        let refused = keys[0].post(path, body.clone()).await.refused(403, "forbidden");
        assert!(refused["detail"].as_str().unwrap().contains("orders:write"), "{refused}");
    }
    for (path, body) in &calls[..2] {
        keys[1].post(path, body.clone()).await.ok(200);
    }
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn each_operation_wants_the_scope_that_the_table_names() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        let body = json!({ "kind": "restricted", "name": scope.as_str(), "scopes": [scope.as_str()] });
        let key = reseller.test.post("/v1/api_keys", body).await.ok(201);
        keys.push((scope.as_str(), app.with_key(key["secret"].as_str().unwrap())));
    }
    let before = app.counts().await;
    let mut of_scope: BTreeMap<&str, Vec<(String, bool)>> = BTreeMap::new();
    for operation in operations().into_iter().filter(|operation| !operation.open) {
        let mut admitted = Vec::new();
        for (scope, client) in &keys {
            if may(client, &operation).await {
                admitted.push(*scope);
            }
        }
        assert_eq!(admitted.len(), 1, "{} is let in by {admitted:?}", operation.id);
        assert!(may(&reseller.test, &operation).await, "{}: a secret key may do everything", operation.id);
        let name = format!("{} {}", operation.method.to_uppercase(), operation.path);
        of_scope.entry(admitted[0]).or_default().push((name, may(&reseller.publishable, &operation).await));
    }
    assert_eq!(app.counts().await, before);
    let mut table = String::new();
    for (scope, operations) in of_scope {
        for (operation, publishable) in operations {
            let public = if publishable { "yes" } else { "" };
            writeln!(table, "| `{operation}` | `{scope}` | {public} |").unwrap();
        }
    }
    let committed = std::fs::read_to_string(DOCUMENT).unwrap();
    let (_, rows) = committed.split_once("|---|---|---|\n").unwrap();
    if rows != table {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/scopes.md");
        std::fs::write(path, &table).unwrap();
        panic!("docs/scopes.md is not what keys may do; if that is meant, its rows are in {path}");
    }
    app.verify(&[&reseller]).await;
}
