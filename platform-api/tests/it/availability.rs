//! What can be had of a performance, over HTTP: cheap to read, and to each as much as is theirs to know.

use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::{app::TestApp, client::send};

#[tokio::test]
async fn the_reseller_is_told_why_tickets_cannot_be_had_and_the_public_only_what_can() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    theatre.sold(&app, client, json!([theatre.adults(3)])).await;
    theatre.hold(client, json!([theatre.adults(2)])).await;
    let own = format!("/v1/performances/{}/availability", theatre.performance);
    let told = client.get(&own).await.ok(200);
    assert_eq!((&told["status"], &told["total"], &told["available"]), (&json!("available"), &json!(40), &json!(35)));
    let why = json!({ "sold": 3, "held": 2, "blocked": 0, "allocated": 0, "other_pools": 0, "waitlist": 0 });
    assert_eq!(told["unavailable"], why);
    let key = json!({ "kind": "restricted", "name": "shows", "scopes": ["shows:read"] });
    let restricted = app.with_key(client.post("/v1/api_keys", key).await.ok(201)["secret"].as_str().unwrap());
    let public = format!("/v1/public/eu/{}/performances/{}/availability", reseller.id, theatre.performance);
    for (who, path) in [(&app.anyone(), &public), (&reseller.publishable, &own), (&restricted, &own)] {
        let seen = who.get(path).await.ok(200);
        let fields: Vec<&String> = seen.as_object().unwrap().keys().collect();
        let only =
            "performance_id status on_sale_at sequence available for_waitlist largest_party sections offers".split(' ');
        assert_eq!(fields, only.collect::<Vec<_>>());
        let section: Vec<&String> = seen["sections"][0].as_object().unwrap().keys().collect();
        let of_section = "section price_tier_id numbered available for_waitlist accessible largest_party".split(' ');
        assert_eq!(section, of_section.collect::<Vec<_>>());
        assert_eq!(seen["available"], 35);
    }
    let offer =
        told["offers"].as_array().unwrap().iter().find(|offer| offer["offer_id"] == json!(theatre.adult)).unwrap();
    assert_eq!((&offer["ticket_type"], &offer["access"]), (&json!("adult"), &json!("anyone")));
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn who_has_it_already_is_told_that_it_is_the_same_until_it_is_not() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let path = format!("/v1/public/eu/{}/performances/{}/availability", reseller.id, theatre.performance);
    let anyone = app.anyone();
    let again = async |etag: &str| send(anyone.call("get", &path).header("if-none-match", etag)).await;
    let mut read = anyone.get(&path).await;
    let begins = |read: &crate::client::Answer| {
        let sequence = read.ok(200)["sequence"].clone();
        assert!(read.etag().starts_with(&format!("\"{sequence}-")), "{} of {sequence}", read.etag());
    };
    begins(&read);
    let pause = json!({ "state": "paused" });
    for step in ["hold", "log", "pause"] {
        // Weakly too, which is what a proxy that compresses makes of it, among others, or as whatever there is.
        for known in
            [read.etag().to_owned(), format!("W/{}", read.etag()), format!("\"0\", {}", read.etag()), "*".to_owned()]
        {
            let same = again(&known).await;
            assert_eq!((same.status, same.text.as_str(), same.etag()), (304, "", read.etag()), "{step}: {known}");
        }
        match step {
            "hold" => drop(theatre.hold(client, json!([theatre.adults(1)])).await),
            "log" => app.settle().await,
            _ => {
                let own = format!("/v1/performances/{}", theatre.performance);
                let seen = client.get(&own).await;
                client.patch(&own, seen.etag(), pause.clone()).await.ok(200);
            }
        }
        let next = again(read.etag()).await;
        assert_eq!(next.status, 200, "{step}");
        assert_ne!(next.etag(), read.etag(), "{step}");
        begins(&next);
        read = next;
    }
    assert_eq!(read.ok(200)["status"], "paused");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_memory_knows_is_answered_while_the_database_answers_nobody() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let path = format!("/v1/public/eu/{}/performances/{}/availability", reseller.id, theatre.performance);
    let first = app.anyone().get(&path).await.ok(200);
    // Whoever reads one of these now waits for the owner, who does not let go; the throttle draws no new tokens meanwhile.
    let mut owner = app.db.as_owner().await;
    let mut tx = owner.begin().await.unwrap();
    for table in ["shows", "performances", "tickets", "claims", "offers", "slots", "event_positions"] {
        let sql = sqlx::AssertSqlSafe(format!("lock table {table} in access exclusive mode"));
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    assert_eq!(app.anyone().get(&path).await.ok(200), first);
    tx.rollback().await.unwrap();
    let missing = format!("/v1/public/eu/{}/performances/perf_{:032x}/availability", reseller.id, 7);
    app.anyone().get(&missing).await.refused(404, "not_found");
    assert_eq!(first["offers"].as_array().map(Vec::len), Some(2));
    assert_eq!(first["total"], Value::Null);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn the_list_of_tickets_goes_by_section_row_type_and_state() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    theatre.sold(&app, client, json!([theatre.adults(3)])).await;
    theatre.hold(client, json!([theatre.adults(2)])).await;
    let path = format!("/v1/performances/{}/tickets?limit=100", theatre.performance);
    let many =
        async |query: &str| client.get(&format!("{path}{query}")).await.ok(200)["data"].as_array().unwrap().len();
    assert_eq!((many("&state=sold").await, many("&state=held").await, many("&state=available").await), (3, 2, 35));
    let first = client.get(&format!("{path}&state=sold")).await.ok(200)["data"][0].clone();
    assert_eq!((&first["state"], &first["available"]), (&json!("sold"), &json!(false)));
    let show = client.get(&format!("/v1/shows/{}", theatre.show)).await.ok(200);
    let of = show["ticket_types"].as_array().unwrap().iter().find(|of| of["name"] == "child").unwrap().clone();
    assert_eq!(many(&format!("&ticket_type_id={}&section=Stalls", of["id"].as_str().unwrap())).await, 20);
    let row = first["row"].as_str().unwrap();
    assert!((1..40).contains(&many(&format!("&section=Stalls&row={row}")).await));
    client.get(&format!("{path}&row={row}")).await.refused(422, "invalid_field");
    app.verify(&[&reseller]).await;
}
