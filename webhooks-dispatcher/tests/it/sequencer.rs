//! The sequencer of the foundation under what it must bear: many writers, some of whom take everything back.

use std::collections::HashMap;

use foundation::{
    Cell,
    event::{self, LoggedEvent, NewEvent},
    id::{EventId, OrderId, ResellerId},
    sequencer,
};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::world::World;

const WRITERS: usize = 4;
const TRANSACTIONS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn each_committed_event_has_one_position_without_gaps_and_objects_keep_their_order() {
    let world = World::create().await;
    let resellers = [world.reseller, world.db.reseller().await];
    let mut writers = JoinSet::new();
    for nth in 0..WRITERS {
        writers.spawn(write(world.db.cell().clone(), resellers, nth));
    }
    let (one, two) = (world.db.cell().clone(), world.db.second_cell());
    let stop = CancellationToken::new();
    let sequencers = [one, two].map(|cell| tokio::spawn(keep_placing(cell, stop.clone())));
    let committed: HashMap<ResellerId, usize> =
        writers.join_all().await.into_iter().flatten().fold(HashMap::new(), |mut sum, r| {
            *sum.entry(r).or_default() += 1;
            sum
        });
    // They end between two pages: one that is broken off has its lock for as long as its connection takes to notice.
    stop.cancel();
    for sequencer in sequencers {
        sequencer.await.unwrap();
    }
    sequencer::place_all(world.db.cell()).await.unwrap();

    for reseller in resellers {
        let mut tx = world.db.cell().tenant(reseller).await.unwrap();
        let log = event::after(&mut tx, 0, 100_000).await.unwrap().events;
        let expected = committed[&reseller];
        assert_eq!(log.len(), expected, "each committed event once, none that was taken back");
        assert!(log.iter().map(|e| e.position).eq(1..=i64::try_from(expected).unwrap()), "dense from 1");
        versions_rise_by_one(&log);
    }
}

fn versions_rise_by_one(log: &[LoggedEvent]) {
    let shared: Vec<_> = log.iter().filter(|e| e.object_type == "reseller").filter_map(|e| e.version).collect();
    assert!(shared.len() > TRANSACTIONS / 4, "the shared object was fought over");
    assert!(shared.iter().copied().eq(2..2 + i64::try_from(shared.len()).unwrap()), "{shared:?}");
    let mut seen: HashMap<EventId, usize> = HashMap::new();
    for event in log {
        *seen.entry(event.event_id).or_default() += 1;
    }
    assert!(seen.values().all(|times| *times == 1));
    let mut next: HashMap<Uuid, i64> = HashMap::new();
    for event in log {
        let expected = next.entry(event.object_id).or_insert(1);
        assert_eq!(event.sequence, Some(*expected), "an object's events are counted without gaps");
        *expected += 1;
    }
}

/// Changes a shared object and makes events of its own; takes every third transaction back. Returns whose events were
/// committed.
async fn write(cell: Cell, resellers: [ResellerId; 2], nth: usize) -> Vec<ResellerId> {
    let mut committed = Vec::new();
    for round in 0..TRANSACTIONS {
        let reseller = resellers[(round + nth) % 2];
        let mut tx = cell.tenant(reseller).await.unwrap();
        let own = NewEvent::of("order.paid", "order", OrderId::new(), 1, json!({}));
        event::append(&mut tx, &[own]).await.unwrap();
        let version: i64 =
            sqlx::query_scalar("update resellers set version = version + 1 where reseller_id = $1 returning version")
                .bind(reseller)
                .fetch_one(tx.conn())
                .await
                .unwrap();
        let object_id: Uuid = reseller.uuid();
        let shared = NewEvent {
            kind: "reseller.changed",
            object: "reseller",
            object_id,
            version: Some(version),
            data: json!({}),
        };
        event::append(&mut tx, &[shared]).await.unwrap();
        if round % 3 != nth % 3 {
            tx.commit().await.unwrap();
            committed.extend([reseller, reseller]);
        }
    }
    committed
}

async fn keep_placing(cell: Cell, stop: CancellationToken) {
    while !stop.is_cancelled() {
        sequencer::place_page(&cell).await.unwrap();
        tokio::task::yield_now().await;
    }
}
