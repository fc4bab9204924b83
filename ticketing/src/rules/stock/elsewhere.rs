//! What a party could have instead of what is not to be had: other sections, other price tiers.

use std::{collections::HashMap, sync::Arc};

use foundation::{
    Instant, Money,
    id::{OfferId, PriceTierId},
};
use serde::Serialize;

use super::{Count, Stock, StockOffer, choosing::Scope};
use crate::rules::choose::{Party, Together};

/// The most alternatives of a kind that are told.
const TOLD_MAX: usize = 5;

/// What could be had instead, at most five of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// Other sections of the same price tier with room for the party.
    pub sections: Vec<SectionElsewhere>,
    /// Other price tiers with room for the party, the nearest in price first.
    pub price_tiers: Vec<TierElsewhere>,
}

/// Another section of the same price tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionElsewhere {
    /// Its name.
    pub section: String,
    /// How many tickets can be had there.
    pub available: usize,
}

/// A price tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierElsewhere {
    /// Its name.
    pub price_tier: String,
    /// The offers for the ticket types that were asked for, in their order.
    pub offers: Vec<OfferElsewhere>,
    /// How many tickets can be had there.
    pub available: usize,
}

/// An offer of a ticket type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferElsewhere {
    /// Its id.
    pub offer_id: OfferId,
    /// The ticket type's name.
    pub ticket_type: String,
    /// The face value.
    pub price: Money,
}

/// What a party asked for, by the names that other dates have too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    tier: Arc<str>,
    ticket_types: Vec<Arc<str>>,
}

impl Stock {
    /// What the party asked for, if its offers are known here.
    #[must_use]
    pub fn asked(&self, party: &Party) -> Option<Asked> {
        let offers: Vec<&StockOffer> =
            party.lines.iter().map(|line| self.offers.get(&line.offer)).collect::<Option<_>>()?;
        let ticket_types = offers.iter().map(|offer| offer.ticket_type.clone()).collect();
        Some(Asked { tier: offers.first()?.tier_name.clone(), ticket_types })
    }

    /// What the party could have instead in this performance.
    pub fn elsewhere(&mut self, party: &Party, now: Instant) -> Option<Elsewhere> {
        let counts = self.counts(now);
        let tier = self.scope(party, now).ok()?.tier;
        let asked = self.asked(party)?;
        let mut sections: Vec<SectionElsewhere> = Vec::new();
        for count in counts.iter().filter(|count| count.tier == tier && party.section.is_some()) {
            let name = &*count.section;
            if sections.len() == TOLD_MAX || party.section.as_deref() == Some(name) {
                continue;
            }
            if let Some(available) = self.room(party, tier, Some(name), &counts, now)
                && sections.iter().all(|known| known.section != name)
            {
                sections.push(SectionElsewhere { section: name.to_owned(), available });
            }
        }
        let mut price_tiers = self.tiers_with_room(party, &asked, &counts, now);
        price_tiers.retain(|other| *other.price_tier != *asked.tier);
        price_tiers.truncate(TOLD_MAX);
        Some(Elsewhere { sections, price_tiers })
    }

    /// The tier of this performance that a party which asked for that elsewhere could have: of the same name, if that has room.
    pub fn like(&mut self, party: &Party, asked: &Asked, now: Instant) -> Option<TierElsewhere> {
        let counts = self.counts(now);
        let mut tiers = self.tiers_with_room(party, asked, &counts, now);
        let same = tiers.iter().position(|tier| *tier.price_tier == *asked.tier).unwrap_or(0);
        if tiers.is_empty() { None } else { Some(tiers.swap_remove(same)) }
    }

    fn tiers_with_room(&self, party: &Party, asked: &Asked, counts: &[Count], now: Instant) -> Vec<TierElsewhere> {
        let mut by_tier: HashMap<PriceTierId, Vec<(OfferId, &StockOffer)>> = HashMap::new();
        for (id, offer) in &self.offers {
            by_tier.entry(offer.tier).or_default().push((*id, offer));
        }
        let tier = |(tier, offers): (PriceTierId, Vec<(OfferId, &StockOffer)>)| {
            let of = |ticket_type: &Arc<str>| {
                let (id, offer) = offers.iter().find(|(_, offer)| offer.ticket_type == *ticket_type)?;
                Some(OfferElsewhere { offer_id: *id, ticket_type: ticket_type.to_string(), price: offer.price })
            };
            let wanted: Vec<OfferElsewhere> = asked.ticket_types.iter().map(of).collect::<Option<_>>()?;
            let available = self.room(party, tier, None, counts, now)?;
            let price_tier = offers.first()?.1.tier_name.to_string();
            Some(TierElsewhere { price_tier, offers: wanted, available })
        };
        let mut tiers: Vec<TierElsewhere> = by_tier.into_iter().filter_map(tier).collect();
        let own = party.lines.first().and_then(|line| self.offers.get(&line.offer)).map(|offer| offer.price.amount());
        let price = |tier: &TierElsewhere| tier.offers.first().map(|offer| offer.price.amount()).unwrap_or_default();
        tiers.sort_by_key(|tier| (own.map(|own| (price(tier) - own).abs()), price(tier), tier.price_tier.clone()));
        tiers
    }

    /// How many can be had there, if the party can.
    fn room(
        &self,
        party: &Party,
        tier: PriceTierId,
        section: Option<&str>,
        counts: &[Count],
        now: Instant,
    ) -> Option<usize> {
        let (group, many) = (party.group(), party.tickets());
        let here =
            counts.iter().filter(|count| count.tier == tier && section.is_none_or(|name| *count.section == *name));
        let plain = group.size() == group.ordinary;
        let (mut available, mut standing) = (0, 0);
        for count in here {
            available += if plain { count.available - count.accessible } else { count.available };
            standing = standing.max(if count.seated { 0 } else { count.available });
        }
        if available < many {
            return None;
        }
        let scattered = plain && party.together == Together::Preferred && party.restricted_view;
        let scope = Scope { tier, section, restricted_view: party.restricted_view, kept: self.keeps(now) };
        let fits = scattered || (plain && standing >= many) || self.has_room(&scope, group, false, now);
        fits.then_some(available)
    }
}
