//! Proposes tickets for a request, all or nothing, and holds what was named against the rules of its performances.

use foundation::{
    Instant, Money, Refusal,
    id::{OfferId, PerformanceId, ResellerId, TicketId},
};

use super::{Inventory, refusals};
use crate::rules::{
    block::Through,
    order::{HeldTicket, HoldItem, ItemSeating, Pick, Place, Want},
    seating_note::SeatingNote,
    stock::{NoProposal, Stock, Turn},
};

/// What one request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What it wants.
    pub wants: &'a [Want],
    /// Through what it asks.
    pub through: &'a Through,
    /// What it has already: the hold that is to grow.
    pub beside: &'a [HeldTicket],
    /// How often it has lost to another process.
    pub tries: u32,
}

/// Tickets proposed for a request, in the order of its wants.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The tickets.
    pub items: Vec<HoldItem>,
    /// What is to be said of the choice of seats.
    pub seating: Vec<ItemSeating>,
}

impl Inventory {
    /// Proposes tickets for what one request wants, in the order of its wants; all or nothing. They are marked as proposed in
    /// memory until it learns the outcome or takes them back.
    ///
    /// # Errors
    /// `None` when it cannot be told yet, because requests under way decide over what is left or the performance is to be
    /// read anew: ask again. Else the refusal.
    pub fn propose(&self, reseller: ResellerId, asked: &Asked<'_>, now: Instant) -> Result<Proposal, Option<Refusal>> {
        let mut proposal = Proposal::default();
        let turn = self.turn(asked.tries);
        // What is named comes first, or any tickets could be the very ones that are named beside them.
        let (named, any): (Vec<_>, Vec<_>) =
            asked.wants.iter().enumerate().partition(|(_, want)| want.pick.named().is_some());
        let mut items: Vec<(usize, HoldItem)> = Vec::new();
        let mut refused: Option<(Option<usize>, &Want, Option<NoProposal>)> = None;
        for (i, want) in named.into_iter().chain(any) {
            match self.with(reseller, want.performance, |stock, _| {
                stock.serve(asked.through);
                propose_one(stock, want, turn, now)
            }) {
                Some(Ok((found, note))) => {
                    items.extend(found.into_iter().map(|item| (i, item)));
                    proposal.seating.extend(note.map(|note| ItemSeating { item: Some(i), note }));
                }
                why => {
                    refused = Some((Some(i), want, why.and_then(Result::err)));
                    break;
                }
            }
        }
        if refused.is_none() {
            let checked = self.check_named(reseller, asked, &mut proposal, now);
            refused = checked.err().map(|(want, why)| (None, want, why));
        }
        if let Some((item, want, why)) = refused {
            // Before it is said what could be had instead: this very proposal is of that.
            let back: Vec<HeldTicket> = items.iter().map(|(_, item)| item.held).collect();
            self.withdraw(reseller, &back);
            return Err(why.and_then(|why| self.refusal(reseller, item, want, why, now)));
        }
        items.sort_by_key(|(want, _)| *want);
        proposal.items = items.into_iter().map(|(_, item)| item).collect();
        Ok(proposal)
    }

    /// Who has lost looks down the list of the best, each process at another place of it.
    fn turn(&self, tries: u32) -> Turn {
        let tries = tries.min(4);
        let nth = usize::try_from((self.teller >> (8 * tries)) % 1_000_003).unwrap_or(0);
        Turn { many: 1 << (2 * tries), nth: if tries == 0 { 0 } else { nth } }
    }

