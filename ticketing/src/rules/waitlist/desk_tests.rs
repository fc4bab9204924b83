use std::{collections::HashMap, time::Duration};

use accounting::Channel;
use foundation::{
    Code, Money,
    id::{BlockId, PerformanceId, WaitlistEntryId},
};

use super::*;
use crate::rules::{
    choose::{Line, Together},
    order::Buyer,
    seating::Spot,
    stock::{Keeper, StockOffer},
    waitlist::{EntryState, NewEntry},
};

fn at(seconds: u64) -> Instant {
    let epoch: Instant = serde_json::from_value("2030-01-01T00:00:00Z".into()).unwrap();
    epoch.plus(Duration::from_secs(seconds))
}

struct House {
    desk: Desk,
    tier: PriceTierId,
    offer: OfferId,
    no: i64,
}

/// Places in each of these sections, all free, and one that is set aside.
fn house(sections: &[(&str, usize)]) -> House {
    let (tier, offer) = (PriceTierId::new(), OfferId::new());
    let ticket = |section: &str| StockTicket {
        id: TicketId::new(),
        tier,
        section: section.into(),
        row: None,
        seat: None,
        spot: Spot::default(),
        attributes: Vec::new(),
        until: Instant::LONG_AGO,
        by: Keeper::Hold,
        set_aside: None,
    };
    let mut tickets: Vec<StockTicket> = Vec::new();
    for (section, places) in sections {
        tickets.extend((0..*places).map(|_| ticket(section)));
        tickets.push(StockTicket { set_aside: Some(BlockId::new()), ..ticket(section) });
    }
    let price = Money::new(50.into(), "EUR".parse().unwrap()).unwrap();
    let offers =
        HashMap::from([(offer, StockOffer { tier, tier_name: "t".into(), ticket_type: "adult".into(), price })]);
    House { desk: Desk::open(Stock::new(tickets, offers, at(0), 0), at(0)), tier, offer, no: 0 }
}

impl House {
    fn party(&mut self, quantity: usize, section: Option<&str>) -> Entry {
        self.no += 1;
        let party = Party {
            lines: vec![Line { offer: self.offer, quantity, kind: SeatKind::Ordinary }],
            section: section.map(ToOwned::to_owned),
            together: Together::Required,
            restricted_view: true,
        };
        Entry {
            id: WaitlistEntryId::new(),
            performance: PerformanceId::new(),
            no: self.no,
            state: EntryState::Waiting,
            wants: vec![Wanted { tier: self.tier, party }],
            tickets: i16::try_from(quantity).unwrap(),
            buyer: Buyer::default(),
            buyer_reference: None,
            sold_through: Channel::Api,
            offer: None,
            gathers_until: None,
            created_at: at(0),
            ended_at: None,
            version: 1,
        }
    }

    /// Goes through the list: gives who was served and for whom tickets are gathered.
    fn serve(&mut self, list: &[Entry]) -> (Vec<i64>, Vec<i64>) {
        let (mut served, mut gathered) = (Vec::new(), Vec::new());
        for entry in list {
            if self.desk.propose(&entry.wants[0]).is_some() {
                served.push(entry.no);
            } else if self.desk.pass(entry) {
                gathered.push(entry.no);
            }
        }
        (served, gathered)
    }
}

#[test]
fn who_came_first_is_served_first_and_what_nobody_can_use_is_left() {
    let mut house = house(&[("floor", 5)]);
    let list = [house.party(2, None), house.party(2, None), house.party(2, None)];
    assert_eq!(house.serve(&list), (vec![1, 2], vec![3]));
    assert_eq!(house.desk.leftovers(), [], "the last one is gathered for the third");
    assert_eq!(house.desk.wanted(), [list[2].wants[0].scope()]);
}

