//! Combined holds when something is in the way: locks of others, lost connections.

use foundation::{Code, Error, id::PerformanceId};
use sqlx::Connection as _;
use ticketing::lanes::LaneSettings;

use crate::{
    house::{House, at_once, code, places, seats},
    process::{Process, SETTINGS, key},
    wire::{Cut, Wire},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_waits_for_a_locked_performance_and_is_made_once_when_it_is_free() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    process.thinks_free(house.stage().id).await;
    let mut owner = house.db.as_owner().await;
    let mut lock = owner.begin().await.unwrap();
    lock_performance(&mut lock, house.stage().id).await;
    let asking: Vec<_> = (0..10)
        .map(|n| {
            let (process, want) = (process.clone(), house.stage().any(1));
            tokio::spawn(async move { process.keyed(vec![want], key(&format!("k{n}"), 1)).await })
        })
        .collect();
    house.wait_for_a_blocked_lane().await;
    lock.rollback().await.unwrap();
    for asked in asking {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(house.claimed().await, 10);
    house.end().await;
}

async fn lock_performance(conn: &mut sqlx::PgConnection, id: PerformanceId) {
    let sql = "select 1 from performances where performance_id = $1 for update";
    sqlx::query(sql).bind(id).execute(conn).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_performance_that_stays_locked_makes_its_holds_busy_and_no_others() {
    let house = House::of(crate::house::eur("10.00"), vec![places(5), places(5)]).await;
    let process = Process::first(&house);
    let mut owner = house.db.as_owner().await;
    let mut lock = owner.begin().await.unwrap();
    lock_performance(&mut lock, house.stages[0].id).await;
    let asked = at_once([0, 1, 1, 1].map(|stage| {
        let (process, want) = (process.clone(), house.stages[stage].any(1));
        async move { (stage, process.hold(vec![want]).await) }
    }))
    .await;
    for (stage, outcome) in asked {
        if stage == 0 {
            assert_eq!(code(outcome), Code::Busy);
        } else {
            outcome.unwrap();
        }
    }
    lock.rollback().await.unwrap();
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_locked_by_an_idle_transaction_costs_only_its_own() {
    let house = House::with(seats(&[("A", 40)])).await;
    let process = Process::first(&house);
    let held = process.hold(house.stage().these(&[5])).await.unwrap();
    process.release(held.id).await.unwrap();
    let mut owner = house.db.as_owner().await;
    let mut lock = owner.begin().await.unwrap();
    let sql = "select 1 from claims where ticket_id = $1 for update";
    sqlx::query(sql).bind(house.stage().tickets[5]).execute(&mut *lock).await.unwrap();
    let asked = at_once((0..20).map(|n| {
        let (process, wants) = (process.clone(), house.stage().these(&[n]));
        async move { (n, process.hold(wants).await) }
    }))
    .await;
    for (n, outcome) in asked {
        if n == 5 {
            assert_eq!(code(outcome), Code::Busy);
        } else {
            outcome.unwrap();
        }
    }
    lock.rollback().await.unwrap();
    process.hold(house.stage().these(&[5])).await.unwrap();
    house.end().await;
}

/// How many sessions are ended: enough to meet batches in every state, few enough that the load gets through.
const KILLS: i64 = 60;

/// Ends the lanes' sessions until the load is through; gives how many it ended.
async fn kill_lanes(house: &House, until: tokio::sync::watch::Receiver<bool>) -> i64 {
    let mut owner = house.db.as_owner().await;
    let mut killed = 0;
    while !*until.borrow() && killed < KILLS {
        killed += sqlx::query_scalar::<_, i64>(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and application_name = 'stagedoor lanes' and state <> 'idle'",
        )
        .fetch_one(&mut owner)
        .await
        .unwrap();
    }
    killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_killed_in_the_middle_double_nothing_and_lose_nothing() {
    let house = House::with(places(2_000)).await;
    let settings = LaneSettings { batch: 8, ..SETTINGS };
    let processes =
        [house.db.cell().clone(), house.db.second_cell()].map(|cell| Process::open(cell, house.reseller, settings).0);
    let (through, until) = tokio::sync::watch::channel(false);
    let load = async {
        let asked = at_once((0..400).map(|n| {
            let (process, want) = (processes[n % 2].clone(), house.stage().any(1 + n % 3));
            async move { (n, until_answered(&process, vec![want], &format!("k{n}")).await) }
        }))
        .await;
        // Nobody waits for it any more if as many were ended as should be.
        let _ = through.send(true);
        asked
    };
    let (asked, killed) = tokio::join!(load, kill_lanes(&house, until));
    assert!(killed > 0, "no session was ended in the middle");
    let mut tickets = 0;
    for (n, before) in &asked {
        // Asked again with its key, each gets the very answer that it had.
        let want = house.stage().any(1 + n % 3);
        assert_eq!(processes[n % 2].keyed(vec![want], key(&format!("k{n}"), 1)).await.unwrap(), *before);
        tickets += 1 + i64::try_from(n % 3).unwrap();
    }
    assert_eq!(house.count("select count(*) from holds where reseller_id = $1").await, 400);
    assert_eq!(house.claimed().await, tickets);
    house.end().await;
}

/// Asks with the same key until there is an answer, as a caller does; what it is told meanwhile is to come again.
async fn until_answered(
    process: &Process,
    wants: Vec<ticketing::rules::order::Want>,
    text: &str,
) -> foundation::idempotency::StoredAnswer {
    for _ in 0..200 {
        match process.keyed(wants.clone(), key(text, 1)).await {
            Ok(answer) => return answer,
            Err(Error::Refused(refusal)) if matches!(refusal.code, Code::Busy | Code::OutcomeUnknown) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("{text} was never answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_at_the_commit_neither_loses_nor_doubles_a_hold() {
    for cut in [Cut::BeforeCommit, Cut::AfterCommit] {
        let house = House::with(places(500)).await;
        let wire = Wire::to(&house).await;
        let (process, _) = Process::open(wire.cell(&house), house.reseller, LaneSettings { batch: 4, ..SETTINGS });
        let asked = at_once((0..60).map(|n| {
            let (process, wire, want) = (process.clone(), wire.clone(), house.stage().any(1 + n % 3));
            async move {
                if n % 4 == 0 {
                    wire.cut(cut);
                }
                (n, until_answered(&process, vec![want], &format!("k{n}")).await)
            }
        }))
        .await;
        assert!(wire.cuts() > 0, "nothing was cut");
        for (n, answer) in asked {
            let want = house.stage().any(1 + n % 3);
            assert_eq!(process.keyed(vec![want], key(&format!("k{n}"), 1)).await.unwrap(), answer);
        }
        assert_eq!(house.count("select count(*) from holds where reseller_id = $1").await, 60, "{cut:?}");
        assert_eq!(house.claimed().await, 120, "{cut:?}");
        house.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_to_the_question_what_became_of_a_batch_may_be_lost_too() {
    for first in [Cut::BeforeCommit, Cut::AfterCommit] {
        for second in [Cut::BeforeCommit, Cut::AfterCommit] {
            let house = House::with(places(9)).await;
            let wire = Wire::to(&house).await;
            let (process, _) = Process::open(wire.cell(&house), house.reseller, SETTINGS);
            wire.cut(first);
            wire.cut(second);
            let hold = process.hold(vec![house.stage().any(3)]).await.unwrap();
            assert_eq!(wire.cuts(), 2);
            for item in hold.items {
                let owner = house.owner_of(item.held.ticket).await;
                assert_eq!(owner, Some(("hold".to_owned(), hold.id.uuid())), "{first:?}, {second:?}");
            }
            assert_eq!((house.claimed().await, process.thinks_free(house.stage().id).await), (3, 6));
            house.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_stays_unknown_is_told_so_and_its_key_finds_it_later() {
    let house = House::with(seats(&[("A", 2)])).await;
    let wire = Wire::to(&house).await;
    let (process, _) = Process::open(wire.cell(&house), house.reseller, SETTINGS);
    process.thinks_free(house.stage().id).await;
    wire.cut(Cut::AfterCommitAndAllThatFollow);
    let refused = crate::lanes::refusal(process.keyed(house.stage().these(&[0]), key("k", 1)).await);
    assert!(refused.code == Code::OutcomeUnknown && refused.retry_after.is_some(), "{refused:?}");
    assert_eq!(house.claimed().await, 1, "it had happened");
    wire.mend();
    let answer = until_answered(&process, house.stage().these(&[0]), "k").await;
    assert!(answer.body.contains(&house.stage().tickets[0].to_string()));
    assert_eq!(house.count("select count(*) from holds where reseller_id = $1").await, 1);
    assert_eq!(process.thinks_free(house.stage().id).await, 1, "memory was read anew");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_before_the_commit_only_costs_a_try() {
    let house = House::with(places(2)).await;
    let wire = Wire::to(&house).await;
    let (process, _) = Process::open(wire.cell(&house), house.reseller, SETTINGS);
    wire.cut(Cut::BeforeFence);
    process.hold(vec![house.stage().any(2)]).await.unwrap();
    assert_eq!((wire.cuts(), house.claimed().await), (1, 2));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_no_hold_is_made_and_nothing_stays_proposed() {
    let house = House::with(places(6)).await;
    let wire = Wire::to(&house).await;
    let [warm, cold] = [(), ()].map(|()| Process::open(wire.cell(&house), house.reseller, SETTINGS).0);
    warm.thinks_free(house.stage().id).await;
    wire.down();
    // The one cannot read the stock; the other knows it and can begin no transaction, tried once or many times.
    let unread = cold.hold(vec![house.stage().any(1)]).await;
    assert!(matches!(unread, Err(Error::Inconsistent(_))), "{unread:?}");
    warm.hold(vec![house.stage().any(1)]).await.unwrap_err();
    wire.mend();
    warm.hold(vec![house.stage().any(3)]).await.unwrap();
    cold.hold(vec![house.stage().any(3)]).await.unwrap();
    assert_eq!(house.claimed().await, 6);
    house.end().await;
}
