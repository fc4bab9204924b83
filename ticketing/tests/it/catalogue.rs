//! Shows, performances and prices, and what they may no longer become once something was held.

use std::time::Duration;

use foundation::{
    Code,
    id::{PoolId, QuestionId, SaleRoundId, ShowId},
};
use serde_json::Value;
use ticketing::{
    plans::Plans,
    rules::{
        order::{Buyer, OrderState},
        performance::PerformanceState,
        question::{Kind, Question},
        sale_round::{Access, Pool, SaleRound},
        search::Search,
        seating::SingleSeats,
        show::{ShowState, Visibility},
        tickets::{NewTickets, NewTicketsKind},
        times::GivenTimes,
    },
    store::{
        payout_settings, performances,
        show_filter::{ShowFilter, WhenAndWhere},
        shows,
    },
    use_cases::{
        add_tickets::add_tickets,
        answer_questions::answer_questions,
        change_hold::get_hold,
        create_layout::{NewLayout, create_layout},
        create_show::create_show,
        delete_performance::delete_performance,
        delete_show::delete_show,
        reprice::reprice,
        set_buyer_limit::{of_show, set_of_performance, set_of_show},
        set_payout_schedule::set_payout_schedule,
        set_pool::{create_pool, update_pool},
        set_promotion::{PromotionChanges, create_promotion, update_promotion},
        set_question::{QuestionChanges, create_question, update_question},
        set_sale_round::{SaleRoundChanges, create_sale_round, update_sale_round},
        set_seating::{SeatingChanges, set_seating},
        set_waitlist::{WaitlistChanges, get_waitlist, set_waitlist},
        update_buyer::update_buyer,
        update_layout::{LayoutChanges, update_layout},
        update_offer::{OfferChanges, update_offer},
        update_performance::{PerformanceChanges, update_performance},
        update_show::{ShowChanges, update_show},
        update_venue::{VenueChanges, update_venue},
    },
};

use crate::{
    house::{House, MINUTES, code, eur, performance, places, seats, show},
    layouts::{hall, plan},
    process::Process,
    promotions::promotion,
};

#[tokio::test]
async fn a_hundred_thousand_tickets_are_created_in_one_call_and_not_one_more() {
    let rows: Vec<(String, u32)> = (0..100).map(|row| (format!("R{row}"), 1_000)).collect();
    let rows: Vec<(&str, u32)> = rows.iter().map(|(label, seats)| (label.as_str(), *seats)).collect();
    let house = House::with(seats(&rows)).await;
    assert_eq!(house.stage().tickets.len(), 100_000);
    let mut tx = house.tx().await;
    let kind = places(100_001);
    let more = NewTickets { section: "More".to_owned(), price_tier: "one".to_owned(), kind };
    assert_eq!(code(add_tickets(&mut tx, house.stage().id, &[more]).await), Code::TooManyTickets);
    drop(tx);
    let process = Process::first(&house);
    process.hold(vec![house.stage().ticket(99_999)]).await.unwrap();
    assert_eq!(process.thinks_free(house.stage().id).await, 99_999);
    house.end().await;
}

#[tokio::test]
async fn a_show_with_a_performance_and_a_thousand_tickets_is_one_call() {
    let house = House::with(seats(&[("A", 500), ("B", 500)])).await;
    assert_eq!(house.stage().tickets.len(), 1_000);
    let created = house.count("select count(*) from events where reseller_id = $1").await;
    assert_eq!(created, 2, "one event for the show, one for the performance, none per ticket");
    let mut tx = house.tx().await;
    let read = shows::get(&mut tx, house.show.id).await.unwrap();
    assert_eq!(read, house.show);
    drop(tx);
    house.end().await;
}

#[tokio::test]
async fn nothing_of_a_show_is_created_when_a_seat_is_there_twice() {
    let house = House::with(places(1)).await;
    let mut tx = house.tx().await;
    let row = |section: &str| NewTickets {
        section: section.to_owned(),
        price_tier: "one".to_owned(),
        kind: seats(&[("A", 3)]),
    };
    assert_eq!(add_tickets(&mut tx, house.stage().id, &[row("Hall")]).await.unwrap(), 3);
    assert_eq!(code(add_tickets(&mut tx, house.stage().id, &[row("Hall")]).await), Code::SeatTwice);
    drop(tx);
    assert_eq!(house.count("select count(*) from tickets where reseller_id = $1").await, 1);
    house.end().await;
}

