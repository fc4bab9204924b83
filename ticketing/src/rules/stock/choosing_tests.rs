//! Choosing from a stock: who gets which seat, what is kept, what is said of it.

use std::{collections::HashMap, time::Duration};

use foundation::Money;
use proptest::{collection::vec, prelude::*};

use super::super::{StockOffer, StockTicket};
use super::*;
use crate::rules::{
    choose::Line,
    layout::SeatAttribute,
    seating::{SingleSeats, Spot},
};

fn at(seconds: u64) -> Instant {
    let epoch: Instant = serde_json::from_value("2030-01-01T00:00:00Z".into()).unwrap();
    epoch.plus(Duration::from_secs(seconds))
}

struct House {
    stock: Stock,
    adult: OfferId,
    child: OfferId,
    ids: Vec<TicketId>,
}

/// Rows drawn with a letter a seat: `s`eat, `w`heelchair, `c`ompanion, `r`estricted view, `x` sold; a blank is no seat at all.
/// The focal point is before the middle of the first row.
fn house(rows: &[&str], rules: SeatingRules) -> House {
    let (tier, adult, child) = (PriceTierId::new(), OfferId::new(), OfferId::new());
    let mut tickets = Vec::new();
    for (y, row) in (0_i32..).zip(rows) {
        for (nth, letter) in (0_i32..).zip(row.chars()).filter(|(_, letter)| *letter != ' ') {
            let attributes = match letter {
                'w' => vec![SeatAttribute::Wheelchair],
                'c' => vec![SeatAttribute::Companion],
                'r' => vec![SeatAttribute::RestrictedView],
                _ => Vec::new(),
            };
            tickets.push(StockTicket {
                id: TicketId::new(),
                tier,
                section: "Stalls".into(),
                row: Some(y.to_string().into()),
                seat: Some(nth.to_string().into()),
                spot: Spot { nth, at: Some(Point { x: 10 * nth, y: 20 * y }) },
                attributes,
                until: if letter == 'x' { Instant::NEVER } else { Instant::LONG_AGO },
                by: crate::rules::stock::Keeper::Hold,
                set_aside: None,
            });
        }
    }
    let ids = tickets.iter().map(|ticket| ticket.id).collect();
    let price = Money::new(50.into(), "EUR".parse().unwrap()).unwrap();
    let offer = |ticket_type: &str| StockOffer { tier, tier_name: "t".into(), ticket_type: ticket_type.into(), price };
    let offers = HashMap::from([(adult, offer("adult")), (child, offer("child"))]);
    let widest = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let focal = Point { x: 5 * i32::try_from(widest).unwrap() - 5, y: -10 };
    House { stock: Stock::new(tickets, offers, at(0), 0).in_room(Some(focal), rules), adult, child, ids }
}

impl House {
    fn party(&self, quantity: usize) -> Party {
        self.group(&[(self.adult, quantity, SeatKind::Ordinary)])
    }

    fn group(&self, lines: &[(OfferId, usize, SeatKind)]) -> Party {
        let line = |(offer, quantity, kind): &(OfferId, usize, SeatKind)| Line {
            offer: *offer,
            quantity: *quantity,
            kind: *kind,
        };
        let lines = lines.iter().map(line).collect();
        Party { lines, section: None, together: Together::Required, restricted_view: true }
    }

    /// The numbers of the seats that the party gets, and what is said of them.
    fn best(&mut self, party: &Party) -> Result<(Vec<usize>, Vec<Code>), NoProposal> {
        let chosen = self.stock.propose_best(party, Turn::FIRST, at(0))?;
        let seats = chosen.tickets.iter().map(|(ticket, _)| self.nth(*ticket)).collect();
        Ok((seats, chosen.note.codes))
    }

    fn nth(&self, ticket: TicketId) -> usize {
        self.ids.iter().position(|id| *id == ticket).unwrap()
    }

    fn name(&mut self, seats: &[usize], kind: SeatKind) -> Result<(), NoProposal> {
        let adult = self.adult;
        seats.iter().try_for_each(|seat| self.stock.propose_ticket(self.ids[*seat], adult, kind, at(0)))
    }

    /// Names these seats and holds them against the rules.
    fn check(&mut self, seats: &[usize]) -> Result<Option<Vec<usize>>, NoProposal> {
        self.name(seats, SeatKind::Ordinary).unwrap();
        let named: Vec<TicketId> = seats.iter().map(|seat| self.ids[*seat]).collect();
        let note = self.stock.check_named(&named, at(0))?;
        Ok(note.map(|note| note.single_seats.iter().map(|ticket| self.nth(*ticket)).collect()))
    }
}

