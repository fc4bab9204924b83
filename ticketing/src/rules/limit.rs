//! Limits: how many tickets one buyer, or all buyers together, may have of something. A limit of n tickets is n numbered
//! slots. Here they are given out in memory, from what was read free; the slots' key decides, as the claims' key does for
//! tickets (decision 17). It never counts: two that count at once would both find room for the last one.

use std::collections::{HashMap, VecDeque};

use foundation::{
    Code, Refusal,
    id::{PerformanceId, ResellerId, ShowId},
    seal::{Mark, Sealer},
};
use serde_json::json;
use uuid::Uuid;

use super::{as_text, order::HeldTicket};

/// How many tickets a buyer may have unless the show or the performance says otherwise.
pub const BUYER_MAX: i32 = 6;
/// The most that a maximum per buyer can be set to.
pub const BUYER_MAX_LIMIT: i32 = 10_000;

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// The tickets of one buyer of a performance, or of a show.
    Buyer,
    /// The tickets of a sale round.
    Round,
    /// The tickets bought on a sale round's code.
    Code,
    /// The tickets of the offers of a pool.
    Pool,
    /// The tickets bought with a promotion.
    Promotion,
    /// The tickets that one buyer bought with a promotion.
    PromotionPerBuyer,
}

/// Whose limit it is: the mark of a buyer, or none where it is everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Option<Mark>);

impl Subject {
    /// Everybody's.
    #[must_use]
    pub fn everybody() -> Self {
        Self(None)
    }

    /// A code's.
    #[must_use]
    pub fn code(mark: Mark) -> Self {
        Self(Some(mark))
    }

    /// Whose mark it is; none where it is everybody's.
    #[must_use]
    pub fn mark(self) -> Option<Mark> {
        self.0
    }

    /// The buyer's whom the reseller calls so.
    #[must_use]
    pub fn reference(sealer: &Sealer, reseller: ResellerId, reference: &str) -> Self {
        Self(Some(sealer.mark(reseller, "buyer reference", reference)))
    }

    /// The buyer's with this e-mail address. What stands behind a plus in its local part makes no other buyer.
    #[must_use]
    pub fn email(sealer: &Sealer, reseller: ResellerId, email: &str) -> Self {
        let email = email.trim().to_lowercase();
        let (local, domain) = email.rsplit_once('@').unwrap_or((&email, ""));
        let local = local.split_once('+').map_or(local, |(before, _)| before);
        Self(Some(sealer.mark(reseller, "buyer e-mail", &format!("{local}@{domain}"))))
    }

    /// As it is written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], Mark::as_slice)
    }
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited: a performance, a show.
    pub id: Uuid,
    /// Whose limit it is.
    pub subject: Subject,
    /// How many tickets.
    pub max: i32,
    /// What it is about.
    pub what: What,
}

/// The name of a limit: slots are numbered within it.
pub type Name = (Uuid, Subject);

impl Limit {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> Name {
        (self.id, self.subject)
    }

    /// The refusal when so many tickets more are all that the limit leaves.
    #[must_use]
    pub fn full(&self, left: usize) -> Refusal {
        let (code, detail) = match self.what {
            What::Buyer => (
                Code::BuyerLimit,
                format!("A buyer may have {} tickets; {left} more can be had by this one.", self.max),
            ),
            What::Round => (
                Code::NotEnoughTickets,
                format!(
                    "The sale round has {left} of its {} tickets left, and no other is open to this buyer.",
                    self.max
                ),
            ),
            What::Code => {
                (Code::CodeUsed, format!("The access code is good for {} tickets, of which {left} are left.", self.max))
            }
            What::Pool => {
                (Code::NotEnoughTickets, format!("The offer's pool has {left} of its {} tickets left.", self.max))
            }
            What::Promotion => {
                (Code::PromotionUsedUp, format!("The promotion is for {} tickets, of which {left} are left.", self.max))
            }
            What::PromotionPerBuyer => (
                Code::PromotionUsedUp,
                format!("The promotion is for {} tickets of one buyer; {left} more can be had by this one.", self.max),
            ),
        };
        Refusal::new(code, detail).with_alternatives(json!({ "maximum": self.max, "available": left }))
    }
}

