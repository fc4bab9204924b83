//! The tax in the price of a ticket. It is the reseller's own: told to it and to its buyers, and in no account of the books (decision 0039).

use foundation::{Currency, Refusal};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::allocation::{net_and_tax, split};

/// The most decimals of a rate.
const DECIMALS_MAX: u32 = 3;

/// Percent of tax that a price includes: 0 to 100, with three decimals at most. Zero is told like any other rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct TaxRate(Decimal);

impl TaxRate {
    /// A rate of so many percent, told at this place of a request.
    ///
    /// # Errors
    /// `invalid_field` for what is out of bounds.
    pub fn new(percent: Decimal, pointer: &str) -> Result<Self, Refusal> {
        let percent = percent.normalize();
        if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) || percent.scale() > DECIMALS_MAX {
            return Err(Refusal::field(pointer.to_owned(), "must be 0 to 100, with three decimals at most"));
        }
        Ok(Self(percent))
    }

    /// The percentage, without digits that say nothing.
    #[must_use]
    pub fn percent(self) -> Decimal {
        self.0.normalize()
    }
}

/// What of the price of a ticket is tax, frozen when it was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketTax {
    /// The rate.
    pub rate: TaxRate,
    /// The tax, in the major unit of the order's currency.
    pub amount: Decimal,
}

impl TicketTax {
    /// The same with the amount in the currency's own decimals.
    pub(crate) fn written_in(self, currency: Currency) -> Self {
        Self { amount: currency.round(self.amount), ..self }
    }
}

/// The tax in the prices of tickets that are bought together; none where no rate is told. What is bought at one rate is divided into net
/// and tax at once, and its tax among the tickets by their prices, so that the tickets come to exactly what the receipt tells.
#[must_use]
pub fn ticket_taxes(tickets: &[(Decimal, Option<TaxRate>)], currency: Currency) -> Vec<Option<TicketTax>> {
    let mut taxes: Vec<Option<TicketTax>> = vec![None; tickets.len()];
    let mut rates: Vec<TaxRate> = tickets.iter().filter_map(|(_, rate)| *rate).collect();
    rates.sort_unstable();
    rates.dedup();
    for rate in rates {
        let at_rate: Vec<usize> = (0..tickets.len()).filter(|i| tickets[*i].1 == Some(rate)).collect();
        let prices: Vec<Decimal> = at_rate.iter().map(|i| tickets[*i].0).collect();
        let (_, tax) = net_and_tax(prices.iter().sum(), rate.percent(), currency);
        for (i, amount) in at_rate.iter().zip(split(tax, &prices, currency)) {
            taxes[*i] = Some(TicketTax { rate, amount });
        }
    }
    taxes
}

/// What is given back of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxBack {
    /// The tax in the prices of its tickets that was not carried back before.
    pub left: Decimal,
    /// What of its price was not given back before.
    pub price_left: Decimal,
    /// What is given back now.
    pub amount: Decimal,
    /// The tax in the prices of the tickets that are given back and what is paid back for these where nothing is short; none for an
    /// amount of no ticket in particular.
    pub of_tickets: Option<(Decimal, Decimal)>,
}

impl TaxBack {
    /// The tax that goes back with it: that of the tickets, or the part of what is left that the amount is of the price that is left. Where
    /// the last of the price goes back for no ticket in particular, all that is left of the tax goes with it. Never more than is left, nor
    /// than was in the tickets' prices.
    #[must_use]
    pub fn tax(&self, currency: Currency) -> Decimal {
        let part = |tax: Decimal, of: Decimal| if self.amount >= of { tax } else { tax * self.amount / of };
        let due = match self.of_tickets {
            Some((tax, price)) => part(tax, price),
            None => part(self.left, self.price_left),
        };
        currency.round(due).min(self.left)
    }
}

#[cfg(test)]
#[path = "ticket_tax_tests.rs"]
mod tests;
