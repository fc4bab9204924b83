//! The terms on which tickets are asked for and sold: who asks with which codes, in which round they are sold at which price and
//! discount, and which limits they fall under. Pure: rounds, pools and promotions come in as read, free slots in [`Rooms`].

use std::collections::{HashMap, HashSet};

use foundation::{
    Code, Instant, Refusal,
    id::{OfferId, PerformanceId, ResellerId, SaleRoundId},
    seal::{Mark, Sealer},
};

use super::{
    block::Through,
    limit::{BuyerMax, Limit, Needs, NoSlot, Rooms, Slot, Subject},
    order::{HeldTicket, HoldItem, Want},
    promotion::{Promotion, spelled},
    sale_round::{Guest, NoRound, Pool, SaleRound, choose, code_mark},
};

/// Who asks for tickets, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedBy {
    /// The reseller's own word for the buyer.
    pub reference: Option<String>,
    /// The buyer's e-mail address, for rounds that have a list.
    pub email: Option<String>,
    /// For rounds that have codes.
    pub access_code: Option<String>,
    /// For a discount.
    pub promotion_code: Option<String>,
    /// The key and the channel that it is asked through, for allocations.
    pub through: Through,
}

/// Who asks, as limits and rounds know one: nothing of it tells who that is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asker {
    /// By the reference.
    pub buyer: Option<Subject>,
    /// Marks of reference, address and code.
    pub guest: Guest,
    /// The promotion's code as it is compared.
    pub promotion: Option<String>,
}

impl Asker {
    /// Of who asks.
    #[must_use]
    pub fn of(sealer: &Sealer, reseller: ResellerId, by: &AskedBy) -> Self {
        let buyer = by.reference.as_deref().map(|text| Subject::reference(sealer, reseller, text));
        let email = by.email.as_deref().map(|text| Subject::email(sealer, reseller, text));
        let code = by.access_code.as_deref().map(|code| code_mark(sealer, reseller, code));
        let marks = buyer.into_iter().chain(email).filter_map(Subject::mark);
        let guest = Guest { code, buyer: marks.collect() };
        Self { buyer, guest, promotion: by.promotion_code.as_deref().map(spelled) }
    }
}

/// The terms of one performance.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How many tickets one buyer may have.
    pub buyer_max: BuyerMax,
    /// Its sale rounds in their order; without any it sells at its offers' prices.
    pub rounds: Vec<SaleRound>,
    /// Its pools.
    pub pools: Vec<Pool>,
}

impl Terms {
    fn pools_of(&self, offer: OfferId) -> impl Iterator<Item = Limit> {
        self.pools.iter().filter(move |pool| pool.offers.contains(&offer)).map(Pool::limit)
    }
}

/// The terms of several performances, and what is known of codes.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// By performance.
    pub terms: HashMap<PerformanceId, Terms>,
    /// The marks, of those that were asked for, that are in a round's books.
    pub known: HashSet<(SaleRoundId, Mark)>,
    /// By code, of those that were asked for.
    pub promotions: HashMap<String, Promotion>,
}

/// Why nothing is sold on these terms.
#[derive(Debug, Clone)]
pub enum NoTerms {
    /// The refusal.
    Refused(Refusal),
    /// Others who ask at the same time decide over it: ask again.
    Undecided,
}

impl From<Refusal> for NoTerms {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NoSlot> for NoTerms {
    fn from(why: NoSlot) -> Self {
        match why {
            NoSlot::Full(limit, left) => Self::Refused(limit.full(left)),
            NoSlot::Undecided => Self::Undecided,
        }
    }
}

impl Book {
    /// Adds the room that a request may need: of every round that could sell what it wants, as it is not known yet which does.
    pub fn need(&self, asker: &Asker, wants: &[Want], needs: &mut Needs) {
        for want in wants {
            let Some(terms) = self.terms.get(&want.performance) else { continue };
            // A round of other offers may have to be sold out first.
            terms.rounds.iter().filter_map(SaleRound::limit).for_each(|limit| needs.add(limit, 1));
            for (offer, tickets) in want.pick.offers() {
                let rounds = terms.rounds.iter().filter(|round| round.price(offer).is_some());
                rounds.flat_map(|round| round.limits(&asker.guest)).for_each(|limit| needs.add(limit, tickets));
                let buyer = asker.buyer.into_iter().flat_map(|buyer| terms.buyer_max.limits(buyer));
                let promotion = self.promotion(asker).into_iter().flat_map(|promotion| promotion.limits(asker.buyer));
                buyer.chain(terms.pools_of(offer)).chain(promotion).for_each(|limit| needs.add(limit, tickets));
            }
        }
    }

    fn promotion(&self, asker: &Asker) -> Option<&Promotion> {
        asker.promotion.as_ref().and_then(|code| self.promotions.get(code))
    }