#[tokio::test]
async fn more_tickets_than_one_insert_takes_are_all_there_in_order() {
    let rows = (0..12).map(|row| (row.to_string(), 1_000)).collect();
    let house = House::with(NewTicketsKind::Rows(rows)).await;
    let numbered = "select count(*) from (select row_label, seat_label, row_number() over (order by ordinal) as nth
                        from tickets where reseller_id = $1) t
                    where nth = row_label::int * 1000 + seat_label::int";
    assert_eq!(house.count(numbered).await, 12_000);
    assert_eq!(house.stage().tickets.len(), 12_000);
    assert_eq!(Process::first(&house).thinks_free(house.stage().id).await, 12_000);
    house.end().await;
}

async fn titled(house: &House, title: &str, state: ShowState) -> ShowId {
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let mut new = show(title, eur("5.00"), vec![performance(house.venue, now, eur("5.00"), places(1))]);
    new.state = state;
    let made = create_show(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    made.id
}

#[tokio::test]
async fn a_list_of_shows_is_filtered_and_its_cursor_is_stable_under_inserts() {
    let house = House::with(places(1)).await;
    let mut made = Vec::new();
    for n in 0..6 {
        let state = if n % 2 == 0 { ShowState::Published } else { ShowState::Draft };
        made.push(titled(&house, &format!("100% Nabucco {n}"), state).await);
    }
    let list = async |filter: ShowFilter, after: Option<ShowId>, limit: i64| -> Vec<ShowId> {
        let mut tx = house.tx().await;
        let shows = shows::list(&mut tx, &filter, after, limit).await.unwrap();
        shows.iter().map(|show| show.id).collect()
    };
    let nabucco = ShowFilter { search: Search::parse("q", "100% NABUCCO").unwrap(), ..ShowFilter::default() };
    let first = list(nabucco.clone(), None, 3).await;
    assert_eq!(first, [made[5], made[4], made[3]], "newest first");
    titled(&house, "100% Nabucco late", ShowState::Published).await;
    assert_eq!(list(nabucco, Some(first[2]), 10).await, [made[2], made[1], made[0]], "the late one moves nothing");
    let no_wildcard = ShowFilter { search: Search::parse("q", "n%cco").unwrap(), ..ShowFilter::default() };
    assert!(list(no_wildcard, None, 10).await.is_empty());
    let drafts = ShowFilter { state: Some(ShowState::Draft), ..ShowFilter::default() };
    assert_eq!(list(drafts, None, 10).await.len(), 3);
    let hidden = ShowFilter { visibility: Some(Visibility::Hidden), ..ShowFilter::default() };
    assert!(list(hidden, None, 10).await.is_empty());
    let on_sale = ShowFilter { on_sale: Some(true), ..ShowFilter::default() };
    assert_eq!(list(on_sale, None, 20).await.len(), 5, "published, open, inside their windows");
    let starts = house.show.performances[0].times.starts_at;
    let before =
        ShowFilter { at: WhenAndWhere { to: Some(starts), ..WhenAndWhere::default() }, ..ShowFilter::default() };
    assert!(list(before, None, 10).await.is_empty(), "the first is not before itself, the others come later");
    let here = ShowFilter {
        at: WhenAndWhere {
            venue: Some(house.venue),
            from: Some(starts),
            city: Some("ÁMSTERDAM".to_owned()),
            ..WhenAndWhere::default()
        },
        ..ShowFilter::default()
    };
    assert_eq!(list(here, None, 20).await.len(), 8);
    let elsewhere = WhenAndWhere { city: Some("Amster".to_owned()), ..WhenAndWhere::default() };
    assert!(list(ShowFilter { at: elsewhere, ..ShowFilter::default() }, None, 20).await.is_empty());
    let off_sale = ShowFilter { on_sale: Some(false), ..ShowFilter::default() };
    assert_eq!(list(off_sale, None, 20).await.len(), 3, "the drafts");
    let nothing = ShowFilter { search: Search::parse("q", "!!!").unwrap(), ..ShowFilter::default() };
    assert!(list(nothing, None, 20).await.is_empty());
    house.end().await;
}

#[tokio::test]
async fn a_change_of_another_version_than_the_newest_is_refused() {
    let house = House::with(places(1)).await;
    let stage = house.stage();
    let mut tx = house.tx().await;
    let title = |text: &str| ShowChanges { title: Some(text.to_owned()), ..ShowChanges::default() };
    assert_eq!(update_show(&mut tx, house.show.id, 1, title("First")).await.unwrap().version, 2);
    assert_eq!(code(update_show(&mut tx, house.show.id, 1, title("Second")).await), Code::IfMatchStale);
    let paused = PerformanceChanges { state: Some(PerformanceState::Paused), ..PerformanceChanges::default() };
    assert_eq!(update_performance(&mut tx, stage.id, 1, paused.clone()).await.unwrap().version, 2);
    assert_eq!(code(update_performance(&mut tx, stage.id, 1, paused).await), Code::IfMatchStale);
    assert_eq!(update_offer(&mut tx, stage.id, stage.offer, 1, eur("11.00")).await.unwrap().version, 2);
    assert_eq!(code(update_offer(&mut tx, stage.id, stage.offer, 1, eur("12.00")).await), Code::IfMatchStale);
    let yen = foundation::Money::new(5.into(), "JPY".parse().unwrap()).unwrap();
    assert_eq!(code(update_offer(&mut tx, stage.id, stage.offer, 2, yen).await), Code::CurrencyMismatch);
    tx.commit().await.unwrap();
    house.end().await;
}

/// A change that changes nothing leaves the version, and tells nobody.
#[tokio::test]
async fn what_changes_nothing_is_not_written_and_has_no_event() {
    let house = House::with(places(1)).await;
    let (stage, show) = (house.stage(), house.show.id);
    let mut tx = house.tx().await;
    let layout = create_layout(
        &mut tx,
        house.venue,
        NewLayout { name: "Hall".to_owned(), same_room_as: None, plan: &plan(hall(&[("A", 3)], 5)) },
    )
    .await
    .unwrap();
    let now = tx.now().await.unwrap();
    let (prices, opens_at) = (vec![(stage.offer, eur("9.00"))], Some(now));
    let (id, name, performance) = (SaleRoundId::new(), "First".to_owned(), stage.id);
    let round = SaleRound {
        id,
        performance,
        name,
        opens_at,
        prices,
        closes_at: None,
        capacity: Some(1),
        access: Access::Anyone,
        tickets_per_code: 1,
        version: 1,
    };
    create_sale_round(&mut tx, &round).await.unwrap();
    let promotion = promotion("TEN");
    create_promotion(&mut tx, &promotion).await.unwrap();
    tx.commit().await.unwrap();
    let events = async || house.count("select count(*) from events where reseller_id = $1").await;
    let before = events().await;
    let mut tx = house.tx().await;
    let title = ShowChanges { title: Some(house.show.title.clone()), ..ShowChanges::default() };
    for changes in [ShowChanges::default(), title] {
        assert_eq!(update_show(&mut tx, show, 1, changes).await.unwrap().version, 1);
    }
    let open = PerformanceChanges { state: Some(PerformanceState::Open), ..PerformanceChanges::default() };
    for changes in [PerformanceChanges::default(), open] {
        assert_eq!(update_performance(&mut tx, stage.id, 1, changes).await.unwrap().version, 1);
    }
    let price = OfferChanges { price: Some(eur("10.00")), tax_rate: Some(None) };
    for changes in [OfferChanges::default(), price] {
        assert_eq!(update_offer(&mut tx, stage.id, stage.offer, 1, changes).await.unwrap().version, 1);
    }
    let repriced = reprice(&mut tx, stage.id, &[(stage.offer, eur("10.00"))], false).await;
    assert_eq!(code(repriced), Code::InvalidField, "it has a sale round");
    let city = VenueChanges { city: Some("Amsterdam".to_owned()), ..VenueChanges::default() };
    for changes in [VenueChanges::default(), city] {
        assert_eq!(update_venue(&mut tx, house.venue, 1, changes).await.unwrap().version, 1);
    }
    let name = LayoutChanges { name: Some("Hall".to_owned()), plan: None };
    for changes in [LayoutChanges::default(), name] {
        let same = update_layout(&mut tx, house.venue, layout.id, layout.version, changes).await.unwrap();
        assert_eq!(same.version, layout.version);
    }
    let same =
        SaleRoundChanges { prices: round.prices.clone(), capacity: Some(Some(1)), ..SaleRoundChanges::default() };
    for changes in [SaleRoundChanges::default(), same] {
        assert_eq!(update_sale_round(&mut tx, stage.id, round.id, 1, changes).await.unwrap(), round);
    }
    let same = PromotionChanges { name: Some(promotion.name.clone()), ..PromotionChanges::default() };
    for changes in [PromotionChanges::default(), same] {
        assert_eq!(update_promotion(&mut tx, promotion.id, 1, changes).await.unwrap(), promotion);
    }
    tx.commit().await.unwrap();
    assert_eq!(events().await, before);
    let mut tx = house.tx().await;
    let stale = update_offer(&mut tx, stage.id, stage.offer, 2, OfferChanges::default()).await;
    assert_eq!(code(stale), Code::IfMatchStale, "whoever has read another version is told so all the same");
    drop(tx);
    house.end().await;
}

/// The same of what is set beside them.
#[tokio::test]
async fn what_is_set_again_as_it_is_is_not_written_and_has_no_event() {
    let house = House::with(places(3)).await;
    let (stage, show) = (house.stage().id, house.show.id);
    let mut tx = house.tx().await;
    let (offers, name) = (vec![house.stage().offer], "few".to_owned());
    let pool = Pool { id: PoolId::new(), performance: stage, name, capacity: 2, offers, version: 1 };
    create_pool(&mut tx, &pool).await.unwrap();
    let (id, text, kind) = (QuestionId::new(), "What do you eat?".to_owned(), Kind::Text);
    let question = Question { id, show, text, kind, choices: Vec::new(), required: false, retired: false, version: 1 };
    create_question(&mut tx, &question).await.unwrap();
    tx.commit().await.unwrap();
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let events = async || house.count("select count(*) from events where reseller_id = $1").await;
    let before = events().await;
    let mut tx = house.tx().await;
    for same in [(None, None), (Some(pool.name.clone()), Some(2))] {
        assert_eq!(update_pool(&mut tx, stage, pool.id, 1, same).await.unwrap(), pool);
    }
    let same =
        QuestionChanges { text: Some(question.text.clone()), required: Some(false), ..QuestionChanges::default() };
    for changes in [QuestionChanges::default(), same] {
        assert_eq!(update_question(&mut tx, show, question.id, 1, changes).await.unwrap(), question);
    }
    let list = get_waitlist(&mut tx, stage).await.unwrap();
    let same = WaitlistChanges { state: Some(list.state), offer_seconds: Some(list.offer_seconds) };
    for changes in [WaitlistChanges::default(), same] {
        assert_eq!(set_waitlist(&mut tx, stage, list.version, changes).await.unwrap().version, list.version);
    }
    let repriced = reprice(&mut tx, stage, &[(house.stage().offer, eur("10.00"))], false).await.unwrap();
    assert_eq!((repriced.offers[0].version, repriced.before[0]), (1, eur("10.00")));
    let of = performances::get(&mut tx, stage).await.unwrap().version;
    let same = SeatingChanges { accessible_until: Some(None), single_seats: Some(SingleSeats::default()) };
    for changes in [SeatingChanges::default(), same] {
        assert_eq!(set_seating(&mut tx, stage, of, changes).await.unwrap().version, of);
    }
    let limit = of_show(&mut tx, show).await.unwrap();
    for (max, of_its_own, per) in [(None, None, None), (Some(limit.max), Some(None), Some(limit.per))] {
        assert_eq!(set_of_performance(&mut tx, stage, of, of_its_own).await.unwrap().version, of);
        assert_eq!(set_of_show(&mut tx, show, 1, max, per).await.unwrap(), limit);
    }
    let settings = payout_settings::get(&mut tx).await.unwrap();
    let set = set_payout_schedule(&mut tx, settings.version, &settings.schedule).await.unwrap();
    assert_eq!(set.version, settings.version);
    for buyer in [Buyer::default(), order.buyer.clone()] {
        assert_eq!(update_buyer(&mut tx, order.id, order.version, buyer).await.unwrap().version, order.version);
    }
    let none = [(question.id, Value::Null)];
    assert_eq!(answer_questions(&mut tx, order.id, order.version, &none).await.unwrap().version, order.version);
    tx.commit().await.unwrap();
    assert_eq!(events().await, before);
    house.end().await;
}

#[tokio::test]
async fn once_something_was_held_a_show_is_neither_deleted_nor_a_draft_nor_moved() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let spare = titled(&house, "Spare", ShowState::Published).await;
    let mut tx = house.tx().await;
    let date = shows::get(&mut tx, spare).await.unwrap().performances[0].id;
    assert_eq!(code(delete_performance(&mut tx, date, 2).await), Code::IfMatchStale);
    delete_performance(&mut tx, date, 1).await.unwrap();
    assert_eq!(code(delete_performance(&mut tx, date, 1).await), Code::NotFound);
    delete_show(&mut tx, spare, 1).await.unwrap();
    tx.commit().await.unwrap();
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    process.release(hold.id).await.unwrap();
    let mut tx = house.tx().await;
    assert_eq!(code(delete_show(&mut tx, house.show.id, 1).await), Code::TicketsInUse);
    assert_eq!(code(delete_performance(&mut tx, house.stage().id, 1).await), Code::TicketsInUse);
    let draft = ShowChanges { state: Some(ShowState::Draft), ..ShowChanges::default() };
    assert_eq!(code(update_show(&mut tx, house.show.id, 1, draft).await), Code::TicketsInUse);
    let later = house.show.performances[0].times.ends_at.plus(Duration::from_secs(60));
    let moved = PerformanceChanges {
        times: GivenTimes { ends_at: Some(later.into()), ..GivenTimes::default() },
        ..PerformanceChanges::default()
    };
    assert_eq!(code(update_performance(&mut tx, house.stage().id, 1, moved).await), Code::TicketsInUse);
    drop(tx);
    house.end().await;
}

