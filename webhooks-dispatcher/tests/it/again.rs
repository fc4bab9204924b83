//! The log of deliveries, and sending again.

use foundation::{
    Code, Error,
    id::{EndpointId, EventId},
    page::PageOf,
};
use tenancy::webhook_endpoints::{Endpoint, EndpointChanges, NewEndpoint, WantedState};
use webhooks_dispatcher::deliveries::{self, DeliveryState, Replay, ReplayOf, Replayed};

use crate::{
    receiver::{Receiver, Reply},
    world::{World, positions},
};

async fn replay(world: &World, endpoint: &Endpoint, after: i64, up_to: Option<i64>, of: ReplayOf) -> Replayed {
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let done = deliveries::replay(&mut tx, endpoint.id, Replay { after, up_to, of }).await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn resend(world: &World, endpoint: EndpointId, event: EventId) -> Result<(), Error> {
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    deliveries::resend(&mut tx, endpoint, event).await?;
    tx.commit().await.unwrap();
    Ok(())
}

fn code(refused: Result<(), Error>) -> Code {
    match refused {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn the_log_has_every_attempt_and_is_read_by_pages_and_states() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| match nth {
        0 => Reply::With(500, Vec::new(), "out of order".to_owned()),
        _ => Reply::Status(204),
    })
    .await;
    let (endpoint, _) = world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    world.emit(&["order.expired"; 2]).await;
    world.dispatcher().run_once().await.unwrap();

    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let page = |after| PageOf { after, limit: 2 };
    let first = deliveries::list(&mut tx, endpoint.id, None, &page(None)).await.unwrap();
    assert_eq!(first.items.iter().map(|d| d.position).collect::<Vec<_>>(), [4, 3]);
    assert!(first.next_cursor.is_some());
    let second = deliveries::list(&mut tx, endpoint.id, None, &page(Some(3))).await.unwrap();
    assert_eq!((second.items.len(), second.next_cursor), (1, None));
    let pending = deliveries::list(&mut tx, endpoint.id, Some(DeliveryState::Pending), &page(None)).await.unwrap();
    assert_eq!(pending.items, second.items);
    let (delivery, attempts) = deliveries::get(&mut tx, endpoint.id, second.items[0].event_id).await.unwrap();
    assert_eq!((delivery.kind.as_str(), delivery.attempts), ("order.paid", 1));
    assert_eq!((attempts[0].status, attempts[0].answer_head.as_str()), (Some(500), "out of order"));
    assert!(deliveries::get(&mut tx, endpoint.id, EventId::new()).await.is_err());
    assert!(deliveries::list(&mut tx, EndpointId::new(), None, &page(None)).await.is_err());
}

#[tokio::test]
async fn one_event_is_sent_again_on_request_whatever_became_of_it() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &["order.paid"]).await;
    world.emit(&["order.paid", "order.expired"]).await;
    world.dispatcher().run_once().await.unwrap();
    let event = receiver.all()[0].id().parse().unwrap();
    resend(&world, endpoint.id, event).await.unwrap();
    world.dispatcher().run_once().await.unwrap();
    let all = receiver.all();
    assert_eq!((all.len(), all[0].id(), &all[0].body), (2, all[1].id(), &all[1].body));
    assert_eq!(world.attempts().await.iter().map(|a| a.attempt).collect::<Vec<_>>(), [1, 2]);

    // One that it had not been sent, because it did not want it.
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let unwanted = foundation::event::after(&mut tx, 2, 1).await.unwrap().events[0].event_id;
    drop(tx);
    resend(&world, endpoint.id, unwanted).await.unwrap();
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 2, 3]);

    assert_eq!(code(resend(&world, endpoint.id, EventId::new()).await), Code::NotFound);
    let pause = EndpointChanges { state: Some(WantedState::Paused), ..EndpointChanges::default() };
    world.change(&endpoint, pause).await;
    assert_eq!(code(resend(&world, endpoint.id, event).await), Code::EndpointNotEnabled);
}

#[tokio::test]
async fn a_piece_of_the_log_is_sent_again_exactly() {
    let world = World::create().await;
    // The first two are never taken, and fail to the end of their schedule.
    let receiver = Receiver::start(|nth| Reply::Status(if nth < 20 { 500 } else { 200 })).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &["order.paid"]).await;
    world.emit(&["order.paid"; 2]).await;
    world.dispatcher().run_once().await.unwrap();
    while world.states().await.iter().any(|state| state == "pending") {
        world.let_time_pass().await;
        world.dispatcher().run_once().await.unwrap();
    }
    assert_eq!(world.states().await, ["failed", "failed"]);
    world.emit(&["order.paid", "order.expired", "order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let sent = positions(&receiver).len();

    let done = replay(&world, &endpoint, 2, None, ReplayOf::Failed).await;
    assert_eq!(done, Replayed { queued: 1, next_after: 6, complete: true });
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver)[sent..], [3]);

    assert_eq!(replay(&world, &endpoint, 0, None, ReplayOf::Undelivered).await.queued, 1);
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver)[sent..], [3, 2]);

    assert_eq!(replay(&world, &endpoint, 2, Some(5), ReplayOf::All).await.queued, 2);
    world.dispatcher().run_once().await.unwrap();
    let mut again = positions(&receiver)[sent + 2..].to_vec();
    again.sort_unstable();
    assert_eq!(again, [3, 4], "what it does not want is not sent");
    assert_eq!(replay(&world, &endpoint, 0, None, ReplayOf::Undelivered).await.queued, 0);
    assert!(world.states().await.iter().all(|state| state == "delivered"));
}

#[tokio::test]
async fn an_ordered_endpoint_is_sent_a_piece_again_in_the_order_of_the_log() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let new = NewEndpoint { url: receiver.url.clone(), ordered: true, ..NewEndpoint::default() };
    let (endpoint, _) = world.endpoint_like(new).await;
    world.emit(&["order.paid"; 5]).await;
    world.dispatcher().run_once().await.unwrap();
    replay(&world, &endpoint, 0, None, ReplayOf::All).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 3, 4, 5, 6, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn what_ended_ninety_days_ago_is_forgotten_and_not_taken_for_undelivered() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 2 { 500 } else { 200 })).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &[]).await;
    let dispatcher = world.dispatcher();
    for _ in 0..3 {
        world.emit(&["order.paid"]).await;
        dispatcher.run_once().await.unwrap();
    }
    let days = |days: u64| std::time::Duration::from_hours(24 * days);
    world.let_pass(days(89)).await;
    assert_eq!(dispatcher.forget_old().await.unwrap(), 0, "not yet");
    world.let_pass(days(2)).await;
    assert_eq!(dispatcher.forget_old().await.unwrap(), 2, "but not what is still to be sent");
    assert_eq!((world.states().await, world.attempts().await.len()), (vec!["pending".to_owned()], 1));

    dispatcher.run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 3, 4, 4]);
    assert_eq!(replay(&world, &endpoint, 0, None, ReplayOf::Undelivered).await.queued, 0);
    assert_eq!(replay(&world, &endpoint, 0, None, ReplayOf::All).await.queued, 3, "the events are still there");
    dispatcher.run_once().await.unwrap();
    assert_eq!(positions(&receiver).len(), 7);
}
