//! Tickets that are deleted, moved to another tier or section, or copied to another date.

use std::time::Duration;

use foundation::{Code, Error};
use ticketing::{
    rules::{
        offer::NewPriceTier,
        order::{Pick, Want},
        performance::NewPerformance,
        tickets::{NewTickets, Selection},
        times::GivenTimes,
    },
    store::{offers, performances},
    use_cases::{
        add_extra_date::add_extra_date,
        add_tickets::add_tickets,
        create_show::create_show,
        delete_tickets::delete_tickets,
        move_tickets::{Destination, move_tickets},
    },
};

use crate::{
    bank::Bank,
    house::{House, Stage, code, eur, performance, places, seats, show, stage},
    process::Process,
};

fn of_section(section: &str) -> Selection {
    Selection::Where { section: Some(section.to_owned()), rows: None, price_tier: None }
}

#[tokio::test]
async fn only_tickets_that_nobody_ever_held_are_deleted_all_or_none() {
    let house = House::with(seats(&[("A", 3), ("B", 2)])).await;
    let process = Process::first(&house);
    let stage = house.stage();
    let hold = process.hold(vec![stage.ticket(1)]).await.unwrap();
    process.release(hold.id).await.unwrap();
    let mut tx = house.tx().await;
    let would = delete_tickets(&mut tx, stage.id, &of_section("Hall"), true).await.unwrap();
    assert_eq!((would.tickets, would.in_use, would.in_use_first), (5, 1, vec![stage.tickets[1]]));
    let Err(Error::Refused(refusal)) = delete_tickets(&mut tx, stage.id, &of_section("Hall"), false).await else {
        panic!("a ticket that was held is deleted")
    };
    assert_eq!(refusal.code, Code::TicketsInUse);
    assert_eq!(refusal.alternatives.unwrap()["in_use_first"][0], stage.tickets[1].to_string());
    let nobody = Selection::Named(vec![stage.tickets[0], foundation::id::TicketId::new()]);
    assert_eq!(code(delete_tickets(&mut tx, stage.id, &nobody, false).await), Code::NotFound);
    let unsaid = Selection::Where { section: None, rows: None, price_tier: None };
    for (which, at) in [(of_section("Balcony"), "/section"), (unsaid, "/ticket_ids")] {
        let refused = crate::lanes::refusal(delete_tickets(&mut tx, stage.id, &which, false).await);
        assert_eq!((refused.code, refused.errors[0].pointer.as_str()), (Code::InvalidField, at));
    }
    let row = Selection::Where { section: Some("Hall".to_owned()), rows: Some(vec!["B".to_owned()]), price_tier: None };
    assert_eq!(delete_tickets(&mut tx, stage.id, &row, false).await.unwrap().tickets, 2);
    let one = Selection::Named(vec![stage.tickets[0]]);
    assert_eq!(delete_tickets(&mut tx, stage.id, &one, false).await.unwrap().tickets, 1);
    tx.commit().await.unwrap();
    assert_eq!(house.count("select count(*) from tickets where reseller_id = $1").await, 2);
    let told = "select count(*) from events where reseller_id = $1 and type = 'performance.tickets_changed'";
    assert_eq!(house.count(told).await, 2, "one for each change, none for what was refused or only asked");
    house.end().await;
}

