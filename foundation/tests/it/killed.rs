//! A process that is killed (`kill -9`) in the middle of a statement keeps its locks for a moment only: the test starts itself as that
//! process.

use std::time::Duration;

use foundation::{Cell, id::ResellerId};
use testkit::{Database, child};

/// What the child is: it has one lock and waits for another, until it is killed.
#[tokio::test]
async fn as_the_holder_that_is_killed() {
    let Some(settings) = child::given() else { return };
    let mut tx = Cell::open(&settings).unwrap().tenant(ResellerId::new()).await.unwrap();
    for statement in
        ["set local lock_timeout = 0", "select pg_advisory_xact_lock(2)", "select pg_advisory_xact_lock(1)"]
    {
        sqlx::query(statement).execute(tx.conn()).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_killed_process_has_locked_is_free_though_what_it_waits_for_is_not() {
    let db = Database::create().await;
    let mut first = db.as_owner().await;
    sqlx::query("select pg_advisory_lock(1)").execute(&mut first).await.unwrap();
    let mut holder = db.start_child("killed::as_the_holder_that_is_killed");
    let waits = "select exists (select from pg_stat_activity where datname = current_database()
                     and application_name = 'stagedoor requests' and wait_event_type = 'Lock')";
    let begun = tokio::time::Instant::now();
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut first).await.unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it waits for nothing");
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    let mut second = db.as_owner().await;
    // Half of what a statement may take in the end.
    sqlx::query("set lock_timeout = '15s'").execute(&mut second).await.unwrap();
    sqlx::query("select pg_advisory_lock(2)").execute(&mut second).await.unwrap();
}
