//! Idempotency keys of combined holds: one key, one hold, one answer.

use foundation::{
    Code,
    idempotency::{StoredAnswer, claim_leased, store_many},
};

use crate::{
    house::{House, at_once, code, places, seats},
    process::{Process, key},
};

const HOLDS: &str = "select count(*) from holds where reseller_id = $1";

#[tokio::test]
async fn the_same_key_twice_in_a_batch_is_one_hold_and_the_same_bytes() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let asked = at_once((0..8).map(|_| {
        let (process, want) = (process.clone(), house.stage().any(2));
        async move { process.keyed(vec![want], key("k", 1)).await.unwrap() }
    }))
    .await;
    assert!(asked.iter().all(|answer| *answer == asked[0]), "{asked:?}");
    assert_eq!(house.count(HOLDS).await, 1);
    assert_eq!(process.keyed(vec![house.stage().any(2)], key("k", 1)).await.unwrap(), asked[0], "and again later");
    assert_eq!(house.claimed().await, 2);
    house.end().await;
}

#[tokio::test]
async fn a_key_of_another_request_is_refused_in_its_batch_and_after_it() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let (first, other) = tokio::join!(
        process.keyed(vec![house.stage().any(1)], key("k", 1)),
        process.keyed(vec![house.stage().any(2)], key("k", 2)),
    );
    first.unwrap();
    assert_eq!(code(other), Code::IdempotencyKeyReused);
    assert_eq!(code(process.keyed(vec![house.stage().any(2)], key("k", 2)).await), Code::IdempotencyKeyReused);
    assert_eq!(house.claimed().await, 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_the_same_key_at_once_make_one_hold() {
    let house = House::with(places(200)).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let asked = at_once((0..120).map(|n| {
        let (process, want) = (processes[n % 2].clone(), house.stage().any(1));
        async move { (n / 4, process.keyed(vec![want], key(&format!("k{}", n / 4), 1)).await.unwrap()) }
    }))
    .await;
    for (n, answer) in &asked {
        assert_eq!(answer, &asked[n * 4].1, "key {n}");
    }
    assert_eq!((house.count(HOLDS).await, house.claimed().await), (30, 30));
    house.end().await;
}

#[tokio::test]
async fn a_key_of_a_hold_that_lost_is_free_again() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    two.thinks_free(house.stage().id).await;
    let held = one.hold(house.stage().these(&[0])).await.unwrap();
    // The second process finds out in its transaction, after the key was stored.
    assert_eq!(code(two.keyed(house.stage().these(&[0, 1]), key("k", 1)).await), Code::SeatsUnavailable);
    assert_eq!(house.count("select count(*) from idempotency_keys where reseller_id = $1").await, 0);
    one.release(held.id).await.unwrap();
    two.inventory.forget_all(house.reseller);
    two.keyed(house.stage().these(&[0, 1]), key("k", 1)).await.unwrap();
    assert_eq!(house.claimed().await, 2);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_another_process_is_just_storing_is_answered_with_what_that_one_stored() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    process.thinks_free(house.stage().id).await;
    let theirs = StoredAnswer { status: 201, body: "theirs".to_owned(), etag: None };
    let mut other = house.tx().await;
    store_many(&mut other, &[(&key("k", 1), &theirs)]).await.unwrap();
    let asking = tokio::spawn({
        let (process, want) = (process.clone(), house.stage().any(2));
        async move { process.keyed(vec![want], key("k", 1)).await }
    });
    house.wait_for_a_blocked_lane().await;
    other.commit().await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap(), theirs);
    assert_eq!(house.claimed().await, 0);
    process.hold(vec![house.stage().any(2)]).await.expect("what was proposed for it is free again");
    house.end().await;
}

#[tokio::test]
async fn a_key_whose_first_request_is_under_way_elsewhere_is_in_use() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let mut other = house.tx().await;
    claim_leased(&mut other, &key("k", 1)).await.unwrap();
    other.commit().await.unwrap();
    let asked = process.keyed(vec![house.stage().any(1)], key("k", 1)).await;
    assert_eq!(code(asked), Code::IdempotencyKeyInUse);
    assert_eq!((house.count(HOLDS).await, house.claimed().await), (0, 0));
    house.end().await;
}
