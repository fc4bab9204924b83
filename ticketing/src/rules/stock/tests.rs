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
        by: Keeper::Hold,
        set_aside: None,
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
        stock.learn(*t, (at(10), Keeper::Hold), at(0));
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
    stock.learn(ids[0], (Instant::NEVER, Keeper::Hold), at(0));
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
fn what_is_proposed_is_not_free_and_still_nobodys() {
    let House { mut stock, offer, ids } = house(&[2], 0);
    assert_eq!(stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)), Ok(()));
    let of = |all: Vec<&StockTicket>| all.iter().map(|ticket| ticket.id).collect::<Vec<_>>();
    assert_eq!(of(stock.free(at(0)).collect()), [ids[1]]);
    assert_eq!(of(stock.unclaimed(at(0)).collect()), ids);
    stock.learn_own(ids[0], (at(10), Keeper::Hold), at(0));
    assert_eq!(of(stock.unclaimed(at(0)).collect()), [ids[1]]);
}

#[test]
fn an_older_change_from_the_log_does_not_undo_a_newer_one_of_our_own() {
    let House { mut stock, offer, ids } = house(&[1], 0);
    stock.learn_own(ids[0], (at(10), Keeper::Hold), at(0));
    stock.learn_own(ids[0], (Instant::LONG_AGO, Keeper::Hold), at(0));
    stock.hear(ids[0], (at(10), Keeper::Hold), true, at(0));
    assert_eq!(stock.propose_ticket(ids[0], offer, SeatKind::Ordinary, at(0)), Ok(()), "still free");
    stock.withdraw(ids[0]);
    stock.hear(ids[0], (Instant::LONG_AGO, Keeper::Hold), true, at(0));
    stock.hear(ids[0], (at(20), Keeper::Hold), false, at(0));
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
    stock.learn(ids[0], (at(10), Keeper::Hold), at(0));
    stock.learn(ids[4], (Instant::NEVER, Keeper::Hold), at(0));
    assert_eq!(available(&mut stock, at(5)), vec![3, 2]);
    stock.learn(ids[4], (Instant::LONG_AGO, Keeper::Hold), at(5));
    stock.learn(ids[0], (at(20), Keeper::Hold), at(5));
    assert_eq!(available(&mut stock, at(10)), vec![3, 3], "an extended claim does not end at its old time");
    assert_eq!(available(&mut stock, at(20)), vec![4, 3]);
}

#[test]
fn tickets_added_later_to_a_section_are_counted_with_it() {
    let House { stock, ids, .. } = house(&[2], 3);
    let late = StockTicket { id: TicketId::new(), ..stock.tickets[0].clone() };
    let tickets: Vec<StockTicket> = stock.tickets.iter().cloned().chain([late]).collect();
    let mut stock = Stock::new(tickets, stock.offers, at(0), 0);
    stock.learn(ids[0], (Instant::NEVER, Keeper::Hold), at(0));
    let counts: Vec<_> = stock.counts(at(0)).iter().map(|c| (c.section.to_string(), c.total, c.available)).collect();
    assert_eq!(counts, [("stalls".to_owned(), 3, 2), ("floor".to_owned(), 3, 3)]);
}

#[test]
fn what_is_not_free_counts_by_who_keeps_it_and_moves_with_it() {
    let House { mut stock, ids, .. } = house(&[5], 0);
    let kept = |stock: &mut Stock, now| {
        let counts = stock.counts(now);
        (counts[0].available, counts[0].kept.held, counts[0].kept.sold, counts[0].kept.blocked)
    };
    stock.learn(ids[0], (at(10), Keeper::Hold), at(0));
    stock.learn(ids[1], (at(10), Keeper::Order), at(0));
    stock.learn(ids[2], (Instant::NEVER, Keeper::Block), at(0));
    assert_eq!(kept(&mut stock, at(5)), (2, 2, 0, 1));
    stock.learn(ids[1], (Instant::NEVER, Keeper::Sold), at(5));
    assert_eq!(kept(&mut stock, at(5)), (2, 1, 1, 1));
    stock.learn(ids[2], (Instant::LONG_AGO, Keeper::Block), at(5));
    assert_eq!(kept(&mut stock, at(10)), (4, 0, 1, 0));
}

