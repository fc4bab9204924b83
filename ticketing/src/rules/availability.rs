//! What can be bought of a performance now, and whether it is on sale at all. Pure: counts, rounds and pools come in as read.

use std::collections::HashMap;

use foundation::{
    Instant,
    id::{OfferId, PriceTierId},
};
use uuid::Uuid;

use super::{
    as_text,
    order::HOLD_TICKETS_MAX,
    performance::PerformanceState,
    sale_round::{
        Access, Pool, SaleRound,
        list::{self, Standing},
    },
    show::{Show, ShowState},
    stock::{Count, StockOffer},
    waitlist::WaitedFor,
};

/// How it is with the sale of a performance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SaleStatus {
    /// It has not begun.
    NotOnSale,
    /// There are tickets.
    Available,
    /// There are few: at most one in ten of all that were to be sold.
    Few,
    /// None is free, but some are in holds and unpaid orders and may come back.
    Held,
    /// All are sold, or set aside.
    SoldOut,
    /// Halted for now.
    Paused,
    /// Sales are over.
    Ended,
    /// It will not take place.
    Cancelled,
}

as_text! {
    SaleStatus {
        NotOnSale = "not_on_sale", Available = "available", Few = "few", Held = "held", SoldOut = "sold_out",
        Paused = "paused", Ended = "ended", Cancelled = "cancelled"
    }
}

/// What says when, to whom and how much of a performance is sold, as read.
#[derive(Debug, Clone)]
pub struct Door {
    /// Its show, without its performances and its description.
    pub show: Show,
    /// Whether it may be sold.
    pub state: PerformanceState,
    /// When its sale begins.
    pub on_sale_at: Instant,
    /// When it ends.
    pub off_sale_at: Instant,
    /// Its sale rounds in their order.
    pub rounds: Vec<SaleRound>,
    /// Its pools.
    pub pools: Vec<Pool>,
    /// How many tickets are taken of each round and pool.
    pub taken: HashMap<Uuid, usize>,
    /// What is kept for who is on the waitlist; none while nobody waits.
    pub waited_for: Option<WaitedFor>,
}

/// What is left of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OfferLeft {
    /// The offer.
    pub offer: OfferId,
    /// The tier whose tickets it sells.
    pub tier: PriceTierId,
    /// The ticket type's name.
    pub ticket_type: std::sync::Arc<str>,
    /// Tickets that can be held now.
    pub available: usize,
    /// The most that one party can have together.
    pub largest_party: usize,
    /// Who may buy now; none while no round sells it.
    pub access: Option<Access>,
}

/// What is left in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Left {
    /// How it is with the sale.
    pub status: SaleStatus,
    /// Tickets that can be held now through some offer.
    pub available: usize,
    /// Free ones that no offer sells now, because of its pool or round.
    pub beyond_limits: usize,
    /// The most that one party can have together.
    pub largest_party: usize,
    /// Offer by offer, in the order of their ids.
    pub offers: Vec<OfferLeft>,
}

