//! That a performance is on sale is told: when its window opens, when its show is published, when its sales go on; once each time.

use std::time::Duration;

use foundation::{Code, event, id::SaleRoundId, sequencer};
use ticketing::{
    rules::{
        availability::SaleStatus,
        interest::NewInterest,
        order::Buyer,
        performance::{Checkouts, PerformanceState},
        sale_round::{Access, SaleRound},
        show::{NewShow, ShowState},
        times::GivenTimes,
    },
    store::{
        interests, performances,
        show_filter::{PerformanceFilter, ShowFilter},
        shows,
    },
    use_cases::{
        create_show::create_show,
        register_interest::register_interest,
        set_sale_round::{SaleRoundChanges, create_sale_round, update_sale_round},
        update_performance::{PerformanceChanges, update_performance},
        update_show::{ShowChanges, update_show},
    },
};

use crate::{
    bank::Bank,
    house::{House, code, eur, performance, places, show},
    process::Process,
};

/// What was told of performances' sales, in the order in which it happened.
async fn told(house: &House, process: &Process, bank: &Bank) -> Vec<String> {
    assert_eq!(bank.due(process).await, 0);
    sequencer::place_all(house.db.cell()).await.unwrap();
    let log = event::after(&mut house.tx().await, 0, 1_000).await.unwrap().events;
    let of_sales = log.into_iter().map(|event| event.kind);
    of_sales.filter(|kind| ["performance.on_sale", "performance.paused"].contains(&kind.as_str())).collect()
}

async fn set(house: &House, version: i64, changes: PerformanceChanges) {
    let mut tx = house.tx().await;
    update_performance(&mut tx, house.stage().id, version, changes).await.unwrap();
    tx.commit().await.unwrap();
}

const ON_SALE: &str = "performance.on_sale";
const PAUSED: &str = "performance.paused";

#[tokio::test]
async fn a_stop_is_told_and_that_sales_go_on_too_and_each_once() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE]);
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE], "once");
    let state = |state| PerformanceChanges { state: Some(state), ..PerformanceChanges::default() };
    set(&house, 1, state(PerformanceState::Paused)).await;
    let again = PerformanceChanges { checkouts: Checkouts::End, ..state(PerformanceState::Paused) };
    set(&house, 2, again).await;
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE, PAUSED], "a second pause is none");
    set(&house, 3, state(PerformanceState::Open)).await;
    set(&house, 4, state(PerformanceState::Open)).await;
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE, PAUSED, ON_SALE]);
    set(&house, 4, state(PerformanceState::Closed)).await;
    assert_eq!(told(&house, &process, &bank).await.len(), 3);
    house.end().await;
}

#[tokio::test]
async fn nothing_is_on_sale_before_its_window_opens_or_its_show_is_published() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let now = house.tx().await.now().await.unwrap();
    let later = GivenTimes { on_sale_at: Some(now.plus(Duration::from_hours(24)).into()), ..GivenTimes::default() };
    set(&house, 1, PerformanceChanges { times: later, ..PerformanceChanges::default() }).await;
    let draft = performance(house.venue, now, eur("10.00"), places(1));
    let draft = NewShow { state: ShowState::Draft, ..show("Draft", eur("10.00"), vec![draft]) };
    let mut tx = house.tx().await;
    let draft = create_show(&mut tx, &draft).await.unwrap();
    tx.commit().await.unwrap();
    assert!(told(&house, &process, &bank).await.is_empty());

    let mut tx = house.tx().await;
    let published = ShowChanges { state: Some(ShowState::Published), ..ShowChanges::default() };
    update_show(&mut tx, draft.id, draft.version, published).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told(&house, &process, &bank).await.len(), 1, "the draft's");
    house.ahead(Duration::from_hours(25)).await;
    assert_eq!(told(&house, &process, &bank).await.len(), 2, "and the one whose window has opened");
    house.end().await;
}

const HOUR: Duration = Duration::from_secs(3_600);

/// A round of the first performance that opens and closes in so many hours.
fn round(house: &House, now: foundation::Instant, name: &str, opens: u32, closes: u32) -> SaleRound {
    SaleRound {
        id: SaleRoundId::new(),
        performance: house.stage().id,
        name: name.to_owned(),
        opens_at: Some(now.plus(HOUR * opens)),
        closes_at: Some(now.plus(HOUR * closes)),
        capacity: None,
        access: Access::Anyone,
        tickets_per_code: 1,
        prices: vec![(house.stage().offer, eur("8.00"))],
        version: 1,
    }
}

