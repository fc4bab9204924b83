//! What the buyers were told, and when each ticket had an owner for certain. It must never assume what no answer said: an
//! owner that ended early counts up to the last answer that still named it.

use std::collections::{BTreeMap, BTreeSet};

use foundation::Instant;
use serde_json::Value;

use crate::shop::id;

/// A time, by the cell's clock, in which a ticket was certainly this owner's: from the first instant up to the last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Life {
    pub(crate) ticket: String,
    pub(crate) from: Instant,
    pub(crate) until: Instant,
    pub(crate) owner: String,
}

/// What all buyers were told.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    pub(crate) lives: Vec<Life>,
    /// Orders that were seen paid, with the numbers of the items given back since.
    pub(crate) paid: BTreeMap<String, BTreeSet<i64>>,
    /// How often each thing was done.
    pub(crate) done: BTreeMap<&'static str, usize>,
    /// Answers that nobody should get.
    pub(crate) wrong: Vec<String>,
}

/// A hold as its buyer knows it.
pub(crate) struct Cart {
    pub(crate) hold: String,
    /// Each ticket, and since when it is the hold's; unknown for those that were added.
    pub(crate) tickets: Vec<(String, Option<Instant>)>,
    expires_at: Instant,
}

/// A time in an answer.
pub(crate) fn time(value: &Value) -> Instant {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// The tickets of a hold or an order.
pub(crate) fn tickets(object: &Value) -> Vec<String> {
    let items = object["items"].as_array().unwrap();
    items.iter().map(|item| item["ticket_id"].as_str().unwrap().to_owned()).collect()
}

impl Cart {
    pub(crate) fn of(hold: &Value) -> Self {
        let since = time(&hold["created_at"]);
        Self {
            hold: id(hold).to_owned(),
            tickets: tickets(hold).into_iter().map(|ticket| (ticket, Some(since))).collect(),
            expires_at: time(&hold["expires_at"]),
        }
    }

    /// Takes over what a change of the hold was answered with; gives the lives of the tickets that were taken out.
    pub(crate) fn changed(&mut self, hold: &Value) -> Vec<Life> {
        self.expires_at = time(&hold["expires_at"]);
        let now = tickets(hold);
        let (stay, out): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.tickets).into_iter().partition(|(t, _)| now.contains(t));
        let added =
            now.into_iter().filter(|ticket| !stay.iter().any(|(t, _)| t == ticket)).map(|ticket| (ticket, None));
        self.tickets = stay.iter().cloned().chain(added).collect();
        let point = |(ticket, since): (String, Option<Instant>)| Some(self.life(ticket, since?, since?));
        out.into_iter().filter_map(point).collect()
    }

    /// Nobody ended it: it lived until its time was over.
    pub(crate) fn left(self) -> Vec<Life> {
        let last = Instant::from_micros(self.expires_at.as_micros() - 1);
        let life = |(ticket, since): &(String, Option<Instant>)| {
            self.life(ticket.clone(), since.unwrap_or(last), self.expires_at)
        };
        self.tickets.iter().map(life).collect()
    }

    /// It was given up: it lived at its beginning, more is not certain.
    pub(crate) fn given_up(self) -> Vec<Life> {
        let point = |(ticket, since): &(String, Option<Instant>)| Some(self.life(ticket.clone(), (*since)?, (*since)?));
        self.tickets.iter().filter_map(point).collect()
    }

    /// It became an order at this time.
    pub(crate) fn ordered(self, at: Instant) -> Vec<Life> {
        let life = |(ticket, since): &(String, Option<Instant>)| Some(self.life(ticket.clone(), (*since)?, at));
        self.tickets.iter().filter_map(life).collect()
    }

    fn life(&self, ticket: String, from: Instant, until: Instant) -> Life {
        Life { ticket, from, until, owner: self.hold.clone() }
    }
}

/// When an order certainly had its tickets, from how it ended.
pub(crate) fn lives_of_order(order: &Value) -> Vec<Life> {
    let (made, pay_by) = (time(&order["created_at"]), time(&order["pay_by"]));
    let paid = (!order["paid_at"].is_null()).then(|| time(&order["paid_at"]));
    let mut lives = Vec::new();
    for item in order["items"].as_array().unwrap() {
        let ticket = item["ticket_id"].as_str().unwrap();
        let mut life = |from, until| {
            lives.push(Life { ticket: ticket.to_owned(), from, until, owner: id(order).to_owned() });
        };
        let until = match paid {
            // Given back at a time that the order does not tell.
            Some(paid) if item["credential"] == "voided" => paid,
            Some(_) => Instant::NEVER,
            None => made,
        };
        match (order["state"].as_str().unwrap(), paid) {
            ("expired", _) => life(made, pay_by),
            (_, Some(paid)) if paid > pay_by => {
                life(made, pay_by);
                life(paid, until);
            }
            _ => life(made, until),
        }
    }
    lives
}

/// The tickets that had two owners at one time.
pub(crate) fn two_owners(mut lives: Vec<Life>) -> Vec<String> {
    lives.sort();
    let mut longest: Option<Life> = None;
    let mut found = Vec::new();
    for life in lives {
        match &mut longest {
            Some(before) if before.ticket == life.ticket => {
                if life.from < before.until && life.owner != before.owner {
                    found.push(format!("{before:?}\n  and {life:?}"));
                }
                if life.until > before.until {
                    *before = life;
                }
            }
            _ => longest = Some(life),
        }
    }
    found
}

#[test]
fn two_owners_at_one_time_are_found() {
    let life = |owner: &str, from, until| Life {
        ticket: "ticket".to_owned(),
        from: Instant::from_micros(from),
        until: Instant::from_micros(until),
        owner: owner.to_owned(),
    };
    assert!(two_owners(vec![life("a", 0, 10), life("b", 10, 20), life("c", 20, 20), life("d", 20, 30)]).is_empty());
    assert_eq!(two_owners(vec![life("b", 9, 20), life("a", 0, 10)]).len(), 1);
    assert_eq!(two_owners(vec![life("a", 0, 100), life("b", 5, 5)]).len(), 1);
    assert_eq!(two_owners(vec![life("a", 0, 100), life("b", 100, 100), life("c", 100, 110)]).len(), 0);
}
