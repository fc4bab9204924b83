//! What a show and a performance get to sell after they were made: ticket types, price tiers and offers.

use foundation::{
    Code, Error,
    id::{PerformanceId, SaleRoundId},
};
use ticketing::{
    plans::Plans,
    rules::{
        offer::{NewOffer, NewPriceTier, Offer},
        order::{Pick, Want},
        sale_round::{Access, SaleRound},
        tickets::Selection,
    },
    store::{offers, performances, shows},
    use_cases::{
        add_offer::add_offer,
        add_price_tier::add_price_tier,
        add_ticket_type::add_ticket_type,
        change_hold::get_hold,
        move_tickets::{Destination, move_tickets},
        set_sale_round::{SaleRoundChanges, create_sale_round, update_sale_round},
    },
};

use crate::{
    bank::Bank,
    house::{House, at_once, code, eur, places, seats},
    process::Process,
};

/// Adds the ticket type `child` to the house's show and sells the tier `one` of this performance as it, at 5.00.
async fn add_child(house: &House, performance: PerformanceId) -> Offer {
    let mut tx = house.tx().await;
    add_ticket_type(&mut tx, house.show.id, "child").await.unwrap();
    let offer = add_offer(&mut tx, performance, &child("one")).await.unwrap();
    tx.commit().await.unwrap();
    offer
}

fn child(price_tier: &str) -> NewOffer {
    NewOffer { price_tier: price_tier.to_owned(), price: ("child".to_owned(), eur("5.00")).into() }
}

fn any(performance: PerformanceId, offer: &Offer) -> Want {
    Want { performance, pick: Pick::Any { offer: offer.id, quantity: 1, section: None } }
}

#[tokio::test]
async fn a_ticket_type_that_comes_later_is_sold_at_once_in_two_processes() {
    let house = House::with(places(6)).await;
    let (one, two, mut bank) = (Process::first(&house), Process::another(&house), Bank::open().await);
    let stage = house.stage();
    let held = one.hold(vec![stage.any(1)]).await.unwrap().id;
    let unpaid = one.ordered(vec![stage.any(1)]).await.id;
    let had = async || {
        let hold = get_hold(&mut house.tx().await, &Plans::default(), held).await.unwrap();
        (hold, house.order(unpaid).await)
    };
    let before = had().await;
    assert_eq!((one.thinks_free(stage.id).await, two.thinks_free(stage.id).await), (4, 4));
    let offer = add_child(&house, stage.id).await;
    assert_eq!((offer.ticket_type.as_str(), offer.price_tier.as_str(), offer.version), ("child", "one", 1));
    // The log has not been placed: neither has heard of it.
    for process in [&one, &two] {
        let got = process.hold(vec![any(stage.id, &offer)]).await.unwrap();
        assert_eq!((got.items[0].ticket_type.as_str(), got.items[0].price), ("child", eur("5.00")));
    }
    bank.sold(&house, &two, vec![any(stage.id, &offer)], "pm_card_visa").await;
    assert_eq!(had().await, before, "who had something before has it as it was");
    foundation::sequencer::place_all(house.db.cell()).await.unwrap();
    for process in [&one, &two] {
        process.inventory.catch_up().await.unwrap();
        let seen = process.inventory.availability(house.reseller, stage.id).await.unwrap();
        let left: Vec<_> = seen.left.offers.iter().map(|of| (of.ticket_type.to_string(), of.available)).collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.contains(&("child".to_owned(), 1)) && left.contains(&("adult".to_owned(), 1)), "{left:?}");
    }
    let mut tx = house.tx().await;
    let show = shows::get(&mut tx, house.show.id).await.unwrap();
    let names: Vec<&str> = show.ticket_types.iter().map(|known| known.name.as_str()).collect();
    assert_eq!((show.version, names), (2, vec!["adult", "child"]));
    assert_eq!(performances::get(&mut tx, stage.id).await.unwrap().version, 2);
    drop(tx);
    let told = "select count(*) from events where reseller_id = $1 and version = 2
                    and type in ('show.updated', 'performance.offers_added')";
    assert_eq!(house.count(told).await, 2);
    house.end().await;
}

/// A dear tier.
fn balcony() -> NewPriceTier {
    let prices = vec![("adult".to_owned(), eur("30.00")).into()];
    NewPriceTier { name: "balcony".to_owned(), prices }
}

