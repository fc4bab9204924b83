use std::time::Duration;

use super::*;

fn at(seconds: u64) -> Instant {
    let epoch: Instant = serde_json::from_value("2030-01-01T00:00:00Z".into()).unwrap();
    epoch.plus(Duration::from_secs(seconds))
}

struct House {
    stock: Stock,
    offer: OfferId,
    ids: Vec<TicketId>,
}

/// Rows of seats, or places when no rows are given.
fn house(rows: &[usize], places: usize) -> House {
    let (tier, offer) = (PriceTierId::new(), OfferId::new());
    let ticket = |section: &str, row: Option<usize>, seat: Option<usize>| StockTicket {
        id: TicketId::new(),
        tier,
        section: section.into(),
        row: row.map(|r| r.to_string().into()),
        seat: seat.map(|s| s.to_string().into()),
        spot: Spot::default(),
        attributes: Vec::new(),
        until: Instant::LONG_AGO,
    };
    let mut tickets = Vec::new();
    for (r, seats) in rows.iter().enumerate() {
        tickets.extend((0..*seats).map(|s| ticket("stalls", Some(r), Some(s))));
    }
    tickets.extend((0..places).map(|_| ticket("floor", None, None)));
    let price = Money::new(50.into(), "EUR".parse().unwrap()).unwrap();
    let offers =
        HashMap::from([(offer, StockOffer { tier, tier_name: "t".into(), ticket_type: "adult".into(), price })]);
    let ids = tickets.iter().map(|t| t.id).collect();
    House { stock: Stock::new(tickets, offers, at(0), 3), offer, ids }
}

#[test]
fn a_pool_gives_each_place_once_and_again_when_its_claim_ends() {
    let House { mut stock, offer, .. } = house(&[], 5);
    let first = stock.propose_any(offer, None, 3, at(0)).unwrap();
    let second = stock.propose_any(offer, None, 2, at(0)).unwrap();
    assert!(first.iter().all(|t| !second.contains(t)));
    assert_eq!(stock.propose_any(offer, None, 1, at(0)), Err(NoProposal::Undecided));
    for t in first.iter().chain(&second) {
        stock.learn(*t, at(10), at(0));
    }
    assert_eq!(stock.propose_any(offer, None, 1, at(9)), Err(NoProposal::TooFew(0)));
    assert_eq!(stock.propose_any(offer, None, 5, at(10)).unwrap().len(), 5);
}

#[test]
fn seats_come_side_by_side_in_one_row_while_a_row_has_so_many() {
    let House { mut stock, offer, ids } = house(&[3, 4], 0);
    assert_eq!(stock.propose_any(offer, None, 4, at(0)).unwrap(), ids[3..7]);
    assert_eq!(stock.propose_any(offer, None, 2, at(0)).unwrap(), ids[0..2]);
    stock.withdraw(ids[4]);
    assert_eq!(
        stock.propose_any(offer, None, 2, at(0)).unwrap(),
        vec![ids[2], ids[4]],
        "apart, when nothing else is left"
    );
}

#[test]
fn a_named_ticket_is_taken_undecided_or_unknown() {
    let House { mut stock, offer, ids } = house(&[2], 0);
    assert_eq!(stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)), Ok(()));
    assert_eq!(stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)), Err(NoProposal::Undecided));
    stock.learn(ids[0], Instant::NEVER, at(0));
    assert_eq!(stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)), Err(NoProposal::Taken(vec![ids[0]])));
    assert_eq!(stock.propose_ticket(TicketId::new(), offer, SeatKind::Ordinary, at(0)), Err(NoProposal::Unknown));
    assert_eq!(stock.nearest_free(ids[0], 3, at(0)), vec![ids[1]]);
}