    /// Holds the tickets that were named, which are proposed, against the rules of their performances.
    fn check_named<'a>(
        &self,
        reseller: ResellerId,
        asked: &Asked<'a>,
        proposal: &mut Proposal,
        now: Instant,
    ) -> Result<(), (&'a Want, Option<NoProposal>)> {
        let mut performances: Vec<PerformanceId> = Vec::new();
        for want in asked.wants.iter().filter(|want| want.pick.named().is_some()) {
            if performances.contains(&want.performance) {
                continue;
            }
            performances.push(want.performance);
            let of = |other: &&Want| other.performance == want.performance;
            let named: Vec<TicketId> = asked.wants.iter().filter(of).filter_map(|want| want.pick.named()).collect();
            let beside =
                asked.beside.iter().filter(|held| held.performance == want.performance).map(|held| held.ticket);
            let all: Vec<TicketId> = named.iter().copied().chain(beside).collect();
            let checked = self.with(reseller, want.performance, |stock, _| match stock.unattended(&all, now) {
                Some(companion) => Err(NoProposal::Unattended(companion)),
                None => stock.check_named(&named, now),
            });
            match checked {
                Some(Ok(note)) => proposal.seating.extend(note.map(|note| ItemSeating { item: None, note })),
                Some(Err(why)) => return Err((want, Some(why))),
                None => return Err((want, None)),
            }
        }
        Ok(())
    }

    /// Refuses what is left of a hold if a companion's seat is in it without the wheelchair place that it is beside. What is not
    /// warm is not looked at.
    ///
    /// # Errors
    /// `companion_alone`.
    pub fn check_attended(&self, reseller: ResellerId, held: &[HeldTicket], now: Instant) -> Result<(), Refusal> {
        for one in held {
            let of = held.iter().filter(|other| other.performance == one.performance);
            let tickets: Vec<TicketId> = of.map(|other| other.ticket).collect();
            let alone = self.with(reseller, one.performance, |stock, _| stock.unattended(&tickets, now)).flatten();
            if let Some(companion) = alone {
                return Err(refusals::companion_alone(companion));
            }
        }
        Ok(())
    }
}

fn propose_one(
    stock: &mut Stock,
    want: &Want,
    turn: Turn,
    now: Instant,
) -> Result<(Vec<HoldItem>, Option<SeatingNote>), NoProposal> {
    let (tickets, note) = match &want.pick {
        Pick::Ticket { offer, ticket, kind } => {
            stock.propose_ticket(*ticket, *offer, *kind, now)?;
            (vec![(*ticket, *offer)], None)
        }
        Pick::Any { offer, quantity, section } => {
            let tickets = stock.propose_any(*offer, section.as_deref(), *quantity, now)?;
            (tickets.into_iter().map(|ticket| (ticket, *offer)).collect(), None)
        }
        Pick::Best(party) => {
            let chosen = stock.propose_best(party, turn, now)?;
            (chosen.tickets, Some(chosen.note))
        }
    };
    let items = held_items(stock, want.performance, &tickets);
    Ok((items.ok_or(NoProposal::Unknown)?, note))
}

/// What these tickets of a stock are and cost, each under its offer; none if it does not have one of them.
pub(crate) fn held_items(
    stock: &Stock,
    performance: PerformanceId,
    tickets: &[(TicketId, OfferId)],
) -> Option<Vec<HoldItem>> {
    let held = |(ticket, offer): &(TicketId, OfferId)| HeldTicket::new(performance, *ticket, *offer);
    tickets.iter().map(|ticket| told(stock, held(ticket))).collect()
}

fn told(stock: &Stock, held: HeldTicket) -> Option<HoldItem> {
    let (ticket, offer) = (stock.ticket(held.ticket)?, stock.offer(held.offer)?);
    let place = Place {
        section: ticket.section.as_ref().to_owned(),
        row: ticket.row.as_deref().map(str::to_owned),
        seat: ticket.seat.as_deref().map(str::to_owned),
    };
    let (ticket_type, price_tier) = (offer.ticket_type.as_ref().to_owned(), offer.tier_name.as_ref().to_owned());
    let discount = Money::rounded(rust_decimal::Decimal::ZERO, offer.price.currency());
    let attributes = ticket.attributes.clone();
    let held = HeldTicket { block: ticket.set_aside, ..held };
    Some(HoldItem {
        held,
        place,
        ticket_type,
        price_tier,
        price: offer.price,
        discount,
        tax_rate: None,
        buyer_fee: discount,
        attributes,
    })
}