    /// Puts the proposed tickets of a request on terms: `items` are in the order of `wants`, and get their round, price and
    /// discount. Gives a slot of each limit that they fall under; all or nothing.
    ///
    /// # Errors
    /// Why not.
    pub fn sell(
        &self,
        rooms: &mut Rooms,
        asker: &Asker,
        wants: &[Want],
        items: &mut [HoldItem],
        now: Instant,
    ) -> Result<Vec<Slot>, NoTerms> {
        let promotion = self.promotion_at(asker, now)?;
        let mut slots: Vec<Slot> = Vec::new();
        let mut rest = items;
        let mut taken_off = false;
        for want in wants {
            let many = want.pick.tickets().min(rest.len());
            let (its, others) = std::mem::take(&mut rest).split_at_mut(many);
            rest = others;
            for of_offer in its.chunk_by_mut(|one, next| one.held.offer == next.held.offer) {
                match self.sell_offer(rooms, asker, want.performance, of_offer, promotion, now) {
                    Ok(more) => slots.extend(more),
                    Err(why) => {
                        rooms.put_back(&slots);
                        return Err(why);
                    }
                }
            }
            taken_off |= its.iter().any(|item| item.held.promotion.is_some());
        }
        if promotion.is_some() && !taken_off {
            rooms.put_back(&slots);
            return Err(Refusal::new(Code::CodeInvalid, "The promotion is not for any of these tickets.").into());
        }
        Ok(slots)
    }

    fn promotion_at(&self, asker: &Asker, now: Instant) -> Result<Option<&Promotion>, Refusal> {
        if asker.promotion.is_none() {
            return Ok(None);
        }
        let promotion =
            self.promotion(asker).ok_or_else(|| Refusal::new(Code::CodeInvalid, "There is no such promotion."))?;
        promotion.holds_at(now)?;
        Ok(Some(promotion))
    }

    /// Sells tickets of one offer, all in the same round.
    fn sell_offer(
        &self,
        rooms: &mut Rooms,
        asker: &Asker,
        performance: PerformanceId,
        items: &mut [HoldItem],
        promotion: Option<&Promotion>,
        now: Instant,
    ) -> Result<Vec<Slot>, NoTerms> {
        let Some(terms) = self.terms.get(&performance) else { return Ok(Vec::new()) };
        let Some(offer) = items.first().map(|item| item.held.offer) else { return Ok(Vec::new()) };
        let mut limits: Vec<Limit> = terms.pools_of(offer).collect();
        limits.extend(asker.buyer.into_iter().flat_map(|buyer| terms.buyer_max.limits(buyer)));
        if !terms.rounds.is_empty() {
            let known = |round, mark| self.known.contains(&(round, mark));
            let round = choose(&terms.rounds, (offer, items.len()), &asker.guest, &known, rooms, now);
            let round = round.map_err(|why| match why {
                NoRound::Refused(refusal) => NoTerms::Refused(refusal),
                NoRound::Undecided => NoTerms::Undecided,
            })?;
            limits.extend(round.limits(&asker.guest));
            for item in items.iter_mut() {
                item.held.round = Some(round.id);
                item.price = round.price(offer).unwrap_or(item.price);
            }
        }
        for item in items.iter_mut() {
            if let Some(promotion) = promotion.filter(|p| p.is_for(offer, item.price.currency())) {
                item.held.promotion = Some(promotion.id);
                item.discount = promotion.discount.off(item.price);
            }
        }
        if let (Some(promotion), true) = (promotion, items.iter().any(|item| item.held.promotion.is_some())) {
            limits.extend(promotion.limits(asker.buyer));
        }
        let pairs: Vec<(Limit, HeldTicket)> =
            items.iter().flat_map(|item| limits.iter().map(|limit| (*limit, item.held))).collect();
        Ok(rooms.give(&pairs)?)
    }

    /// The limits that an order's tickets fall under for the buyer with this subject, and by their rounds, pools and promotions
    /// where they have lost them: for tickets that an order is to have again.
    #[must_use]
    pub fn limits_again(&self, tickets: &[HeldTicket], buyers: &[Subject]) -> Vec<(Limit, HeldTicket)> {
        let of = |ticket: &HeldTicket| {
            let terms = self.terms.get(&ticket.performance);
            let round = terms.and_then(|terms| terms.rounds.iter().find(|round| Some(round.id) == ticket.round));
            let everybody = round.and_then(SaleRound::limit).into_iter();
            let pools = terms.into_iter().flat_map(|terms| terms.pools_of(ticket.offer));
            let all: Vec<Limit> = everybody.chain(pools).chain(self.limits_of(ticket, buyers, true)).collect();
            all.into_iter().map(|limit| (limit, *ticket)).collect::<Vec<_>>()
        };
        tickets.iter().flat_map(of).collect()
    }

    /// The limits that a ticket falls under for these buyers.
    fn limits_of(&self, ticket: &HeldTicket, buyers: &[Subject], uses: bool) -> Vec<Limit> {
        let terms = self.terms.get(&ticket.performance);
        let promotion = self.promotions.values().find(|promotion| Some(promotion.id) == ticket.promotion);
        let mut limits = Vec::new();
        for buyer in buyers {
            limits.extend(terms.into_iter().flat_map(|terms| terms.buyer_max.limits(*buyer)));
            limits.extend(promotion.and_then(|promotion| promotion.limit_of(Some(*buyer))));
        }
        if uses {
            limits.extend(promotion.into_iter().flat_map(|promotion| promotion.limits(None)));
        }
        limits
    }

    /// The limits that tickets fall under for one buyer more.
    #[must_use]
    pub fn limits_of_buyer(&self, tickets: &[HeldTicket], buyer: Subject) -> Vec<(Limit, HeldTicket)> {
        let of = |ticket: &HeldTicket| {
            let held = *ticket;
            self.limits_of(ticket, &[buyer], false).into_iter().map(move |limit| (limit, held))
        };
        tickets.iter().flat_map(of).collect()
    }
}