#[tokio::test]
async fn new_prices_say_first_whom_they_reach_and_are_set_all_or_none() {
    let house = House::with(places(6)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    process.ordered(vec![stage.any(1)]).await;
    let held = process.hold(vec![stage.any(2)]).await.unwrap();
    let mut tx = house.tx().await;
    let would = reprice(&mut tx, stage.id, &[(stage.offer, eur("12.50"))], true).await.unwrap();
    assert_eq!((would.offers[0].price, would.before[0], would.offers[0].version), (eur("12.50"), eur("10.00"), 1));
    assert_eq!((would.concerned.holds, would.concerned.unpaid_orders, would.concerned.orders), (1, 1, 0));
    assert_eq!(
        get_hold(&mut tx, &Plans::default(), held.id).await.unwrap().items[0].price,
        eur("10.00"),
        "a dry run changes nothing"
    );
    let other = (foundation::id::OfferId::new(), eur("1.00"));
    assert_eq!(code(reprice(&mut tx, stage.id, &[(stage.offer, eur("12.50")), other], false).await), Code::NotFound);
    let twice = [(stage.offer, eur("12.50")), (stage.offer, eur("13.50"))];
    assert_eq!(code(reprice(&mut tx, stage.id, &twice, false).await), Code::InvalidField);
    assert_eq!(code(reprice(&mut tx, stage.id, &[], false).await), Code::InvalidField);
    assert_eq!(get_hold(&mut tx, &Plans::default(), held.id).await.unwrap().items[0].price, eur("10.00"));
    reprice(&mut tx, stage.id, &[(stage.offer, eur("12.50"))], false).await.unwrap();
    assert_eq!(get_hold(&mut tx, &Plans::default(), held.id).await.unwrap().items[0].price, eur("12.50"));
    tx.commit().await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_new_price_reaches_holds_and_never_orders() {
    let house = House::with(places(4)).await;
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let held = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let mut tx = house.tx().await;
    let by_hand = update_offer(&mut tx, house.stage().id, house.stage().offer, 1, eur("25.00")).await;
    assert_eq!(code(by_hand), Code::TicketsInUse, "whom it reaches is said first");
    reprice(&mut tx, house.stage().id, &[(house.stage().offer, eur("25.00"))], false).await.unwrap();
    tx.commit().await.unwrap();
    let read = get_hold(&mut house.tx().await, &Plans::default(), held.id).await.unwrap();
    assert_eq!(read.items[0].price, eur("25.00"));
    assert_eq!(house.order(order.id).await.items[0].face_value, eur("10.00").amount());
    foundation::sequencer::place_all(house.db.cell()).await.unwrap();
    process.inventory.catch_up().await.unwrap();
    assert_eq!(process.hold(vec![house.stage().any(1)]).await.unwrap().items[0].price, eur("25.00"));
    let later = process.order(held.id).await.unwrap();
    assert_eq!((later.state, later.total), (OrderState::AwaitingPayment, eur("25.00").amount()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_comes_while_a_pause_is_being_committed_sees_it() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    process.hold(vec![house.stage().any(1)]).await.unwrap();
    let mut pause = house.tx().await;
    let paused = PerformanceChanges { state: Some(PerformanceState::Paused), ..PerformanceChanges::default() };
    update_performance(&mut pause, house.stage().id, 1, paused).await.unwrap();
    let asking = tokio::spawn({
        let (process, want) = (process.clone(), house.stage().any(1));
        async move { process.hold(vec![want]).await }
    });
    house.wait_for_a_blocked_lane().await;
    pause.commit().await.unwrap();
    assert_eq!(code(asking.await.unwrap()), Code::NotOnSale);
    assert_eq!(house.claimed().await, 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_comes_while_its_show_becomes_a_draft_sees_it() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    process.thinks_free(house.stage().id).await;
    let mut change = house.tx().await;
    let draft = ShowChanges { state: Some(ShowState::Draft), ..ShowChanges::default() };
    update_show(&mut change, house.show.id, 1, draft).await.unwrap();
    let asking = tokio::spawn({
        let (process, want) = (process.clone(), house.stage().any(1));
        async move { process.hold(vec![want]).await }
    });
    house.wait_for_a_blocked_lane().await;
    change.commit().await.unwrap();
    assert_eq!(code(asking.await.unwrap()), Code::NotOnSale);
    assert_eq!(house.claimed().await, 0);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_waits_for_the_hold_that_is_being_made() {
    let house = House::with(places(5)).await;
    let stage = house.stage();
    // A batch in the middle of its transaction, as far as the pause can see.
    let mut batch = house.tx().await;
    performances::lock(&mut batch, &[stage.id], false).await.unwrap();
    let pausing = tokio::spawn({
        let (cell, reseller, id) = (house.db.cell().clone(), house.reseller, stage.id);
        async move {
            let mut tx = cell.tenant(reseller).await.unwrap();
            let paused = PerformanceChanges { state: Some(PerformanceState::Paused), ..PerformanceChanges::default() };
            update_performance(&mut tx, id, 1, paused).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    house.wait_for_a_blocked("stagedoor requests").await;
    assert!(!pausing.is_finished());
    batch.commit().await.unwrap();
    pausing.await.unwrap();
    let process = Process::first(&house);
    assert_eq!(code(process.hold_for(vec![stage.any(1)], MINUTES).await), Code::NotOnSale);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hold_is_made_after_a_pause_was_committed() {
    let house = House::with(places(2_000)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let mut version = 1;
    for _ in 0..20 {
        let rush = (0..40).map(|n| {
            let (process, want) = (if n % 2 == 0 { one.clone() } else { two.clone() }, house.stage().any(1));
            tokio::spawn(async move { process.hold(vec![want]).await })
        });
        let rush: Vec<_> = rush.collect();
        version = set_state(&house, version, PerformanceState::Paused).await;
        let at_pause = house.claimed().await;
        for asked in rush {
            if let Err(foundation::Error::Refused(refusal)) = asked.await.unwrap() {
                assert_eq!(refusal.code, Code::NotOnSale);
            }
        }
        assert_eq!(house.claimed().await, at_pause);
        version = set_state(&house, version, PerformanceState::Open).await;
    }
    house.end().await;
}

async fn set_state(house: &House, version: i64, state: PerformanceState) -> i64 {
    let mut tx = house.tx().await;
    let changes = PerformanceChanges { state: Some(state), ..PerformanceChanges::default() };
    let version = update_performance(&mut tx, house.stage().id, version, changes).await.unwrap().version;
    tx.commit().await.unwrap();
    version
}
