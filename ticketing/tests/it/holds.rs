//! What becomes of a hold: grown, shrunk, extended, released, expired, taken over.

use std::time::Duration;

use foundation::{Code, Error, Instant, id::TicketId};
use ticketing::{
    inventory::Asked,
    plans::Plans,
    rules::{
        block::Through,
        order::{HOLD_TICKETS_MAX, Hold, HoldState},
    },
    use_cases::change_hold::{extend_hold, get_hold, release_hold},
};

use crate::{
    house::{House, MINUTES, at_once, code, eur, places, seats},
    process::Process,
};

fn tickets(hold: &Hold) -> Vec<TicketId> {
    hold.items.iter().map(|item| item.held.ticket).collect()
}

#[tokio::test]
async fn a_hold_grows_and_shrinks_over_two_performances() {
    let house = House::of(eur("10.00"), vec![seats(&[("A", 4)]), places(4)]).await;
    let process = Process::first(&house);
    let (first, second) = (&house.stages[0], &house.stages[1]);
    let hold = process.hold(first.these(&[0])).await.unwrap();
    let grown = process.grow(hold.id, &[second.any(2), first.ticket(1)]).await.unwrap();
    assert_eq!((grown.items.len(), grown.version, grown.expires_at), (4, 2, hold.expires_at));
    assert_eq!(house.claimed().await, 4);
    assert_eq!((process.thinks_free(first.id).await, process.thinks_free(second.id).await), (2, 2));
    let shrunk = process.shrink(hold.id, &[first.tickets[0], grown.items[1].held.ticket]).await.unwrap();
    assert_eq!(shrunk.items.len(), 2);
    assert_eq!((process.thinks_free(first.id).await, process.thinks_free(second.id).await), (3, 3));
    assert_eq!(code(process.shrink(hold.id, &[first.tickets[0]]).await), Code::InvalidField);
    let gone = process.shrink(hold.id, &tickets(&shrunk)).await.unwrap();
    assert_eq!((gone.state, house.claimed().await), (HoldState::Released, 0));
    let told = "select count(*) from events where reseller_id = $1 and type = 'hold.released'";
    assert_eq!(house.count(told).await, 1, "a hold without tickets is told as released");
    house.end().await;
}

