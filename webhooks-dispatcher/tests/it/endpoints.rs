//! What an endpoint's owner can set: keys, headers, order, rate, shows, pause.

use std::{collections::BTreeMap, time::Duration};

use standardwebhooks::Webhook;
use tenancy::webhook_endpoints::{self, EndpointChanges, NewEndpoint, Signature, WantedState};
use webhooks_dispatcher::signature::Verifier;

use crate::{
    receiver::{Received, Receiver, Reply},
    world::{World, kinds, positions},
};

fn at(url: &str) -> NewEndpoint {
    NewEndpoint { url: url.to_owned(), ..NewEndpoint::default() }
}

fn accepted(received: &Received, secret: &str) -> bool {
    Webhook::new(secret).unwrap().verify(&received.body, &received.headers).is_ok()
}

#[tokio::test]
async fn while_keys_overlap_whoever_has_either_verifies_and_after_it_only_the_new_one() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let (endpoint, old) = world.endpoint(&receiver.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let (_, new) = webhook_endpoints::rotate(&mut tx, endpoint.id, Duration::from_hours(1)).await.unwrap();
    tx.commit().await.unwrap();
    let new = new.shown().unwrap();
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    world.let_pass(Duration::from_hours(1)).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let fits: Vec<_> = receiver.all().iter().map(|one| (accepted(one, &old), accepted(one, new))).collect();
    assert_eq!(fits, [(true, false), (true, true), (false, true)]);
}

#[tokio::test]
async fn a_key_pair_signs_and_its_public_half_verifies() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let new = NewEndpoint { signature: Signature::V1a, ..at(&receiver.url) };
    let (_, public) = world.endpoint_like(new).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let received = &receiver.all()[0];
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| received.header(name));
    assert!(headers[2].starts_with("v1a,"));
    let headers = [headers[0].as_str(), &headers[1], &headers[2]];
    let now = headers[1].parse().unwrap();
    assert_eq!(Verifier::parse(&public).unwrap().verify(headers, &received.body, now), Ok(()));
    assert!(Verifier::parse(&public).unwrap().verify(headers, b"{}", now).is_err());
}

#[tokio::test]
async fn headers_of_ones_own_are_sent() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let headers = BTreeMap::from([("Authorization".to_owned(), "Bearer hush".to_owned())]);
    world.endpoint_like(NewEndpoint { headers, ..at(&receiver.url) }).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(receiver.all()[0].header("authorization"), "Bearer hush");
}

#[tokio::test]
async fn an_ordered_endpoint_is_never_passed_over() {
    let world = World::create().await;
    // The second event fails twice.
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 1 || nth == 2 { 500 } else { 200 })).await;
    world.endpoint_like(NewEndpoint { ordered: true, ..at(&receiver.url) }).await;
    world.emit(&["order.paid"; 4]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 3]);
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 3], "what is new waits behind what failed");
    world.let_time_pass().await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 3, 3]);
    world.let_time_pass().await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(positions(&receiver), [2, 3, 3, 3, 4, 5, 6]);
    assert!(world.states().await.iter().all(|state| state == "delivered"));
}

#[tokio::test]
async fn a_paused_endpoint_is_sent_nothing_and_enabled_again_all_of_it() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let (endpoint, _) = world.endpoint(&receiver.url, &[]).await;
    let state = |state| EndpointChanges { state: Some(state), ..EndpointChanges::default() };
    world.change(&endpoint, state(WantedState::Paused)).await;
    world.emit(&["order.paid"; 3]).await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 0);
    world.change(&endpoint, state(WantedState::Enabled)).await;
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 3);
    assert_eq!(positions(&receiver).len(), 3);
}

#[tokio::test]
async fn an_endpoint_gets_no_more_a_second_than_it_wants() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    world.endpoint_like(NewEndpoint { max_per_second: Some(20), ..at(&receiver.url) }).await;
    world.emit(&["order.paid"; 11]).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(world.dispatcher().run_once().await.unwrap(), 11);
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_endpoint_of_some_shows_gets_what_happens_to_them_and_to_none() {
    let world = World::create().await;
    let receiver = Receiver::answering(200).await;
    let (ours, other) = (foundation::id::ShowId::new(), foundation::id::ShowId::new());
    world.endpoint_like(NewEndpoint { show_ids: vec![ours], ..at(&receiver.url) }).await;
    world.emit_of_show("show.updated", ours).await;
    world.emit_of_show("show.deleted", other).await;
    world.emit(&["account.noted"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(kinds(&receiver), ["show.updated", "account.noted"]);
}
