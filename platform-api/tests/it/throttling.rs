//! Rates hold over all processes of a cell together, and whoever is told to wait is told exactly how long.

use foundation::throttle::Rate;
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};

use crate::{
    app::{TestApp, settings},
    client::{Answer, Client, send},
    theatre::venue_body,
};

/// One token a second is slow enough for a whole test to happen within it, whatever the machine.
const SLOW: Rate = Rate { per_second: 1, burst: 5 };

fn rates(key_rate: Rate, client_rate: Rate) -> platform_api::ApiSettings {
    platform_api::ApiSettings { key_rate, client_rate, ..settings() }
}

/// How far ahead of the database's clock the bucket is full, in microseconds.
async fn full_in(app: &TestApp, bucket: &str) -> i64 {
    let mut owner = app.db.as_owner().await;
    sqlx::query_scalar(
        "select (extract(epoch from full_at - clock_timestamp()) * 1000000)::bigint from throttles where bucket = $1",
    )
    .bind(Sha256::digest(bucket).to_vec())
    .fetch_one(&mut owner)
    .await
    .unwrap()
}

/// Sets the bucket to be full so many seconds from now.
async fn fill_in(app: &TestApp, bucket: &str, seconds: i32) {
    let mut owner = app.db.as_owner().await;
    sqlx::query(
        "insert into throttles (bucket, full_at) values ($1, clock_timestamp() + make_interval(secs => $2))
         on conflict (bucket) do update set full_at = excluded.full_at",
    )
    .bind(Sha256::digest(bucket).to_vec())
    .bind(seconds)
    .execute(&mut owner)
    .await
    .unwrap();
}

async fn bucket_of(client: &Client, app: &TestApp) -> String {
    let mut owner = app.db.as_owner().await;
    let hash = Sha256::digest(client.key.as_ref().unwrap()).to_vec();
    let key: sqlx::types::Uuid = sqlx::query_scalar("select api_key_id from api_keys where secret_hash = $1")
        .bind(hash)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    format!("key {key}")
}

fn throttled(answer: &Answer) -> u64 {
    answer.refused(429, "rate_limited");
    assert!(answer.header("ratelimit").contains("r=0"), "{answer:?}");
    answer.header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn a_burst_over_two_processes_is_one_burst() {
    let mut app = TestApp::with(rates(SLOW, settings().client_rate)).await;
    app.second_process().await;
    let reseller = app.reseller().await;
    let (first, second) = (reseller.test.clone(), app.at_second(&reseller.test));
    let bucket = bucket_of(&first, &app).await;
    // Three seconds are owed already, so the five tokens of the burst are two.
    fill_in(&app, &bucket, 3).await;
    let answers = join_all((0..12).map(|i| if i % 2 == 0 { &first } else { &second }.get("/v1/venues"))).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    // What the bucket now says is the whole account: nobody got a token that is not in it.
    let owed = full_in(&app, &bucket).await;
    assert!(owed <= 5_000_000, "{passed} passed, and {owed} is owed");
    assert!((2..=3).contains(&passed), "{passed} passed");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(throttled(answer), 1);
    }
    assert_eq!(answers[0].header("ratelimit-policy"), "\"default\";q=5;w=5");
    app.at_second(&reseller.live).get("/v1/venues").await.ok(200);
}

