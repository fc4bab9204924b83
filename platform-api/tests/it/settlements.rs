//! Settlements over HTTP: pulled by machine with a key of their own, with a checksum, and the same bytes ever after.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    app::{Reseller, TestApp},
    client::{Answer, Client, text},
    theatre::id,
};

/// A key that may pull settlements and nothing else.
async fn machine(app: &TestApp, reseller: &Reseller) -> Client {
    let body = json!({ "kind": "restricted", "name": "finance", "scopes": ["settlements:read"] });
    let key = reseller.test.post("/v1/api_keys", body).await.ok(201);
    app.with_key(text(&key["secret"]))
}

async fn close(client: &Client) -> Value {
    let mut closed = client.post("/v1/settlements", json!({})).await.ok(201);
    closed["data"][0].take()
}

/// A file of rows, whose checksum is right.
async fn file(client: &Client, settlement: &Value, format: &str) -> Answer {
    let answer = client.get(&format!("/v1/settlements/{}/rows?format={format}", id(settlement))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let digest = Sha256::digest(answer.text.as_bytes());
    assert_eq!(answer.header("content-digest"), format!("sha-256=:{}:", BASE64_STANDARD.encode(digest)));
    assert_eq!(settlement[format!("{format}_sha256")], hex::encode(digest));
    answer
}

fn rows(jsonl: &str) -> Vec<Value> {
    jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_machine_pulls_what_was_closed_and_gets_the_same_bytes_ever_after() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, machine) = (&reseller.test, machine(&app, &reseller).await);
    let theatre = reseller.theatre().await;
    let order = theatre.sold(&app, client, json!([theatre.adults(2), theatre.children(1)])).await;
    client.post(&format!("/v1/orders/{}/refunds", id(&order)), json!({ "items": [1] })).await.ok(201);
    app.callback("refund.created").await;
    app.settle().await;
    let open = machine.get("/v1/settlements/open").await.ok(200);
    let first = close(client).await;
    assert_eq!(first["closing_balance"], open["data"][0]["closing_balance"]);
    let (jsonl, csv) = (file(&machine, &first, "jsonl").await, file(&machine, &first, "csv").await);
    assert!(
        csv.header("content-type").starts_with("text/csv") && csv.header("content-disposition").contains(&id(&first))
    );
    let told = rows(&jsonl.text);
    let what: Vec<_> = told.iter().map(|row| (text(&row["category"]), text(&row["net"]))).collect();
    // 99.80 less 5.60 and 1.18, 25.00 less 1.55 and 0.33, and a ticket given back with its fees kept.
    assert_eq!(what, [("sale", "93.02"), ("sale", "23.12"), ("refund", "-49.90")]);
    assert_eq!(told[0]["performance_name"], "Hamlet");
    assert!(text(&told[0]["provider_ref"]).starts_with("ch_"), "{}", told[0]);
    assert_eq!(csv.text.lines().count(), 4);
    // Two days after the performance.
    assert_eq!((&told[0]["channel"], &told[0]["available_on"]), (&json!("api"), &json!("2031-05-03")));

    // The show gets another name, and selling goes on.
    let path = format!("/v1/shows/{}", theatre.show);
    let etag = client.get(&path).await.etag().to_owned();
    client.patch(&path, &etag, json!({ "title": "Macbeth" })).await.ok(200);
    theatre.sold(&app, client, json!([theatre.adults(1)])).await;
    app.settle().await;
    let open = machine.get("/v1/settlements/open/rows").await;
    assert_eq!((open.status, rows(&open.text)[0]["performance_name"].clone()), (200, json!("Macbeth")));
    let second = close(client).await;
    assert_eq!(second["opening_balance"], first["closing_balance"]);
    let path = format!("/v1/settlements/{}", id(&first));
    assert_eq!(machine.get(&path).await.ok(200), first);
    assert_eq!(file(&machine, &first, "jsonl").await.text, jsonl.text);
    assert_eq!(file(&machine, &first, "csv").await.text, csv.text);

    // Since the first was closed, and page by page.
    let since = format!("/v1/settlements?closed_from={}&currency=EUR", text(&second["closed_at"]));
    assert_eq!(machine.get(&since).await.ok(200)["data"], json!([second]));
    let page = machine.get("/v1/settlements?limit=1").await.ok(200);
    assert_eq!(page["data"], json!([first]));
    let rest = format!("/v1/settlements?limit=1&cursor={}", text(&page["next_cursor"]));
    assert_eq!(machine.get(&rest).await.ok(200)["data"], json!([second]));
    machine.post("/v1/settlements", json!({})).await.refused(403, "forbidden");
    machine.get("/v1/balance").await.refused(403, "forbidden");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_period_ends_when_the_schedule_says_and_is_told() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let schedule = client.get("/v1/settlement_schedule").await;
    assert_eq!(schedule.ok(200)["every"], "month");
    let etag = schedule.etag().to_owned();
    let wrong = client.patch("/v1/settlement_schedule", &etag, json!({ "time_zone": "Amsterdam" })).await;
    assert_eq!(wrong.refused(422, "invalid_field")["errors"][0]["pointer"], "/time_zone");
    let daily = json!({ "every": "day", "time_zone": "Europe/Amsterdam" });
    client.patch("/v1/settlement_schedule", &etag, daily.clone()).await.ok(200);
    client.patch("/v1/settlement_schedule", &etag, daily).await.refused(412, "if_match_stale");
    let theatre = reseller.theatre().await;
    theatre.sold(&app, client, json!([theatre.adults(1)])).await;
    app.settle().await;
    assert_eq!(client.get("/v1/settlements").await.ok(200)["data"], json!([]));
    client.post("/v1/test_clock/advance", json!({ "seconds": 86_400 })).await.ok(200);
    app.settle().await;
    let closed = client.get("/v1/settlements").await.ok(200);
    assert_eq!(closed["data"][0]["time_zone"], "Europe/Amsterdam");
    app.settle().await;
    let events = client.get("/v1/events?after=0&limit=100").await.ok(200);
    let told = events["data"].as_array().unwrap().iter().find(|event| event["type"] == "settlement.closed").unwrap();
    assert_eq!(told["data"]["closing_balance"], closed["data"][0]["closing_balance"]);
    app.verify(&[&reseller]).await;
}