/// How many tickets of a performance one buyer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuyerMax {
    /// The performance.
    pub performance: PerformanceId,
    /// Its show.
    pub show: ShowId,
    /// The performance's own maximum.
    pub own: Option<i32>,
    /// The show's.
    pub of_show: Option<i32>,
    /// Over which the show counts.
    pub per: Per,
}

/// Over which a show counts a buyer's tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each performance by itself.
    Performance,
    /// All its performances together.
    Show,
}

as_text! { Per { Performance = "performance", Show = "show" } }

impl BuyerMax {
    /// The limits that a buyer's ticket of the performance falls under: where the show counts all its performances together
    /// and the performance has a maximum of its own, both.
    pub fn limits(self, buyer: Subject) -> impl Iterator<Item = Limit> {
        let limit = move |id: Uuid, max: i32| Limit { id, subject: buyer, max, what: What::Buyer };
        let of_show = self.of_show.unwrap_or(BUYER_MAX);
        let show = (self.per == Per::Show).then(|| limit(self.show.uuid(), of_show));
        let own = self.own.or((self.per == Per::Performance).then_some(of_show));
        show.into_iter().chain(own.map(|max| limit(self.performance.uuid(), max)))
    }
}

/// A slot proposed for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// In this limit.
    pub limit: Limit,
    /// Its number.
    pub no: i32,
    /// For this ticket.
    pub ticket: HeldTicket,
}

/// How many tickets fall under each limit, over all that ask at once.
#[derive(Debug, Default)]
pub struct Needs {
    all: Vec<(Limit, usize)>,
    index: HashMap<Name, usize>,
}

impl Needs {
    /// So many tickets more of this limit.
    pub fn add(&mut self, limit: Limit, tickets: usize) {
        let at = *self.index.entry(limit.name()).or_insert(self.all.len());
        match self.all.get_mut(at) {
            Some((_, many)) => *many += tickets,
            None => self.all.push((limit, tickets)),
        }
    }

    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Each limit with the number of tickets, in the order in which they were first asked for.
    pub fn iter(&self) -> std::slice::Iter<'_, (Limit, usize)> {
        self.all.iter()
    }
}

/// Why there is no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSlot {
    /// The limit leaves so many.
    Full(Limit, usize),
    /// What is left was given to others who ask at the same time: ask again when they are through.
    Undecided,
}

/// The free slots of some limits, as read.
#[derive(Debug, Default)]
pub struct Rooms(HashMap<Name, Room>);

#[derive(Debug)]
struct Room {
    /// How many were free when they were read, as far as they were looked for.
    found: usize,
    free: VecDeque<i32>,
}

impl Rooms {
    /// Notes the free slots of a limit.
    pub fn note(&mut self, name: Name, free: Vec<i32>) {
        self.0.insert(name, Room { found: free.len(), free: free.into() });
    }

    /// Whether a limit has room for so many.
    ///
    /// # Errors
    /// Why not.
    pub fn has(&self, limit: Limit, tickets: usize) -> Result<(), NoSlot> {
        let room = self.0.get(&limit.name());
        let (found, free) = room.map_or((0, 0), |room| (room.found, room.free.len()));
        if found < tickets {
            Err(NoSlot::Full(limit, found))
        } else if free < tickets {
            Err(NoSlot::Undecided)
        } else {
            Ok(())
        }
    }

