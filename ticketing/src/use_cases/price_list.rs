//! Says what one ticket of each offer costs anyone who buys now, all mandatory fees included: what a buyer is to see first.

use accounting::{Channel, fees_in_force};
use foundation::{
    Code, Money, Refusal, Result, TenantTx,
    id::{PerformanceId, SaleRoundId, TicketId},
};

use crate::{
    inventory::Inventory,
    rules::{
        limit::Needs,
        offer::Offer,
        order::{HoldItem, Pick, Want},
        performance::on_sale,
        terms::{Asker, NoTerms},
    },
    store::{offers, performances, shows, slots, terms},
};

/// What one ticket costs, bought by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The sale round that it is sold in, where there are rounds.
    pub round: Option<SaleRoundId>,
    /// What is the reseller's price.
    pub face_value: Money,
    /// How much of the fees the buyer pays on top of it.
    pub buyer_fee: Money,
}

impl Price {
    /// What the buyer pays.
    #[must_use]
    pub fn total(&self) -> Money {
        Money::rounded(self.face_value.amount() + self.buyer_fee.amount(), self.face_value.currency())
    }
}

/// What an offer is sold for.
#[derive(Debug)]
pub struct Listed {
    /// The offer.
    pub offer: Offer,
    /// What one ticket costs; none if no sale round sells it to anyone.
    pub price: Option<Price>,
    /// Why none of it is sold now.
    pub not_sold: Option<Refusal>,
}

/// The offers of a performance, each with its price through this channel and, where that is so, why it is not sold to anyone now. Whether tickets are
/// left is not asked: that is what availability tells. Codes, lists and promotions are what quotes are for.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn price_list(
    tx: &mut TenantTx,
    inventory: &Inventory,
    (id, channel): (PerformanceId, Channel),
) -> Result<Vec<Listed>> {
    let performance = performances::get(tx, id).await?;
    let show = shows::get(tx, performance.show).await?;
    let offers = offers::of_performance(tx, id).await?;
    let now = tx.now().await?;
    let times = &performance.times;
    let open = on_sale(show.state, performance.state, times.on_sale_at, times.off_sale_at, now);
    let rules = fees_in_force(tx, &[show.id]).await?;
    let anyone = Asker::default();
    let book = terms::for_asker(tx, &[id], &anyone).await?;
    let want =
        |offer: &Offer| Want { performance: id, pick: Pick::Any { offer: offer.id, quantity: 1, section: None } };
    let wants: Vec<Want> = offers.iter().map(want).collect();
    let mut needs = Needs::default();
    book.need(&anyone, &wants, &mut needs);
    let mut rooms = slots::free(tx, &needs, &inventory.starts, now).await?;
    let mut price = |offer: &Offer, want: &Want| {
        let mut item = HoldItem::to_price(id, TicketId::new(), offer);
        let sold = book.sell(&mut rooms, &anyone, std::slice::from_ref(want), std::slice::from_mut(&mut item), now);
        let slots = sold.map_err(|why| match why {
            NoTerms::Refused(refusal) => refusal,
            NoTerms::Undecided => Refusal::new(Code::NotEnoughTickets, "What is left is being decided by others."),
        })?;
        rooms.put_back(&slots);
        let (face_value, currency) = (item.face_value(), offer.price.currency());
        let fees = rules.for_sale(channel, &[(show.id, face_value.amount())], currency);
        let buyer_fee = fees.tickets.iter().map(|(_, fees)| fees.buyer_fee).sum();
        Ok::<_, Refusal>(Price { round: item.held.round, face_value, buyer_fee: Money::rounded(buyer_fee, currency) })
    };
    let closed = open.err();
    let listed = |(offer, want): (Offer, &Want)| match price(&offer, want) {
        Ok(price) => Listed { offer, price: Some(price), not_sold: closed.clone() },
        Err(refusal) => Listed { offer, price: None, not_sold: closed.clone().or(Some(refusal)) },
    };
    Ok(offers.into_iter().zip(&wants).map(listed).collect())
}