fn plain(rows: &[&str]) -> House {
    house(rows, SeatingRules::default())
}

fn ruled(rows: &[&str], single_seats: SingleSeats) -> House {
    house(rows, SeatingRules { single_seats, ..SeatingRules::default() })
}

#[test]
fn the_nearest_seats_side_by_side_that_leave_no_single_one() {
    let mut house = plain(&["sssss", "sssss"]);
    assert_eq!(house.best(&house.party(1)).unwrap().0, [2], "the middle of the first row");
    let mut house = plain(&["sssss", "sssss"]);
    assert_eq!(house.best(&house.party(3)).unwrap(), (vec![0, 1, 2], vec![Code::Adjacent]), "not the middle three");
    assert_eq!(house.best(&house.party(3)).unwrap().0, [5, 6, 7]);
    assert_eq!(house.best(&house.party(2)).unwrap().0, [3, 4]);
    let (seats, codes) = house.best(&house.party(1)).unwrap();
    assert_eq!((seats.len(), codes), (1, vec![Code::Adjacent, Code::LeavesSingleSeat]), "nothing else fits");
    assert_eq!(house.best(&house.party(1)).unwrap().1, [Code::Adjacent], "it was alone before");
    assert_eq!(house.best(&house.party(1)), Err(NoProposal::Undecided));
}

#[test]
fn what_is_apart_is_not_side_by_side() {
    let mut house = plain(&["ss ss"]);
    assert_eq!(house.best(&house.party(3)), Err(NoProposal::NotTogether { largest: 2 }));
    assert_eq!(house.best(&house.party(5)), Err(NoProposal::TooFew(4)));
    assert_eq!(house.best(&house.party(2)).unwrap().0, [0, 1]);
    let mut sold = plain(&["ssxss"]);
    assert_eq!(sold.best(&sold.party(3)), Err(NoProposal::NotTogether { largest: 2 }));
    let somewhere = Party { section: Some("Gallery".to_owned()), ..sold.party(1) };
    assert_eq!(sold.best(&somewhere), Err(NoProposal::Unknown));
}

#[test]
fn a_party_that_may_be_split_is_split_into_as_few_groups_as_can_be() {
    let mut house = plain(&["ssxs", "sssx", "xxsx"]);
    let party = Party { together: Together::Preferred, ..house.party(5) };
    let (seats, codes) = house.best(&party).unwrap();
    assert_eq!((seats, codes), (vec![4, 5, 6, 0, 1], vec![Code::Split]));
    let mut house = plain(&["ssxs", "sssx", "xxsx"]);
    let party = Party { together: Together::Preferred, ..house.party(8) };
    assert_eq!(house.best(&party), Err(NoProposal::TooFew(7)));
    let all = Party { together: Together::Preferred, ..house.party(7) };
    assert_eq!(house.best(&all).map(|(seats, _)| seats.len()), Ok(7), "what was refused is free again");
}

#[test]
fn a_restricted_view_is_given_last_and_told_and_can_be_excluded() {
    let mut house = plain(&["rrrr", "ssxx"]);
    assert_eq!(house.best(&house.party(2)).unwrap(), (vec![4, 5], vec![Code::Adjacent]));
    let free_view = Party { restricted_view: false, ..house.party(2) };
    assert_eq!(house.best(&free_view), Err(NoProposal::Undecided));
    let (seats, codes) = house.best(&house.party(2)).unwrap();
    assert_eq!((seats.len(), codes), (2, vec![Code::Adjacent, Code::RestrictedView]));
}

#[test]
fn accessible_places_are_for_who_asks_for_them_until_they_are_everybodys() {
    let kept = SeatingRules { accessible_until: Some(at(10)), ..SeatingRules::default() };
    let mut house = house(&["wcss"], kept);
    let adult = house.adult;
    assert_eq!(house.best(&house.party(3)), Err(NoProposal::TooFew(2)));
    assert_eq!(house.stock.propose_any(adult, None, 3, at(0)), Err(NoProposal::TooFew(2)));
    assert_eq!(house.name(&[0], SeatKind::Ordinary), Err(NoProposal::Kept(house.ids[0], SeatKind::Wheelchair)));
    assert_eq!(house.name(&[1], SeatKind::Wheelchair), Err(NoProposal::OtherKind(SeatKind::Wheelchair)));
    assert_eq!(house.name(&[2], SeatKind::Companion), Err(NoProposal::OtherKind(SeatKind::Companion)));
    assert_eq!(house.stock.counts(at(9))[0].accessible, 2);
    assert_eq!(house.stock.counts(at(10))[0].accessible, 0);
    let everybody = house.stock.propose_best(&house.party(4), Turn::FIRST, at(10)).unwrap();
    assert_eq!(everybody.tickets.len(), 4);
}

