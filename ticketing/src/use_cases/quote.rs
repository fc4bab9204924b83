//! Says what tickets would cost if they were ordered now. Nothing is held, and nothing is written.

use std::collections::{HashMap, hash_map::Entry};

use accounting::{Channel, RefundPolicy, SaleFees, TicketFees};
use foundation::{
    Code, Currency, Instant, Money, Refusal, Result, TenantTx,
    id::{PerformanceId, ResellerId, ShowId, TicketId},
};
use rust_decimal::Decimal;

use super::change_hold::{check_on_sale, on_terms};
use crate::{
    inventory::{Asked, Inventory},
    rules::{
        offer::Offer,
        order::{HoldItem, Want, check_wants},
        terms::{AskedBy, Asker},
    },
    store::{offers, performances},
};

/// What was asked for, with its price.
#[derive(Debug)]
pub struct Quote {
    /// The currency of all amounts, which are in its major unit.
    pub currency: Currency,
    /// One line for each thing wanted, in the order in which they were.
    pub lines: Vec<QuoteLine>,
    /// What the payment provider is expected to take, if the fee rules say so.
    pub provider_fee: Option<Decimal>,
    /// What a refund of an order of this would do with the fees.
    pub refund_policy: RefundPolicy,
}

/// Tickets of one offer, on the terms on which they are sold to who asks.
#[derive(Debug)]
pub struct QuoteLine {
    /// The first of them; the others cost the same. Its ticket is nobody's.
    pub item: HoldItem,
    /// How many tickets.
    pub quantity: usize,
    /// Their fees.
    pub fees: TicketFees,
}

impl QuoteLine {
    /// What a promotion takes off.
    #[must_use]
    pub fn discount(&self) -> Decimal {
        self.item.discount.amount() * Decimal::from(self.quantity)
    }

    /// Their prices, less the discount and without fees passed on.
    #[must_use]
    pub fn face_value(&self) -> Decimal {
        self.item.face_value().amount() * Decimal::from(self.quantity)
    }

    /// What the buyer would pay for them.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.face_value() + self.fees.buyer_fee
    }
}

impl Quote {
    /// The sum over all lines.
    #[must_use]
    pub fn sum(&self, of: impl Fn(&QuoteLine) -> Decimal) -> Money {
        Money::rounded(self.lines.iter().map(of).sum(), self.currency)
    }

    /// What would be left for the reseller, as far as the provider's fee can be told.
    #[must_use]
    pub fn net(&self) -> Money {
        let kept = self.sum(|line| line.total() - line.fees.all()).amount();
        Money::rounded(kept - self.provider_fee.unwrap_or_default(), self.currency)
    }
}

/// Brings into memory what is wanted, as the database has it now. It takes a connection of its own, so the caller has none yet: were all to
/// wait for a second one while they hold their first, nobody would get any.
///
/// # Errors
/// If the database does not answer.
pub async fn prepare(inventory: &Inventory, reseller: ResellerId, wants: &[Want]) -> Result<()> {
    let wanted: Vec<PerformanceId> = wants.iter().map(|want| want.performance).collect();
    let epochs = performances::stock_epochs(&mut inventory.cell().snapshot(reseller).await?, &wanted).await?;
    for (performance, epoch) in epochs {
        inventory.forget_older(reseller, performance, epoch);
    }
    inventory.warm(reseller, wanted.into_iter()).await
}