impl Door {
    /// Whether what is left changes with what is taken of rounds and pools, or of what the waitlist leaves.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.waited_for.is_some() || !self.pools.is_empty() || self.rounds.iter().any(|round| round.capacity.is_some())
    }

    /// What is left, by these counts of the stock.
    #[must_use]
    pub fn left<'a>(
        &self,
        counts: &[Count],
        offers: impl Iterator<Item = (OfferId, &'a StockOffer)>,
        now: Instant,
    ) -> Left {
        let mut offers: Vec<OfferLeft> = offers.map(|(id, offer)| self.left_of(id, offer, counts, now)).collect();
        offers.sort_by_key(|left| left.offer);
        let mut by_tier: HashMap<PriceTierId, usize> = HashMap::new();
        for left in &offers {
            let most = by_tier.entry(left.tier).or_default();
            *most = left.available.max(*most);
        }
        let available = by_tier.values().sum();
        let free: usize = counts.iter().map(|count| count.available).sum();
        let largest_party = offers.iter().map(|left| left.largest_party).max().unwrap_or(0);
        let status = self.closed(now).unwrap_or_else(|| stock_status(counts, available));
        Left { status, available, beyond_limits: free - available, largest_party, offers }
    }

    /// How it is with the sale if it is not open.
    fn closed(&self, now: Instant) -> Option<SaleStatus> {
        match (self.show.state, self.state) {
            (ShowState::Draft, _) => Some(SaleStatus::NotOnSale),
            (_, PerformanceState::Paused) => Some(SaleStatus::Paused),
            (_, PerformanceState::Closed) => Some(SaleStatus::Ended),
            (_, PerformanceState::Cancelled) => Some(SaleStatus::Cancelled),
            (_, PerformanceState::Open) if now < self.on_sale_at => Some(SaleStatus::NotOnSale),
            (_, PerformanceState::Open) if now >= self.off_sale_at => Some(SaleStatus::Ended),
            (_, PerformanceState::Open) if self.rounds.is_empty() => None,
            (_, PerformanceState::Open) => match self.standing(now) {
                Standing::Open => None,
                Standing::ToCome(opens) if opens < self.off_sale_at => Some(SaleStatus::NotOnSale),
                Standing::ToCome(_) | Standing::Over => Some(SaleStatus::Ended),
            },
        }
    }

    /// When its sale opens, if no sale round is open: with the next one. Else when the sale began, or begins, by its own window.
    #[must_use]
    pub fn opens_at(&self, now: Instant) -> Instant {
        match self.standing(now.max(self.on_sale_at)) {
            Standing::ToCome(opens) if opens < self.off_sale_at => opens,
            _ => self.on_sale_at,
        }
    }

    /// How it is with its rounds.
    fn standing(&self, now: Instant) -> Standing {
        list::standing(&self.rounds, |round| self.left_of_round(round) == 0, now)
    }

    fn left_of(&self, id: OfferId, offer: &StockOffer, counts: &[Count], now: Instant) -> OfferLeft {
        let tier = offer.tier;
        let its = || counts.iter().filter(move |count| count.tier == tier);
        let (access, mut most) = match self.round_of(id, now) {
            _ if self.rounds.is_empty() => (Some(Access::Anyone), usize::MAX),
            Some((access, most)) => (Some(access), most),
            None => (None, 0),
        };
        for pool in self.pools.iter().filter(|pool| pool.offers.contains(&id)) {
            most = most.min(self.room(pool.id.uuid(), pool.capacity));
        }
        let available = its().map(|count| count.available).sum::<usize>().min(most);
        let together = its().map(|count| count.together).max().unwrap_or(0);
        OfferLeft {
            offer: id,
            tier,
            ticket_type: offer.ticket_type.clone(),
            available,
            largest_party: together.min(available).min(HOLD_TICKETS_MAX),
            access,
        }
    }

    /// The open round that sells the offer to the most, and how much it has left: one for anyone before one for guests.
    fn round_of(&self, offer: OfferId, now: Instant) -> Option<(Access, usize)> {
        let open = list::open(&self.rounds, |round| self.left_of_round(round) == 0, now);
        let selling = open.filter(|round| round.price(offer).is_some());
        let left = selling.map(|round| (round.access, self.left_of_round(round)));
        // The first of those that are alike.
        left.reduce(|best, next| {
            let rank = |(access, left): (Access, usize)| (left > 0, access == Access::Anyone, left);
            if rank(next) > rank(best) { next } else { best }
        })
    }

    fn left_of_round(&self, round: &SaleRound) -> usize {
        round.capacity.map_or(usize::MAX, |capacity| self.room(round.id.uuid(), capacity))
    }

    fn room(&self, limit: Uuid, capacity: i32) -> usize {
        let taken = self.taken.get(&limit).copied().unwrap_or(0);
        usize::try_from(capacity).unwrap_or(0).saturating_sub(taken)
    }
}

