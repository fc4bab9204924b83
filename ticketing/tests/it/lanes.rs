//! Combined holds where nothing fails: who gets what, and what the others are told.

use std::time::Duration;

use foundation::{Code, Error, Refusal, id::TicketId, sequencer};
use ticketing::{
    lanes::LaneSettings,
    rules::order::{HoldState, Pick, Want},
};

use crate::{
    house::{House, MINUTES, at_once, code, places, seats},
    process::{Process, SETTINGS},
};

#[tokio::test]
async fn a_lone_buyer_gets_seats_side_by_side() {
    let house = House::with(seats(&[("A", 3), ("B", 5)])).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(4)]).await.unwrap();
    let row = |hold: &ticketing::rules::order::Hold| -> Vec<_> {
        hold.items.iter().map(|item| (item.place.row.clone().unwrap(), item.place.seat.clone().unwrap())).collect()
    };
    assert_eq!(row(&hold).iter().map(|(row, seat)| format!("{row}{seat}")).collect::<String>(), "B1B2B3B4");
    assert_eq!((hold.state, hold.version), (HoldState::Active, 1));
    assert_eq!(hold.expires_at.since(hold.created_at), MINUTES);
    assert_eq!(process.thinks_free(house.stage().id).await, 4);
    house.end().await;
}

#[tokio::test]
async fn a_hold_may_name_a_seat_that_any_would_have_given() {
    let house = House::with(seats(&[("A", 2)])).await;
    let process = Process::first(&house);
    let wants = vec![house.stage().any(1), house.stage().ticket(0)];
    let hold = process.hold(wants).await.unwrap();
    let tickets: Vec<TicketId> = hold.items.iter().map(|item| item.held.ticket).collect();
    assert_eq!(tickets, [house.stage().tickets[1], house.stage().tickets[0]], "in the order of the wants");
    house.end().await;
}

#[tokio::test]
async fn what_cannot_be_had_is_told_with_what_can() {
    let house = House::with(seats(&[("A", 5)])).await;
    let process = Process::first(&house);
    let stage = house.stage();
    process.hold(stage.these(&[1, 2])).await.unwrap();
    let refused = refusal(process.hold(stage.these(&[0, 1])).await);
    assert_eq!(refused.code, Code::SeatsUnavailable);
    let told = refused.alternatives.unwrap();
    assert_eq!(told["unavailable"], serde_json::json!([stage.tickets[1]]));
    assert_eq!(told["nearest_free"], serde_json::json!([stage.tickets[0], stage.tickets[3], stage.tickets[4]]));
    let refused = refusal(process.hold(vec![stage.any(4)]).await);
    assert_eq!(
        (refused.code, refused.alternatives.unwrap()),
        (
            Code::NotEnoughTickets,
            serde_json::json!({ "available": 3, "sections": [], "price_tiers": [], "performances": [] })
        )
    );
    let nowhere = Want { performance: foundation::id::PerformanceId::new(), ..stage.any(1) };
    assert_eq!(code(process.hold(vec![nowhere.clone()]).await), Code::NotFound);
    assert_eq!(code(process.hold(vec![stage.any(1), nowhere]).await), Code::NotFound);
    let unknown = Pick::Ticket {
        offer: stage.offer,
        ticket: TicketId::new(),
        kind: ticketing::rules::seating::SeatKind::Ordinary,
    };
    let nothing = Want { pick: unknown, ..stage.any(1) };
    assert_eq!(code(process.hold(vec![nothing]).await), Code::NotFound);
    let unknown = Pick::Any { offer: foundation::id::OfferId::new(), quantity: 1, section: None };
    let nobody = Want { pick: unknown, ..stage.any(1) };
    assert_eq!(code(process.hold(vec![nobody]).await), Code::NotFound);
    process.hold(vec![stage.any(3)]).await.unwrap();
    house.end().await;
}