#[test]
fn a_wheelchair_place_comes_with_its_companions_and_each_seat_with_the_offer_it_is_for() {
    let mut house = plain(&["sscwss", "wcxxxx"]);
    let (adult, child) = (house.adult, house.child);
    let party = house.group(&[
        (child, 1, SeatKind::Ordinary),
        (adult, 1, SeatKind::Companion),
        (child, 1, SeatKind::Wheelchair),
    ]);
    let chosen = house.stock.propose_best(&party, Turn::FIRST, at(0)).unwrap();
    let told: Vec<(usize, OfferId)> =
        chosen.tickets.iter().map(|(ticket, offer)| (house.nth(*ticket), *offer)).collect();
    // Seat 1 or seat 4 beside them leaves a single one; nothing else fits.
    assert_eq!(told, [(1, child), (3, child), (2, adult)]);
    let two = house.group(&[(adult, 1, SeatKind::Wheelchair), (adult, 1, SeatKind::Companion)]);
    assert_eq!(house.best(&two).unwrap().0, [6, 7]);
    let mut house = plain(&["sscwss", "wcxxxx"]);
    let adult = house.adult;
    let four = house.group(&[
        (adult, 2, SeatKind::Wheelchair),
        (adult, 2, SeatKind::Companion),
        (adult, 1, SeatKind::Ordinary),
    ]);
    assert_eq!(house.best(&four), Err(NoProposal::NotTogether { largest: 6 }));
    let apart = Party { together: Together::Preferred, ..four };
    let (mut seats, codes) = house.best(&apart).unwrap();
    seats.sort_unstable();
    assert_eq!((seats.len(), codes[0]), (5, Code::Split));
    assert_eq!(seats[seats.len() - 2..], [6, 7]);
}

#[test]
fn a_companions_seat_that_is_named_is_joined_to_a_wheelchair_place() {
    let house = plain(&["swccs", "csxxx"]);
    let these = |seats: &[usize]| seats.iter().map(|seat| house.ids[*seat]).collect::<Vec<_>>();
    let unattended = |seats: &[usize]| house.stock.unattended(&these(seats), at(0)).map(|ticket| house.nth(ticket));
    assert_eq!(unattended(&[1, 2, 3]), None);
    assert_eq!(unattended(&[3, 1, 2]), None, "in any order");
    assert_eq!(unattended(&[1, 3]), Some(3), "the one between is another's");
    assert_eq!(unattended(&[2, 4]), Some(2));
    assert_eq!(unattended(&[1, 5]), Some(5));
    assert_eq!(unattended(&[0, 4]), None);
}

