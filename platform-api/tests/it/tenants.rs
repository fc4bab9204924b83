//! Who may do what: every operation of the document under every kind of wrong key, and on another tenant's objects.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    app::{ELSEWHERE, TestApp},
    client::{Answer, Client, send},
    document::{Operation, operations},
    scenes::Scene,
    theatre::{id, show_body},
};

/// What a publishable key may read; everything else is refused to it.
const PUBLISHABLE_MAY: [&str; 23] = [
    "get_performances_performance_id_waitlist",
    "get_performances_performance_id_waitlist_entries_entry_id",
    "get_venues",
    "get_venues_venue_id",
    "get_shows",
    "get_shows_show_id",
    "get_performances",
    "get_shows_show_id_buyer_limit",
    "get_shows_show_id_questions",
    "get_shows_show_id_questions_question_id",
    "get_performances_performance_id",
    "get_performances_performance_id_availability",
    "get_performances_performance_id_stream",
    "get_performances_performance_id_prices",
    "get_performances_performance_id_buyer_limit",
    "get_performances_performance_id_sale_rounds",
    "get_performances_performance_id_sale_rounds_sale_round_id",
    "get_performances_performance_id_pools",
    "get_performances_performance_id_pools_pool_id",
    "get_performances_performance_id_seating",
    "get_performances_performance_id_tickets",
    "get_performances_performance_id_tickets_ticket_id",
    "get_performances_performance_id_offers_offer_id",
];

/// What else it may, which does something: that is called where it is tested.
const PUBLISHABLE_DOES: [&str; 4] = [
    "post_performances_performance_id_waitlist_entries",
    "post_performances_performance_id_waitlist_entries_entry_id_leave",
    "post_shows_show_id_interests",
    "post_shows_show_id_interests_interest_id_withdraw",
];

fn guarded() -> impl Iterator<Item = Operation> {
    operations().into_iter().filter(|operation| !operation.open)
}

/// Calls the operation with everything that it wants but a right.
async fn call(client: &Client, operation: &Operation, path: &str, body: &Value) -> Answer {
    let mut call = client.call(&operation.method, path);
    if operation.keyed {
        call = call.header("idempotency-key", crate::client::fresh());
    }
    if operation.versioned {
        call = call.header("if-match", "\"1\"");
    }
    send(if body.is_null() { call } else { call.json(body) }).await
}

/// The same key with another last digit of its secret.
fn wrong_secret(key: &str) -> String {
    let (rest, last) = key.split_at(key.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn without_a_good_key_every_operation_is_refused_and_nothing_is_done() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let scene = Scene::set(&app, &reseller).await;
    let key = reseller.test.key.clone().unwrap();
    let revoked = reseller.test.post("/v1/api_keys", json!({ "kind": "secret", "name": "old" })).await.ok(201);
    let revoked_client = app.with_key(revoked["secret"].as_str().unwrap());
    revoked_client.get("/v1/shows").await.ok(200);
    let path = format!("/v1/api_keys/{}/revoke", id(&revoked));
    reseller.test.post(&path, json!({})).await.ok(200);
    let before = app.counts().await;
    for operation in guarded() {
        let (path, body) = (scene.path(&operation), scene.body(&operation));
        call(&app.anyone(), &operation, &path, &body).await.refused(401, "credentials_missing");
        for wrong in
            ["sk_test_eu_short", "Basic", &wrong_secret(&key), &key.replace("_test_", "_live_"), &key.to_uppercase()]
        {
            let answer = call(&app.with_key(wrong), &operation, &path, &body).await;
            answer.refused(401, "credentials_invalid");
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", operation.id);
        }
        call(&revoked_client, &operation, &path, &body).await.refused(401, "credentials_invalid");
        let told = call(&app.with_key(&key.replace("_eu_", "_us_")), &operation, &path, &body).await;
        assert_eq!(told.refused(421, "region_elsewhere")["alternatives"]["base_url"], ELSEWHERE, "{}", operation.id);
        call(&app.with_key(&key.replace("_eu_", "_mars_")), &operation, &path, &body)
            .await
            .refused(421, "region_elsewhere");
    }
    assert_eq!(app.counts().await, before);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_key_may_do_what_it_is_for_and_nothing_else() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let scene = Scene::set(&app, &reseller).await;
    let mut restricted = Vec::new();
    for scope in ["finance:read", "venues:read"] {
        let body = json!({ "kind": "restricted", "name": scope, "scopes": [scope] });
        let key = reseller.test.post("/v1/api_keys", body).await.ok(201);
        restricted.push(app.with_key(key["secret"].as_str().unwrap()));
    }
    let before = app.counts().await;
    for operation in guarded() {
        let (path, body) = (scene.path(&operation), scene.body(&operation));
        if !PUBLISHABLE_DOES.contains(&operation.id.as_str()) {
            let answer = call(&reseller.publishable, &operation, &path, &body).await;
            if PUBLISHABLE_MAY.contains(&operation.id.as_str()) {
                assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.text);
            } else {
                answer.refused(403, "forbidden");
            }
        }
        let finance = operation.id.starts_with("get_payout")
            || ["get_balance", "get_reports_forecast", "get_reports_sales"].contains(&operation.id.as_str());
        let venues = operation.id.starts_with("get_venues");
        for (client, may) in restricted.iter().zip([finance, venues]) {
            let answer = call(client, &operation, &path, &body).await;
            if may {
                assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.text);
            } else {
                answer.refused(403, "forbidden");
            }
        }
    }
    assert_eq!(app.counts().await, before);
    app.verify(&[&reseller]).await;
}

