//! A rush in two processes with everything at once: named, any, several, overlapping; releases and ends among them.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use foundation::{Code, Error, id::TicketId};
use ticketing::rules::order::{Hold, Want};

use crate::{
    house::{House, MINUTES, at_once, seats},
    process::Process,
};

const SEATS: usize = 50;

/// The nth request of a round: every kind of it, the same in every run.
fn wanted(house: &House, n: usize) -> Vec<Want> {
    let stage = house.stage();
    match n % 5 {
        0 => vec![stage.any(1)],
        1 => vec![stage.any(1 + n % 3)],
        2 => stage.these(&[n * 7 % SEATS]),
        // Pairs that overlap with the next ones of their kind.
        3 => stage.these(&[n / 5 % SEATS, (n / 5 + 1) % SEATS]),
        _ => vec![stage.ticket(n * 11 % SEATS), stage.any(2)],
    }
}

#[track_caller]
fn none_twice(holds: &[Hold]) {
    let mut owners: HashMap<TicketId, &Hold> = HashMap::new();
    for hold in holds {
        for item in &hold.items {
            if let Some(other) = owners.insert(item.held.ticket, hold) {
                panic!("{} is held by {} and {}", item.held.ticket, other.id, hold.id);
            }
        }
    }
}

async fn round(house: &House, processes: &[Process; 2], lasts: Duration) -> Vec<Hold> {
    let asked = at_once((0..200).map(|n| {
        let (process, wants) = (processes[n % 2].clone(), wanted(house, n));
        async move { (wants.len(), process.hold_for(wants, lasts).await) }
    }))
    .await;
    let mut holds = Vec::new();
    for (n, (_, outcome)) in asked.into_iter().enumerate() {
        match outcome {
            Ok(hold) => holds.push(hold),
            Err(Error::Refused(refusal)) => {
                assert!(
                    matches!(refusal.code, Code::SeatsUnavailable | Code::NotEnoughTickets | Code::Busy),
                    "request {n}: {refusal:?}"
                );
            }
            Err(error) => panic!("request {n}: {error:?}"),
        }
    }
    holds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_on_fifty_seats_in_two_processes() {
    let house = House::with(seats(&[("A", 25), ("B", 25)])).await;
    let processes = [Process::first(&house), Process::another(&house)];
    for clock in 0..6 {
        let holds = round(&house, &processes, MINUTES).await;
        none_twice(&holds);
        let held: usize = holds.iter().map(|hold| hold.items.len()).sum();
        assert_eq!(house.claimed().await, i64::try_from(held).unwrap(), "every claim is of a hold that was answered");
        assert!(held >= SEATS / 2, "only {held} of {SEATS} seats were held");
        crate::house::end(&house.db, house.reseller).await;
        if clock % 2 == 0 {
            let released = at_once(holds.into_iter().map(|hold| {
                let process = processes[1].clone();
                async move { process.release(hold.id).await.unwrap() }
            }));
            released.await;
        } else {
            house.ahead((clock + 1) * (MINUTES + Duration::from_secs(1))).await;
        }
        assert_eq!(house.claimed().await, 0);
        processes[0].inventory.catch_up().await.unwrap();
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_releases_and_ends_interleave() {
    let house = House::with(seats(&[("A", 25), ("B", 25)])).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let done = AtomicUsize::new(0);
    let done: &'static AtomicUsize = Box::leak(Box::new(done));
    let mut clock = Duration::ZERO;
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let process = processes[task % 2].clone();
            let plan: Vec<Vec<Want>> = (0..40).map(|n| wanted(&house, n * 16 + task)).collect();
            tokio::spawn(async move {
                for (n, wants) in plan.into_iter().enumerate() {
                    // Some last a second of the tenant's clock, which jumps by two.
                    let lasts = if n % 3 == 0 { Duration::from_secs(1) } else { MINUTES };
                    match process.hold_for(wants, lasts).await {
                        Ok(hold) if n % 3 != 1 => match process.release(hold.id).await {
                            Ok(_) => {}
                            Err(Error::Refused(refusal)) => {
                                assert!(matches!(refusal.code, Code::Expired | Code::Busy), "{refusal:?}");
                            }
                            Err(error) => panic!("{error:?}"),
                        },
                        Ok(_) | Err(Error::Refused(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while done.load(Ordering::Relaxed) < 16 * 40 && tasks.iter().any(|task| !task.is_finished()) {
        clock += Duration::from_secs(2);
        house.ahead(clock).await;
        crate::house::end(&house.db, house.reseller).await;
        for process in &processes {
            process.inventory.catch_up().await.unwrap();
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    house.end().await;
}