#[test]
fn a_named_selection_that_leaves_a_single_seat_is_refused_unless_nothing_else_fits() {
    let mut house = ruled(&["sssss"], SingleSeats::Refused);
    let (singles, instead) = match house.check(&[1, 2]) {
        Err(NoProposal::LeavesSingle { singles, instead }) => (singles, instead),
        other => panic!("{other:?}"),
    };
    assert_eq!((house.nth(singles[0]), singles.len()), (0, 1));
    assert_eq!(instead.iter().map(|ticket| house.nth(*ticket)).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(ruled(&["sssss"], SingleSeats::Refused).check(&[0, 1]), Ok(None));
    assert!(ruled(&["ssssss"], SingleSeats::Refused).check(&[0, 1, 3]).is_err(), "two groups");
    assert_eq!(ruled(&["sssss"], SingleSeats::Refused).check(&[0, 1, 2, 4]), Ok(None), "four of five leave one");
    assert_eq!(ruled(&["sss"], SingleSeats::Refused).check(&[1, 2]), Ok(None), "nothing else fits");
    assert_eq!(ruled(&["sxs"], SingleSeats::Refused).check(&[0]), Ok(None), "it was alone before");
    assert_eq!(ruled(&["sssss"], SingleSeats::Warned).check(&[1, 2]), Ok(Some(vec![0])));
    assert_eq!(ruled(&["sssss"], SingleSeats::Allowed).check(&[1, 2]), Ok(None));
    // After a refusal what was named is still proposed, for whoever asked to take back.
    assert_eq!(house.name(&[1], SeatKind::Ordinary), Err(NoProposal::Undecided));
}

#[test]
fn a_sections_own_rule_for_single_seats_wins_over_the_performances() {
    let own = |performance, section, seats: &[usize]| {
        let mut house = ruled(&["sssss"], performance);
        house.stock = house.stock.with_sections(HashMap::from([("Stalls".to_owned(), section)]));
        house.check(seats)
    };
    assert_eq!(own(SingleSeats::Refused, SingleSeats::Allowed, &[1, 2]), Ok(None));
    assert_eq!(own(SingleSeats::Refused, SingleSeats::Warned, &[1, 2]), Ok(Some(vec![0])));
    assert!(own(SingleSeats::Allowed, SingleSeats::Refused, &[1, 2]).is_err());
    let mut two = ruled(&["sssss", "sssss"], SingleSeats::Warned);
    for ticket in &mut two.stock.tickets[5..] {
        ticket.section = "Balcony".into();
    }
    two.stock = two.stock.in_room(None, SeatingRules { single_seats: SingleSeats::Warned, ..SeatingRules::default() });
    two.stock = two.stock.with_sections(HashMap::from([("Balcony".to_owned(), SingleSeats::Refused)]));
    let both = two.check(&[1, 2, 6, 7]);
    assert!(both.is_err(), "a warning in one section hides no refusal in another: {both:?}");
}

#[test]
fn other_sections_and_tiers_with_room_are_told() {
    let House { stock, adult, .. } = plain(&["ss", "sss", "ss"]);
    let (dear, dear_adult) = (PriceTierId::new(), OfferId::new());
    let (mut offers, mut tickets) = (stock.offers, stock.tickets);
    let price = Money::new(80.into(), "EUR".parse().unwrap()).unwrap();
    offers.insert(dear_adult, StockOffer { tier: dear, tier_name: "dear".into(), price, ..offers[&adult].clone() });
    for ticket in &mut tickets[2..5] {
        ticket.section = "Balcony".into();
    }
    for ticket in &mut tickets[5..] {
        ticket.tier = dear;
    }
    let mut stock = Stock::new(tickets, offers, at(0), 0).in_room(None, SeatingRules::default());
    let line = |quantity| vec![Line { offer: adult, quantity, kind: SeatKind::Ordinary }];
    let party = |quantity| Party {
        lines: line(quantity),
        section: Some("Stalls".to_owned()),
        together: Together::Required,
        restricted_view: true,
    };
    assert_eq!(stock.propose_best(&party(3), Turn::FIRST, at(0)), Err(NoProposal::TooFew(2)));
    let elsewhere = stock.elsewhere(&party(3), at(0)).unwrap();
    let sections: Vec<(&str, usize)> = elsewhere.sections.iter().map(|s| (s.section.as_str(), s.available)).collect();
    assert_eq!((sections, elsewhere.price_tiers.len()), (vec![("Balcony", 3)], 0), "the dear tier has two only");
    let elsewhere = stock.elsewhere(&party(2), at(0)).unwrap();
    assert_eq!(elsewhere.price_tiers[0].offers[0].offer_id, dear_adult);
    assert_eq!((elsewhere.price_tiers[0].price_tier.as_str(), elsewhere.price_tiers[0].available), ("dear", 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Who may be split is seated while there are so many seats, in as few groups as the runs of free seats allow, and each seat
    /// is given once.
    #[test]
    fn who_may_be_split_gets_seats_while_there_are_some(rows in vec("[sx]{1,9}", 1..6), wanted in 1..20_usize) {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let mut house = plain(&rows);
        let mut runs: Vec<usize> = rows.iter().flat_map(|row| row.split('x')).map(str::len).collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        let free: usize = runs.iter().sum();
        let party = Party { together: Together::Preferred, ..house.party(wanted) };
        match house.stock.propose_best(&party, Turn::FIRST, at(0)) {
            Err(why) => prop_assert_eq!((why, free < wanted), (NoProposal::TooFew(free), true)),
            Ok(chosen) => {
                let mut seats: Vec<usize> = chosen.tickets.iter().map(|(ticket, _)| house.nth(*ticket)).collect();
                let places: Vec<(usize, i32)> = chosen.tickets.iter().map(|(ticket, _)| {
                    let ticket = house.stock.ticket(*ticket).unwrap();
                    (ticket.row.as_deref().unwrap().parse().unwrap(), ticket.spot.nth)
                }).collect();
                let groups = 1 + places.windows(2).filter(|pair| pair[0].0 != pair[1].0 || pair[0].1 + 1 != pair[1].1).count();
                let (mut fewest, mut seated) = (0, 0);
                for run in &runs {
                    if seated < wanted {
                        (fewest, seated) = (fewest + 1, seated + run);
                    }
                }
                prop_assert!(groups <= fewest, "{} groups instead of {}", groups, fewest);
                seats.sort_unstable();
                seats.dedup();
                prop_assert_eq!(seats.len(), wanted);
            }
        }
    }
}
