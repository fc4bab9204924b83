//! What is promised of keys, of sending again and of deleting, at a size and while events go on.

use std::{collections::BTreeSet, time::Duration};

use foundation::id::EndpointId;
use standardwebhooks::Webhook;
use tenancy::webhook_endpoints::{self, Endpoint};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use webhooks_dispatcher::deliveries::{self, Replay, ReplayOf};

use crate::{
    receiver::{Received, Receiver},
    world::World,
};

const HOUR: Duration = Duration::from_hours(1);

fn accepted(received: &Received, secret: &str) -> bool {
    Webhook::new(secret).unwrap().verify(&received.body, &received.headers).is_ok()
}

/// So many arrivals, in their order.
async fn arrivals(receiver: &mut Receiver, many: usize) -> Vec<Received> {
    let mut came = Vec::with_capacity(many);
    for _ in 0..many {
        came.push(receiver.next().await);
    }
    came
}

async fn rotate(world: &World, endpoint: &Endpoint, overlap: Duration) -> String {
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let (_, secret) = webhook_endpoints::rotate(&mut tx, endpoint.id, overlap).await.unwrap();
    tx.commit().await.unwrap();
    secret.shown().unwrap().to_owned()
}

/// Rotates in the middle of each of three runs of events: while keys overlap, whoever has the one before or the new one verifies all.
async fn keys_are_rotated(events: usize) {
    let world = World::create().await;
    let mut receiver = Receiver::answering(200).await;
    let (endpoint, mut key) = world.endpoint(&receiver.url, &[]).await;
    for round in 0..3 {
        let stop = CancellationToken::new();
        let running = tokio::spawn(world.dispatcher().run(stop.clone()));
        let is_rotated = Notify::new();
        let emitted = async {
            for nth in 0..events / 50 {
                if nth == events / 100 {
                    // However fast they are sent, half of them happen after it.
                    is_rotated.notified().await;
                }
                world.emit(&["order.paid"; 50]).await;
            }
        };
        let rotated = async {
            let before = arrivals(&mut receiver, events / 4).await;
            let new = rotate(&world, &endpoint, HOUR).await;
            is_rotated.notify_one();
            (before, arrivals(&mut receiver, events - events / 4).await, new)
        };
        let ((), (before, after, new)) = tokio::join!(emitted, rotated);
        assert!(before.iter().chain(&after).all(|one| accepted(one, &key)), "round {round}: who has the old key");
        assert!(before.iter().all(|one| !accepted(one, &new)), "round {round}: it was not there yet");
        assert!(accepted(after.last().unwrap(), &new), "round {round}: by the end it signs");
        let first = after.iter().position(|one| accepted(one, &new)).unwrap();
        // What was under way beside the first one may still be signed by the old one alone.
        let later = &after[(first + 16).min(after.len())..];
        assert!(later.iter().all(|one| accepted(one, &new)), "round {round}: and then always");
        stop.cancel();
        running.await.unwrap();
        world.let_pass(HOUR).await;
        world.emit(&["order.paid"]).await;
        world.dispatcher().run_once().await.unwrap();
        let one = receiver.next().await;
        assert!(!accepted(&one, &key) && accepted(&one, &new), "round {round}: the old one has ended");
        key = new;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_events_go_on_and_whoever_has_either_verifies_all() {
    keys_are_rotated(400).await;
}

/// The promise at its own size: `cargo test -p webhooks-dispatcher --test it -- --ignored rotated`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn keys_are_rotated_while_thousands_go_on() {
    keys_are_rotated(5_000).await;
}

/// Everything of a piece of the log, call by call. Gives how many are due again.
async fn replayed(world: &World, endpoint: &Endpoint, (mut after, up_to): (i64, i64), of: ReplayOf) -> usize {
    let mut queued = 0;
    loop {
        let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
        let done = deliveries::replay(&mut tx, endpoint.id, Replay { after, up_to: Some(up_to), of }).await.unwrap();
        tx.commit().await.unwrap();
        queued += usize::try_from(done.queued).unwrap();
        if done.complete {
            return queued;
        }
        after = done.next_after;
    }
}

/// Waits until so many deliveries stand as taken; asks the queue itself.
async fn taken(world: &World, many: usize) {
    let there = async { while world.delivered().await < many {} };
    tokio::time::timeout(Duration::from_secs(120), there).await.expect("not all were recorded");
}

fn position(received: &Received) -> i64 {
    received.json()["position"].as_i64().unwrap()
}

/// Sends pieces of a log of so many events again while others happen: exactly those asked for come, once.
async fn exact_sets(events: usize) {
    let world = World::create().await;
    let mut receiver = Receiver::answering(200).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &[]).await;
    for _ in 0..events / 250 {
        world.emit(&["order.paid"; 250]).await;
    }
    world.dispatcher().run_once().await.unwrap();
    let end = 1 + i64::try_from(events).unwrap();
    let all: BTreeSet<i64> = arrivals(&mut receiver, events).await.iter().map(position).collect();
    assert!(all.iter().copied().eq(2..=end));
    // A seventh is as if it had failed to the end, and an eleventh as if it had never been sent.
    world.execute("update deliveries set state = 'failed', status = 500 where position % 7 = 0").await;
    world.execute("delete from deliveries where position % 11 = 0").await;
    let missing = |p: &i64| p % 11 == 0;
    let failed = |p: &i64| p % 7 == 0 && p % 11 != 0;
    let middle = |p: &i64| (end / 3 + 1..=end / 2).contains(p);
    let pieces = [
        (ReplayOf::Failed, (0, end), all.iter().copied().filter(failed).collect::<Vec<_>>()),
        (ReplayOf::Undelivered, (0, end), all.iter().copied().filter(missing).collect()),
        (ReplayOf::All, (end / 3, end / 2), all.iter().copied().filter(middle).collect()),
    ];
    let stop = CancellationToken::new();
    let running = tokio::spawn(world.dispatcher().run(stop.clone()));
    let (mut others, mut recorded) = (0, events - pieces[0].2.len() - pieces[1].2.len());
    for (of, piece, wanted) in pieces {
        let more = events / 10 / 25 * 25;
        let emitted = async {
            for _ in 0..more / 25 {
                world.emit(&["order.expired"; 25]).await;
            }
        };
        let ((), queued) = tokio::join!(emitted, replayed(&world, &endpoint, piece, of));
        assert_eq!(queued, wanted.len(), "{of:?}");
        let came = arrivals(&mut receiver, more + wanted.len()).await;
        let (again, new): (Vec<i64>, Vec<i64>) = came.iter().map(position).partition(|position| *position <= end);
        let once: BTreeSet<i64> = again.iter().copied().collect();
        assert_eq!((again.len(), new.len()), (wanted.len(), more), "{of:?}: each once");
        assert!(once.into_iter().eq(wanted.iter().copied()), "{of:?}: exactly those");
        others += more;
        // What was taken before and is sent again counts once.
        recorded += more + if of == ReplayOf::All { 0 } else { wanted.len() };
        taken(&world, recorded).await;
    }
    assert_eq!(replayed(&world, &endpoint, (0, end), ReplayOf::Undelivered).await, 0);
    stop.cancel();
    running.await.unwrap();
    assert_eq!(world.delivered().await, events + others);
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_of_a_log_are_sent_again_exactly_while_events_go_on() {
    exact_sets(1_000).await;
}

/// The promise at its own size: `cargo test -p webhooks-dispatcher --test it -- --ignored exactly`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn pieces_of_a_log_of_ten_thousand_events_are_sent_again_exactly() {
    exact_sets(10_000).await;
}