/// The books of this many sales of one ticket.
const SALES: &str = "
    with sales as (select gen_random_uuid() as journal_id, gen_random_uuid() as order_id from generate_series(1, $2)),
    booked as (
        insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
        select $1, journal_id, 'sale:ord_' || replace(order_id::text, '-', ''), 'EUR',
               array['psp_clearing', 'reseller_pending', 'reseller_pending', 'rev_platform_fee'], array[50.00, -50.00, 2.80, -2.80],
               jsonb_build_object('order_id', 'ord_' || replace(order_id::text, '-', ''), 'items', jsonb_build_array(jsonb_build_object(
                   'item_no', 1, 'show_id', 'show_' || repeat('0', 31) || '1', 'performance_id', 'perf_' || repeat('0', 31) || '1',
                   'ticket_id', 'tkt_' || replace(order_id::text, '-', ''), 'ticket_type', 'adult', 'price_tier', 'stalls',
                   'face_value', '50.00', 'platform_fee', '2.80', 'platform_fee_tax', '0', 'buyer_fee', '0.00',
                   'refunded', '0', 'fee_returned', '0', 'fee_tax_returned', '0'))),
               now(), now()
        from sales),
    counted as (
        insert into account_balances (reseller_id, account, currency, balance) values ($1, 'reseller_pending', 'EUR', -47.20 * $2))
    insert into journal_inbox (reseller_id, journal_id) select $1, journal_id from sales";

/// How much memory the process has, in bytes.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// At its own size: `cargo test --release -p platform-api --test it -- --ignored --nocapture a_hundred_thousand_rows`.
#[tokio::test]
#[ignore = "takes a minute"]
async fn a_hundred_thousand_rows_are_read_in_seconds_with_flat_memory() {
    let app = TestApp::start().await;
    for sales in [10_000, 100_000] {
        let reseller = app.reseller().await;
        let mut owner = app.db.as_owner().await;
        let set = format!("set app.tenant = '{}'", reseller.id.uuid());
        sqlx::query(sqlx::AssertSqlSafe(set)).execute(&mut owner).await.unwrap();
        sqlx::query(SALES).bind(reseller.id).bind(sales).execute(&mut owner).await.unwrap();
        accounting::seal_tenant(app.cell(), reseller.id).await.unwrap();
        let (begun, before) = (std::time::Instant::now(), memory());
        // As a process does whose reseller's period has ended.
        let mut tx = app.cell().tenant(reseller.id).await.unwrap();
        accounting::close_period(&mut tx, app.cell(), None).await.unwrap();
        tx.commit().await.unwrap();
        let closed = reseller.test.get("/v1/settlements").await.ok(200)["data"][0].take();
        let grown = memory().saturating_sub(before) / 1024;
        println!("{sales} rows closed in {:?}, {grown} kB more in {} kB", begun.elapsed(), memory() / 1024);
        assert_eq!(closed["rows"], sales);
        for format in ["csv", "jsonl"] {
            pulled(&reseller.test, &closed, format, sales).await;
        }
    }
}

/// Reads the rows as a machine does, piece by piece, with an eye on the memory of this process, which is the platform's too.
#[expect(clippy::print_stdout, reason = "what a long run came to")]
async fn pulled(client: &Client, closed: &Value, format: &str, sales: i32) {
    let path = format!("/v1/settlements/{}/rows?format={format}", id(closed));
    let (begun, before) = (std::time::Instant::now(), memory());
    let mut response = client.call("get", &path).send().await.unwrap();
    let (mut digest, mut lines, mut bytes, mut most) = (Sha256::new(), 0, 0, before);
    while let Some(chunk) = response.chunk().await.unwrap() {
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        bytes += chunk.len();
        most = most.max(memory());
        digest.update(&chunk);
    }
    let (took, grown) = (begun.elapsed(), most.saturating_sub(before));
    assert_eq!(closed[format!("{format}_sha256")], hex::encode(digest.finalize()));
    assert_eq!(lines, usize::try_from(sales).unwrap() + usize::from(format == "csv"));
    println!("{sales} rows as {format}: {bytes} bytes in {took:?}, {} kB more in {} kB", grown / 1024, most / 1024);
    assert!(grown < 16 << 20, "memory grew by {grown} bytes over {bytes}");
}
