//! Idempotency keys: a request repeated is done once and answered alike, by whichever process. The walk is the document's.

use futures_util::future::join_all;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    app::{Reseller, TestApp},
    client::{Answer, fresh, send},
    document::{Operation, operations},
    scenes::Scene,
    theatre::venue_body,
};

fn keyed() -> impl Iterator<Item = Operation> {
    operations().into_iter().filter(|operation| operation.keyed)
}

/// How many rows of each table came by a call.
async fn written(app: &TestApp, before: &[(String, i64)]) -> Vec<(String, i64)> {
    let after = app.counts().await;
    after.into_iter().zip(before).map(|((table, after), (_, before))| (table, after - before)).collect()
}

/// One call, repeated: what it wrote.
async fn one_after_the_other(app: &TestApp, operation: &Operation) -> (Reseller, Vec<(String, i64)>) {
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let scene = Scene::set(app, &reseller).await;
    let (path, body, name) = (scene.path(operation), scene.body(operation).to_string(), &operation.id);
    let before = app.counts().await;
    let call = client.call("post", &path).header("content-type", "application/json").body(body.clone());
    send(call).await.refused(400, "idempotency_key_missing");
    for bad in ["", "\"\"", &"k".repeat(256)] {
        client.post_keyed(&path, bad, &body).await.refused(400, "invalid_request");
    }
    assert_eq!(app.counts().await, before, "{name}");
    let key = fresh();
    let first = client.post_keyed(&path, &key, &body).await;
    assert!(matches!(first.status, 200 | 201) && !first.replayed(), "{name}: {}", first.text);
    let wrote = written(app, &before).await;
    for spelling in [key.clone(), format!("\"{key}\"")] {
        let again = client.post_keyed(&path, &spelling, &body).await;
        assert!(again.replayed(), "{name}: {}", again.text);
        assert_eq!((again.status, &again.text, again.etag()), (first.status, &first.text, first.etag()), "{name}");
        assert_eq!(again.header("content-type"), first.header("content-type"), "{name}");
    }
    client.post_keyed(&path, &key, &format!("{body} ")).await.refused(422, "idempotency_key_reused");
    client
        .post_keyed("/v1/webhook_endpoints", &key, &json!({ "url": "https://example.com/x" }).to_string())
        .await
        .refused(422, "idempotency_key_reused");
    assert_eq!(written(app, &before).await, wrote, "{name}");
    (reseller, wrote)
}

/// Twenty at once over two processes: what they wrote together.
async fn all_at_once(app: &TestApp, operation: &Operation) -> (Reseller, Vec<(String, i64)>) {
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let second = app.at_second(client);
    let scene = Scene::set(app, &reseller).await;
    let (path, body, name) = (scene.path(operation), scene.body(operation).to_string(), &operation.id);
    let before = app.counts().await;
    let key = fresh();
    let answers: Vec<Answer> =
        join_all((0..20).map(|i| if i % 2 == 0 { client } else { &second }.post_keyed(&path, &key, &body))).await;
    let fresh: Vec<&Answer> = answers.iter().filter(|answer| answer.status < 300 && !answer.replayed()).collect();
    assert_eq!(fresh.len(), 1, "{name}: {answers:?}");
    for answer in &answers {
        if answer.status < 300 {
            assert_eq!(answer.text, fresh[0].text, "{name}");
        } else {
            answer.refused(409, "idempotency_key_in_use");
            let seconds: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&seconds), "{name}: {answer:?}");
        }
    }
    let again = second.post_keyed(&path, &key, &body).await;
    assert!(again.replayed() && again.text == fresh[0].text, "{name}");
    (reseller, written(app, &before).await)
}

#[tokio::test]
async fn every_call_with_a_key_is_done_once() {
    let mut app = TestApp::start().await;
    app.second_process().await;
    for operation in keyed() {
        let (first, one) = one_after_the_other(&app, &operation).await;
        let (second, many) = all_at_once(&app, &operation).await;
        assert_eq!(one, many, "{}: twenty at once wrote more or less than one", operation.id);
        assert!(one.iter().any(|(table, rows)| table == "idempotency_keys" && *rows == 1), "{}: {one:?}", operation.id);
        app.verify(&[&first, &second]).await;
    }
}

