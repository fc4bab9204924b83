//! Purchases of many buyers at the same moment, whose steps are taken together: nobody pays for another's refusal, and nobody waits for
//! whoever has gone away.

use std::time::Duration;

use foundation::{
    Cell, Code, Error, Result, TenantTx,
    cell::CellSettings,
    id::{HoldId, OrderId},
    idempotency::{Key, StoredAnswer},
};
use ticketing::{
    lanes::HoldRequest,
    rules::{
        order::{Buyer, OrderState, Want},
        payment::{ProviderId, Way, WebAddress},
        terms::AskedBy,
    },
    use_cases::{
        answer_order::{WholeOrder, answer_order},
        begin_order::{Begun, Earlier, begin_order},
        place_order::{Of, OrderRequest, place_order},
    },
};

use tokio::task::JoinHandle;

use crate::{
    bank::Bank,
    house::{House, MINUTES, at_once, code, eur, places},
    process::{Process, SETTINGS},
};

fn card(name: &str) -> Way {
    Way::Confirm {
        payment_method: ProviderId::parse(name.to_owned(), "/").unwrap(),
        return_url: WebAddress::parse("https://shop.example/back", "/").unwrap(),
    }
}

/// The nth buyer's order of this, paid by this card in the same call.
fn order(nth: usize, wants: Vec<Want>, pay: Way) -> OrderRequest {
    OrderRequest {
        id: OrderId::new(),
        of: Of::Wants(wants, AskedBy::default()),
        reference: None,
        buyer: Buyer { name: Some("Ada".to_owned()), email: Some(format!("ada{nth}@example.com")), language: None },
        expected_total: None,
        payable_for: Duration::from_secs(900),
        sold_through: accounting::Channel::Api,
        accepts_equivalents: false,
        answers: Vec::new(),
        guests: None,
        pay: Some(pay),
    }
}

async fn place(process: Process, bank: &Bank, request: OrderRequest) -> (OrderId, Result<()>) {
    let begun = begun(&process, request.id).await;
    place_begun(process, bank, request, begun).await
}

fn key(id: OrderId) -> Key {
    Key::of(id.to_string(), ("POST", "/v1/orders", b""))
}

/// Begins the call that places this order.
async fn begun(process: &Process, id: OrderId) -> Earlier {
    match begin_order(&process.inventory, process.reseller, key(id), id).await.unwrap() {
        Begun::Now(earlier) => *earlier,
        Begun::Before(_) => panic!("an order that was placed before"),
    }
}

