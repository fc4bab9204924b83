//! What the buyers were told, and when each ticket had an owner for certain.
//!
//! Two clocks tell that. By ours, an owner had its tickets from the answer that gave them until it sent the request that gave
//! them up. By the cell's, what ended by itself lasted from its beginning to its end. They must not be mixed: a hold's
//! beginning is when its transaction began, so it may lie before the end of another that was given up meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
    time::Instant as Moment,
};

use foundation::Instant;
use serde_json::Value;

use crate::shop::id;

/// A time in which a ticket was certainly this owner's, in microseconds of one of the clocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Life {
    pub(crate) ticket: String,
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) owner: String,
}

/// Later than anything.
pub(crate) const FOR_EVER: i64 = i64::MAX;

/// What all buyers were told.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    /// By our own clock.
    pub(crate) witnessed: Vec<Life>,
    /// By the cell's clock: only what ended by itself.
    pub(crate) natural: Vec<Life>,
    /// Orders that were seen paid, with the numbers of the items given back since.
    pub(crate) paid: BTreeMap<String, BTreeSet<i64>>,
    /// How often each thing was done.
    pub(crate) done: BTreeMap<&'static str, usize>,
    /// Answers that nobody should get.
    pub(crate) wrong: Vec<String>,
}

/// Our own clock.
pub(crate) fn ours() -> i64 {
    static BEGAN: LazyLock<Moment> = LazyLock::new(Moment::now);
    i64::try_from(BEGAN.elapsed().as_micros()).unwrap()
}

/// A ticket that a buyer has: since when by our clock, and by the cell's unless it was added later.
pub(crate) struct Had {
    pub(crate) ticket: String,
    acknowledged: i64,
    since: Option<i64>,
}

/// A hold as its buyer knows it; also the order that it has become.
pub(crate) struct Cart {
    pub(crate) hold: String,
    pub(crate) had: Vec<Had>,
    expires_at: i64,
}

fn time(value: &Value) -> i64 {
    let time: Instant = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"));
    time.as_micros()
}

/// The tickets of a hold or an order.
pub(crate) fn tickets(object: &Value) -> Vec<String> {
    let items = object["items"].as_array().unwrap();
    items.iter().map(|item| item["ticket_id"].as_str().unwrap().to_owned()).collect()
}

impl Cart {
    pub(crate) fn of(hold: &Value) -> Self {
        let (acknowledged, since) = (ours(), Some(time(&hold["created_at"])));
        let had = tickets(hold).into_iter().map(|ticket| Had { ticket, acknowledged, since }).collect();
        Self { hold: id(hold).to_owned(), had, expires_at: time(&hold["expires_at"]) }
    }

    /// Takes over what a change of the hold was answered with, which was asked for at that time by our clock; gives the lives
    /// of the tickets that were taken out.
    pub(crate) fn changed(&mut self, hold: &Value, asked: i64) -> Vec<Life> {
        self.expires_at = time(&hold["expires_at"]);
        let now = tickets(hold);
        let (mut stay, out): (Vec<_>, Vec<_>) = self.had.drain(..).partition(|had| now.contains(&had.ticket));
        let acknowledged = ours();
        let added = now.into_iter().filter(|ticket| !stay.iter().any(|had| had.ticket == *ticket));
        let added: Vec<Had> = added.map(|ticket| Had { ticket, acknowledged, since: None }).collect();
        stay.extend(added);
        self.had = stay;
        out.iter().map(|had| self.life(had, had.acknowledged, asked)).collect()
    }

    /// By our clock: all that it has was its own until then.
    pub(crate) fn until(&self, until: i64) -> Vec<Life> {
        self.had.iter().map(|had| self.life(had, had.acknowledged, until)).collect()
    }

    /// By the cell's clock: it lived until its time was over.
    pub(crate) fn natural(&self) -> Vec<Life> {
        let life = |had: &Had| self.life(had, had.since.unwrap_or(self.expires_at - 1), self.expires_at);
        self.had.iter().map(life).collect()
    }

    fn life(&self, had: &Had, from: i64, until: i64) -> Life {
        Life { ticket: had.ticket.clone(), from, until, owner: self.hold.clone() }
    }
}

/// By the cell's clock: when an order that nobody gave up had its tickets.
pub(crate) fn natural_lives(order: &Value) -> Vec<Life> {
    let (made, pay_by) = (time(&order["created_at"]), time(&order["pay_by"]));
    let mut lives = Vec::new();
    for item in order["items"].as_array().unwrap() {
        let (from, until) = match (order["state"].as_str(), item["credential"].as_str()) {
            (Some("expired"), _) => (made, pay_by),
            // Money that came late took the tickets anew.
            (Some("paid"), Some("issued")) => {
                (Some(time(&order["paid_at"])).filter(|paid| *paid > pay_by).unwrap_or(made), FOR_EVER)
            }
            _ => continue,
        };
        let ticket = item["ticket_id"].as_str().unwrap().to_owned();
        lives.push(Life { ticket, from, until, owner: id(order).to_owned() });
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
    let life = |owner: &str, from, until| Life { ticket: "ticket".to_owned(), from, until, owner: owner.to_owned() };
    assert!(two_owners(vec![life("a", 0, 10), life("b", 10, 20), life("c", 20, 20), life("d", 20, 30)]).is_empty());
    assert_eq!(two_owners(vec![life("b", 9, 20), life("a", 0, 10)]).len(), 1);
    assert_eq!(two_owners(vec![life("a", 0, 100), life("b", 5, 5)]).len(), 1);
    assert_eq!(two_owners(vec![life("a", 0, 100), life("b", 100, 100), life("c", 100, 110)]).len(), 0);
}