/// Prices what is wanted, which is in memory ([`prepare`]), as an order of it, sold through this channel, would be priced for who asks.
///
/// # Errors
/// What a hold of it would be refused for: `not_on_sale`, `not_enough_tickets`, `seats_unavailable` and the like;
/// `not_found` for a performance or an offer, `currency_mismatch`, `invalid_field`, `too_many_tickets`, and why a sale round or a
/// promotion is not for who asks: `not_on_sale`, `code_invalid`, `code_used`, `not_enough_tickets`, `buyer_limit`.
pub async fn quote(
    tx: &mut TenantTx,
    inventory: &Inventory,
    wants: &[Want],
    (by, sold_through): (&AskedBy, Channel),
) -> Result<Quote> {
    check_wants(wants)?;
    let mut items = offered(tx, wants).await?;
    let Some(currency) = items.first().map(|item| item.price.currency()) else {
        return Err(Refusal::field("/items", "must name at least one ticket").into());
    };
    if items.iter().any(|item| item.price.currency() != currency) {
        let detail = "The tickets are sold in several currencies; ask for each apart.";
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    let mut performances: Vec<PerformanceId> = wants.iter().map(|want| want.performance).collect();
    performances.sort_unstable();
    performances.dedup();
    let asker = Asker::of(tx.sealer(), tx.reseller(), by);
    let now = tx.now().await?;
    for performance in &performances {
        check_on_sale(tx, *performance, now).await?;
    }
    could_be_held(tx.reseller(), inventory, wants, by, now)?;
    on_terms(tx, &inventory.starts, &performances, (&asker, wants), &mut items, now).await?;
    let tickets: Vec<_> = items.iter().map(|item| (item.held.performance, item.face_value().amount())).collect();
    let fees = fees_of(tx, &tickets, sold_through, currency).await?;
    let mut of_tickets = fees.tickets.into_iter().map(|(_, fees)| fees);
    let mut items = items.into_iter();
    let line = |(_, quantity)| {
        let item = items.by_ref().take(quantity).next()?;
        items.by_ref().take(quantity - 1).for_each(drop);
        Some(QuoteLine { item, quantity, fees: of_tickets.by_ref().take(quantity).sum() })
    };
    let lines = wants.iter().flat_map(|want| want.pick.offers()).filter_map(line).collect();
    Ok(Quote { currency, lines, provider_fee: fees.provider, refund_policy: fees.refund_policy })
}

/// What selling tickets of these performances at these prices together costs in fees.
async fn fees_of(
    tx: &mut TenantTx,
    wanted: &[(PerformanceId, Decimal)],
    sold_through: Channel,
    currency: Currency,
) -> Result<SaleFees> {
    let mut show_of = HashMap::new();
    for (performance, _) in wanted {
        if let Entry::Vacant(unknown) = show_of.entry(*performance) {
            unknown.insert(performances::get(tx, *performance).await?.show);
        }
    }
    let tickets: Vec<(ShowId, Decimal)> = wanted.iter().map(|(of, price)| (show_of[of], *price)).collect();
    let shows: Vec<ShowId> = tickets.iter().map(|(show, _)| *show).collect();
    Ok(accounting::fees_in_force(tx, &shows).await?.for_sale(sold_through, &tickets, currency))
}

/// Refuses what could not be held now, as far as memory knows, as a hold of it would be.
fn could_be_held(
    reseller: ResellerId,
    inventory: &Inventory,
    wants: &[Want],
    by: &AskedBy,
    now: Instant,
) -> Result<()> {
    inventory.set_clock(reseller, now);
    let asked = Asked { wants, through: &by.through, beside: &[], tries: 0 };
    match inventory.propose(reseller, &asked, now) {
        Ok(proposal) => {
            // Taken back in the same breath: nobody is kept from it.
            let held: Vec<_> = proposal.items.iter().map(|item| item.held).collect();
            inventory.withdraw(reseller, &held);
            Ok(())
        }
        Err(Some(refused)) => Err(refused.into()),
        // What is left is being decided by others, or was forgotten in this moment; it may well be there.
        Err(None) => Ok(()),
    }
}

/// What is wanted, ticket by ticket at the offers' own prices. Which ticket makes no difference to the price, so they are nobody's.
async fn offered(tx: &mut TenantTx, wants: &[Want]) -> Result<Vec<HoldItem>> {
    let mut known: HashMap<PerformanceId, Vec<Offer>> = HashMap::new();
    let mut items = Vec::with_capacity(wants.len());
    for want in wants {
        if let Entry::Vacant(unknown) = known.entry(want.performance) {
            performances::get(tx, want.performance).await?;
            unknown.insert(offers::of_performance(tx, want.performance).await?);
        }
        for (wanted, tickets) in want.pick.offers() {
            let offer = known[&want.performance].iter().find(|offer| offer.id == wanted);
            let offer = offer.ok_or_else(|| Refusal::missing("offer"))?;
            let item = || HoldItem::to_price(want.performance, want.pick.named().unwrap_or_else(TicketId::new), offer);
            items.extend(std::iter::repeat_with(item).take(tickets));
        }
    }
    Ok(items)
}
