//! An endpoint has to answer its ping before it is sent anything else.

use tenancy::webhook_endpoints::{self, EndpointChanges, NewEndpoint};

use crate::{
    receiver::{Receiver, Reply},
    world::{World, kinds},
};

#[tokio::test]
async fn nothing_but_a_ping_is_sent_until_one_is_answered_and_then_all_of_it() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 0 { 500 } else { 200 })).await;
    let new =
        NewEndpoint { url: receiver.url.clone(), event_types: vec!["order.paid".to_owned()], ..NewEndpoint::default() };
    let (endpoint, _) = world.unverified(new).await;
    world.emit(&["order.paid", "order.expired"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(kinds(&receiver), ["endpoint.pinged"]);
    assert!(world.read(&endpoint).await.verified_at.is_none());

    world.let_time_pass().await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(kinds(&receiver), ["endpoint.pinged", "endpoint.pinged", "order.paid", "order.paid"]);
    assert!(world.read(&endpoint).await.verified_at.is_some());
    assert_eq!(receiver.all()[0].json()["object_type"], "endpoint");
}

#[tokio::test]
async fn a_ping_is_sent_to_its_own_endpoint_only() {
    let world = World::create().await;
    let (old, new) = (Receiver::answering(200).await, Receiver::answering(200).await);
    world.endpoint(&old.url, &[]).await;
    let (endpoint, _) = world.endpoint(&new.url, &["order.paid"]).await;
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    webhook_endpoints::ping(&mut tx, endpoint.id).await.unwrap();
    tx.commit().await.unwrap();
    world.dispatcher().run_once().await.unwrap();
    assert_eq!((kinds(&old), kinds(&new)), (vec![], vec!["endpoint.pinged".to_owned()]));
}

#[tokio::test]
async fn what_is_pending_waits_until_the_new_address_has_answered() {
    let world = World::create().await;
    let old = Receiver::answering(500).await;
    let new = Receiver::start(|nth| Reply::Status(if nth == 0 { 404 } else { 200 })).await;
    let (endpoint, _) = world.endpoint(&old.url, &[]).await;
    world.emit(&["order.paid"]).await;
    world.dispatcher().run_once().await.unwrap();
    let moved = EndpointChanges { url: Some(new.url.clone()), ..EndpointChanges::default() };
    world.change(&endpoint, moved).await;
    world.let_pass(std::time::Duration::from_secs(10)).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(kinds(&new), ["endpoint.pinged"], "it did not answer, so the order waits");
    world.let_pass(std::time::Duration::from_secs(10)).await;
    world.dispatcher().run_once().await.unwrap();
    assert_eq!(kinds(&new), ["endpoint.pinged", "endpoint.pinged", "order.paid"]);
    assert_eq!(kinds(&old), ["order.paid"]);
}

#[tokio::test]
async fn a_ping_is_found_however_long_the_log_has_become_since_the_last() {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if nth == 0 { 500 } else { 200 })).await;
    let (endpoint, _) = world.unverified(NewEndpoint { url: receiver.url.clone(), ..NewEndpoint::default() }).await;
    world.dispatcher().run_once().await.unwrap();
    // More than one reading goes through.
    world.emit(&["order.paid"; 1_500]).await;
    world.dispatcher().run_once().await.unwrap();
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    webhook_endpoints::ping(&mut tx, endpoint.id).await.unwrap();
    tx.commit().await.unwrap();
    world.dispatcher().run_once().await.unwrap();
    let kinds = kinds(&receiver);
    assert_eq!(kinds[..3], ["endpoint.pinged", "endpoint.pinged", "order.paid"]);
    assert_eq!(kinds.len(), 2 + 1_500);
}
