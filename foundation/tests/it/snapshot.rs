//! What is read through a snapshot is of one moment, and nothing is written through it.

use foundation::{
    TenantTx,
    event::{self, NewEvent},
    id::{ResellerId, ShowId},
};
use serde_json::json;
use testkit::Database;

async fn append(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    event::append(tx, &[NewEvent::of("show.created", "show", ShowId::new(), 1, json!({}))]).await
}

async fn count(tx: &mut TenantTx) -> i64 {
    let written = "select count(*) from events where reseller_id = $1";
    let reseller: ResellerId = tx.reseller();
    sqlx::query_scalar(written).bind(reseller).fetch_one(tx.conn()).await.unwrap()
}

#[tokio::test]
async fn what_a_snapshot_reads_stays_as_it_was_when_it_read_first() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut reading = db.cell().snapshot(reseller).await.unwrap();
    let before = count(&mut reading).await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    append(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&mut reading).await, before, "half of a change must not be seen");
    drop(reading);
    assert_eq!(count(&mut db.cell().snapshot(reseller).await.unwrap()).await, before + 1);
}

#[tokio::test]
async fn nothing_is_written_through_a_snapshot() {
    let db = Database::create().await;
    let mut reading = db.cell().snapshot(db.reseller().await).await.unwrap();
    let refused = append(&mut reading).await.unwrap_err();
    assert!(format!("{refused:?}").contains("read-only"), "{refused:?}");
}
