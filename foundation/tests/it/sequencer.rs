//! Readers of the log are woken up.

use std::time::Duration;

use foundation::{
    event::{self, NewEvent},
    id::ShowId,
    sequencer,
};
use serde_json::json;
use testkit::Database;

#[tokio::test]
async fn who_listens_is_woken_when_an_event_has_its_position() {
    let db = Database::create().await;
    let mut listener = sequencer::listen(&db.second_cell()).await.unwrap();
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let made = NewEvent::of("show.created", "show", ShowId::new(), 1, json!({}));
    event::append(&mut tx, &[made]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sequencer::place_all(db.cell()).await.unwrap(), 1);
    let woken = tokio::time::timeout(Duration::from_secs(20), listener.recv()).await;
    assert_eq!(woken.unwrap().unwrap().channel(), sequencer::CHANNEL);
}
