//! The promise: no ticket is ever sold twice, and no acknowledged purchase is ever lost, whatever many buyers do at once at
//! two processes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use rand::{SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    acknowledged::{Acknowledged, natural_lives, two_owners},
    buyer::Buyer,
    house::House,
    line::Line,
    shop::{Shop, eventually, id},
};

const SEED: u64 = 20_261_121;
const BUYERS: usize = 300;
const SEATS_IN_ROW: usize = 15;
const PLACES: usize = 100;

/// What every run must have seen enough of; otherwise it proved nothing.
const MUST_HAVE_BEEN: &[&str] = &[
    "held",
    "left",
    "released",
    "shrunk",
    "grown",
    "extended",
    "ordered",
    "cancelled",
    "paid",
    "refunded",
    "clock moved",
    "refused",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_sold_twice_over_http_against_two_processes() {
    println!("seed {SEED}");
    let line = Line::open().await;
    let (first, second, _dispatch) = (line.first_api(), line.another_api(), line.dispatch());
    let here = Shop::open(first.url()).await;
    let shops = [here.clone(), here.at(second.url())];
    let house = Arc::new(House::open(&here, SEATS_IN_ROW, PLACES).await);
    let book = Arc::new(Mutex::new(Acknowledged::default()));
    let buyer = |number: usize| Buyer {
        number,
        shops: shops.clone(),
        house: house.clone(),
        sandbox: line.sandbox.clone(),
        random: StdRng::seed_from_u64(SEED + number as u64),
        book: book.clone(),
    };
    let buyers: Vec<_> = (0..BUYERS).map(|number| tokio::spawn(buyer(number).shop())).collect();
    for buyer in buyers {
        buyer.await.unwrap();
    }

    drain(&line, &shops[1]).await;
    let book = std::mem::take(&mut *book.lock().unwrap());
    println!("{:#?}", book.done);
    assert_eq!(book.wrong, Vec::<String>::new(), "seed {SEED}");
    let missing: Vec<_> = MUST_HAVE_BEEN.iter().filter(|what| !book.done.contains_key(*what)).collect();
    assert!(missing.is_empty(), "{missing:?} never happened");

    let orders = shops[1].all("/v1/orders").await;
    let natural = book.natural.iter().cloned().chain(orders.iter().flat_map(natural_lives)).collect();
    assert_eq!(two_owners(natural), Vec::<String>::new(), "by the cell's clock; seed {SEED}");
    assert_eq!(two_owners(book.witnessed.clone()), Vec::<String>::new(), "by our clock; seed {SEED}");
    nothing_acknowledged_is_lost(&book, &orders);
    let sold = sold_once(&orders);
    for shop in &shops {
        let all = async || (house.available(shop).await + sold == house.size).then_some(());
        eventually("sold + available = created", all).await;
    }
    let (claimed, owners) = claims(&line).await;
    assert_eq!((claimed, owners), (sold, paid_and_kept(&orders)), "what is claimed for ever is what was sold");
    line.verified();
}

/// Lets every callback arrive and every hold and order come to its end.
async fn drain(line: &Line, shop: &Shop) {
    let sandbox = format!("{}/_sandbox/state", line.sandbox);
    eventually("all callbacks are delivered", async || {
        let state: Value = crate::shop::http().get(&sandbox).send().await.unwrap().json().await.unwrap();
        (state["accounts"]["pk_test_test"]["callbacks"]["waiting"] == 0).then_some(())
    })
    .await;
    shop.post("/v1/test_clock/advance", json!({ "seconds": 7_200 })).await.done();
    let mut owner = line.database.as_owner().await;
    eventually("nothing is open any more", async || {
        let open: i64 = sqlx::query_scalar(
            "select (select count(*) from holds where state = 'active')
                  + (select count(*) from orders where state in ('awaiting_payment', 'processing'))
                  + (select count(*) from payments where state not in ('succeeded', 'cancelled'))
                  + (select count(*) from refunds where state = 'pending')",
        )
        .fetch_one(&mut owner)
        .await
        .unwrap();
        (open == 0).then_some(())
    })
    .await;
}

/// The good tickets of paid orders, with their orders.
fn good(orders: &[Value]) -> impl Iterator<Item = (&str, &str)> {
    let paid = orders.iter().filter(|order| order["state"] == "paid");
    let items = paid.flat_map(|order| order["items"].as_array().unwrap().iter().map(move |item| (order, item)));
    items
        .filter(|(_, item)| item["credential"] == "issued")
        .map(|(order, item)| (item["ticket_id"].as_str().unwrap(), id(order)))
}

/// How many tickets are sold; none is in two orders.
fn sold_once(orders: &[Value]) -> usize {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (ticket, order) in good(orders) {
        if let Some(other) = owners.insert(ticket, order) {
            panic!("{ticket} is sold to {other} and {order}");
        }
    }
    owners.len()
}

fn paid_and_kept(orders: &[Value]) -> usize {
    good(orders).map(|(_, order)| order).collect::<BTreeSet<_>>().len()
}

/// Every order that a buyer saw paid is still paid, with all its tickets but those that the buyer gave back.
fn nothing_acknowledged_is_lost(book: &Acknowledged, orders: &[Value]) {
    for (paid, refunded) in &book.paid {
        let order = orders.iter().find(|order| id(order) == paid).unwrap_or_else(|| panic!("{paid} is gone"));
        assert_eq!(order["state"], "paid", "{order:#}");
        for item in order["items"].as_array().unwrap() {
            let expected = if refunded.contains(&item["no"].as_i64().unwrap()) { "voided" } else { "issued" };
            assert_eq!(item["credential"], expected, "{order:#}");
        }
    }
}

/// How many tickets are claimed now, and by how many owners, as the database has it.
async fn claims(line: &Line) -> (usize, usize) {
    let row: (i64, i64) = sqlx::query_as(
        "select count(*), count(distinct owner_id) from claims where owner_kind = 'order' and expires_at = 'infinity'",
    )
    .fetch_one(&mut line.database.as_owner().await)
    .await
    .unwrap();
    (usize::try_from(row.0).unwrap(), usize::try_from(row.1).unwrap())
}