#[test]
fn an_offer_sells_the_tickets_of_its_own_tier_in_the_sections_that_have_some() {
    let House { stock, offer: dear, ids } = house(&[2], 2);
    let (cheap, tier) = (OfferId::new(), PriceTierId::new());
    let (mut offers, mut tickets) = (stock.offers, stock.tickets);
    offers.insert(cheap, StockOffer { tier, ..offers[&dear].clone() });
    tickets[3].tier = tier;
    let mut stock = Stock::new(tickets, offers, at(0), 0);
    assert_eq!(stock.propose_ticket(ids[0], cheap, SeatKind::Ordinary, at(0)), Err(NoProposal::Unknown));
    assert_eq!(stock.propose_any(cheap, Some("stalls"), 1, at(0)), Err(NoProposal::Unknown));
    assert_eq!(stock.propose_any(dear, Some("balcony"), 1, at(0)), Err(NoProposal::Unknown));
    assert_eq!(stock.propose_any(cheap, Some("floor"), 1, at(0)), Ok(vec![ids[3]]));
    assert_eq!(stock.propose_any(dear, Some("floor"), 1, at(0)), Ok(vec![ids[2]]));
}

#[test]
fn a_place_that_was_named_is_passed_over_and_had_again_when_it_comes_back() {
    let House { mut stock, offer, ids } = house(&[], 3);
    for named in [ids[0], ids[1]] {
        assert_eq!(stock.propose_ticket(named, offer, SeatKind::Ordinary, at(0)), Ok(()));
    }
    assert_eq!(stock.propose_any(offer, None, 1, at(0)), Ok(vec![ids[2]]));
    assert_eq!(stock.propose_any(offer, None, 1, at(0)), Err(NoProposal::Undecided));
    for back in &ids {
        stock.withdraw(*back);
    }
    assert_eq!(stock.propose_any(offer, None, 3, at(0)).map(|all| all.len()), Ok(3));
}

#[test]
fn an_older_change_from_the_log_does_not_undo_a_newer_one_of_our_own() {
    let House { mut stock, offer, ids } = house(&[1], 0);
    stock.learn_own(ids[0], at(10), at(0));
    stock.learn_own(ids[0], Instant::LONG_AGO, at(0));
    stock.hear(ids[0], at(10), true, at(0));
    assert_eq!(stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)), Ok(()), "still free");
    stock.withdraw(ids[0]);
    stock.hear(ids[0], Instant::LONG_AGO, true, at(0));
    stock.hear(ids[0], at(20), false, at(0));
    assert_eq!(
        stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)),
        Err(NoProposal::Taken(vec![ids[0]])),
        "another process has it"
    );
}

#[test]
fn counts_follow_claims_releases_and_ends() {
    let House { mut stock, ids, .. } = house(&[4], 3);
    let available = |stock: &mut Stock, now| stock.counts(now).iter().map(|c| c.available).collect::<Vec<_>>();
    stock.learn(ids[0], at(10), at(0));
    stock.learn(ids[4], Instant::NEVER, at(0));
    assert_eq!(available(&mut stock, at(5)), vec![3, 2]);
    stock.learn(ids[4], Instant::LONG_AGO, at(5));
    stock.learn(ids[0], at(20), at(5));
    assert_eq!(available(&mut stock, at(10)), vec![3, 3], "an extended claim does not end at its old time");
    assert_eq!(available(&mut stock, at(20)), vec![4, 3]);
}

#[test]
fn tickets_added_later_to_a_section_are_counted_with_it() {
    let House { stock, ids, .. } = house(&[2], 3);
    let late = StockTicket { id: TicketId::new(), ..stock.tickets[0].clone() };
    let tickets: Vec<StockTicket> = stock.tickets.iter().cloned().chain([late]).collect();
    let mut stock = Stock::new(tickets, stock.offers, at(0), 0);
    stock.learn(ids[0], Instant::NEVER, at(0));
    let counts: Vec<_> = stock.counts(at(0)).iter().map(|c| (c.section.to_string(), c.total, c.available)).collect();
    assert_eq!(counts, [("stalls".to_owned(), 3, 2), ("floor".to_owned(), 3, 3)]);
}