#[tokio::test]
async fn a_deleted_ticket_is_not_sold_from_a_memory_that_has_not_heard_of_it() {
    let house = House::with(places(4)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    assert_eq!(process.thinks_free(stage.id).await, 4);
    let held = process.hold(vec![stage.ticket(3)]).await.unwrap();
    let mut tx = house.tx().await;
    let gone = Selection::Named(stage.tickets[..2].to_vec());
    delete_tickets(&mut tx, stage.id, &gone, false).await.unwrap();
    tx.commit().await.unwrap();
    // The log has not been placed, so this memory still thinks that all four are there.
    assert_eq!(process.thinks_free(stage.id).await, 3);
    assert_eq!(code(process.grow(held.id, &[stage.ticket(0)]).await), Code::NotFound);
    let mut tx = house.tx().await;
    delete_tickets(&mut tx, stage.id, &Selection::Named(vec![stage.tickets[2]]), false).await.unwrap();
    add_tickets(
        &mut tx,
        stage.id,
        &[NewTickets { section: "Hall".to_owned(), price_tier: "one".to_owned(), kind: places(1) }],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(process.hold(vec![stage.ticket(2)]).await), Code::NotFound);
    process.hold(vec![stage.any(1)]).await.unwrap();
    house.end().await;
}

/// A performance with a tier `one` at 10.00, which all ten seats are in, and a tier `two` at 20.00.
async fn two_tiers(house: &House) -> (Stage, Want) {
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let tier = |name: &str, price| NewPriceTier {
        name: name.to_owned(),
        prices: vec![("adult".to_owned(), eur(price)).into()],
    };
    let new = NewPerformance {
        price_tiers: vec![tier("one", "10.00"), tier("two", "20.00")],
        ..performance(house.venue, now, eur("10.00"), seats(&[("A", 5), ("B", 5)]))
    };
    let made = create_show(&mut tx, &show("Two tiers", eur("10.00"), vec![new])).await.unwrap();
    let id = made.performances[0].id;
    let stage = stage(&mut tx, id).await;
    let dear = offers::of_performance(&mut tx, id).await.unwrap()[1].id;
    tx.commit().await.unwrap();
    let want = Want { performance: id, pick: Pick::Any { offer: dear, quantity: 1, section: None } };
    (stage, want)
}

#[tokio::test]
async fn free_tickets_move_to_another_tier_and_are_sold_at_its_price_only() {
    let house = House::with(places(1)).await;
    let process = Process::first(&house);
    let (stage, dear) = two_tiers(&house).await;
    let held = process.hold(vec![stage.ticket(0)]).await.unwrap();
    assert_eq!(code(process.hold(vec![dear.clone()]).await), Code::NotFound, "nothing is in that tier yet");
    let to = Destination { price_tier: Some("two".to_owned()), section: None };
    let row = |row: &str| Selection::Where {
        section: Some("Hall".to_owned()),
        rows: Some(vec![row.to_owned()]),
        price_tier: None,
    };
    let mut tx = house.tx().await;
    let would = move_tickets(&mut tx, stage.id, &row("A"), &to, true).await.unwrap();
    assert_eq!((would.tickets, would.in_use), (5, 1));
    assert_eq!(code(move_tickets(&mut tx, stage.id, &row("A"), &to, false).await), Code::TicketsInUse);
    move_tickets(&mut tx, stage.id, &row("B"), &to, false).await.unwrap();
    let nowhere = Destination { price_tier: Some("three".to_owned()), section: None };
    assert_eq!(code(move_tickets(&mut tx, stage.id, &row("B"), &nowhere, false).await), Code::InvalidField);
    tx.commit().await.unwrap();
    // The memory has not heard of it, and still must not sell a seat of row B at the old price.
    assert_eq!(code(process.hold(vec![stage.ticket(7)]).await), Code::NotFound);
    let got = process.hold(vec![dear]).await.unwrap();
    assert_eq!((got.items[0].price, got.items[0].place.row.as_deref()), (eur("20.00"), Some("B")));
    process.release(held.id).await.unwrap();
    let mut tx = house.tx().await;
    move_tickets(&mut tx, stage.id, &row("A"), &to, false).await.unwrap();
    tx.commit().await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_ticket_that_moves_to_another_section_is_sold_there_and_not_where_it_was() {
    let house = House::with(seats(&[("A", 3), ("B", 2)])).await;
    let (one, two, mut bank) = (Process::first(&house), Process::another(&house), Bank::open().await);
    let stage = house.stage();
    assert_eq!((one.thinks_free(stage.id).await, two.thinks_free(stage.id).await), (5, 5));
    let within = |section: &str, quantity| Want {
        performance: stage.id,
        pick: Pick::Any { offer: stage.offer, quantity, section: Some(section.to_owned()) },
    };
    let row = Selection::Where { section: Some("Hall".to_owned()), rows: Some(vec!["B".to_owned()]), price_tier: None };
    let to = Destination { price_tier: None, section: Some("Balcony".to_owned()) };
    let mut tx = house.tx().await;
    assert_eq!(move_tickets(&mut tx, stage.id, &row, &to, false).await.unwrap().tickets, 2);
    tx.commit().await.unwrap();
    // Neither memory has heard of it.
    assert_eq!(code(one.hold(vec![within("Hall", 4)]).await), Code::NotEnoughTickets);
    let order = bank.sold(&house, &two, vec![within("Balcony", 1)], "pm_card_visa").await;
    let place = &house.order(order.id).await.items[0].place;
    assert_eq!((place.section.as_str(), place.row.as_deref()), ("Balcony", Some("B")));
    let held = one.hold(vec![within("Balcony", 1)]).await.unwrap();
    assert_eq!((held.items[0].place.section.as_str(), held.items[0].price), ("Balcony", eur("10.00")));
    assert_eq!(code(two.hold(vec![within("Balcony", 1)]).await), Code::NotEnoughTickets);
    assert_eq!(two.hold(vec![within("Hall", 3)]).await.unwrap().items.len(), 3);
    house.end().await;
}

#[tokio::test]
async fn a_seat_does_not_move_to_where_another_has_its_name() {
    let house = House::with(places(1)).await;
    let (stage, _) = two_tiers(&house).await;
    let mut tx = house.tx().await;
    let same = NewTickets { section: "Balcony".to_owned(), price_tier: "one".to_owned(), kind: seats(&[("A", 1)]) };
    add_tickets(&mut tx, stage.id, &[same]).await.unwrap();
    tx.commit().await.unwrap();
    let to = Destination { price_tier: None, section: Some("Balcony".to_owned()) };
    let mut tx = house.tx().await;
    assert_eq!(code(move_tickets(&mut tx, stage.id, &of_section("Hall"), &to, false).await), Code::SeatTwice);
    drop(tx);
    let balcony = "select count(*) from tickets where reseller_id = $1 and section = 'Balcony'";
    assert_eq!(house.count(balcony).await, 1);
    house.end().await;
}

#[tokio::test]
async fn an_extra_date_has_the_same_prices_and_tickets_and_none_of_them_sold() {
    let house = House::with(places(1)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (first, _) = two_tiers(&house).await;
    bank.sold(&house, &process, vec![first.any(2)], "pm_card_visa").await;
    let mut tx = house.tx().await;
    let before = performances::get(&mut tx, first.id).await.unwrap();
    let week = Duration::from_secs(7 * 86_400);
    let times = GivenTimes { starts_at: Some(before.times.starts_at.plus(week).into()), ..GivenTimes::default() };
    let date = add_extra_date(&mut tx, first.id, times).await.unwrap();
    assert_eq!(performances::get(&mut tx, date.id).await.unwrap(), date);
    assert_eq!(
        (date.times.ends_at, date.times.off_sale_at),
        (before.times.ends_at.plus(week), before.times.off_sale_at.plus(week))
    );
    let extra = stage(&mut tx, date.id).await;
    let told = async |tx: &mut _, id| -> Vec<_> {
        let offers = offers::of_performance(tx, id).await.unwrap();
        offers.into_iter().map(|offer| (offer.price_tier, offer.ticket_type, offer.price)).collect()
    };
    assert_eq!(told(&mut tx, date.id).await, told(&mut tx, first.id).await);
    tx.commit().await.unwrap();
    assert_eq!((extra.tickets.len(), process.thinks_free(date.id).await), (10, 10));
    let same =
        "select count(*) from tickets a join tickets b using (reseller_id, section, row_label, seat_label, ordinal)
                where reseller_id = $1 and a.performance_id < b.performance_id and a.ticket_id <> b.ticket_id";
    assert_eq!(house.count(same).await, 10);
    bank.sold(&house, &process, extra.these(&[0, 9]), "pm_card_visa").await;
    let past = GivenTimes { starts_at: Some(foundation::Instant::from_micros(0).into()), ..GivenTimes::default() };
    assert_eq!(code(add_extra_date(&mut house.tx().await, first.id, past).await), Code::InvalidField);
    house.end().await;
}
