//! A cancellation is carried out to its end however often the process that does it is killed (`kill -9`): the test starts itself as that
//! process, again and again.

use std::time::{Duration, Instant};

use foundation::{Cell, id::CancellationId};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use testkit::child;
use ticketing::{
    inventory::Inventory,
    rules::{cancellation::Remedy, choice::ChoiceState},
    use_cases::{carry_out_cancellation::carry_out_cancellation, expire::do_due},
};

use crate::{
    bank::{Bank, SLOW},
    cancellations::{Pace, WEEK, all_paid, any_of_three, cancelled, choose_some, each_has_one_outcome, progress},
    house::{House, eur, places},
    process::Process,
};

/// What the child is: a process that does what is due until it is killed.
#[tokio::test]
async fn as_the_process_that_is_killed() {
    let Some(settings) = child::given() else { return };
    let inventory = Inventory::new(Cell::open(&settings).unwrap());
    let down = Bank::down().await;
    loop {
        // An error is what a server says that is being asked by too many; the next look goes on.
        let _ = do_due(&inventory, &down, SLOW).await;
    }
}

/// How far the cancellation is: who was told and who has an outcome.
async fn steps(house: &House, id: CancellationId) -> i64 {
    let (_, so_far) = progress(house, id).await;
    so_far.told + (so_far.told - so_far.open)
}

/// As many steps as will be, carried on by this process, and how it gets on.
async fn to_the_end(house: &House, process: &Process, id: CancellationId, until: ChoiceState, what: &'static str) {
    let mut pace = Pace::new(what);
    while progress(house, id).await.0 != until {
        carry_out_cancellation(&process.inventory, house.reseller, id).await.unwrap();
        let so_far = progress(house, id).await.1;
        pace.tell(if until == ChoiceState::Done { so_far.told - so_far.open } else { so_far.told });
    }
}

/// Starts the process and kills it in the middle of its work, so many times or until it has come to this state.
async fn kill(house: &House, id: CancellationId, times: usize, until: ChoiceState, dice: &mut StdRng) -> usize {
    for killed in 0..times {
        let mut running = house.db.start_child("cancellations_killed::as_the_process_that_is_killed");
        let (before, begun) = (steps(house, id).await, Instant::now());
        let more = dice.random_range(1..150);
        while steps(house, id).await < before + more && begun.elapsed() < Duration::from_secs(20) {
            if progress(house, id).await.0 == until {
                break;
            }
            tokio::task::yield_now().await;
        }
        running.kill().unwrap();
        running.wait().unwrap();
        if progress(house, id).await.0 == until {
            return killed;
        }
    }
    times
}

#[expect(clippy::print_stdout, reason = "a failing seed is printed, and what a long run came to")]
async fn killed_again_and_again(orders: usize, times: usize) {
    let seed = rand::random();
    println!("seed {seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let many = u32::try_from(orders).unwrap();
    let house = House::of(eur("10.00"), vec![places(many * 2), places(many)]).await;
    let process = Process::first(&house);
    let sold = all_paid(&house, &process, orders, &mut dice).await;
    let begun = Instant::now();
    let made = cancelled(&house, &any_of_three(&house, Remedy::Replacement).await).await.id;
    let mut killed = kill(&house, made, times, ChoiceState::Deciding, &mut dice).await;
    to_the_end(&house, &process, made, ChoiceState::Deciding, "told").await;
    choose_some(&house, &process, made, &sold, &mut dice).await;
    house.ahead(WEEK + Duration::from_secs(1)).await;
    killed += kill(&house, made, times, ChoiceState::Done, &mut dice).await;
    to_the_end(&house, &process, made, ChoiceState::Done, "closed").await;
    println!("{orders} orders in {:?}, killed {killed} times", begun.elapsed());
    assert!(killed > 0, "nothing was killed, seed {seed}");
    each_has_one_outcome(&house, made, &sold, seed).await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_ends_with_one_outcome_for_each_order_however_often_its_process_is_killed() {
    killed_again_and_again(200, 3).await;
}

/// The same with more, 50,000 for `CANCELLED_ORDERS=50000`:
/// `cargo test --release -p ticketing --test it -- --ignored --nocapture cancellations_killed`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_cancellation_of_many_orders_ends_with_one_outcome_for_each_however_often_its_process_is_killed() {
    let orders = std::env::var("CANCELLED_ORDERS").ok().and_then(|many| many.parse().ok()).unwrap_or(5_000);
    killed_again_and_again(orders, 20).await;
}
