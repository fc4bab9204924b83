//! Processes that stop in the middle, several at once, and resellers that share one.

use std::{collections::HashSet, time::Duration};

use foundation::mail::NewLetter;

use crate::{
    server::{Received, Reply, Server},
    world::{World, confirmation, just_before},
};

#[tokio::test(flavor = "multi_thread")]
async fn several_dispatchers_send_each_letter_once() {
    let (world, server) = (World::create().await, Server::taking().await);
    for _ in 0..150 {
        world.queue(confirmation()).await;
    }
    let now = world.now().await;
    let [one, two, three] = [(); 3].map(|()| world.dispatcher(&server.url()));
    tokio::try_join!(one.run_once(now), two.run_once(now), three.run_once(now)).unwrap();
    // One may have found the others' work still under way; what it left is nothing.
    assert_eq!(world.send(&server.url()).await, 0);
    let all = server.all();
    let ids: HashSet<_> = all.iter().map(Received::id).collect();
    assert_eq!((all.len(), ids.len()), (150, 150));
    assert!(world.states().await.iter().all(|state| state == "sent"));
    assert!(server.connections() <= 24, "{} connections", server.connections());
}

#[tokio::test]
async fn a_crash_between_sending_and_recording_sends_again_with_the_same_id() {
    let world = World::create().await;
    let mut server = Server::start(|nth| if nth == 0 { Reply::Hang } else { Reply::Take }).await;
    world.queue(confirmation()).await;
    let now = world.now().await;
    let crashing = world.dispatcher(&server.url());
    let first = tokio::select! {
        _ = crashing.run_once(now) => panic!("it cannot be done before it is answered"),
        first = server.next() => first,
    };
    drop(crashing);
    let claim_ends = world.only().await.due_at;
    let other = world.dispatcher(&server.url());
    assert_eq!(other.run_once(just_before(claim_ends)).await.unwrap(), 0, "the claim still stands");
    assert_eq!(other.run_once(claim_ends).await.unwrap(), 1);
    assert_eq!(first.id(), server.next().await.id());
    assert_eq!(world.states().await, ["sent"]);
    let numbers: Vec<_> = world.tries().await.into_iter().map(|tried| tried.attempt).collect();
    assert_eq!(numbers, [2], "the first try left no record");
}

#[tokio::test]
async fn a_letter_that_ends_every_process_is_given_up() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.queue(confirmation()).await;
    world.execute("update mail_outbox set attempts = 9").await;
    assert_eq!(world.send(&server.url()).await, 1);
    assert_eq!((world.states().await, server.begun()), (vec!["failed".to_owned()], 0));
}

#[tokio::test]
async fn an_outcome_is_recorded_only_under_its_own_claim() {
    let world = World::create().await;
    let mut server = Server::start(|_| Reply::Hang).await;
    world.queue(confirmation()).await;
    let dispatcher = world.dispatcher_with(&server.url(), Duration::from_millis(500));
    let now = world.now().await;
    let slow = tokio::spawn(async move { dispatcher.run_once(now).await });
    server.next().await;
    // The claim has run out meanwhile, and another process has taken a new one.
    world.execute("update mail_outbox set due_at = due_at + interval '1 hour'").await;
    let claimed = world.only().await;
    slow.await.unwrap().unwrap();
    assert_eq!(world.only().await, claimed);
    assert!(world.tries().await.is_empty());
}

#[tokio::test]
async fn a_resellers_backlog_does_not_keep_anothers_letter_waiting() {
    let (world, server) = (World::create().await, Server::taking().await);
    for _ in 0..40 {
        world.queue(confirmation()).await;
    }
    let other = World { reseller: world.db.reseller().await, ..world };
    other.queue(NewLetter { recipient: "other@example.com".to_owned(), ..confirmation() }).await;
    other.send(&server.url()).await;
    let place = server.all().iter().position(|received| received.to == ["other@example.com"]).unwrap();
    assert!(place < 8, "in the first round, not {place}");
}

#[tokio::test]
async fn connections_are_used_again_while_there_are_letters() {
    let (world, server) = (World::create().await, Server::taking().await);
    for _ in 0..40 {
        world.queue(confirmation()).await;
    }
    assert_eq!(world.send(&server.url()).await, 40);
    assert!((1..=8).contains(&server.connections()), "{}", server.connections());
}