/// How it is with the stock of a sale that is open.
fn stock_status(counts: &[Count], available: usize) -> SaleStatus {
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let on_sale = sum(|count| count.available + count.waitlist + count.kept.held + count.kept.sold);
    match available {
        0 if sum(|count| count.kept.held) > 0 => SaleStatus::Held,
        0 => SaleStatus::SoldOut,
        _ if available.saturating_mul(10) <= on_sale => SaleStatus::Few,
        _ => SaleStatus::Available,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use foundation::{
        Money,
        id::{PerformanceId, PoolId, SaleRoundId, ShowId},
    };

    use super::{
        super::{performance::on_sale, show::Visibility, stock::Taken},
        *,
    };

    fn at(seconds: u64) -> Instant {
        let epoch: Instant = serde_json::from_value("2030-01-01T00:00:00Z".into()).unwrap();
        epoch.plus(Duration::from_secs(seconds))
    }

    /// On sale from 10 to 20.
    fn door() -> Door {
        let show = Show {
            id: ShowId::new(),
            title: String::new(),
            description: String::new(),
            currency: "EUR".parse().unwrap(),
            visibility: Visibility::Public,
            public_from: None,
            state: ShowState::Published,
            ticket_types: Vec::new(),
            performances: Vec::new(),
            version: 1,
            created_at: at(0),
        };
        let (rounds, pools, taken) = (Vec::new(), Vec::new(), HashMap::new());
        let (state, waited_for) = (PerformanceState::Open, None);
        Door { show, state, on_sale_at: at(10), off_sale_at: at(20), rounds, pools, taken, waited_for }
    }

    fn offer() -> (OfferId, StockOffer) {
        let price = Money::new(50.into(), "EUR".parse().unwrap()).unwrap();
        (OfferId::new(), StockOffer { tier: PriceTierId::new(), tier_name: "t".into(), ticket_type: "a".into(), price })
    }

    fn count(offer: &StockOffer, total: usize, available: usize, together: usize) -> Count {
        let kept = Taken { sold: total - available, ..Taken::default() };
        Count {
            tier: offer.tier,
            section: "s".into(),
            seated: true,
            total,
            available,
            accessible: 0,
            waitlist: 0,
            allocated: 0,
            kept,
            together,
        }
    }

    fn left(door: &Door, offer: &(OfferId, StockOffer), count: &Count, now: Instant) -> Left {
        door.left(std::slice::from_ref(count), std::iter::once((offer.0, &offer.1)), now)
    }

    #[test]
    fn a_sale_is_open_exactly_when_holds_are_taken() {
        let offer = offer();
        let count = count(&offer.1, 10, 5, 5);
        for show in [ShowState::Draft, ShowState::Published] {
            for state in [
                PerformanceState::Open,
                PerformanceState::Paused,
                PerformanceState::Closed,
                PerformanceState::Cancelled,
            ] {
                for now in [9, 10, 19, 20].map(at) {
                    let mut door = Door { state, ..door() };
                    door.show.state = show;
                    let open = left(&door, &offer, &count, now).status == SaleStatus::Available;
                    assert_eq!(open, on_sale(show, state, at(10), at(20), now).is_ok(), "{show:?} {state:?} {now}");
                }
            }
        }
    }

    #[test]
    fn the_status_tells_few_held_and_sold_out_apart() {
        let offer = offer();
        let status = |count: &Count| left(&door(), &offer, count, at(10)).status;
        assert_eq!(status(&count(&offer.1, 20, 3, 1)), SaleStatus::Available);
        assert_eq!(status(&count(&offer.1, 20, 2, 1)), SaleStatus::Few);
        assert_eq!(status(&count(&offer.1, 20, 0, 0)), SaleStatus::SoldOut);
        let kept = Taken { held: 1, sold: 18, blocked: 1 };
        assert_eq!(status(&Count { kept, ..count(&offer.1, 20, 0, 0) }), SaleStatus::Held);
        let kept = Taken { blocked: 15, ..Taken::default() };
        assert_eq!(
            status(&Count { kept, ..count(&offer.1, 20, 5, 5) }),
            SaleStatus::Available,
            "all of what is on sale"
        );
    }

    #[test]
    fn a_pool_leaves_what_it_has_left_and_the_rest_is_beyond_it() {
        let offer = offer();
        let mut door = door();
        let pool = Pool {
            id: PoolId::new(),
            performance: PerformanceId::new(),
            name: "p".to_owned(),
            capacity: 5,
            offers: vec![offer.0],
            version: 1,
        };
        door.taken.insert(pool.id.uuid(), 3);
        door.pools.push(pool);
        assert!(door.is_limited());
        let left = left(&door, &offer, &count(&offer.1, 100, 50, 20), at(10));
        assert_eq!((left.available, left.beyond_limits, left.largest_party), (2, 48, 2));
    }

    #[test]
    fn a_party_is_no_larger_than_what_is_together_and_what_a_hold_may_have() {
        let offer = offer();
        let party = |together| left(&door(), &offer, &count(&offer.1, 500, 400, together), at(10)).largest_party;
        assert_eq!((party(7), party(300)), (7, HOLD_TICKETS_MAX));
    }

    fn round(
        offer: &(OfferId, StockOffer),
        (opens, closes): (Option<u64>, Option<u64>),
        capacity: Option<i32>,
        access: Access,
    ) -> SaleRound {
        SaleRound {
            id: SaleRoundId::new(),
            performance: PerformanceId::new(),
            name: "r".to_owned(),
            opens_at: opens.map(at),
            closes_at: closes.map(at),
            capacity,
            access,
            tickets_per_code: 1,
            prices: vec![(offer.0, offer.1.price)],
            version: 1,
        }
    }

    #[test]
    fn with_rounds_it_is_on_sale_while_one_of_them_is_open_whoever_it_is_for() {
        let offer = offer();
        let presale = round(&offer, (Some(12), Some(14)), Some(4), Access::Codes);
        let regular = round(&offer, (Some(16), Some(18)), None, Access::Anyone);
        let door = Door { rounds: vec![presale.clone(), regular], ..door() };
        let count = count(&offer.1, 100, 50, 20);
        let seen = |door: &Door, now| (left(door, &offer, &count, at(now)).status, door.opens_at(at(now)));
        for (now, status, opens) in [
            (9, SaleStatus::NotOnSale, 12),
            (11, SaleStatus::NotOnSale, 12),
            (12, SaleStatus::Few, 10),
            (14, SaleStatus::NotOnSale, 16),
            (16, SaleStatus::Available, 10),
            (18, SaleStatus::Ended, 10),
            (20, SaleStatus::Ended, 10),
        ] {
            assert_eq!(seen(&door, now), (status, at(opens)), "{now}");
        }
        let full = Door { taken: HashMap::from([(presale.id.uuid(), 4)]), ..door.clone() };
        assert_eq!(seen(&full, 12), (SaleStatus::SoldOut, at(10)), "it is open, and has nothing left");
        assert_eq!(seen(&Door { state: PerformanceState::Paused, ..door.clone() }, 11).0, SaleStatus::Paused);
        let outside = round(&offer, (Some(20), None), None, Access::Anyone);
        assert_eq!(seen(&Door { rounds: vec![outside], ..door.clone() }, 12), (SaleStatus::Ended, at(10)));
        let early = round(&offer, (Some(1), None), None, Access::Anyone);
        assert_eq!(seen(&Door { rounds: vec![early], ..door }, 9), (SaleStatus::NotOnSale, at(10)));
    }

    #[test]
    fn of_rounds_the_open_one_for_anyone_tells_what_is_left() {
        let offer = offer();
        let round = |opens, capacity, access| round(&offer, (opens, None), capacity, access);
        let early = round(Some(12), Some(4), Access::Codes);
        let later = round(Some(15), Some(6), Access::Anyone);
        let door = Door { rounds: vec![early.clone(), later], ..door() };
        let seen = |door: &Door, now| {
            let left = left(door, &offer, &count(&offer.1, 100, 50, 20), at(now));
            (left.available, left.offers[0].access)
        };
        assert_eq!(seen(&door, 11), (0, None));
        assert_eq!(seen(&door, 12), (4, Some(Access::Codes)));
        assert_eq!(seen(&door, 15), (6, Some(Access::Anyone)));
        let next = round(None, None, Access::Anyone);
        let taken = HashMap::from([(early.id.uuid(), 4)]);
        let sold_out = Door { rounds: vec![early, next], taken, ..door };
        assert_eq!(seen(&sold_out, 12), (50, Some(Access::Anyone)), "the next one opens when it has sold out");
    }
}