/// An id of the same kind that nobody has.
fn missing_like(id: &str) -> String {
    let (prefix, _) = id.rsplit_once('_').unwrap();
    format!("{prefix}_{:032x}", 0x0190_0000_0000_7000_8000_0000_0000_0001_u128)
}

#[tokio::test]
async fn another_tenants_object_answers_to_the_byte_as_one_that_is_not_there() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.reseller().await, app.reseller().await);
    let (scene, other) = (Scene::set(&app, &ours).await, Scene::set(&app, &theirs).await);
    let before = app.counts().await;
    for operation in guarded().filter(|operation| !operation.ids.is_empty()) {
        let body = other.body(&operation);
        // Each id of the path in turn is ours, and the others are the caller's own.
        // An item's number is no object's name: it says nothing without its order.
        for at in operation.ids.iter().filter(|at| *at != "no") {
            let path = |wrong: &str| {
                operation.ids.iter().fold(operation.path.clone(), |path, name| {
                    let id = if name == at { wrong } else { other.id(&operation, name) };
                    path.replace(&format!("{{{name}}}"), id)
                })
            };
            let ours = scene.id(&operation, at);
            let foreign = call(&theirs.test, &operation, &path(ours), &body).await;
            let missing = call(&theirs.test, &operation, &path(&missing_like(ours)), &body).await;
            foreign.refused(404, "not_found");
            assert_eq!(foreign.without_request_id(), missing.without_request_id(), "{} {at}", operation.id);
            let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(names(&foreign), names(&missing), "{} {at}", operation.id);
            // The same account's other environment is another tenant as well.
            if operation.id != "post_test_clock_advance" {
                let live = call(&theirs.live, &operation, &path(ours), &body).await;
                let missing = call(&theirs.live, &operation, &path(&missing_like(ours)), &body).await;
                live.refused(404, "not_found");
                assert_eq!(live.without_request_id(), missing.without_request_id(), "{} {at}", operation.id);
            }
        }
    }
    assert_eq!(app.counts().await, before);
    app.verify(&[&ours, &theirs]).await;
}

#[tokio::test]
async fn no_list_shows_anything_of_another_tenant() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.reseller().await, app.reseller().await);
    let scene = Scene::set(&app, &ours).await;
    app.settle().await;
    let lists = guarded().filter(|operation| operation.method == "get" && operation.ids.is_empty());
    for operation in lists {
        let answer = theirs.test.get(&operation.path).await;
        assert_eq!(answer.status, 200, "{}", operation.id);
        for id in scene.ids.values().filter(|id| *id != "eu") {
            assert!(!answer.text.contains(id.as_str()), "{} shows {id}", operation.id);
        }
    }
    for (path, filter) in [
        ("/v1/shows", format!("venue_id={}", scene.theatre.venue)),
        ("/v1/orders", "reference=r-1".to_owned()),
        ("/v1/reports/sales", format!("show_id={}", scene.theatre.show)),
    ] {
        assert_eq!(theirs.test.get(&format!("{path}?{filter}")).await.ok(200)["data"], json!([]), "{path}");
    }
}

