//! An API process is asked to stop while it is busy: it finishes what it has taken in, and loses nothing it acknowledged.

use std::{
    io::Write as _,
    net::TcpStream,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use foundation::id::{HoldId, PerformanceId};
use rustix::process::Signal;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::{
    house::House,
    line::Line,
    platform::Platform,
    program::{PATIENCE, Program},
    shop::{Shop, eventually, id},
};

const STOPS_WITHIN: Duration = Duration::from_secs(10);
const BUYERS: usize = 20;
/// Requests that are under way when it is asked to stop.
const UNDER_WAY: i64 = 6;

/// Holds one place after the other until nobody answers any more.
async fn buy_on(shop: Shop, house: Arc<House>, acknowledged: Arc<Mutex<Vec<Uuid>>>) {
    while let Ok(answer) = shop.try_post("/v1/holds", json!({ "items": [house.floor.any(1)] })).await {
        if answer.status == 201 {
            let hold: HoldId = id(&answer.body).parse().unwrap();
            acknowledged.lock().unwrap().push(hold.uuid());
        } else {
            assert_eq!(answer.code(), Some("busy"), "{answer:?}");
        }
    }
}

/// How many requests wait for a lock of this database.
async fn waiting(owner: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and application_name = 'stagedoor requests'",
    )
    .fetch_one(owner)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_loses_nothing_that_was_acknowledged() {
    let line = Line::open().await;
    let mut api = line.first_api();
    let shop = Shop::open(api.url()).await;
    let (busy, quiet) = (Arc::new(House::open(&shop, 1, 20_000).await), House::open(&shop, 1, 20).await);
    let mut kept = Vec::new();
    for _ in 0..UNDER_WAY {
        let hold = shop.post("/v1/holds", json!({ "items": [quiet.floor.any(1)] })).await.done();
        kept.push(id(&hold).to_owned());
    }
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let buyers: Vec<_> =
        (0..BUYERS).map(|_| tokio::spawn(buy_on(shop.clone(), busy.clone(), acknowledged.clone()))).collect();
    eventually("a hundred holds", async || (acknowledged.lock().unwrap().len() >= 100).then_some(())).await;

    // Requests that cannot go on before we let them: the row that they all need is locked.
    let (mut owner, mut eye) = (line.database.as_owner().await, line.database.as_owner().await);
    let mut locked = owner.begin().await.unwrap();
    let performance: PerformanceId = quiet.floor.performance.parse().unwrap();
    sqlx::query("select 1 from performances where performance_id = $1 for update")
        .bind(performance)
        .execute(&mut *locked)
        .await
        .unwrap();
    let releases: Vec<_> = kept
        .into_iter()
        .map(|hold| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.post(&format!("/v1/holds/{hold}/release"), json!({})).await })
        })
        .collect();
    eventually("all of them wait", async || (waiting(&mut eye).await == UNDER_WAY).then_some(())).await;

    let asked = Instant::now();
    api.program.signal(Signal::TERM);
    for buyer in buyers {
        buyer.await.unwrap();
    }
    assert!(TcpStream::connect(("127.0.0.1", api.port)).is_err(), "it still listens");
    locked.rollback().await.unwrap();
    for release in releases {
        assert_eq!(release.await.unwrap().done()["state"], "released");
    }
    let ended = api.program.ends_within(STOPS_WITHIN.saturating_sub(asked.elapsed()));
    assert!(ended.success(), "{ended}\n{}", api.program.said());

    let acknowledged = acknowledged.lock().unwrap().clone();
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from holds h join claims c on c.owner_id = h.hold_id and c.owner_kind = 'hold'
         where h.hold_id = any($1) and h.state = 'active' and c.expires_at = h.expires_at",
    )
    .bind(&acknowledged)
    .fetch_one(&mut eye)
    .await
    .unwrap();
    println!("{} holds were acknowledged; it stopped after {:?}", acknowledged.len(), asked.elapsed());
    assert_eq!(kept, i64::try_from(acknowledged.len()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_interrupted_leaves_nothing_running() {
    let platform = Platform::new();
    let mut starting = Program::start(platform.command("start"));
    // From here on its own server runs, and it has much to do before it sells.
    eventually("PostgreSQL runs", async || platform.place.postgres()).await;
    starting.signal(Signal::INT);
    let ended = starting.ends_within(PATIENCE);
    assert!(ended.success(), "{ended}\n{}", starting.said());
    assert_eq!(starting.output(), Vec::<String>::new(), "it does not say that it sells");
    assert_eq!(platform.place.still_running(), Vec::<String>::new());
    // What was half done does no harm to the next start.
    platform.stop(platform.start());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_answers_does_not_keep_it_from_stopping() {
    let line = Line::open().await;
    let api = line.first_api_with(&["--set", "api.request_timeout_seconds=2"]);
    let mut client = TcpStream::connect(("127.0.0.1", api.port)).unwrap();
    // More than the kernel keeps for a client that does not read.
    client.write_all("GET /openapi.json HTTP/1.1\r\nhost: here\r\n\r\n".repeat(1_000).as_bytes()).unwrap();
    let (mut arrived, mut before, mut the_same) = (vec![0; 1 << 24], 0, 0);
    eventually("no more arrives for a second", async || {
        let now = client.peek(&mut arrived).unwrap();
        the_same = if std::mem::replace(&mut before, now) == now { the_same + 1 } else { 0 };
        (the_same == 20).then_some(())
    })
    .await;
    println!("{before} bytes wait for the client");
    api.program.stops_within(Signal::TERM, STOPS_WITHIN);
}
