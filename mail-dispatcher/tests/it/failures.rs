//! A mail server that is down, busy, strict or slow.

use std::time::Duration;

use crate::{
    server::{Reply, Server},
    world::{World, confirmation, just_before},
};

/// An address where nothing listens.
async fn nowhere() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn while_the_server_is_down_a_letter_waits_longer_and_longer_and_is_sent_when_it_is_back() {
    let world = World::create().await;
    let address = nowhere().await;
    world.queue(confirmation()).await;
    let dispatcher = world.dispatcher(&format!("smtp://{address}?tls=none"));
    let mut now = world.now().await;
    for (nth, wait) in [60, 300, 900, 3_600].into_iter().enumerate() {
        assert_eq!(dispatcher.run_once(now).await.unwrap(), 1);
        let queued = world.only().await;
        let waits = queued.due_at.since(now).as_secs_f64();
        assert!((0.8..=1.2).contains(&(waits / f64::from(wait))), "{waits} after try {}", nth + 1);
        assert_eq!((queued.state.as_str(), queued.attempts), ("pending", i32::try_from(nth).unwrap() + 1));
        // Not a moment sooner.
        assert_eq!(dispatcher.run_once(just_before(queued.due_at)).await.unwrap(), 0);
        now = queued.due_at;
    }
    let server = Server::start_at(address, "220 mail.test ESMTP", |_| Reply::Take).await;
    assert_eq!(dispatcher.run_once(now).await.unwrap(), 1);
    assert_eq!((world.states().await, server.all().len()), (vec!["sent".to_owned()], 1));
    let outcomes: Vec<_> = world.tries().await.into_iter().map(|tried| tried.outcome).collect();
    assert_eq!(outcomes, ["put_off", "put_off", "put_off", "put_off", "accepted"]);
}

#[tokio::test]
async fn the_ninth_try_is_the_last() {
    let world = World::create().await;
    let server = Server::start(|_| Reply::Content("451 try again later")).await;
    world.queue(confirmation()).await;
    let dispatcher = world.dispatcher(&server.url());
    for _ in 0..8 {
        let due = world.only().await.due_at;
        assert_eq!(dispatcher.run_once(due).await.unwrap(), 1);
        assert_eq!(world.states().await, ["pending"]);
    }
    let due = world.only().await.due_at;
    assert_eq!(dispatcher.run_once(due).await.unwrap(), 1);
    assert_eq!((world.states().await, server.all().len()), (vec!["failed".to_owned()], 9));
    let years = due.plus(Duration::from_hours(24 * 1_000));
    assert_eq!(dispatcher.run_once(years).await.unwrap(), 0);
}

#[tokio::test]
async fn what_the_server_puts_off_is_tried_again_and_what_it_refuses_is_not() {
    let world = World::create().await;
    let server = Server::start(|nth| match nth {
        0 => Reply::Recipient("450 4.2.1 mailbox busy"),
        1 => Reply::Recipient("550 5.1.1 no such user"),
        _ => Reply::Take,
    })
    .await;
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    assert_eq!(world.states().await, ["pending"]);
    let due = world.only().await.due_at;
    assert_eq!(world.dispatcher(&server.url()).run_once(due).await.unwrap(), 1);
    assert_eq!(world.states().await, ["failed"]);
    let later = due.plus(Duration::from_hours(1_000));
    assert_eq!(world.dispatcher(&server.url()).run_once(later).await.unwrap(), 0);
    let tries = world.tries().await;
    assert!(tries[0].outcome == "put_off" && tries[0].answer.contains("mailbox busy"), "{tries:?}");
    assert!(tries[1].outcome == "refused" && tries[1].answer.contains("no such user"), "{tries:?}");
    assert!(server.all().is_empty());
}

#[tokio::test]
async fn content_that_is_refused_is_not_sent_again() {
    let world = World::create().await;
    let server = Server::start(|_| Reply::Content("554 5.7.1 looks like spam")).await;
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    assert_eq!(world.states().await, ["failed"]);
    assert!(world.tries().await[0].answer.contains("looks like spam"));
}

#[tokio::test]
async fn a_connection_lost_after_the_content_sends_the_letter_again_with_the_same_id() {
    let world = World::create().await;
    let mut server = Server::start(|nth| if nth == 0 { Reply::Drop } else { Reply::Take }).await;
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    let first = server.next().await;
    let due = world.only().await.due_at;
    assert_eq!(world.dispatcher(&server.url()).run_once(due).await.unwrap(), 1);
    let again = server.next().await;
    assert_eq!((first.id(), first.subject(), first.text()), (again.id(), again.subject(), again.text()));
    assert_eq!(world.states().await, ["sent"]);
}

#[tokio::test]
async fn an_answer_that_never_came_is_not_taken_for_the_next_letters() {
    let world = World::create().await;
    let mut server = Server::start(|nth| if nth == 0 { Reply::Hang } else { Reply::Content("554 no") }).await;
    world.queue(confirmation()).await;
    let dispatcher = world.dispatcher_with(&server.url(), Duration::from_millis(300));
    dispatcher.run_once(world.now().await).await.unwrap();
    server.next().await;
    assert_eq!(world.tries().await[0].answer, "the mail server took too long");
    // The same process, and so the same connections if any were kept.
    dispatcher.run_once(world.only().await.due_at).await.unwrap();
    assert_eq!((world.states().await, server.connections()), (vec!["failed".to_owned()], 2));
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_costs_no_letter() {
    let world = World::create().await;
    let server = Server::start_at("127.0.0.1:0".parse().unwrap(), "554 no service here", |_| Reply::Take).await;
    world.queue(confirmation()).await;
    assert_eq!(world.send(&server.url()).await, 1);
    let tries = world.tries().await;
    assert_eq!((world.states().await[0].as_str(), tries[0].outcome.as_str()), ("pending", "put_off"));
    assert!(tries[0].answer.contains("no service here"), "{tries:?}");
}

#[tokio::test]
async fn a_kind_that_this_version_cannot_read_waits_for_a_newer_one() {
    let (world, server) = (World::create().await, Server::taking().await);
    let mut letter = confirmation();
    letter.data["news"]["kind"] = "staff_invited".into();
    world.queue(letter).await;
    world.send(&server.url()).await;
    assert_eq!((world.states().await[0].as_str(), server.begun()), ("pending", 0));
    assert!(world.tries().await[0].answer.contains("staff_invited"));
}
