//! What gets into the outbox and what leaves it unsent.

use std::time::Duration;

use foundation::mail::{self, NewLetter};
use tenancy::MailChanges;
use ticketing::rules::letter::{DeclineReason, News};

use crate::{
    server::Server,
    world::{World, at, confirmation, letter, new_letter},
};

fn switch(enabled: bool) -> MailChanges {
    MailChanges { enabled: Some(enabled), ..MailChanges::default() }
}

fn declined() -> NewLetter {
    let pay_by = at("2035-04-01T10:15:00Z");
    new_letter(&letter(News::PaymentFailed { reason: DeclineReason::Declined, pay_by }))
}

#[tokio::test]
async fn a_letter_is_there_if_and_only_if_its_transaction_is() {
    let world = World::create().await;
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    mail::queue(&mut tx, &[confirmation()]).await.unwrap();
    drop(tx);
    assert_eq!(world.states().await, [""; 0]);
    world.queue(confirmation()).await;
    assert_eq!(world.states().await, ["pending"]);
}

#[tokio::test]
async fn the_same_letter_about_the_same_version_is_queued_once() {
    let world = World::create().await;
    let letter = confirmation();
    world.queue(letter.clone()).await;
    world.queue(letter.clone()).await;
    assert_eq!(world.states().await, ["pending"]);
    world.queue(NewLetter { once: format!("{}2", letter.once), ..letter }).await;
    assert_eq!(world.states().await, ["pending"; 2]);
}

#[tokio::test]
async fn a_reseller_that_has_switched_mail_off_queues_nothing_and_sends_nothing() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.queue(confirmation()).await;
    world.set_mail(switch(false)).await;
    world.queue(confirmation()).await;
    assert_eq!(world.states().await, ["pending"]);
    assert_eq!(world.send(&server.url()).await, 1);
    assert_eq!(world.states().await, ["withheld"]);
    world.set_mail(switch(true)).await;
    assert_eq!(world.send(&server.url()).await, 0);
    assert_eq!(server.begun(), 0);
}

#[tokio::test]
async fn a_later_letter_about_the_same_takes_an_untrue_one_back() {
    let (world, server) = (World::create().await, Server::taking().await);
    let declined = declined();
    let about = declined.about;
    world.queue(declined.clone()).await;
    world.queue(NewLetter { about: uuid::Uuid::now_v7(), once: "another's".to_owned(), ..declined }).await;
    world.queue(NewLetter { about, ..confirmation() }).await;
    assert_eq!(world.states().await, ["outdated", "pending", "pending"]);
    assert_eq!(world.send(&server.url()).await, 2);
    let subjects: Vec<_> = server.all().iter().map(crate::server::Received::subject).collect();
    assert_eq!(subjects.iter().filter(|subject| subject.contains("did not go through")).count(), 1, "{subjects:?}");
}

#[tokio::test]
async fn a_letter_waits_as_long_as_it_says() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.queue(NewLetter { wait: Duration::from_secs(120), ..declined() }).await;
    let (dispatcher, now) = (world.dispatcher(&server.url()), world.now().await);
    assert_eq!(dispatcher.run_once(now.plus(Duration::from_secs(110))).await.unwrap(), 0);
    assert_eq!(dispatcher.run_once(now.plus(Duration::from_secs(120))).await.unwrap(), 1);
    assert_eq!(server.all().len(), 1);
}

#[tokio::test]
async fn what_is_no_longer_so_is_not_sent() {
    let (world, server) = (World::create().await, Server::taking().await);
    let now = world.now().await;
    world.queue(NewLetter { useful_until: now.plus(Duration::from_secs(900)), ..declined() }).await;
    let dispatcher = world.dispatcher(&server.url());
    // By the tenant's clock, which is an hour ahead of the cell's.
    let ahead = format!("insert into test_clocks values ('{}', interval '1 hour')", world.reseller.uuid());
    world.execute(ahead).await;
    assert_eq!(dispatcher.run_once(world.now().await).await.unwrap(), 1);
    assert_eq!((world.states().await, server.begun()), (vec!["outdated".to_owned()], 0));
    assert!(world.tries().await.is_empty());

    let useful_until = now.plus(Duration::from_secs(3_600 + 900));
    world.queue(NewLetter { useful_until, once: "again".to_owned(), ..declined() }).await;
    assert_eq!(dispatcher.run_once(world.now().await).await.unwrap(), 1);
    assert_eq!((world.states().await[1].as_str(), server.begun()), ("sent", 1));
}

#[tokio::test]
async fn old_letters_and_their_attempts_are_removed() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    world.execute("update mail_outbox set created_at = clock_timestamp() - interval '89 days'").await;
    assert_eq!(mail::sweep(world.db.cell()).await.unwrap(), 0);
    world.execute("update mail_outbox set created_at = clock_timestamp() - interval '91 days'").await;
    assert_eq!(mail::sweep(world.db.cell()).await.unwrap(), 1);
    assert!(world.outbox().await.is_empty() && world.tries().await.is_empty());
}

#[tokio::test]
async fn a_folder_gets_each_letter_under_its_own_name() {
    let world = World::create().await;
    let folder = std::env::temp_dir().join(format!("stagedoor-mail-{}", uuid::Uuid::new_v4().simple()));
    world.queue(confirmation()).await;
    let url = format!("file://{}", folder.display());
    assert_eq!(world.send(&url).await, 1);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|file| file.path()).collect();
    let raw = std::fs::read(&files[0]).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let message = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let name = files[0].file_stem().unwrap().to_str().unwrap();
    assert_eq!((files.len(), message.message_id()), (1, Some(format!("{name}@platform.example").as_str())));
    assert_eq!(world.states().await, ["sent"]);
}