#[tokio::test]
async fn a_full_burst_passes_and_not_one_more() {
    let app = TestApp::with(rates(SLOW, settings().client_rate)).await;
    let reseller = app.reseller().await;
    for left in (0..5).rev() {
        let answer = reseller.test.get("/v1/venues").await;
        answer.ok(200);
        let told: u32 =
            answer.header("ratelimit").split("r=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
        assert!(told >= left, "{left}: {answer:?}");
    }
    let bucket = bucket_of(&reseller.test, &app).await;
    // Nothing but time has given any of it back: the five are still owed, but for what has passed since.
    let owed = full_in(&app, &bucket).await;
    assert!((1..=5_000_000).contains(&owed), "{owed}");
    fill_in(&app, &bucket, 5).await;
    throttled(&reseller.test.get("/v1/venues").await);
    reseller.live.get("/v1/venues").await.ok(200);
}

#[tokio::test]
async fn retry_after_is_exact_by_the_databases_clock() {
    let app = TestApp::with(rates(SLOW, settings().client_rate)).await;
    let reseller = app.reseller().await;
    let bucket = bucket_of(&reseller.test, &app).await;
    // A bucket that is full in 40 s has a token again when it is full in 4 s.
    fill_in(&app, &bucket, 40).await;
    let before = full_in(&app, &bucket).await;
    let told = throttled(&reseller.test.get("/v1/venues").await);
    let after = full_in(&app, &bucket).await;
    let wait = |full: i64| u64::try_from(full - 4_000_000).unwrap().div_ceil(1_000_000);
    assert!((wait(after)..=wait(before)).contains(&told), "told {told}, between {} and {}", wait(after), wait(before));
    back(&app, &bucket, i32::try_from(told).unwrap() - 1).await;
    let early = reseller.test.get("/v1/venues").await;
    // Told by what the database itself says afterwards, so a slow machine cannot make this fail.
    if full_in(&app, &bucket).await > 4_000_000 && early.status != 200 {
        assert_eq!(throttled(&early), 1);
    } else {
        assert!(full_in(&app, &bucket).await <= 5_000_000, "it passed without a token");
    }
    back(&app, &bucket, 1).await;
    reseller.test.get("/v1/venues").await.ok(200);
}

/// As if so many seconds had passed for the bucket.
async fn back(app: &TestApp, bucket: &str, seconds: i32) {
    let mut owner = app.db.as_owner().await;
    sqlx::query("update throttles set full_at = full_at - make_interval(secs => $2) where bucket = $1")
        .bind(Sha256::digest(bucket).to_vec())
        .bind(seconds)
        .execute(&mut owner)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_refused_request_has_done_nothing() {
    let app = TestApp::with(rates(SLOW, settings().client_rate)).await;
    let reseller = app.reseller().await;
    fill_in(&app, &bucket_of(&reseller.test, &app).await, 60).await;
    let before = app.counts().await;
    throttled(&reseller.test.post("/v1/venues", venue_body()).await);
    assert_eq!(app.counts().await, before);
}

async fn from(app: &TestApp, forwarded: &str, path: &str) -> Answer {
    send(app.anyone().call("get", path).header("x-forwarded-for", forwarded)).await
}

#[tokio::test]
async fn who_has_no_key_is_counted_by_address_and_only_our_proxies_are_believed() {
    for (trusted, own_bucket) in [(Vec::new(), false), (vec!["127.0.0.0/8".parse().unwrap()], true)] {
        let app =
            TestApp::with(platform_api::ApiSettings { trusted_proxies: trusted, ..rates(settings().key_rate, SLOW) })
                .await;
        let reseller = app.reseller().await;
        let path = format!("/v1/public/eu/{}/shows", reseller.id);
        // The proxy's own bucket is empty for an hour.
        fill_in(&app, "client 127.0.0.1", 3_600).await;
        let answer = from(&app, "198.51.100.7", &path).await;
        if own_bucket {
            answer.ok(200);
            fill_in(&app, "client 198.51.100.7", 3_600).await;
            assert!(throttled(&from(&app, "203.0.113.1, 198.51.100.7", &path).await) > 1);
            from(&app, "203.0.113.1", &path).await.ok(200);
        } else {
            assert!(throttled(&answer) > 3_000);
        }
    }
}

/// Who guesses keys is slowed down by address, whatever key it tries; a good key from there is not.
#[tokio::test]
async fn guessing_keys_is_slowed_down() {
    let app = TestApp::with(rates(settings().key_rate, Rate { per_second: 1, burst: 5 })).await;
    let reseller = app.reseller().await;
    fill_in(&app, "client 127.0.0.1", 3_600).await;
    for guess in ["nonsense", &reseller.test.key.clone().unwrap().replace("_test_", "_live_")] {
        assert!(throttled(&app.with_key(guess).get("/v1/venues").await) > 3_000);
    }
    reseller.test.get("/v1/venues").await.ok(200);
    let refused = send(app.anyone().call("post", "/v1/regions/eu/resellers").json(&serde_json::json!({}))).await;
    assert!(throttled(&refused) > 3_000);
}