#[tokio::test]
async fn of_a_deleted_endpoint_the_deliveries_go_page_by_page_and_nobody_elses() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let (gone, _) = world.endpoint(&receiver.url, &[]).await;
    let (kept, _) = world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    world
        .execute(
            "insert into deliveries
             select d.reseller_id, d.endpoint_id, 1000 + n, d.event_id, d.state, d.failures, 2, d.due_at, d.attempted_at,
                    d.duration_ms, d.status, d.error, d.answer_head
             from deliveries d, generate_series(1, 2500) n where d.position > 1",
        )
        .await;
    world
        .execute(
            "insert into delivery_attempts
             select reseller_id, endpoint_id, position, 1, attempted_at, duration_ms, status, error, answer_head
             from deliveries where position > 1000",
        )
        .await;
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let now = webhook_endpoints::get(&mut tx, gone.id).await.unwrap();
    webhook_endpoints::delete(&mut tx, gone.id, now.version).await.unwrap();
    tx.commit().await.unwrap();
    let own = world.queue().await.len();
    assert!(own > 5_000, "the one who deletes does not wait for that");
    let forgotten = world.dispatcher().forget_old().await.unwrap();
    assert_eq!(usize::try_from(forgotten).unwrap(), own / 2);
    assert_eq!(world.dispatcher().forget_old().await.unwrap(), 0);
    let mut owner = world.db.as_owner().await;
    for (table, left) in [("deliveries", own / 2), ("delivery_attempts", 2_500)] {
        let sql = format!("select count(*), count(*) filter (where endpoint_id = $1) from {table}");
        let (all, kept): (i64, i64) =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(kept.id).fetch_one(&mut owner).await.unwrap();
        assert_eq!((usize::try_from(all).unwrap(), kept), (left, all), "{table}");
    }
    let noted: i64 = sqlx::query_scalar("select count(*) from deleted_endpoints").fetch_one(&mut owner).await.unwrap();
    assert_eq!(noted, 0);
}

#[tokio::test]
async fn what_cannot_be_forgotten_of_one_endpoint_keeps_nothing_of_the_others() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let (stuck, _) = world.endpoint(&receiver.url, &[]).await;
    let (gone, _) = world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    for id in [stuck.id, gone.id] {
        let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
        let now = webhook_endpoints::get(&mut tx, id).await.unwrap();
        webhook_endpoints::delete(&mut tx, id, now.version).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut owner = world.db.as_owner().await;
    let refuse = format!(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
         create trigger refuse before delete on deliveries for each row when (old.endpoint_id = '{}') execute function refuse()",
        stuck.id.uuid()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(refuse)).execute(&mut owner).await.unwrap();
    assert!(world.dispatcher().forget_old().await.unwrap() > 0, "the other one's");
    let left: Vec<EndpointId> =
        sqlx::query_scalar("select endpoint_id from deleted_endpoints").fetch_all(&mut owner).await.unwrap();
    assert_eq!(left, [stuck.id]);
    sqlx::raw_sql("drop trigger refuse on deliveries").execute(&mut owner).await.unwrap();
    assert!(world.dispatcher().forget_old().await.unwrap() > 0, "the next round makes up for it");
    let left: i64 = sqlx::query_scalar("select count(*) from deleted_endpoints").fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 0);
}
