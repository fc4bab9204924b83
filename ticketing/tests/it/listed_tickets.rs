//! The list of a performance's tickets by what is asked for, and what reading a page of it costs.

use foundation::id::{PerformanceId, TicketId};
use ticketing::{
    rules::{
        block::NewBlock,
        offer::NewPriceTier,
        tickets::{NewTickets, Selection, TicketStock},
    },
    store::{
        listed_tickets::{self, TicketFilter},
        offers,
    },
    use_cases::create_show::create_show,
};

use crate::{
    bank::Bank,
    blocks::{allocation, block, of_hall},
    house::{House, eur, performance, places, seats, show},
    process::Process,
};

async fn listed(house: &House, of: PerformanceId, filter: TicketFilter) -> Vec<TicketId> {
    let mut tx = house.snapshot().await;
    let found = listed_tickets::list(&mut tx, of, &filter, None, 10_000).await.unwrap();
    found.into_iter().map(|ticket| ticket.id).collect()
}

#[tokio::test]
async fn tickets_are_listed_by_section_row_tier_type_and_state() {
    let house = House::with(seats(&[("A", 3), ("B", 3)])).await;
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let mut new = performance(house.venue, now, eur("10.00"), seats(&[("A", 3), ("B", 3)]));
    new.price_tiers
        .push(NewPriceTier { name: "two".to_owned(), prices: vec![("child".to_owned(), eur("5.00")).into()] });
    new.tickets.push(NewTickets {
        section: "Balcony".to_owned(),
        price_tier: "two".to_owned(),
        kind: seats(&[("A", 2)]),
    });
    let mut new = show("Other", eur("10.00"), vec![new]);
    new.ticket_types.push("child".to_owned());
    let made = create_show(&mut tx, &new).await.unwrap();
    let of = made.performances[0].id;
    let offers = offers::of_performance(&mut tx, of).await.unwrap();
    tx.commit().await.unwrap();
    let all = listed(&house, of, TicketFilter::default()).await;
    let by = async |filter: TicketFilter| -> Vec<usize> {
        let found = listed(&house, of, filter).await;
        found.iter().map(|ticket| all.iter().position(|known| known == ticket).unwrap()).collect()
    };
    let named = |name: &str| made.ticket_types.iter().find(|known| known.name == name).map(|known| known.id);
    let section = |name: &str| TicketFilter { section: Some(name.to_owned()), ..TicketFilter::default() };
    assert_eq!(by(section("Hall")).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(by(TicketFilter { row: Some("B".to_owned()), ..section("Hall") }).await, [3, 4, 5]);
    assert_eq!(by(TicketFilter { row: Some("A".to_owned()), ..section("Balcony") }).await, [6, 7]);
    let tier = offers.iter().find(|offer| offer.price_tier == "two").unwrap();
    assert_eq!(by(TicketFilter { ticket_type: named("child"), ..TicketFilter::default() }).await, [6, 7]);
    assert_eq!(by(TicketFilter { ticket_type: named("adult"), ..TicketFilter::default() }).await, [0, 1, 2, 3, 4, 5]);
    let other = house.show.ticket_types[0].id;
    assert!(
        by(TicketFilter { ticket_type: Some(other), ..TicketFilter::default() }).await.is_empty(),
        "another show's"
    );
    assert_eq!(by(TicketFilter { price_tier: Some(tier.price_tier_id), ..TicketFilter::default() }).await, [6, 7]);
    house.end().await;
}

#[tokio::test]
async fn each_ticket_is_listed_in_the_one_state_that_it_is_in() {
    let house = House::of(eur("10.00"), vec![seats(&[("A", 8)])]).await;
    let (stage, process) = (house.stage().clone(), Process::first(&house));
    let all = listed(&house, stage.id, TicketFilter::default()).await;
    process.hold(vec![stage.ticket(0)]).await.unwrap();
    process.ordered(vec![stage.ticket(1)]).await;
    let mut bank = Bank::open().await;
    bank.sold(&house, &process, vec![stage.ticket(2)], "pm_card_visa").await;
    let these = Selection::Named(vec![stage.tickets[3]]);
    block(&process, &stage, NewBlock { which: these, ..of_hall("house") }).await.unwrap();
    let aside = Selection::Named(vec![stage.tickets[4]]);
    let aside = allocation(NewBlock { which: aside, ..of_hall("agents") }, "agents");
    block(&process, &stage, aside).await.unwrap();
    let by = async |state: TicketStock| -> Vec<usize> {
        let found = listed(&house, stage.id, TicketFilter { state: Some(state), ..TicketFilter::default() }).await;
        found.iter().map(|ticket| all.iter().position(|known| known == ticket).unwrap()).collect()
    };
    assert_eq!(by(TicketStock::Held).await, [0, 1]);
    assert_eq!(by(TicketStock::Sold).await, [2]);
    assert_eq!(by(TicketStock::Blocked).await, [3]);
    assert_eq!(by(TicketStock::Available).await, [5, 6, 7]);
    assert_eq!(by(TicketStock::Allocated).await, [4]);
    let available = |available| TicketFilter { available: Some(available), ..TicketFilter::default() };
    assert_eq!(listed(&house, stage.id, available(true)).await, all[5..]);
    assert_eq!(listed(&house, stage.id, available(false)).await, all[..5]);
    house.end().await;
}

/// A page is as cheap at the end of a large performance as at its beginning: what is wanted is found by an index.
#[tokio::test]
async fn a_page_of_the_list_reads_what_is_on_it_and_little_more() {
    let house = House::with(places(30_000)).await;
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let mut new = performance(house.venue, now, eur("10.00"), places(30_000));
    new.price_tiers
        .push(NewPriceTier { name: "two".to_owned(), prices: vec![("child".to_owned(), eur("5.00")).into()] });
    new.tickets.push(NewTickets {
        section: "Balcony".to_owned(),
        price_tier: "two".to_owned(),
        kind: seats(&[("A", 200)]),
    });
    let mut new = show("Other", eur("10.00"), vec![new]);
    new.ticket_types.push("child".to_owned());
    let made = create_show(&mut tx, &new).await.unwrap();
    let of = made.performances[0].id;
    let tier = offers::of_performance(&mut tx, of).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query("analyze").execute(&mut house.db.as_owner().await).await.unwrap();
    let child = made.ticket_types.iter().find(|known| known.name == "child").map(|known| known.id);
    let balcony = TicketFilter { section: Some("Balcony".to_owned()), ..TicketFilter::default() };
    let two = tier.iter().find(|offer| offer.price_tier == "two").map(|offer| offer.price_tier_id);
    for filter in [
        TicketFilter::default(),
        balcony.clone(),
        TicketFilter { row: Some("A".to_owned()), ..balcony.clone() },
        TicketFilter { state: Some(TicketStock::Available), ..balcony.clone() },
        TicketFilter { price_tier: two, ..TicketFilter::default() },
        TicketFilter { ticket_type: child, ..TicketFilter::default() },
    ] {
        let mut tx = house.snapshot().await;
        let found = listed_tickets::list(&mut tx, of, &filter, None, 20).await.unwrap();
        assert_eq!(found.len(), 20);
        let (scans, read): (i64, i64) = sqlx::query_as(
            "select sum(seq_scan)::bigint, sum(seq_tup_read + idx_tup_fetch)::bigint from pg_stat_xact_user_tables
             where relname in ('tickets', 'archived_tickets', 'claims')",
        )
        .fetch_one(tx.conn())
        .await
        .unwrap();
        assert!(scans == 0 && read <= 500, "{scans} scans and {read} rows for {filter:?}");
    }
    house.end().await;
}