#[tokio::test]
async fn a_hold_that_cannot_grow_stays_as_it_was() {
    let house = House::with(seats(&[("A", 3)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let hold = one.hold(house.stage().these(&[0])).await.unwrap();
    two.hold(house.stage().these(&[1])).await.unwrap();
    let refused = crate::lanes::refusal(one.grow(hold.id, &house.stage().these(&[1, 2])).await);
    assert_eq!(refused.code, Code::SeatsUnavailable);
    assert_eq!(
        tickets(&get_hold(&mut house.tx().await, &Plans::default(), hold.id).await.unwrap()),
        [house.stage().tickets[0]]
    );
    one.hold(house.stage().these(&[2])).await.expect("what was proposed for the growth is free again");
    assert_eq!(code(one.grow(hold.id, &[house.stage().any(1)]).await), Code::SeatsUnavailable);
    house.end().await;
}

#[tokio::test]
async fn a_growth_that_is_given_up_in_the_middle_leaves_nothing_behind() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let mut tx = house.tx().await;
    let more = [house.stage().any(1)];
    ticketing::use_cases::change_hold::grow_hold(
        &mut tx,
        &process.inventory,
        hold.id,
        &more,
        &ticketing::rules::terms::AskedBy::default(),
    )
    .await
    .unwrap();
    // The caller's connection breaks before the commit.
    drop(tx);
    process.hold(vec![house.stage().any(1)]).await.unwrap();
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_at_once_each_that_succeeds_has_its_own_version() {
    let house = House::with(places(60)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let asked = at_once((0..12).map(|n| {
        let (process, want) = (process.clone(), house.stage().any(1));
        async move {
            if n % 2 == 0 {
                process.grow(hold.id, &[want]).await
            } else {
                process.extend(hold.id, MINUTES, 2 * MINUTES).await
            }
        }
    }))
    .await;
    let mut versions = Vec::new();
    for outcome in asked {
        match outcome {
            Ok(changed) => versions.push(changed.version),
            Err(Error::Refused(refusal)) => {
                assert!(matches!(refusal.code, Code::HoldNotActive | Code::Busy), "{refusal:?}");
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    versions.sort_unstable();
    assert!(!versions.is_empty());
    assert_eq!(versions, (2..2 + i64::try_from(versions.len()).unwrap()).collect::<Vec<_>>());
    let read = get_hold(&mut house.tx().await, &Plans::default(), hold.id).await.unwrap();
    assert_eq!(house.claimed().await, i64::try_from(read.items.len()).unwrap());
    house.end().await;
}

#[tokio::test]
async fn a_hold_is_extended_up_to_its_longest_and_a_change_of_an_ended_one_is_refused() {
    let house = House::with(places(3)).await;
    let process = Process::first(&house);
    let hold = process.hold_for(vec![house.stage().any(1)], Duration::from_secs(60)).await.unwrap();
    let extended = process.extend(hold.id, MINUTES, 2 * MINUTES).await.unwrap();
    assert!(extended.expires_at > hold.expires_at);
    assert_eq!(code(process.extend(hold.id, 3 * MINUTES, 2 * MINUTES).await), Code::InvalidField);
    let less = process.extend(hold.id, Duration::from_secs(60), 2 * MINUTES).await.unwrap();
    assert_eq!((less.expires_at, less.version), (extended.expires_at, extended.version), "nobody loses time by asking");
    house.ahead(MINUTES + Duration::from_secs(5)).await;
    assert_eq!(get_hold(&mut house.tx().await, &Plans::default(), hold.id).await.unwrap().state, HoldState::Expired);
    let any = [house.stage().any(1)];
    assert_eq!(code(process.extend(hold.id, MINUTES, 9 * MINUTES).await), Code::Expired);
    assert_eq!(code(process.grow(hold.id, &any).await), Code::Expired);
    assert_eq!(code(process.shrink(hold.id, &tickets(&hold)).await), Code::Expired);
    assert_eq!(code(process.release(hold.id).await), Code::Expired);
    assert_eq!(code(process.order(hold.id).await), Code::Expired);
    process.hold(vec![house.stage().any(3)]).await.expect("its ticket is free without any job");
    let other = process.hold(any.to_vec()).await;
    assert_eq!(code(other), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn a_released_hold_is_released_once() {
    let house = House::with(places(3)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    assert_eq!(process.release(hold.id).await.unwrap().state, HoldState::Released);
    assert_eq!(code(process.release(hold.id).await), Code::HoldNotActive);
    assert_eq!(code(process.grow(hold.id, &[house.stage().any(1)]).await), Code::HoldNotActive);
    assert_eq!(process.thinks_free(house.stage().id).await, 3);
    house.end().await;
}

/// Moves the tenant's clock so that it now stands this many microseconds after `at` (before, if negative).
async fn stand_at(house: &House, at: Instant, offset_us: i64) {
    let mut owner = house.db.as_owner().await;
    sqlx::query(
        "insert into test_clocks (reseller_id, ahead)
         values ($1, $2 + make_interval(secs => $3::bigint / 1000000.0) - clock_timestamp())
         on conflict (reseller_id) do update set ahead = excluded.ahead",
    )
    .bind(house.reseller)
    .bind(at)
    .bind(offset_us)
    .execute(&mut owner)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_end_of_a_hold_its_ticket_has_one_owner_at_most() {
    let house = House::with(seats(&[("A", 1)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let ticket = house.stage().tickets[0];
    let (mut kept, mut taken) = (0, 0);
    for n in 0..60_i64 {
        let hold = loop {
            // What the round before left has to end first.
            match one.hold_for(vec![house.stage().any(1)], MINUTES).await {
                Ok(hold) => break hold,
                Err(_) => {
                    let end: Instant = last_end(&house).await;
                    stand_at(&house, end, 1_000_000).await;
                    one.inventory.forget_all(house.reseller);
                }
            }
        };
        two.inventory.forget_all(house.reseller);
        let offset = [-1_000, 0, 1_000, -4_000, -8_000, -16_000][usize::try_from(n % 6).unwrap()];
        stand_at(&house, hold.expires_at, offset).await;
        let (mine, theirs) = tokio::join!(
            async {
                if n % 2 == 0 {
                    one.extend(hold.id, MINUTES, 9 * MINUTES).await.map(|_| ())
                } else {
                    one.order(hold.id).await.map(|_| ())
                }
            },
            two.hold_for(vec![house.stage().ticket(0)], MINUTES),
        );
        let owner = house.owner_of(ticket).await.map(|(_, owner)| owner);
        match (&mine, &theirs) {
            (Ok(()), Ok(other)) => panic!("round {n}: {} and {} both have it", hold.id, other.id),
            (Ok(()), Err(_)) => {
                kept += 1;
                assert!(owner.is_some() && (n % 2 == 1 || owner == Some(hold.id.uuid())), "round {n}: {owner:?}");
            }
            (Err(_), Ok(other)) => {
                taken += 1;
                assert_eq!(owner, Some(other.id.uuid()), "round {n}");
            }
            (Err(_), Err(_)) => {}
        }
    }
    assert!(kept > 0 && taken > 0, "kept {kept}, taken {taken}: the race has to go both ways");
    house.end().await;
}

async fn last_end(house: &House) -> Instant {
    let mut owner = house.db.as_owner().await;
    sqlx::query_scalar("select max(expires_at) from claims where reseller_id = $1")
        .bind(house.reseller)
        .fetch_one(&mut owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_hold_grows_to_its_most_tickets_and_no_further() {
    let house = House::with(places(60)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(HOLD_TICKETS_MAX - 1)]).await.unwrap();
    assert_eq!(code(process.grow(hold.id, &[house.stage().any(2)]).await), Code::TooManyTickets);
    assert_eq!(process.grow(hold.id, &[house.stage().any(1)]).await.unwrap().items.len(), HOLD_TICKETS_MAX);
    process.hold(vec![house.stage().any(10)]).await.expect("what was proposed for the growth is free again");
    house.end().await;
}

#[tokio::test]
async fn a_growth_into_what_others_are_deciding_over_is_told_to_come_again() {
    let house = House::with(places(3)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    // A batch has the two others in its transaction, as far as the memory knows.
    let asked = Asked { wants: &[house.stage().any(2)], through: &Through::default(), beside: &[], tries: 0 };
    let deciding = process.inventory.propose(house.reseller, &asked, hold.created_at).unwrap();
    let refused = crate::lanes::refusal(process.grow(hold.id, &[house.stage().any(1)]).await);
    assert!(refused.code == Code::Busy && refused.retry_after.is_some(), "{refused:?}");
    let lost: Vec<_> = deciding.items.iter().map(|item| item.held).collect();
    process.inventory.withdraw(house.reseller, &lost);
    assert_eq!(process.grow(hold.id, &[house.stage().any(2)]).await.unwrap().items.len(), 3);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_the_release_of_its_hold_is_told_to_look_again() {
    for change in ["shrink", "extend", "order"] {
        let house = House::with(places(2)).await;
        let process = Process::first(&house);
        let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
        let mut tx = house.tx().await;
        release_hold(&mut tx, &process.inventory, hold.id).await.unwrap();
        let waiting = tokio::spawn({
            let process = process.clone();
            async move {
                match change {
                    "shrink" => process.shrink(hold.id, &tickets(&hold)[..1]).await.map(drop),
                    "extend" => process.extend(hold.id, MINUTES, 2 * MINUTES).await.map(drop),
                    _ => process.order(hold.id).await.map(drop),
                }
            }
        });
        house.wait_for_a_blocked("stagedoor requests").await;
        tx.commit().await.unwrap();
        assert_eq!(code(waiting.await.unwrap()), Code::HoldNotActive, "{change}");
        assert_eq!(house.claimed().await, 0, "{change}");
        house.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_waited_for_its_hold_to_be_extended_is_told_to_look_again() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    let mut tx = house.tx().await;
    extend_hold(&mut tx, &process.inventory, hold.id, MINUTES, 2 * MINUTES).await.unwrap();
    let waiting = tokio::spawn({
        let process = process.clone();
        async move { process.order(hold.id).await }
    });
    house.wait_for_a_blocked("stagedoor requests").await;
    tx.commit().await.unwrap();
    assert_eq!(code(waiting.await.unwrap()), Code::HoldNotActive);
    assert_eq!(get_hold(&mut house.tx().await, &Plans::default(), hold.id).await.unwrap().state, HoldState::Active);
    process.order(hold.id).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_hold_that_lost_a_ticket_is_neither_shrunk_nor_extended() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    // As no rule of ours could do it: another owner has one of the two.
    let sql = "update claims set owner_id = gen_random_uuid(), owner_kind = 'block', expires_at = 'infinity' where ticket_id = $1";
    let taken = sqlx::query(sql).bind(tickets(&hold)[0]);
    taken.execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(code(process.shrink(hold.id, &tickets(&hold)[..1]).await), Code::HoldNotActive);
    assert_eq!(code(process.extend(hold.id, MINUTES, 2 * MINUTES).await), Code::HoldNotActive);
    assert_eq!(get_hold(&mut house.tx().await, &Plans::default(), hold.id).await.unwrap(), hold);
    house.ahead(MINUTES).await;
    let sql = "delete from claims where owner_kind = 'block'";
    sqlx::query(sql).execute(&mut house.db.as_owner().await).await.unwrap();
    house.end().await;
}

/// Behind the back of every rule, so the house does not end in order.
#[tokio::test]
async fn a_hold_of_a_ticket_that_is_gone_is_not_told_as_if_it_were_there() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    let gone = sqlx::query("delete from tickets where ticket_id = $1").bind(hold.items[0].held.ticket);
    gone.execute(&mut house.db.as_owner().await).await.unwrap();
    let read = get_hold(&mut house.tx().await, &Plans::default(), hold.id).await;
    assert!(matches!(read, Err(Error::Inconsistent(_))), "{read:?}");
}