#[tokio::test]
async fn a_price_tier_that_comes_later_sells_the_tickets_that_are_moved_to_it() {
    let house = House::with(seats(&[("A", 3), ("B", 2)])).await;
    let (one, two, mut bank) = (Process::first(&house), Process::another(&house), Bank::open().await);
    let stage = house.stage();
    assert_eq!((one.thinks_free(stage.id).await, two.thinks_free(stage.id).await), (5, 5));
    let mut tx = house.tx().await;
    let (tier, added) = add_price_tier(&mut tx, stage.id, &balcony()).await.unwrap();
    assert_eq!((added.len(), added[0].price_tier_id, added[0].price), (1, tier, eur("30.00")));
    tx.commit().await.unwrap();
    assert_eq!(code(two.hold(vec![any(stage.id, &added[0])]).await), Code::NotFound, "nothing is in it yet");
    let mut tx = house.tx().await;
    let row = Selection::Where { section: Some("Hall".to_owned()), rows: Some(vec!["B".to_owned()]), price_tier: None };
    let to = Destination { price_tier: Some("balcony".to_owned()), section: None };
    assert_eq!(move_tickets(&mut tx, stage.id, &row, &to, false).await.unwrap().tickets, 2);
    tx.commit().await.unwrap();
    let order = bank.sold(&house, &two, vec![any(stage.id, &added[0])], "pm_card_visa").await;
    let item = &house.order(order.id).await.items[0];
    assert_eq!((item.face_value, item.price_tier.as_str()), (eur("30.00").amount(), "balcony"));
    assert_eq!(item.place.row.as_deref(), Some("B"));
    assert_eq!(one.hold(vec![any(stage.id, &added[0])]).await.unwrap().items[0].price, eur("30.00"));
    assert_eq!(two.hold(vec![stage.any(2)]).await.unwrap().items[0].price, eur("10.00"), "the rest is as it was");
    house.end().await;
}

#[tokio::test]
async fn with_sale_rounds_an_offer_that_comes_later_is_sold_once_a_round_has_its_price() {
    let house = House::with(places(3)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    let round = SaleRound {
        id: SaleRoundId::new(),
        performance: stage.id,
        name: "regular".to_owned(),
        opens_at: None,
        closes_at: None,
        capacity: None,
        access: Access::Anyone,
        tickets_per_code: 1,
        prices: vec![(stage.offer, eur("9.00"))],
        version: 1,
    };
    let mut tx = house.tx().await;
    create_sale_round(&mut tx, &round).await.unwrap();
    tx.commit().await.unwrap();
    let offer = add_child(&house, stage.id).await;
    assert_eq!(code(process.hold(vec![any(stage.id, &offer)]).await), Code::NotOnSale);
    let mut tx = house.tx().await;
    let prices = SaleRoundChanges { prices: vec![(offer.id, eur("4.00"))], ..SaleRoundChanges::default() };
    update_sale_round(&mut tx, stage.id, round.id, 1, prices).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(process.hold(vec![any(stage.id, &offer)]).await.unwrap().items[0].price, eur("4.00"));
    assert_eq!(process.hold(vec![stage.any(1)]).await.unwrap().items[0].price, eur("9.00"));
    house.end().await;
}

#[tokio::test]
async fn of_many_who_add_the_same_at_once_one_does() {
    let house = House::with(places(1)).await;
    let (show, performance) = (house.show.id, house.stage().id);
    let cells = [house.db.cell().clone(), house.db.second_cell()];
    let adding = (0..12).map(|n| {
        let (cell, reseller) = (cells[n % 2].clone(), house.reseller);
        async move {
            let mut tx = cell.tenant(reseller).await?;
            match n % 3 {
                0 => drop(add_ticket_type(&mut tx, show, "child").await?),
                1 => drop(add_price_tier(&mut tx, performance, &balcony()).await?),
                _ => drop(add_offer(&mut tx, performance, &child("one")).await?),
            }
            Ok::<_, Error>(tx.commit().await?)
        }
    });
    let outcomes = at_once(adding).await;
    let done = |kind: usize| outcomes.iter().skip(kind).step_by(3).filter(|outcome| outcome.is_ok()).count();
    assert_eq!((done(0), done(1)), (1, 1), "{outcomes:?}");
    assert!(done(2) <= 1, "{outcomes:?}");
    for refused in outcomes.into_iter().filter(Result::is_err) {
        assert!([Code::NameTaken, Code::InvalidField].contains(&code(refused)));
    }
    let sold = offers::of_performance(&mut house.tx().await, performance).await.unwrap();
    assert!((2..=3).contains(&sold.len()), "{sold:?}");
    house.end().await;
}