/// What it would have been said to be about is not counted anew, and not refused for what has happened since.
#[tokio::test]
async fn a_dry_run_asked_for_again_is_answered_as_before_whatever_has_become_of_it() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let moved = json!({ "starts_at": "2031-06-01T20:00:00", "default": "keep", "dry_run": true });
    let cancelled = json!({ "offered": ["refund"], "dry_run": true });
    let performance = format!("/v1/performances/{}", theatre.performance);
    let runs = [
        (format!("{performance}/reschedule"), moved),
        (format!("{performance}/cancel"), cancelled.clone()),
        (format!("/v1/shows/{}/cancel", theatre.show), cancelled),
    ]
    .map(|(path, body)| (path, body.to_string(), fresh()));
    let mut first = Vec::new();
    for (path, body, key) in &runs {
        let answer = client.post_keyed(path, key, body).await;
        assert_eq!(answer.ok(200)["dry_run"], true);
        first.push(answer.text);
    }
    client.post(&format!("{performance}/cancel"), json!({ "offered": ["refund"] })).await.ok(200);
    for ((path, body, key), first) in runs.iter().zip(&first) {
        let again = client.post_keyed(path, key, body).await;
        assert!(again.status == 200 && again.replayed() && again.text == *first, "{path}: {again:?}");
        assert!(client.post_keyed(path, &fresh(), body).await.status >= 400, "{path}");
    }
    app.verify(&[&reseller]).await;
}

/// A process that was killed leaves its lease behind: whoever comes with the key is told how long that can last.
#[tokio::test]
async fn a_key_in_use_tells_how_long_at_most() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let scene = Scene::set(&app, &reseller).await;
    let operation = keyed().find(|operation| operation.id == "post_orders_order_id_cancel").unwrap();
    let (path, body, key) = (scene.path(&operation), "{}", fresh());
    let mut fingerprint = Sha256::new_with_prefix("POST\0");
    fingerprint.update(&path);
    fingerprint.update([0]);
    fingerprint.update(body);
    let lost = foundation::idempotency::Key { text: key.clone(), fingerprint: fingerprint.finalize().into() };
    let mut tx = app.cell().tenant(reseller.id).await.unwrap();
    foundation::idempotency::claim_leased(&mut tx, &lost).await.unwrap();
    tx.commit().await.unwrap();
    let answer = reseller.test.post_keyed(&path, &key, body).await;
    let problem = answer.refused(409, "idempotency_key_in_use");
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((2..=60).contains(&seconds), "{answer:?}");
    let at_most = format!("at most {seconds} seconds");
    assert!(problem["detail"].as_str().unwrap().contains(&at_most), "{problem}");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_key_is_its_tenants_own() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.reseller().await, app.reseller().await);
    let (key, body) = (fresh(), venue_body().to_string());
    let first = ours.test.post_keyed("/v1/venues", &key, &body).await;
    for other in [&theirs.test, &ours.live] {
        let answer = other.post_keyed("/v1/venues", &key, &body).await;
        assert!(!answer.replayed());
        assert_ne!(answer.ok(201)["id"], first.ok(201)["id"]);
    }
    app.verify(&[&ours, &theirs]).await;
}

/// What was refused is not remembered: the caller puts it right and tries again with the same key.
#[tokio::test]
async fn a_refusal_does_not_use_the_key_up() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let too_many = json!({ "items": [theatre.adults(41)], "buyer": crate::theatre::buyer(), "payment": {} });
    let enough = json!({ "items": [theatre.adults(1)], "buyer": crate::theatre::buyer(), "payment": {} });
    for path in ["/v1/holds", "/v1/orders"] {
        let strip = |body: &serde_json::Value| match path {
            "/v1/holds" => json!({ "items": body["items"] }).to_string(),
            _ => body.to_string(),
        };
        let key = fresh();
        client.post_keyed(path, &key, &strip(&too_many)).await.refused(409, "not_enough_tickets");
        client.post_keyed(path, &key, &strip(&enough)).await.ok(201);
    }
    app.verify(&[&reseller]).await;
}

/// The answer to a key is kept for a week, and the database's backups for longer.
#[tokio::test]
async fn no_secret_is_kept_in_plain_with_its_answer() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    Scene::set(&app, &reseller).await;
    let mut owner = app.db.as_owner().await;
    let kept: Vec<String> = sqlx::query_scalar(
        "select coalesce(answer, '') || coalesce(encode(answer_sealed, 'escape'), '') from idempotency_keys",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(kept.len() >= 8, "{}", kept.len());
    for word in ["_test_eu_", "whsec_", "_secret_", "Ada", "ada@example.com"] {
        assert!(!kept.iter().any(|answer| answer.contains(word)), "{word} is kept in plain");
    }
}
