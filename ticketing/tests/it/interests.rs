//! Interest before the sale: an address is told once, when it opens, and is forgotten afterwards.

use std::{sync::Arc, time::Duration};

use foundation::{
    Code, Result,
    id::{PerformanceId, SaleRoundId, ShowId},
    sequencer,
};
use ticketing::{
    rules::{
        interest::{Interest, NewInterest},
        order::Buyer,
        performance::PerformanceState,
        sale_round::{Access, SaleRound},
        times::GivenTimes,
    },
    store::{due, interests, offers, performances},
    use_cases::{
        create_show::create_show,
        expire::do_due,
        register_interest::{register_interest, withdraw_interest},
        set_sale_round::create_sale_round,
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    bank::{Bank, SLOW},
    house::{House, code, eur, performance, places, show},
    letters::waiting,
    process::Process,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// A show with two performances, of which the first opens in an hour and the second in two.
async fn later(house: &House) -> (ShowId, [PerformanceId; 2]) {
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let opens_in = |hours: u32| {
        let mut one = performance(house.venue, now, eur("10.00"), places(2));
        one.times = GivenTimes { on_sale_at: Some(now.plus(HOUR * hours).into()), ..one.times };
        one
    };
    let made = create_show(&mut tx, &show("Later", eur("10.00"), vec![opens_in(1), opens_in(2)])).await.unwrap();
    tx.commit().await.unwrap();
    (made.id, [made.performances[0].id, made.performances[1].id])
}

fn new(performance: Option<PerformanceId>, email: &str) -> NewInterest {
    NewInterest { performance, round: None, buyer: Buyer::parse(None, Some(email.to_owned()), None).unwrap() }
}

async fn register(house: &House, show: ShowId, performance: Option<PerformanceId>, email: &str) -> Result<Interest> {
    let mut tx = house.tx().await;
    let interest = register_interest(&mut tx, show, new(performance, email)).await?;
    tx.commit().await?;
    Ok(interest)
}

async fn emails_told(house: &House, show: ShowId) -> Vec<String> {
    let all = interests::list(&mut house.tx().await, show, None, 1_000).await.unwrap();
    let told = all.into_iter().filter(|interest| interest.told_at.is_some());
    told.filter_map(|interest| interest.buyer.email).collect()
}

#[tokio::test]
async fn who_registers_before_the_sale_is_told_once_when_it_opens_and_then_forgotten() {
    let house = House::with(places(1)).await;
    let (process, down) = (Process::first(&house), Bank::down().await);
    let (show, [first, second]) = later(&house).await;
    register(&house, show, Some(first), "a@example.com").await.unwrap();
    register(&house, show, None, "b@example.com").await.unwrap();
    register(&house, show, Some(second), "a@example.com").await.unwrap();
    assert_eq!(code(register(&house, show, Some(first), "A+x@example.com").await), Code::InterestTwice);
    assert_eq!(code(register(&house, show, Some(house.stage().id), "c@example.com").await), Code::InvalidField);
    assert_eq!(code(register(&house, house.show.id, None, "c@example.com").await), Code::OnSaleAlready);
    assert_eq!(waiting(&house).await, ["interest_registered"; 3]);
    do_due(&process.inventory, &down, SLOW).await.unwrap();
    assert_eq!(emails_told(&house, show).await, [""; 0]);
    house.ahead(HOUR).await;
    assert_eq!(do_due(&process.inventory, &down, SLOW).await.unwrap(), 2);
    assert_eq!(emails_told(&house, show).await, ["a@example.com", "b@example.com"]);
    assert_eq!(waiting(&house).await, ["interest_registered", "sale_opened", "sale_opened"]);
    assert_eq!(code(register(&house, show, Some(first), "d@example.com").await), Code::OnSaleAlready);
    assert_eq!(code(register(&house, show, None, "d@example.com").await), Code::OnSaleAlready);
    house.ahead(HOUR * 2).await;
    assert_eq!(do_due(&process.inventory, &down, SLOW).await.unwrap(), 1, "each of its own performance only");
    assert_eq!(do_due(&process.inventory, &down, SLOW).await.unwrap(), 0);
    let told = "select count(*) from events where reseller_id = $1 and type = 'performance.interest_told'";
    assert_eq!(house.count(told).await, 2);
    let left = "select count(*) from interests where reseller_id = $1";
    house.ahead(HOUR * 24 * 29).await;
    due::sweep(house.db.cell()).await.unwrap();
    assert_eq!(house.count(left).await, 3);
    house.ahead(HOUR * 2 + HOUR * 24 * 31).await;
    due::sweep(house.db.cell()).await.unwrap();
    assert_eq!(house.count("select count(*) from interests where reseller_id = $1").await, 0);
    house.end().await;
}

#[tokio::test]
async fn what_is_withdrawn_is_erased_and_told_nothing() {
    let house = House::with(places(1)).await;
    let (process, down) = (Process::first(&house), Bank::down().await);
    let (show, [first, _]) = later(&house).await;
    let interest = register(&house, show, Some(first), "a@example.com").await.unwrap();
    let mut tx = house.tx().await;
    assert_eq!(withdraw_interest(&mut tx, show, interest.id).await.unwrap(), interest);
    tx.commit().await.unwrap();
    assert_eq!(waiting(&house).await, [""; 0]);
    assert_eq!(code(withdraw_interest(&mut house.tx().await, show, interest.id).await), Code::NotFound);
    assert_eq!(house.count("select waiting::bigint from interest_lists where reseller_id = $1").await, 0);
    house.ahead(HOUR).await;
    assert_eq!(do_due(&process.inventory, &down, SLOW).await.unwrap(), 0);
    assert_eq!(waiting(&house).await, [""; 0]);
    house.end().await;
}

#[tokio::test]
async fn who_registers_while_it_opens_is_told_too() {
    let house = Arc::new(House::with(places(1)).await);
    let process = Process::first(&house);
    let (show, [first, _]) = later(&house).await;
    let mut tx = house.tx().await;
    register_interest(&mut tx, show, new(Some(first), "a@example.com")).await.unwrap();
    house.ahead(HOUR).await;
    let opening = tokio::spawn({
        let inventory = process.inventory.clone();
        async move {
            let down = Bank::down().await;
            do_due(&inventory, &down, SLOW).await.unwrap() + do_due(&inventory, &down, SLOW).await.unwrap()
        }
    });
    house.wait_for_a_blocked("stagedoor requests").await;
    tx.commit().await.unwrap();
    assert_eq!(opening.await.unwrap(), 1);
    assert_eq!(emails_told(&house, show).await, ["a@example.com"]);
    house.end().await;
}

#[tokio::test]
async fn many_are_told_page_by_page_by_two_processes_and_each_once() {
    let house = House::with(places(1)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let (show, [first, _]) = later(&house).await;
    for n in 0..250 {
        register(&house, show, if n % 2 == 0 { Some(first) } else { None }, &format!("b{n}@example.com"))
            .await
            .unwrap();
    }
    house.ahead(HOUR).await;
    let (one, two) = (one.inventory.clone(), two.inventory.clone());
    let look = |inventory: Arc<ticketing::inventory::Inventory>| async move {
        let down = Bank::down().await;
        let mut told = 0;
        for _ in 0..4 {
            told += do_due(&inventory, &down, SLOW).await.unwrap();
        }
        told
    };
    let (by_one, by_two) = tokio::join!(look(one.clone()), look(two));
    assert_eq!(by_one + by_two + do_due(&one, &Bank::down().await, SLOW).await.unwrap(), 250);
    assert_eq!(
        house.count("select count(*) from mail_outbox where reseller_id = $1 and kind = 'sale_opened'").await,
        250
    );
    assert_eq!(house.count("select waiting::bigint from interest_lists where reseller_id = $1").await, 0);
    sequencer::place_all(house.db.cell()).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_show_takes_so_many_addresses_and_no_more() {
    let house = House::with(places(1)).await;
    let (show, [first, _]) = later(&house).await;
    register(&house, show, Some(first), "a@example.com").await.unwrap();
    let full = "update interest_lists set waiting = 100000 where reseller_id = $1";
    sqlx::query(full).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(code(register(&house, show, Some(first), "b@example.com").await), Code::InterestFull);
    house.end().await;
}

#[tokio::test]
async fn who_waits_for_a_sale_round_is_told_when_that_opens_and_not_before() {
    let house = House::with(places(1)).await;
    let (process, down) = (Process::first(&house), Bank::down().await);
    let (show, [first, second]) = later(&house).await;
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let offer = offers::of_performance(&mut tx, first).await.unwrap()[0].id;
    let round = |name: &str, opens: Option<u32>, closes: Option<u32>| SaleRound {
        id: SaleRoundId::new(),
        performance: first,
        name: name.to_owned(),
        opens_at: opens.map(|hours| now.plus(HOUR * hours)),
        closes_at: closes.map(|hours| now.plus(HOUR * hours)),
        capacity: None,
        access: Access::Anyone,
        tickets_per_code: 1,
        prices: vec![(offer, eur("9.00"))],
        version: 1,
    };
    let (presale, regular) = (round("presale", Some(1), Some(3)), round("regular", Some(4), Some(8)));
    let late = SaleRound { capacity: Some(1), ..round("late", None, None) };
    let last = round("last", None, None);
    for round in [&presale, &regular, &late, &last] {
        create_sale_round(&mut tx, round).await.unwrap();
    }
    tx.commit().await.unwrap();
    let wants = async |performance, round: &SaleRound, email: &str| {
        let mut tx = house.tx().await;
        let new = NewInterest { round: Some(round.id), ..new(performance, email) };
        let interest = register_interest(&mut tx, show, new).await?;
        tx.commit().await?;
        foundation::Result::Ok(interest)
    };
    assert_eq!(wants(Some(first), &presale, "a@example.com").await.unwrap().round, Some(presale.id));
    wants(Some(first), &regular, "a@example.com").await.unwrap();
    wants(Some(first), &late, "a@example.com").await.unwrap();
    register(&house, show, Some(first), "a@example.com").await.unwrap();
    for (performance, round) in [(None, &presale), (Some(second), &presale), (Some(first), &last)] {
        assert_eq!(code(wants(performance, round, "b@example.com").await), Code::InvalidField);
    }
    assert_eq!(code(wants(Some(first), &presale, "A+x@example.com").await), Code::InterestTwice);
    let told = async || {
        let all = interests::list(&mut house.tx().await, show, None, 100).await.unwrap();
        let told = all.into_iter().filter(|interest| interest.told_at.is_some());
        told.map(|interest| interest.round).collect::<Vec<_>>()
    };
    do_due(&process.inventory, &down, SLOW).await.unwrap();
    assert_eq!(told().await, []);
    house.ahead(HOUR).await;
    while do_due(&process.inventory, &down, SLOW).await.unwrap() > 0 {}
    assert_eq!(told().await, [Some(presale.id), None]);
    assert_eq!(code(wants(Some(first), &presale, "c@example.com").await), Code::OnSaleAlready);
    wants(Some(first), &regular, "c@example.com").await.unwrap();
    let set = async |state| {
        let mut tx = house.tx().await;
        let version = performances::get(&mut tx, first).await.unwrap().version;
        let changes = PerformanceChanges { state: Some(state), ..PerformanceChanges::default() };
        update_performance(&mut tx, first, version, changes).await.unwrap();
        tx.commit().await.unwrap();
    };
    house.ahead(HOUR * 4).await;
    for state in [PerformanceState::Paused, PerformanceState::Closed] {
        set(state).await;
        assert_eq!(due::rounds_opened(house.db.cell()).await.unwrap(), [], "{state:?}: nobody looks until it is sold");
    }
    set(PerformanceState::Open).await;
    while do_due(&process.inventory, &down, SLOW).await.unwrap() > 0 {}
    assert_eq!(told().await, [Some(presale.id), Some(regular.id), None, Some(regular.id)]);
    assert_eq!(code(wants(Some(first), &presale, "d@example.com").await), Code::NotOnSale, "it is over");
    house.ahead(HOUR * 8).await;
    while do_due(&process.inventory, &down, SLOW).await.unwrap() > 0 {}
    assert_eq!(told().await, [Some(presale.id), Some(regular.id), Some(late.id), None, Some(regular.id)]);
    assert_eq!(code(wants(Some(first), &late, "d@example.com").await), Code::OnSaleAlready);
    assert_eq!(house.count("select count(*) from sale_rounds where reseller_id = $1 and interest_waits").await, 0);
    assert_eq!(house.count("select waiting::bigint from interest_lists where reseller_id = $1").await, 0);
    let events = "select count(*) from events where reseller_id = $1 and type = 'performance.interest_told'
                  and data->>'sale_round_id' is not null";
    assert_eq!(house.count(events).await, 3);
    house.end().await;
}

#[tokio::test]
async fn a_round_that_is_open_because_the_one_before_is_sold_out_is_not_waited_for() {
    let house = House::with(places(3)).await;
    let (process, stage) = (Process::first(&house), house.stage());
    let mut tx = house.tx().await;
    let closes_at = Some(tx.now().await.unwrap().plus(HOUR));
    let round = |name: &str, closes_at, capacity| SaleRound {
        id: SaleRoundId::new(),
        performance: stage.id,
        name: name.to_owned(),
        opens_at: None,
        closes_at,
        capacity,
        access: Access::Anyone,
        tickets_per_code: 1,
        prices: vec![(stage.offer, eur("9.00"))],
        version: 1,
    };
    let (early, regular) = (round("early", closes_at, Some(1)), round("regular", None, None));
    create_sale_round(&mut tx, &early).await.unwrap();
    create_sale_round(&mut tx, &regular).await.unwrap();
    tx.commit().await.unwrap();
    let wants = async |email: &str| {
        let mut tx = house.tx().await;
        let new = NewInterest { round: Some(regular.id), ..new(Some(stage.id), email) };
        let interest = register_interest(&mut tx, house.show.id, new).await?;
        tx.commit().await?;
        foundation::Result::Ok(interest)
    };
    wants("a@example.com").await.unwrap();
    process.hold(vec![stage.any(1)]).await.unwrap();
    assert_eq!(code(wants("b@example.com").await), Code::OnSaleAlready);
    house.end().await;
}