/// Whether lists have the first performance, and its show, among what is on sale, and the other one of the show names it as a date.
async fn listed(house: &House) -> (bool, bool, bool) {
    let (mut tx, first) = (house.tx().await, house.stage().id);
    let mut lists = [false; 2];
    for on_sale in [true, false] {
        let filter = PerformanceFilter { on_sale: Some(on_sale), ..PerformanceFilter::default() };
        let page = performances::list(&mut tx, &filter, None, 10).await.unwrap();
        lists[usize::from(on_sale)] = page.iter().any(|performance| performance.id == first);
    }
    assert_ne!(lists[0], lists[1], "it is in one of the lists");
    let filter = ShowFilter { on_sale: Some(true), ..ShowFilter::default() };
    let shows = shows::list(&mut tx, &filter, None, 10).await.unwrap();
    let dates = performances::other_dates(&mut tx, house.stages[1].id, 8).await.unwrap();
    (lists[1], !shows.is_empty(), dates.iter().any(|(date, _)| *date == first))
}

async fn register(house: &House, all: bool, email: &str) -> foundation::Result<()> {
    let mut tx = house.tx().await;
    let buyer = Buyer::parse(None, Some(email.to_owned()), None).unwrap();
    let new = NewInterest { performance: (!all).then_some(house.stage().id), round: None, buyer };
    register_interest(&mut tx, house.show.id, new).await?;
    Ok(tx.commit().await?)
}

async fn interested(house: &House) -> usize {
    let all = interests::list(&mut house.tx().await, house.show.id, None, 10).await.unwrap();
    all.iter().filter(|interest| interest.told_at.is_some()).count()
}

#[tokio::test]
async fn with_sale_rounds_it_is_on_sale_from_the_opening_of_the_first_to_the_end_of_the_last() {
    let house = House::of(eur("10.00"), vec![places(5), places(5)]).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    // So that the show is on sale only where the first one is.
    let closed = PerformanceChanges { state: Some(PerformanceState::Closed), ..PerformanceChanges::default() };
    update_performance(&mut tx, house.stages[1].id, 1, closed).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE], "without rounds");
    let (presale, regular) = (round(&house, now, "presale", 1, 2), round(&house, now, "regular", 3, 5));
    let mut tx = house.tx().await;
    for round in [&presale, &regular] {
        create_sale_round(&mut tx, round).await.unwrap();
    }
    tx.commit().await.unwrap();
    let status = async || {
        let told = process.inventory.availability(house.reseller, house.stage().id).await.unwrap();
        (told.left.status, told.on_sale_at)
    };
    // Nothing is told to a memory but the time.
    let at = async |hours: u32| {
        house.ahead(HOUR * hours).await;
        process.inventory.set_clock(house.reseller, house.tx().await.now().await.unwrap());
    };

    assert_eq!(told(&house, &process, &bank).await.len(), 1);
    process.inventory.catch_up().await.unwrap();
    assert_eq!(status().await, (SaleStatus::NotOnSale, now.plus(HOUR)));
    assert_eq!(listed(&house).await, (false, false, false));
    register(&house, false, "a@example.com").await.unwrap();
    register(&house, true, "b@example.com").await.unwrap();
    assert_eq!(bank.due(&process).await, 0);
    at(1).await;
    assert_eq!(status().await.0, SaleStatus::Available);
    assert_eq!(listed(&house).await, (true, true, true));
    for all in [false, true] {
        assert_eq!(code(register(&house, all, "c@example.com").await), Code::OnSaleAlready);
    }
    assert_eq!(bank.due(&process).await, 2, "who is interested is told");
    assert_eq!(interested(&house).await, 2);
    assert_eq!(told(&house, &process, &bank).await, [ON_SALE, ON_SALE]);
    at(2).await;
    assert_eq!(status().await, (SaleStatus::NotOnSale, now.plus(HOUR * 3)));
    assert_eq!(listed(&house).await, (true, true, true), "lists do not look between the rounds");
    at(3).await;
    assert_eq!(status().await.0, SaleStatus::Available);
    at(5).await;
    assert_eq!(status().await.0, SaleStatus::Ended);
    assert_eq!(listed(&house).await, (false, false, false));
    assert_eq!(code(register(&house, false, "c@example.com").await), Code::NotOnSale);
    assert_eq!(told(&house, &process, &bank).await.len(), 2, "once");

    let longer = SaleRoundChanges { closes_at: Some(None), ..SaleRoundChanges::default() };
    let mut tx = house.tx().await;
    update_sale_round(&mut tx, house.stage().id, regular.id, 1, longer).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(listed(&house).await, (true, true, true), "a change of a round counts at once");
    house.end().await;
}