/// The same stock with its seats beside each other.
fn side_by_side(mut stock: Stock) -> Stock {
    for (nth, ticket) in (0_i32..).zip(&mut stock.tickets) {
        ticket.spot.nth = nth;
    }
    stock.in_room(None, SeatingRules::default())
}

#[test]
fn seats_are_together_in_one_row_and_places_wherever_they_are() {
    let House { stock, ids, .. } = house(&[4, 6], 3);
    let mut stock = side_by_side(stock);
    let together = |stock: &mut Stock, now| stock.counts(now).iter().map(|c| c.together).collect::<Vec<_>>();
    assert_eq!(together(&mut stock, at(0)), [6, 3], "a run does not go on in the next row");
    stock.learn(ids[6], (at(10), Keeper::Hold), at(0));
    stock.learn(ids[11], (at(10), Keeper::Hold), at(0));
    assert_eq!(together(&mut stock, at(0)), [4, 2]);
    let before = stock.changes(at(9));
    assert_eq!(stock.changes(at(9)), before);
    assert_ne!(stock.changes(at(10)), before, "what ended is a change too");
    assert_eq!(together(&mut stock, at(10)), [6, 3]);
}

#[test]
fn what_is_set_aside_is_its_sellers_alone_and_is_had_before_the_rest() {
    let House { stock, offer, ids } = house(&[4], 4);
    let block = BlockId::new();
    let mut tickets = stock.tickets;
    for i in [1, 2, 5] {
        tickets[i].set_aside = Some(block);
    }
    let sellers = HashMap::from([(block, Seller::Channel("box office".to_owned()))]);
    let mut stock = side_by_side(Stock::new(tickets, stock.offers, at(0), 0).with_sellers(sellers));
    let counts = stock.counts(at(0)).into_iter();
    let counts: Vec<_> = counts.map(|c| (c.total, c.available, c.allocated, c.together)).collect();
    assert_eq!(counts, [(4, 2, 2, 1), (4, 3, 1, 3)]);
    assert_eq!(
        stock.seats(None, None, at(0)).iter().map(|seat| seat.free).collect::<Vec<_>>(),
        [true, false, false, true]
    );
    let channel = |name: &str| Through { channel: Some(name.to_owned()), ..Through::default() };
    for anyone in [Through::default(), channel("web")] {
        stock.serve(&anyone);
        let named = stock.propose_ticket(ids[1], offer, SeatKind::Ordinary, at(0));
        assert_eq!(named, Err(NoProposal::Taken(vec![ids[1]])));
        assert_eq!(stock.propose_any(offer, Some("stalls"), 3, at(0)), Err(NoProposal::TooFew(2)));
    }
    assert_eq!(stock.nearest_free(ids[0], 3, at(0)), [], "it stands among what is set aside");
    stock.serve(&channel("box office"));
    assert_eq!(stock.propose_any(offer, None, 2, at(0)).unwrap(), [ids[1], ids[2]]);
    assert_eq!(stock.propose_ticket(ids[5], offer, SeatKind::Ordinary, at(0)), Ok(()));
    stock.withdraw(ids[5]);
    stock.serve_anyone();
    assert_eq!(stock.propose_any(offer, Some("stalls"), 2, at(0)).unwrap(), [ids[0], ids[3]]);
    assert_eq!(stock.propose_any(offer, Some("floor"), 4, at(0)), Err(NoProposal::TooFew(3)));
    stock.serve(&channel("box office"));
    assert_eq!(stock.propose_any(offer, Some("floor"), 4, at(0)).map(|all| all.len()), Ok(4));
}
