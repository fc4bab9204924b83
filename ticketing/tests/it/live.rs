//! Who looks on: what they are told as it happens, how many they are over all processes, and that a purchase says so once.

use std::{
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use foundation::{
    Code, event,
    id::{HoldId, PerformanceId, TicketId},
    sequencer,
};
use serde_json::{Value, json};
use sqlx::Connection as _;
use ticketing::{
    inventory::{Looking, News},
    rules::tickets::{Selection, TicketStock},
    use_cases::{delete_tickets::delete_tickets, expire::do_due},
};

use crate::{
    bank::{Bank, SLOW},
    house::{House, at_once, code, eur, places, seats},
    process::Process,
};

const PATIENCE: Duration = Duration::from_secs(10);

async fn heard(house: &House, processes: &[&Process]) {
    sequencer::place_all(house.db.cell()).await.unwrap();
    for process in processes {
        process.inventory.catch_up().await.unwrap();
    }
}

async fn look(process: &Process, house: &House, tickets: &[TicketId]) -> Looking {
    process.inventory.look_at((house.reseller, house.stage().id), tickets.to_vec()).await.unwrap().0
}

/// Waits until the news say that it is so with the ticket.
async fn until(looking: &mut Looking, ticket: TicketId, state: impl Into<Option<TicketStock>>) -> Arc<News> {
    let state = state.into();
    let waiting = async {
        loop {
            let news = looking.next().await.expect("it goes on");
            if news.states.get(&ticket) == Some(&state) {
                return news;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never told to be {state:?}"))
}

/// What was told of purchases that were looked at, after the worker has looked.
async fn told(house: &House, process: &Process, bank: &Bank) -> Vec<Value> {
    sequencer::place_all(house.db.cell()).await.unwrap();
    bank.due(process).await;
    in_the_log(house).await
}

async fn in_the_log(house: &House) -> Vec<Value> {
    sequencer::place_all(house.db.cell()).await.unwrap();
    let log = event::after(&mut house.tx().await, 0, 1_000).await.unwrap().events;
    log.into_iter().filter(|event| event.kind == "ticket.purchased").map(|event| event.data).collect()
}

#[tokio::test]
async fn who_looks_at_a_ticket_is_told_in_every_process_that_it_is_held_free_again_and_sold() {
    let house = House::of(eur("0.00"), vec![seats(&[("A", 4)])]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let (stage, ticket) = (house.stage(), house.stage().tickets[1]);
    let mut looking = [look(&one, &house, &[ticket]).await, look(&two, &house, &[ticket, stage.tickets[3]]).await];
    for (step, state) in
        ["hold", "release", "sell"].iter().zip([TicketStock::Held, TicketStock::Available, TicketStock::Sold])
    {
        match *step {
            "hold" => drop(one.hold(vec![stage.ticket(1)]).await.unwrap()),
            "release" => {
                let mut owner = house.db.as_owner().await;
                let id: HoldId = sqlx::query_scalar("select hold_id from holds").fetch_one(&mut owner).await.unwrap();
                one.release(id).await.unwrap();
            }
            _ => drop(one.ordered(vec![stage.ticket(1)]).await),
        }
        // The process that did it says so at once; the other one as soon as it has read the log.
        until(&mut looking[0], ticket, state).await;
        heard(&house, &[&two]).await;
        let news = until(&mut looking[1], ticket, state).await;
        let taken = usize::from(state != TicketStock::Available);
        assert_eq!(
            (news.seen.left.available, news.states[&stage.tickets[3]]),
            (4 - taken, Some(TicketStock::Available))
        );
    }
    house.end().await;
}

#[tokio::test]
async fn what_changes_quickly_is_told_together_and_who_comes_late_is_told_the_newest() {
    let house = House::of(eur("0.00"), vec![places(200)]).await;
    let process = Process::first(&house);
    let (mut looking, mut late) = (look(&process, &house, &[]).await, look(&process, &house, &[]).await);
    let begun = Moment::now();
    let counting = tokio::spawn(async move {
        let mut pieces = 0;
        while let Some(news) = looking.next().await {
            pieces += 1;
            if news.seen.left.available == 0 {
                break;
            }
        }
        pieces
    });
    for _ in 0..100 {
        process.hold(vec![house.stage().any(2)]).await.unwrap();
    }
    let pieces: u128 = tokio::time::timeout(PATIENCE, counting).await.unwrap().unwrap();
    let most = begun.elapsed().as_millis() / 100 + 2;
    assert!((1..=most).contains(&pieces), "{pieces} pieces of news, {most} at most");
    assert_eq!(late.next().await.unwrap().seen.left.available, 0, "and nothing of what was before");
    house.end().await;
}

#[tokio::test]
async fn who_looks_at_a_ticket_that_is_deleted_is_told_so() {
    let house = House::with(places(3)).await;
    let (process, another) = (Process::first(&house), Process::another(&house));
    let (gone, stays) = (house.stage().tickets[0], house.stage().tickets[1]);
    let mut looking = look(&process, &house, &[gone, stays]).await;
    let mut elsewhere = look(&another, &house, &[gone]).await;
    let mut tx = house.tx().await;
    delete_tickets(&mut tx, house.stage().id, &Selection::Named(vec![gone]), false).await.unwrap();
    tx.commit().await.unwrap();
    heard(&house, &[&process, &another]).await;
    let news = until(&mut looking, gone, None).await;
    assert_eq!(news.states[&stays], Some(TicketStock::Available));
    until(&mut elsewhere, gone, None).await;
    house.end().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_looked_at_and_a_process_that_stops_ends_it() {
    let house = House::of(eur("0.00"), vec![places(2), places(2)]).await;
    let process = Process::first(&house);
    let at = |performance, tickets| process.inventory.look_at((house.reseller, performance), tickets);
    let others = house.stages[1].tickets[0];
    assert_eq!(code(at(house.stage().id, vec![others]).await.map(|_| ())), Code::NotFound);
    assert_eq!(code(at(PerformanceId::new(), Vec::new()).await.map(|_| ())), Code::NotFound);
    let mut looking = look(&process, &house, &[]).await;
    process.inventory.close_streams();
    assert!(tokio::time::timeout(PATIENCE, async { while looking.next().await.is_some() {} }).await.is_ok());
    assert_eq!(code(at(house.stage().id, Vec::new()).await.map(|_| ())), Code::Busy);
    house.end().await;
}

#[tokio::test]
async fn a_purchase_that_was_looked_at_says_once_how_many_looked_over_all_processes() {
    let house = House::of(eur("0.00"), vec![seats(&[("A", 6)]), places(2)]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let bank = Bank::open().await;
    let stage = house.stage();
    let [first, second] = [stage.tickets[0], stage.tickets[1]];
    let _looking = [
        look(&one, &house, &[first]).await,
        look(&one, &house, &[first, second]).await,
        look(&two, &house, &[first]).await,
    ];
    let left = look(&two, &house, &[first]).await;
    for process in [&one, &two] {
        process.inventory.tell_looking().await;
    }
    drop(left);
    two.inventory.tell_looking().await;
    let order = one.ordered(vec![stage.ticket(0), stage.ticket(1), stage.ticket(5)]).await;
    one.ordered(vec![house.stages[1].any(1)]).await;
    sequencer::place_all(house.db.cell()).await.unwrap();
    let looks = (0..8).map(|n| {
        let (process, providers) = ([one.clone(), two.clone()][n % 2].clone(), bank.providers.clone());
        async move { do_due(&process.inventory, &providers, SLOW).await.unwrap() }
    });
    at_once(looks).await;
    let purchased = |ticket: TicketId, looking: i32| json!({ "id": ticket, "performance_id": stage.id, "order_id": order.id, "looking": looking, "looking_at_performance": 3 });
    let expected = [purchased(first, 3), purchased(second, 1), purchased(stage.tickets[5], 0)];
    assert_eq!(in_the_log(&house).await, expected, "and nothing of the performance that nobody looks at");
    // The worker was killed before it had noted how far it had looked.
    sqlx::query("update stock_watches set position = 0").execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(told(&house, &two, &bank).await, expected);
    house.end().await;
}

#[tokio::test]
async fn where_nobody_looks_any_more_or_the_process_is_gone_nothing_is_told() {
    let house = House::of(eur("0.00"), vec![places(10)]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let bank = Bank::open().await;
    let rows = "select count(*) from lookers where reseller_id = $1";
    let stage = house.stage();
    let looking = look(&one, &house, &stage.tickets[..2]).await;
    let gone = look(&two, &house, &stage.tickets[..1]).await;
    for process in [&one, &two] {
        process.inventory.tell_looking().await;
    }
    assert_eq!(house.count(rows).await, 5);
    drop(looking);
    one.inventory.tell_looking().await;
    assert_eq!(house.count(rows).await, 2, "of what nobody looks at nothing is kept");
    // The other process was killed eleven seconds ago.
    let aged = "update lookers set told_at = told_at - interval '11 seconds'";
    sqlx::query(aged).execute(&mut house.db.as_owner().await).await.unwrap();
    one.ordered(vec![stage.any(1)]).await;
    assert!(told(&house, &one, &bank).await.is_empty());
    // What was bought while nobody looked is not told to have been looked at by who comes later.
    let _later = look(&one, &house, &[]).await;
    one.inventory.tell_looking().await;
    assert!(told(&house, &one, &bank).await.is_empty());
    let aged = "update lookers set told_at = told_at - interval '1 minute'
                where performance_id = looked_at and told_at < clock_timestamp() - interval '10 seconds'";
    sqlx::query(aged).execute(&mut house.db.as_owner().await).await.unwrap();
    ticketing::store::due::sweep(house.db.cell()).await.unwrap();
    assert_eq!(house.count(rows).await, 1, "what a process left behind is swept");
    drop(gone);
    house.end().await;
}

#[tokio::test]
async fn who_looks_is_told_anew_where_the_figures_were_lost() {
    let house = House::of(eur("0.00"), vec![places(10)]).await;
    let process = Process::first(&house);
    let figures = "select sum(looking)::bigint from lookers where reseller_id = $1";
    let _looking = look(&process, &house, &house.stage().tickets[..1]).await;
    process.inventory.tell_looking().await;
    assert_eq!(house.count(figures).await, 2);
    // A crash of the database empties the table.
    sqlx::query("delete from lookers").execute(&mut house.db.as_owner().await).await.unwrap();
    process.inventory.tell_looking().await;
    let _more = look(&process, &house, &[]).await;
    process.inventory.tell_looking().await;
    assert_eq!(house.count(figures).await, 3);
    house.end().await;
}

#[tokio::test]
async fn a_purchase_that_nobody_has_come_to_for_a_minute_is_not_told() {
    let house = House::of(eur("0.00"), vec![places(10)]).await;
    let process = Process::first(&house);
    let bank = Bank::open().await;
    let _looking = look(&process, &house, &[]).await;
    process.inventory.tell_looking().await;
    process.ordered(vec![house.stage().any(1)]).await;
    house.ahead(Duration::from_secs(61)).await;
    assert!(told(&house, &process, &bank).await.is_empty(), "who was looking then nobody knows");
    process.ordered(vec![house.stage().any(1)]).await;
    let told = told(&house, &process, &bank).await;
    assert_eq!((told.len(), &told[0]["looking_at_performance"]), (1, &json!(1)));
    house.end().await;
}

#[tokio::test]
async fn what_changes_is_told_when_it_changes_and_not_at_the_next_regular_look() {
    let house = House::of(eur("0.00"), vec![seats(&[("A", 12)])]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage();
    let mut looking = look(&one, &house, &stage.tickets).await;
    let begun = Moment::now();
    for (nth, ticket) in stage.tickets.iter().enumerate() {
        // By its own commits and by the log in turn.
        if nth % 2 == 0 {
            one.hold(vec![stage.ticket(nth)]).await.unwrap();
        } else {
            two.hold(vec![stage.ticket(nth)]).await.unwrap();
            heard(&house, &[&one]).await;
        }
        until(&mut looking, *ticket, TicketStock::Held).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "a second is waited for each");
    house.end().await;
}

#[tokio::test]
async fn who_comes_between_two_looks_is_told_that_what_they_saw_is_no_longer_so() {
    let house = House::of(eur("0.00"), vec![places(40)]).await;
    let process = Process::first(&house);
    let _first = look(&process, &house, &[]).await;
    for _ in 0..3 {
        // The watcher sees forty; then somebody comes and sees fewer, and before it looks again there are forty once more.
        let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
        let mut late = look(&process, &house, &[]).await;
        process.release(hold.id).await.unwrap();
        let waiting = async { while late.next().await.expect("it goes on").seen.left.available != 40 {} };
        tokio::time::timeout(PATIENCE, waiting).await.expect("nothing was told");
    }
    house.end().await;
}

#[tokio::test]
async fn of_two_workers_that_come_to_the_same_purchase_at_once_one_tells() {
    let house = House::of(eur("0.00"), vec![places(10)]).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let bank = Bank::open().await;
    let _looking = look(&one, &house, &[]).await;
    one.inventory.tell_looking().await;
    // How far was told is noted from here on: else whoever came second would wait for the first to note it at all.
    one.ordered(vec![house.stage().any(1)]).await;
    assert_eq!(told(&house, &one, &bank).await.len(), 1);
    one.ordered(vec![house.stage().any(1)]).await;
    sequencer::place_all(house.db.cell()).await.unwrap();
    // Both come as far as they can before either can tell.
    let mut owner = house.db.as_owner().await;
    let mut tx = owner.begin().await.unwrap();
    sqlx::query("lock table events in share mode").execute(&mut *tx).await.unwrap();
    let telling = [one.clone(), two.clone()].map(|process| {
        let providers = bank.providers.clone();
        tokio::spawn(async move { do_due(&process.inventory, &providers, SLOW).await.unwrap() })
    });
    let blocked = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock' and $1::uuid is not null";
    let both = async { while house.count(blocked).await < 2 {} };
    tokio::time::timeout(PATIENCE, both).await.expect("both wait");
    tx.rollback().await.unwrap();
    for told in telling {
        told.await.unwrap();
    }
    assert_eq!(in_the_log(&house).await.len(), 2, "each purchase once");
    house.end().await;
}