    /// Gives each ticket a slot of each limit that it falls under; all or none.
    ///
    /// # Errors
    /// The first limit that has too few.
    pub fn give(&mut self, wanted: &[(Limit, HeldTicket)]) -> Result<Vec<Slot>, NoSlot> {
        let mut needs = Needs::default();
        for (limit, _) in wanted {
            needs.add(*limit, 1);
        }
        for (limit, tickets) in needs.iter() {
            self.has(*limit, *tickets)?;
        }
        let next = |(limit, ticket): &(Limit, HeldTicket)| {
            let no = self.0.get_mut(&limit.name()).and_then(|room| room.free.pop_front());
            no.map(|no| Slot { limit: *limit, no, ticket: *ticket })
        };
        wanted.iter().map(next).collect::<Option<Vec<Slot>>>().ok_or(NoSlot::Undecided)
    }

    /// Takes slots back that were given in vain.
    pub fn put_back(&mut self, slots: &[Slot]) {
        for slot in slots {
            if let Some(room) = self.0.get_mut(&slot.limit.name()) {
                room.free.push_front(slot.no);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use foundation::id::{OfferId, TicketId};

    use super::*;

    fn ticket() -> HeldTicket {
        HeldTicket::new(PerformanceId::new(), TicketId::new(), OfferId::new())
    }

    fn limit(max: i32) -> Limit {
        Limit { id: Uuid::now_v7(), subject: Subject(Some([7; 32])), max, what: What::Buyer }
    }

    #[test]
    fn slots_are_given_once_and_what_batch_mates_have_is_not_decided_yet() {
        let limit = limit(3);
        let mut rooms = Rooms::default();
        rooms.note(limit.name(), vec![0, 1, 2]);
        let two = [(limit, ticket()), (limit, ticket())];
        let nos: Vec<i32> = rooms.give(&two).unwrap().iter().map(|slot| slot.no).collect();
        assert_eq!(nos, [0, 1]);
        assert_eq!(rooms.give(&two), Err(NoSlot::Undecided), "the others may lose yet");
        let last = rooms.give(&two[..1]).unwrap();
        rooms.put_back(&last);
        assert_eq!(rooms.give(&two[..1]), Ok(last.iter().map(|slot| Slot { ticket: two[0].1, ..*slot }).collect()));
    }

    #[test]
    fn an_address_counts_as_one_buyer_however_it_is_written() {
        let (sealer, reseller) = (Sealer::new(&[7; 32]), ResellerId::new());
        let subject = |email| Subject::email(&sealer, reseller, email);
        assert_eq!(subject("ada@example.com"), subject(" Ada+tickets@Example.com "));
        assert_ne!(subject("ada@example.com"), subject("ada@example.org"));
        assert_ne!(subject("ada@example.com"), Subject::reference(&sealer, reseller, "ada@example.com"));
    }

    #[test]
    fn a_buyer_counts_per_performance_or_show_and_by_both_where_both_say_so() {
        let (performance, show) = (PerformanceId::new(), ShowId::new());
        let buyer = Subject(Some([1; 32]));
        let limits = |own, of_show, per| {
            let all = BuyerMax { performance, show, own, of_show, per }.limits(buyer);
            all.map(|limit| (limit.id, limit.max)).collect::<Vec<_>>()
        };
        let (at_performance, at_show) = (performance.uuid(), show.uuid());
        assert_eq!(limits(None, None, Per::Performance), [(at_performance, BUYER_MAX)]);
        assert_eq!(limits(None, Some(2), Per::Performance), [(at_performance, 2)]);
        assert_eq!(limits(Some(4), Some(2), Per::Performance), [(at_performance, 4)]);
        assert_eq!(limits(None, Some(8), Per::Show), [(at_show, 8)]);
        assert_eq!(limits(Some(4), None, Per::Show), [(at_show, BUYER_MAX), (at_performance, 4)]);
    }

    #[test]
    fn a_limit_that_is_full_gives_nothing_of_the_others_either() {
        let (open, full) = (limit(9), limit(1));
        let mut rooms = Rooms::default();
        rooms.note(open.name(), vec![4]);
        rooms.note(full.name(), Vec::new());
        let one = ticket();
        assert_eq!(rooms.give(&[(open, one), (full, one)]), Err(NoSlot::Full(full, 0)));
        assert_eq!(rooms.give(&[(open, one)]).unwrap()[0].no, 4);
    }
}