#[test]
fn tickets_are_gathered_for_a_party_until_its_time_is_up_and_then_who_needs_fewer_goes_past_it() {
    let mut first = house(&[("floor", 3)]);
    let mut list = [first.party(4, None), first.party(2, None), first.party(2, None)];
    assert_eq!(first.serve(&list), (vec![], vec![1]));
    // While its time is not up, nobody behind it gets them.
    let mut second = house(&[("floor", 3)]);
    (list[0].gathers_until, list[0].wants[0].tier) = (Some(at(1)), second.tier);
    for entry in &mut list {
        (entry.wants[0].tier, entry.wants[0].party.lines[0].offer) = (second.tier, second.offer);
    }
    assert_eq!(second.serve(&list), (vec![], vec![1]));
    let mut third = house(&[("floor", 3)]);
    list[0].gathers_until = Some(at(0));
    for entry in &mut list {
        (entry.wants[0].tier, entry.wants[0].party.lines[0].offer) = (third.tier, third.offer);
    }
    assert_eq!(third.serve(&list), (vec![2], vec![3]), "the next that is too large has its own time");
    // It keeps its place: as soon as there are enough at once, it is the first.
    let mut fourth = house(&[("floor", 4)]);
    for entry in &mut list {
        (entry.wants[0].tier, entry.wants[0].party.lines[0].offer) = (fourth.tier, fourth.offer);
    }
    assert_eq!(fourth.serve(&list), (vec![1], vec![]));
}

#[test]
fn tickets_elsewhere_than_where_they_are_gathered_go_to_who_wants_those() {
    let mut house = house(&[("floor", 1), ("balcony", 2)]);
    let list = [house.party(2, Some("floor")), house.party(2, Some("balcony")), house.party(1, None)];
    assert_eq!(house.serve(&list), (vec![2], vec![1]), "anywhere is also where they are gathered");
}

#[test]
fn what_is_taken_back_is_for_the_next_and_what_is_left_is_only_what_was_wanted() {
    let mut house = house(&[("floor", 2), ("balcony", 3)]);
    let entry = house.party(2, Some("floor"));
    let tickets = house.desk.propose(&entry.wants[0]).unwrap();
    assert_eq!(house.desk.propose(&entry.wants[0]), None);
    house.desk.take_back(&tickets);
    assert!(!house.desk.pass(&entry), "enough are free, and it is not for want of tickets that it is not served");
    assert_eq!(
        house.desk.leftovers().len(),
        2,
        "nothing of the balcony, for which nobody waits, and nothing set aside"
    );
}

#[test]
fn what_is_wrong_with_a_party_that_wants_to_wait_is_named() {
    let mut house = house(&[("floor", 2)]);
    let party =
        |house: &mut House, quantity, section: Option<&str>| house.party(quantity, section).wants[0].party.clone();
    let (two, three) = (party(&mut house, 2, None), party(&mut house, 3, None));
    let buyer = Buyer { name: None, email: Some("ada@example.com".to_owned()), language: None };
    let new = |parties: Vec<Party>| NewEntry {
        parties,
        buyer: buyer.clone(),
        buyer_reference: None,
        sold_through: Channel::Api,
    };
    let pointer = |refused: Result<usize, Refusal>| refused.unwrap_err().errors[0].pointer.clone();
    assert_eq!(new(vec![two.clone(), two.clone()]).check().unwrap(), 2);
    assert_eq!(pointer(new(Vec::new()).check()), "/choose");
    assert_eq!(pointer(new(vec![two.clone(), three.clone()]).check()), "/choose/1/party");
    assert_eq!(pointer(new(vec![party(&mut house, 0, None)]).check()), "/choose/0/party/0/quantity");
    let nobody = NewEntry { buyer: Buyer::default(), ..new(vec![two.clone()]) };
    assert_eq!(pointer(nobody.check()), "/buyer/email");
    assert_eq!(new(vec![party(&mut house, 51, None)]).check().unwrap_err().code, Code::TooManyTickets);
    let stock = &mut house.desk.stock;
    assert!(matches!(outlook(stock, &two, "/choose/0", at(0)), Ok(Outlook::Free(_, tickets)) if tickets.len() == 2));
    assert!(matches!(outlook(stock, &two, "/choose/0", at(0)), Ok(Outlook::Free(..))), "nothing stays proposed");
    let many = Party { lines: vec![Line { quantity: 4, ..two.lines[0].clone() }], ..two.clone() };
    assert_eq!(outlook(stock, &many, "/choose/0", at(0)).unwrap_err().errors[0].pointer, "/choose/0/party");
    assert!(matches!(outlook(stock, &three, "/choose/0", at(0)), Ok(Outlook::Waits(_))));
    let nowhere = Party { section: Some("roof".to_owned()), ..two };
    assert_eq!(outlook(stock, &nowhere, "/choose/1", at(0)).unwrap_err().errors[0].pointer, "/choose/1");
}