async fn place_begun(process: Process, bank: &Bank, request: OrderRequest, begun: Earlier) -> (OrderId, Result<()>) {
    let (id, provider) = (request.id, &bank.providers.test);
    (id, place_order(&process.inventory, &process.lanes, provider, process.reseller, request, begun).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_among_many_who_buy_at_once_is_refused_alone() {
    let house = House::with(places(200)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = Process::first(&house);
    let buyers = 60;
    let bought = at_once((0..buyers).map(|n| {
        let request = order(n, vec![house.stage().any(1)], card("pm_card_visa"));
        let request = match n % 10 {
            3 => OrderRequest { expected_total: Some(eur("1.00")), ..request },
            5 => OrderRequest { pay: Some(card("pm_card_chargeDeclined")), ..request },
            7 => OrderRequest { reference: Some("the same".to_owned()), ..request },
            _ => request,
        };
        place(process.clone(), bank, request)
    }))
    .await;
    let (mut paid, mut taken) = (0, 0);
    for (n, (id, outcome)) in bought.into_iter().enumerate() {
        match (n % 10, outcome) {
            (3, refused) => assert_eq!(code(refused), Code::PriceChanged),
            (7, Err(Error::Refused(refusal))) => {
                assert_eq!(refusal.code, Code::ReferenceTaken);
                taken += 1;
            }
            (of, done) => {
                done.unwrap();
                let state = house.order(id).await.state;
                assert_eq!(state, if of == 5 { OrderState::AwaitingPayment } else { OrderState::Paid }, "buyer {n}");
                paid += i64::from(state == OrderState::Paid);
            }
        }
    }
    assert_eq!((paid, taken), (43, 5), "of six with the same reference one has it");
    let owners =
        "select count(distinct ticket_id) from order_items i join item_owners o using (reseller_id, order_id, item_no)
                  where i.reseller_id = $1";
    assert_eq!(house.count(owners).await, paid);
    assert_eq!(house.claimed().await, paid + 6, "what was refused is on sale again; who was declined may try again");
    // Rows of one transaction bear its number.
    let transactions = house.count("select count(distinct xmin::text) from item_owners where reseller_id = $1").await;
    assert!(transactions < paid, "{paid} sales took {transactions} transactions");
    house.end().await;
}

/// A process whose only connection a test can take away, so that what is asked meanwhile waits together.
pub(crate) fn of_one_connection(house: &House) -> Process {
    let settings = CellSettings { request_connections: 1, ..house.db.settings() };
    Process::open(Cell::open(&settings).unwrap(), house.reseller, SETTINGS).0
}

/// Has these orders wait in line: the first for the only connection, which is taken, and the others for it, to be one batch. Gives what is
/// under way, and the connection.
async fn in_line(process: &Process, bank: &'static Bank, requests: Vec<OrderRequest>) -> (Vec<Placing>, TenantTx) {
    let mut calls = Vec::with_capacity(requests.len());
    for request in requests {
        calls.push((begun(process, request.id).await, request));
    }
    let taken = process.inventory.cell().tenant(process.reseller).await.unwrap();
    let mut placing = Vec::with_capacity(calls.len());
    for (n, (begun, request)) in calls.into_iter().enumerate() {
        placing.push(tokio::spawn(place_begun(process.clone(), bank, request, begun)));
        steps(process, &format!("orders: 1 at work, {n} waiting")).await;
    }
    (placing, taken)
}

type Placing = JoinHandle<(OrderId, Result<()>)>;

/// Has an order placed by itself and then the others in one batch. Gives what came of those.
async fn placed_together(
    process: &Process,
    bank: &'static Bank,
    first: OrderRequest,
    others: Vec<OrderRequest>,
) -> Vec<(OrderId, Result<()>)> {
    let (mut placing, taken) = in_line(process, bank, [vec![first], others].concat()).await;
    drop(taken);
    placing.remove(0).await.unwrap().1.unwrap();
    let mut placed = Vec::with_capacity(placing.len());
    for other in placing {
        placed.push(other.await.unwrap());
    }
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_orders_of_one_hold_in_a_batch_one_is_made() {
    let house = House::with(places(20)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = of_one_connection(&house);
    let [own, same] = [process.hold(vec![house.stage().any(1)]).await, process.hold(vec![house.stage().any(2)]).await];
    let (own, same) = (own.unwrap().id, same.unwrap().id);
    let of = |nth, hold| OrderRequest { of: Of::Hold(hold), ..order(nth, Vec::new(), card("pm_card_visa")) };
    let placed = placed_together(&process, bank, of(0, own), vec![of(1, same), of(2, same)]).await;
    let (made, refused): (Vec<_>, Vec<_>) = placed.into_iter().partition(|(_, outcome)| outcome.is_ok());
    assert_eq!((made.len(), refused.len()), (1, 1));
    assert_eq!(house.order(made[0].0).await.state, OrderState::Paid);
    for (_, outcome) in refused {
        assert_eq!(code(outcome), Code::HoldNotActive);
    }
    assert_eq!(house.claimed().await, 3);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_orders_of_one_address_in_a_batch_have_together_what_one_buyer_may() {
    let house = House::with(places(20)).await;
    let six = "update shows set buyer_max = 6 where reseller_id = $1";
    sqlx::query(six).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = of_one_connection(&house);
    let mut holds = Vec::new();
    for tickets in [1, 4, 4, 2] {
        holds.push(process.hold(vec![house.stage().any(tickets)]).await.unwrap().id);
    }
    // Ada wants four and four; somebody else's two are none of hers.
    let of =
        |nth, hold: usize| OrderRequest { of: Of::Hold(holds[hold]), ..order(nth, Vec::new(), card("pm_card_visa")) };
    let placed = placed_together(&process, bank, of(0, 0), vec![of(1, 1), of(1, 2), of(2, 3)]).await;
    let [one, two, other] = <[_; 3]>::try_from(placed).unwrap();
    other.1.unwrap();
    let (made, refused) = if one.1.is_ok() { (one, two) } else { (two, one) };
    made.1.unwrap();
    assert_eq!(code(refused.1), Code::BuyerLimit);
    assert_eq!(house.order(made.0).await.items.len(), 4);
    assert_eq!(house.claimed().await, 7, "what one may not have is on sale again");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_behind_a_caller_that_goes_away_is_served() {
    let house = House::with(places(20)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = of_one_connection(&house);
    let mut requests = Vec::new();
    for n in 0..=5 {
        let hold = process.hold(vec![house.stage().any(1)]).await.unwrap().id;
        requests.push(OrderRequest { of: Of::Hold(hold), ..order(n, Vec::new(), card("pm_card_visa")) });
    }
    let (mut placing, taken) = in_line(&process, bank, requests).await;
    let first = placing.remove(0);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    drop(taken);
    for other in placing {
        let (id, placed) = other.await.unwrap();
        placed.unwrap();
        assert_eq!(house.order(id).await.state, OrderState::Paid);
    }
    steps(&process, "orders: 0 at work, 0 waiting").await;
    house.end().await;
}

/// Waits until it is so with the steps of a kind in a process, such as `orders: 1 at work, 5 waiting`.
pub(crate) async fn steps(process: &Process, so: &str) {
    let is_so = async {
        while !format!("{:?}", process.inventory).contains(so) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTES, is_so).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_to_wait_for_a_lock_waits_apart_and_keeps_nobody_waiting() {
    let house = House::with(places(20)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = Process::first(&house);
    let mut holds = Vec::new();
    for _ in 0..4 {
        holds.push(process.hold(vec![house.stage().any(1)]).await.unwrap());
    }
    // Somebody is busy with what two of the buyers hold.
    let mut busy = house.tx().await;
    let tickets: Vec<_> = holds[..2].iter().map(|hold| hold.items[0].held.ticket).collect();
    let lock = "select from claims where ticket_id = any($1) for update";
    sqlx::query(lock).bind(&tickets).execute(busy.conn()).await.unwrap();
    let buying: Vec<_> = holds
        .iter()
        .enumerate()
        .map(|(n, hold)| {
            let request = OrderRequest { of: Of::Hold(hold.id), ..order(n, Vec::new(), card("pm_card_visa")) };
            tokio::spawn(place(process.clone(), bank, request))
        })
        .collect();
    let (stubborn, others): (Vec<_>, Vec<_>) = buying.into_iter().enumerate().partition(|(n, _)| *n < 2);
    for (_, other) in others {
        let (id, placed) = other.await.unwrap();
        placed.unwrap();
        assert_eq!(house.order(id).await.state, OrderState::Paid);
    }
    busy.commit().await.unwrap();
    for (_, stubborn) in stubborn {
        let (id, placed) = stubborn.await.unwrap();
        placed.unwrap();
        assert_eq!(house.order(id).await.state, OrderState::Paid, "in the end");
    }
    house.end().await;
}

#[tokio::test]
async fn what_a_lost_try_has_held_is_ordered_by_the_next_and_not_held_again() {
    let house = House::with(places(2)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let request = order(0, vec![house.stage().any(2)], card("pm_card_visa"));
    let id = HoldId::from_uuid(request.id.uuid());
    let (wants, by) = (vec![house.stage().any(2)], AskedBy::default());
    let lost = HoldRequest { id, wants, by, lasts: MINUTES, key: None };
    process.lanes.hold(process.reseller, lost).await.unwrap();
    let (id, placed) = place(process.clone(), &bank, request).await;
    placed.unwrap();
    let bought = house.order(id).await;
    assert_eq!((bought.state, bought.hold.uuid(), bought.items.len()), (OrderState::Paid, id.uuid(), 2));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_refused_before_anything_is_written_costs_the_others_nothing() {
    let house = House::with(places(40)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = of_one_connection(&house);
    let mut requests = Vec::new();
    for n in 0..=20 {
        let hold = process.hold(vec![house.stage().any(1)]).await.unwrap().id;
        let expected_total = (n % 2 == 1).then(|| eur("1.00"));
        let request = order(n, Vec::new(), card("pm_card_visa"));
        requests.push(OrderRequest { of: Of::Hold(hold), pay: None, expected_total, ..request });
    }
    let first = requests.remove(0);
    for (n, (_, placed)) in placed_together(&process, bank, first, requests).await.into_iter().enumerate() {
        match n % 2 {
            0 => assert_eq!(code(placed), Code::PriceChanged),
            _ => placed.unwrap(),
        }
    }
    // Rows of one transaction bear its number.
    let transactions = "select count(distinct xmin::text) from orders where reseller_id = $1";
    assert_eq!(house.count(transactions).await, 2, "that of the first, and that of all others");
    house.end().await;
}

#[expect(clippy::needless_pass_by_value, reason = "as it is called")]
fn write(whole: WholeOrder) -> Result<StoredAnswer> {
    let body = format!("{} {} {}", whole.order.id, whole.payments.len(), whole.owners.len());
    Ok(StoredAnswer { status: 201, body, etag: Some(whole.order.version.to_string()) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_asked_for_together_are_each_their_own_and_given_again() {
    let house = House::with(places(20)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = of_one_connection(&house);
    let mut placed = Vec::new();
    for n in 0..10 {
        let request = order(n, vec![house.stage().any(1)], card("pm_card_visa"));
        let (id, outcome) = place(process.clone(), bank, request).await;
        outcome.unwrap();
        placed.push(id);
    }
    // The lease of one has run out, and a second try of it is through as well; another's has been given back.
    let (twice, given_back) = (placed[4], placed[7]);
    sqlx::query("delete from idempotency_keys where key = $1")
        .bind(given_back.to_string())
        .execute(&mut house.db.as_owner().await)
        .await
        .unwrap();
    let taken = process.inventory.cell().tenant(process.reseller).await.unwrap();
    let mut answering = Vec::new();
    for (n, id) in placed.into_iter().chain([twice]).enumerate() {
        let asking = process.clone();
        let answer = async move { (id, answer_order(&asking.inventory, asking.reseller, key(id), id, write).await) };
        answering.push(tokio::spawn(answer));
        steps(&process, &format!("answers: 1 at work, {n} waiting")).await;
    }
    drop(taken);
    let mut refused = Vec::new();
    for answering in answering {
        let (id, answer) = answering.await.unwrap();
        match answer {
            Ok(answer) => {
                assert_eq!((answer.body.as_str(), answer.status), (format!("{id} 1 1").as_str(), 201));
                let again = begin_order(&process.inventory, process.reseller, key(id), id).await.unwrap();
                assert!(matches!(again, Begun::Before(before) if before == answer));
            }
            refusal => {
                assert_eq!(code(refusal), Code::IdempotencyKeyInUse);
                refused.push(id);
            }
        }
    }
    assert_eq!(refused, [given_back, twice]);
    let transactions = "select count(distinct xmin::text) from idempotency_keys where reseller_id = $1";
    assert_eq!(house.count(transactions).await, 2, "that of the first, and that of all others");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_begun_together_each_find_what_they_left_behind() {
    let house = House::with(places(20)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let process = of_one_connection(&house);
    let fresh = || (OrderId::new(), "nothing");
    let mut calls = vec![fresh(), fresh()];
    for n in 0..3 {
        let request = order(n, vec![house.stage().any(1)], card("pm_card_visa"));
        let (id, outcome) = place(process.clone(), bank, request).await;
        outcome.unwrap();
        calls.extend([(id, "an order"), fresh()]);
    }
    let lost = OrderId::new();
    let (id, wants, by) = (HoldId::from_uuid(lost.uuid()), vec![house.stage().any(1)], AskedBy::default());
    process.lanes.hold(process.reseller, HoldRequest { id, wants, by, lasts: MINUTES, key: None }).await.unwrap();
    calls.insert(4, (lost, "a hold"));
    let done = calls[2].0;
    answer_order(&process.inventory, process.reseller, key(done), done, write).await.unwrap();
    calls[2].1 = "an answer";
    let ran_out = "update idempotency_keys set lease_until = clock_timestamp() where state = 'running'";
    sqlx::query(ran_out).execute(&mut house.db.as_owner().await).await.unwrap();
    let taken = process.inventory.cell().tenant(process.reseller).await.unwrap();
    let mut beginning = Vec::new();
    for (n, (id, _)) in calls.clone().into_iter().enumerate() {
        let asking = process.clone();
        let begin = async move { begin_order(&asking.inventory, asking.reseller, key(id), id).await.unwrap() };
        beginning.push(tokio::spawn(begin));
        steps(&process, &format!("beginnings: 1 at work, {n} waiting")).await;
    }
    drop(taken);
    for (beginning, (id, expected)) in beginning.into_iter().zip(calls) {
        let found = format!("{:?}", beginning.await.unwrap());
        let of = match expected {
            "an answer" => found.starts_with("Before") && found.contains(&id.to_string()),
            "an order" => found.contains("order: Some") && found.contains(&format!("{id:?}")),
            "a hold" => found.contains("order: None") && !found.contains("held: None"),
            _ => found.contains("order: None") && found.contains("held: None"),
        };
        assert!(of, "{expected} of {id}: {found}");
    }
    house.end().await;
}
