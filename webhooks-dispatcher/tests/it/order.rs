//! An ordered endpoint of whose answers a fifth are failures gets a long log in its order, and all of it.

use tenancy::webhook_endpoints::NewEndpoint;

use crate::{
    receiver::{Receiver, Reply},
    world::{World, positions},
};

/// Whether the nth answer is a failure: a fifth of them are, as if by chance, and the same ones each time.
fn fails(nth: usize) -> bool {
    let mixed = (nth as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 29)).is_multiple_of(5)
}

async fn comes_in_order(events: usize) {
    let world = World::create().await;
    let receiver = Receiver::start(|nth| Reply::Status(if fails(nth) { 500 } else { 200 })).await;
    let new = NewEndpoint { url: receiver.url.clone(), ordered: true, ..NewEndpoint::default() };
    world.endpoint_like(new).await;
    for _ in 0..events / 250 {
        world.emit(&["order.paid"; 250]).await;
    }
    let dispatcher = world.dispatcher();
    while world.delivered().await < events {
        dispatcher.run_once().await.unwrap();
        world.let_time_pass().await;
    }
    let came = positions(&receiver);
    let taken = came.iter().enumerate().filter(|(nth, _)| !fails(*nth)).map(|(_, position)| *position);
    assert!(taken.eq(2..2 + i64::try_from(events).unwrap()), "all of the log, once and in its order");
    for (nth, two) in came.windows(2).enumerate().filter(|(nth, _)| fails(*nth)) {
        assert_eq!(two[0], two[1], "what failed is next, at {nth}");
    }
}

#[tokio::test]
async fn an_ordered_endpoint_that_often_fails_gets_all_of_the_log_in_its_order() {
    comes_in_order(500).await;
}

/// The promise at its own size: `cargo test -p webhooks-dispatcher --test it -- --ignored in_order`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn ten_thousand_events_of_which_a_fifth_fail_come_in_order() {
    comes_in_order(10_000).await;
}
