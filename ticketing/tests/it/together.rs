//! Purchases of many buyers at the same moment, whose steps are taken together: nobody pays for another's refusal, and nobody waits for
//! whoever has gone away.

use std::time::Duration;

use foundation::{
    Cell, Code, Error, Result,
    cell::CellSettings,
    id::{HoldId, OrderId},
};
use ticketing::{
    lanes::HoldRequest,
    rules::{
        order::{Buyer, OrderState, Want},
        payment::{ProviderId, Way, WebAddress},
        terms::AskedBy,
    },
    use_cases::place_order::{Of, OrderRequest, earlier, place_order},
};

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

async fn place(cell: Cell, process: Process, bank: &Bank, request: OrderRequest) -> (OrderId, Result<()>) {
    let id = request.id;
    let provider = &bank.providers.test;
    let tried = earlier(&mut cell.tenant(process.reseller).await.unwrap(), id).await.unwrap();
    (id, place_order(&process.inventory, &process.lanes, provider, process.reseller, request, tried).await)
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
        place(house.db.cell().clone(), process.clone(), bank, request)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_behind_a_caller_that_goes_away_is_served() {
    let house = House::with(places(20)).await;
    let bank: &'static Bank = Box::leak(Box::new(Bank::open().await));
    let settings = CellSettings { request_connections: 1, ..house.db.settings() };
    let (process, _) = Process::open(Cell::open(&settings).unwrap(), house.reseller, SETTINGS);
    let mut holds = Vec::new();
    for _ in 0..=5 {
        holds.push(process.hold(vec![house.stage().any(1)]).await.unwrap().id);
    }
    // The only connection is taken.
    let taken = process.inventory.cell().tenant(process.reseller).await.unwrap();
    let first = OrderRequest { of: Of::Hold(holds[0]), ..order(0, Vec::new(), card("pm_card_visa")) };
    let first = tokio::spawn(place(house.db.cell().clone(), process.clone(), bank, first));
    orders(&process, "1 at work, 0 waiting").await;
    let mut others = Vec::new();
    for (n, hold) in holds.into_iter().enumerate().skip(1) {
        let request = OrderRequest { of: Of::Hold(hold), ..order(n, Vec::new(), card("pm_card_visa")) };
        others.push(tokio::spawn(place(house.db.cell().clone(), process.clone(), bank, request)));
    }
    orders(&process, "1 at work, 5 waiting").await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    drop(taken);
    for other in others {
        let (id, placed) = other.await.unwrap();
        placed.unwrap();
        assert_eq!(house.order(id).await.state, OrderState::Paid);
    }
    orders(&process, "0 at work, 0 waiting").await;
    house.end().await;
}

/// Waits until it is so with the orders of a process.
async fn orders(process: &Process, so: &str) {
    let is_so = async {
        while !format!("{:?}", process.inventory).contains(&format!("orders: {so}")) {
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
            tokio::spawn(place(house.db.cell().clone(), process.clone(), bank, request))
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
    let (id, placed) = place(house.db.cell().clone(), process.clone(), &bank, request).await;
    placed.unwrap();
    let bought = house.order(id).await;
    assert_eq!((bought.state, bought.hold.uuid(), bought.items.len()), (OrderState::Paid, id.uuid(), 2));
    house.end().await;
}