#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(outcome: foundation::Result<T>) -> Refusal {
    match outcome {
        Err(Error::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_seat_wanted_by_fifty_in_two_processes_is_held_once() {
    let house = House::with(seats(&[("A", 1)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let asked = at_once((0..50).map(|n| {
        let (process, wants) = (if n % 2 == 0 { one.clone() } else { two.clone() }, house.stage().these(&[0]));
        async move { process.hold(wants).await }
    }))
    .await;
    let (held, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
    assert_eq!(held.len(), 1);
    assert!(refused.into_iter().all(|outcome| code(outcome) == Code::SeatsUnavailable));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_pairs_are_never_told_that_a_seat_is_taken_that_is_free() {
    for _ in 0..5 {
        let house = House::with(seats(&[("A", 41)])).await;
        let (one, two) = (Process::first(&house), Process::another(&house));
        // H1{0,1}, H2{1,2}, H3{2,3} and so on: each overlaps with the next.
        let asked = at_once((0..40).map(|n| {
            let (process, wants) =
                (if n % 2 == 0 { one.clone() } else { two.clone() }, house.stage().these(&[n, n + 1]));
            async move { (n, process.hold(wants).await) }
        }))
        .await;
        let mut held = [false; 41];
        for (n, outcome) in &asked {
            if outcome.is_ok() {
                assert!(!held[*n] && !held[*n + 1], "seat {n} or the next is held twice");
                (held[*n], held[*n + 1]) = (true, true);
            }
        }
        for (n, outcome) in asked {
            let Err(Error::Refused(refused)) = outcome else { continue };
            assert_eq!(refused.code, Code::SeatsUnavailable, "{refused:?}");
            let taken = refused.alternatives.unwrap()["unavailable"].clone();
            let named: Vec<usize> = (n..n + 2).filter(|seat| names(&taken, house.stage().tickets[*seat])).collect();
            assert!(!named.is_empty() && named.iter().all(|seat| held[*seat]), "{n}: {named:?} were said to be taken");
        }
        let claimed = held.iter().filter(|seat| **seat).count();
        assert_eq!(house.claimed().await, i64::try_from(claimed).unwrap());
        house.end().await;
    }
}

fn names(list: &serde_json::Value, ticket: TicketId) -> bool {
    list.as_array().unwrap().contains(&serde_json::json!(ticket))
}

#[tokio::test]
async fn more_than_can_wait_are_told_to_come_again() {
    let house = House::with(places(10)).await;
    let settings = LaneSettings { lanes: 1, batch: 2, queue: 3 };
    let (process, _) = Process::open(house.db.cell().clone(), house.reseller, settings);
    let asked = at_once((0..10).map(|_| {
        let (process, want) = (process.clone(), house.stage().any(1));
        async move { process.hold(vec![want]).await }
    }))
    .await;
    let (held, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
    assert_eq!((held.len(), refused.len()), (3, 7), "on one thread all ask before a lane takes any");
    for outcome in refused {
        let refused = refusal(outcome);
        assert!(refused.code == Code::Busy && refused.retry_after.is_some());
    }
    assert_eq!(house.claimed().await, 3);
    house.end().await;
}

#[tokio::test]
async fn a_shutdown_commits_and_answers_what_was_taken_in_and_refuses_the_rest() {
    let house = House::with(places(200)).await;
    let (process, at_work) =
        Process::open(house.db.cell().clone(), house.reseller, LaneSettings { batch: 16, ..SETTINGS });
    let mut taken_in: Vec<_> = (0..100)
        .map(|_| {
            let (process, want) = (process.clone(), house.stage().any(1));
            Box::pin(async move { process.hold(vec![want]).await })
        })
        .collect();
    // Each is polled once and so has taken its place in the queue.
    for asking in &mut taken_in {
        assert!(futures_poll(asking).await.is_none());
    }
    process.stop();
    at_work.drained().await;
    for asking in taken_in {
        asking.await.unwrap();
    }
    assert_eq!(house.claimed().await, 100);
    assert_eq!(code(process.hold(vec![house.stage().any(1)]).await), Code::Busy);
    house.end().await;
}

/// Polls once: what it gave, if it was ready.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn a_stale_memory_only_costs_a_try() {
    let house = House::with(seats(&[("A", 4)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    assert_eq!(two.thinks_free(house.stage().id).await, 4);
    let held = one.hold(house.stage().these(&[0, 1])).await.unwrap();
    assert_eq!(two.thinks_free(house.stage().id).await, 4, "it has not read the log");
    let refused = refusal(two.hold(house.stage().these(&[1, 2])).await);
    assert_eq!(refused.alternatives.unwrap()["unavailable"], serde_json::json!([house.stage().tickets[1]]));
    let other = two.hold(vec![house.stage().any(2)]).await.unwrap();
    assert!(other.items.iter().all(|item| held.items.iter().all(|mine| mine.held.ticket != item.held.ticket)));
    house.end().await;
}

#[tokio::test]
async fn a_memory_catches_up_with_the_other_process() {
    let house = House::with(places(10)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage();
    assert_eq!((one.thinks_free(stage.id).await, two.thinks_free(stage.id).await), (10, 10));
    let held = one.hold(vec![stage.any(3)]).await.unwrap();
    sequencer::place_all(house.db.cell()).await.unwrap();
    assert!(two.inventory.catch_up().await.unwrap() > 0);
    assert_eq!(two.thinks_free(stage.id).await, 7);
    one.release(held.id).await.unwrap();
    let other = two.hold(vec![stage.any(1)]).await.unwrap();
    sequencer::place_all(house.db.cell()).await.unwrap();
    for process in [&one, &two] {
        process.inventory.catch_up().await.unwrap();
        assert_eq!(process.thinks_free(stage.id).await, 9);
        assert_eq!(process.inventory.catch_up().await.unwrap(), 0);
    }
    house.ahead(MINUTES + Duration::from_secs(1)).await;
    assert_eq!(code(two.extend(other.id, MINUTES, 2 * MINUTES).await), Code::Expired);
    one.inventory.forget_all(house.reseller);
    assert_eq!(one.thinks_free(stage.id).await, 10, "read anew, after the other's hold has ended");
    house.end().await;
}

#[tokio::test]
async fn a_memory_that_hears_of_its_own_change_before_it_learns_it_stays_in_step() {
    let house = House::with(places(1)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let held = one.hold(vec![house.stage().any(1)]).await.unwrap();
    sequencer::place_all(house.db.cell()).await.unwrap();
    one.inventory.catch_up().await.unwrap();
    // The release is committed and heard of, and only then learned, as when the process was held up in between.
    let mut tx = house.tx().await;
    let released = ticketing::use_cases::change_hold::release_hold(&mut tx, &one.inventory, held.id).await.unwrap();
    tx.commit().await.unwrap();
    sequencer::place_all(house.db.cell()).await.unwrap();
    one.inventory.catch_up().await.unwrap();
    one.inventory.learn_own(house.reseller, &released.changes);
    two.hold(vec![house.stage().any(1)]).await.unwrap();
    sequencer::place_all(house.db.cell()).await.unwrap();
    one.inventory.catch_up().await.unwrap();
    assert_eq!(one.thinks_free(house.stage().id).await, 0, "it still hears of the other's hold");
    house.end().await;
}

#[tokio::test]
async fn a_memory_forgets_and_reads_anew() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    process.hold(vec![house.stage().any(2)]).await.unwrap();
    process.inventory.forget(house.reseller, house.stage().id);
    assert_eq!(process.thinks_free(house.stage().id).await, 3);
    process.inventory.forget_all(house.reseller);
    process.hold(vec![house.stage().any(3)]).await.unwrap();
    assert_eq!(code(process.hold(vec![house.stage().any(1)]).await), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn two_performances_read_at_different_times_hear_the_same_log() {
    let house = House::of(crate::house::eur("10.00"), vec![places(3), places(3)]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let (first, second) = (&house.stages[0], &house.stages[1]);
    assert_eq!(two.thinks_free(first.id).await, 3);
    one.hold(vec![first.any(1), second.any(1)]).await.unwrap();
    sequencer::place_all(house.db.cell()).await.unwrap();
    assert_eq!(two.thinks_free(second.id).await, 2, "read after the change");
    two.inventory.catch_up().await.unwrap();
    assert_eq!((two.thinks_free(first.id).await, two.thinks_free(second.id).await), (2, 2));
    house.end().await;
}