/// Ids in bodies are no way round either.
#[tokio::test]
async fn another_tenants_object_in_a_body_is_one_that_is_not_there() {
    let app = TestApp::start().await;
    let (ours, theirs) = (app.reseller().await, app.reseller().await);
    let scene = Scene::set(&app, &ours).await;
    let own = theirs.theatre().await;
    let theatre = &scene.theatre;
    let seat = id(&theatre.tickets(&ours.test, "available=true&limit=1").await[0]);
    let client = &theirs.test;
    let before = app.counts().await;
    client.post("/v1/shows", show_body(&theatre.venue)).await.refused(404, "not_found");
    client.post("/v1/holds", json!({ "items": [theatre.adults(1)] })).await.refused(404, "not_found");
    let crossed = [
        json!({ "performance_id": own.performance, "offer_id": theatre.adult, "quantity": 1 }),
        json!({ "performance_id": own.performance, "offer_id": own.adult, "ticket_id": seat }),
    ];
    for item in crossed {
        let foreign = client.post("/v1/holds", json!({ "items": [item] })).await;
        let mut unknown = item.clone();
        for field in ["offer_id", "ticket_id"] {
            if unknown[field].is_string() && unknown[field] != own.adult.as_str() {
                unknown[field] = missing_like(unknown[field].as_str().unwrap()).into();
            }
        }
        let missing = client.post("/v1/holds", json!({ "items": [unknown] })).await;
        assert!(foreign.status == 404 || foreign.status == 422, "{}", foreign.text);
        let told = |answer: &Answer| (answer.status, answer.json()["code"].clone());
        assert_eq!(told(&foreign), told(&missing));
    }
    let hold = &scene.ids["hold_id"];
    client.post("/v1/orders", json!({ "hold_id": hold })).await.refused(404, "not_found");
    assert_eq!(app.counts().await, before);
    app.verify(&[&ours, &theirs]).await;
}

/// What a wrong region's key comes with is answered before any of its body was sent.
#[tokio::test]
async fn the_body_of_another_regions_request_is_not_read() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let key = reseller.test.key.clone().unwrap().replace("_eu_", "_us_");
    for (path, key) in [("/v1/venues", key.as_str()), ("/v1/regions/us/resellers", "")] {
        let mut stream = TcpStream::connect(reseller.test.address()).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nidempotency-key: k\r\ncontent-type: application/json\r\n\
             content-length: 5000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        let answered = tokio::time::timeout(std::time::Duration::from_secs(5), stream.read_exact(&mut start)).await;
        answered.unwrap_or_else(|_| panic!("{path} waits for the body")).unwrap();
        assert_eq!(&start, b"HTTP/1.1 421", "{path}");
    }
}

#[tokio::test]
async fn a_rotated_key_has_a_successor_and_ends_after_its_overlap() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let body = json!({ "kind": "restricted", "name": "till", "scopes": ["shows:read"] });
    let old = reseller.test.post("/v1/api_keys", body).await.ok(201);
    let path = format!("/v1/api_keys/{}/rotate", id(&old));
    let new = reseller.test.post(&path, json!({ "overlap_seconds": 60 })).await.ok(201);
    assert_ne!((&new["secret"], &new["id"]), (&old["secret"], &old["id"]));
    let key = |key: &Value| app.with_key(key["secret"].as_str().unwrap());
    key(&old).get("/v1/shows").await.ok(200);
    key(&new).get("/v1/shows").await.ok(200);
    reseller.test.post("/v1/test_clock/advance", json!({ "seconds": 61 })).await.ok(200);
    key(&old).get("/v1/shows").await.refused(401, "credentials_invalid");
    key(&new).get("/v1/shows").await.ok(200);
    let at_once =
        reseller.test.post(&format!("/v1/api_keys/{}/rotate", id(&new)), json!({ "overlap_seconds": 0 })).await;
    at_once.ok(201);
    key(&new).get("/v1/shows").await.refused(401, "credentials_invalid");
}

#[tokio::test]
async fn a_suspended_account_may_do_nothing_until_it_is_reinstated() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let mut tx = app.cell().tenant(reseller.id).await.unwrap();
    tenancy::suspend(&mut tx, "ada", "unpaid").await.unwrap();
    tx.commit().await.unwrap();
    for operation in guarded() {
        let path =
            operation.ids.iter().fold(operation.path.clone(), |path, id| path.replace(&format!("{{{id}}}"), "x"));
        call(&reseller.test, &operation, &path, &Value::Null).await.refused(403, "reseller_suspended");
    }
    let mut tx = app.cell().tenant(reseller.id).await.unwrap();
    tenancy::reinstate(&mut tx, "ada", "paid").await.unwrap();
    tx.commit().await.unwrap();
    reseller.test.get("/v1/shows").await.ok(200);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn the_word_bearer_may_be_written_in_any_case() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let key = reseller.test.key.clone().unwrap();
    for (header, status) in [("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Token", 401)] {
        let call = app.anyone().call("get", "/v1/shows").header("authorization", format!("{header} {key}"));
        assert_eq!(send(call).await.status, status, "{header}");
    }
}
