//! What the platform takes for selling tickets: rules of components, each rounded once. What a rule comes to is frozen in the
//! order; a new rule never touches an old one. Pure: the rule and the prices come in, the fees of each ticket come out.

use foundation::{Currency, Result, id::FeeRuleId, refusal::FieldErrors};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::allocation::split;

pub(crate) mod component;
pub(crate) mod provider_share;
pub(crate) mod refund_policy;
pub(crate) mod scope;

use component::{Basis, Component, FeeKind, Payer};
use provider_share::ProviderShare;
use refund_policy::RefundPolicy;

/// The most components that a rule has.
const COMPONENTS_MAX: usize = 8;

/// A version of the platform's fees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRule {
    /// Its id, which what was ordered under it keeps.
    pub id: FeeRuleId,
    components: Vec<Component>,
    tax_rate: Decimal,
    provider: Option<ProviderShare>,
    refund_policy: RefundPolicy,
}

/// What a ticket costs in fees, in the currency's own decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TicketFees {
    /// The platform's fee.
    pub platform_fee: Decimal,
    /// The tax on it.
    pub platform_fee_tax: Decimal,
    /// The fee for the hosted shop.
    pub hosting_fee: Decimal,
    /// The tax on it.
    pub hosting_fee_tax: Decimal,
    /// How much of all these, and of what the provider is expected to take, the buyer pays on top of the face value.
    pub buyer_fee: Decimal,
}

impl TicketFees {
    /// All fees and the tax on them.
    #[must_use]
    pub fn all(&self) -> Decimal {
        self.platform_fee + self.platform_fee_tax + self.hosting_fee + self.hosting_fee_tax
    }

    fn add(&mut self, kind: FeeKind, payer: Payer, fee: Decimal, tax: Decimal) {
        let (fees, taxes) = match kind {
            FeeKind::Platform => (&mut self.platform_fee, &mut self.platform_fee_tax),
            FeeKind::Hosting => (&mut self.hosting_fee, &mut self.hosting_fee_tax),
        };
        *fees += fee;
        *taxes += tax;
        if payer == Payer::Buyer {
            self.buyer_fee += fee + tax;
        }
    }
}

impl std::iter::Sum for TicketFees {
    fn sum<I: Iterator<Item = Self>>(tickets: I) -> Self {
        tickets.fold(Self::default(), |sum, of| Self {
            platform_fee: sum.platform_fee + of.platform_fee,
            platform_fee_tax: sum.platform_fee_tax + of.platform_fee_tax,
            hosting_fee: sum.hosting_fee + of.hosting_fee,
            hosting_fee_tax: sum.hosting_fee_tax + of.hosting_fee_tax,
            buyer_fee: sum.buyer_fee + of.buyer_fee,
        })
    }
}

impl FeeRule {
    /// The id of [`Self::platform_default`]. Another default has to have another id, because orders keep it.
    const PLATFORM_DEFAULT_ID: Uuid = Uuid::from_u128(1);

    /// A rule: its components in the order in which they are taken, and percent of tax on each fee.
    ///
    /// # Errors
    /// `invalid_field` for rates outside 0 to 100, negative amounts, a minimum above its maximum, and too many components.
    pub fn new(id: FeeRuleId, components: Vec<Component>, tax_rate: Decimal) -> Result<Self> {
        let mut fields = FieldErrors::default();
        fields.check(component::PERCENT.contains(&tax_rate), "/tax_rate", "must be 0 to 100");
        let few = components.len() <= COMPONENTS_MAX;
        fields.check(few, "/components", format!("must be at most {COMPONENTS_MAX}"));
        for (i, component) in components.iter().enumerate().take(COMPONENTS_MAX) {
            component.check(&format!("/components/{i}"), &mut fields);
        }
        fields.done()?;
        Ok(Self { id, components, tax_rate, provider: None, refund_policy: RefundPolicy::default() })
    }

    /// The rule, expecting that the payment provider takes this much.
    ///
    /// # Errors
    /// `invalid_field` for a percentage outside 0 to 50, or a negative amount.
    pub fn expecting(self, provider: Option<ProviderShare>) -> Result<Self> {
        let mut fields = FieldErrors::default();
        if let Some(share) = &provider {
            share.check("/provider", &mut fields);
        }
        fields.done()?;
        Ok(Self { provider, ..self })
    }

    /// What holds where there is no other rule: 5 % and 0.30 a ticket, 21 % tax on it, paid by the reseller.
    #[must_use]
    pub fn platform_default() -> Self {
        let component = Component::per_ticket(Decimal::from(5), Decimal::new(30, 2), Payer::Reseller);
        let id = FeeRuleId::from_uuid(Self::PLATFORM_DEFAULT_ID);
        Self {
            id,
            components: vec![component],
            tax_rate: Decimal::from(21),
            provider: None,
            refund_policy: RefundPolicy::default(),
        }
    }

    /// The rule, with this said of its fees when tickets are given back.
    #[must_use]
    pub fn refunding(self, refund_policy: RefundPolicy) -> Self {
        Self { refund_policy, ..self }
    }

    /// The same fees, all paid by this one.
    #[must_use]
    pub fn paid_by(mut self, payer: Payer) -> Self {
        for component in &mut self.components {
            component.payer = payer;
        }
        self
    }

    /// The components, in the order in which they are taken.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Percent of tax on each fee.
    #[must_use]
    pub fn tax_rate(&self) -> Decimal {
        self.tax_rate
    }

    /// What the provider is expected to take, if the rule says so.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderShare> {
        self.provider.as_ref()
    }

    /// What becomes of the fees when tickets are given back.
    #[must_use]
    pub fn refund_policy(&self) -> RefundPolicy {
        self.refund_policy
    }

    /// The fees of tickets of these prices that are bought together; prices have the currency's own decimals. A free ticket
    /// pays nothing, and what the reseller bears of a ticket, tax included, is never more than the ticket brings.
    #[must_use]
    pub fn for_tickets(&self, prices: &[Decimal], currency: Currency) -> Vec<TicketFees> {
        let mut fees = vec![TicketFees::default(); prices.len()];
        // What of each ticket's price is not taken yet.
        let mut left: Vec<Decimal> = prices.iter().map(|price| (*price).max(Decimal::ZERO)).collect();
        for component in &self.components {
            match component.basis {
                Basis::Ticket => {
                    for (i, price) in prices.iter().enumerate().filter(|(_, price)| **price > Decimal::ZERO) {
                        let (fee, tax) = self.taken(component, *price, left[i], currency);
                        fees[i].add(component.kind, component.payer, fee, tax);
                        left[i] -= component.payer.reseller_bears(fee + tax);
                    }
                }
                Basis::Order => self.take_of_order(component, prices, &mut left, &mut fees, currency),
            }
        }
        if let Some(share) = self.provider.as_ref().filter(|share| share.payer == Payer::Buyer) {
            share.pass_on(prices, &mut fees, currency);
        }
        fees
    }

    /// A component of the whole order, divided over its tickets by price, or by what is left of it where the reseller pays.
    fn take_of_order(
        &self,
        component: &Component,
        prices: &[Decimal],
        left: &mut [Decimal],
        fees: &mut [TicketFees],
        currency: Currency,
    ) {
        let whole: Decimal = prices.iter().filter(|price| price.is_sign_positive()).sum();
        if whole.is_zero() {
            return;
        }
        let (fee, tax) = self.taken(component, whole, left.iter().sum(), currency);
        let weights = if component.payer == Payer::Buyer { prices } else { &*left };
        // First both together and then the fee within them, so that no ticket bears more than is left of it.
        let both = split(fee + tax, weights, currency);
        let fee_shares = split(fee, &both, currency);
        for (i, (both, fee)) in both.into_iter().zip(fee_shares).enumerate() {
            fees[i].add(component.kind, component.payer, fee, both - fee);
            left[i] -= component.payer.reseller_bears(both);
        }
    }

    /// The fee of a component for this price, and the tax on it. The tax is on the fee as it is invoiced, which is the rounded
    /// one. What is left limits what the reseller bears of both.
    fn taken(&self, component: &Component, price: Decimal, left: Decimal, currency: Currency) -> (Decimal, Decimal) {
        let fee = component.of(price, currency);
        let tax = currency.round(fee * self.tax_rate / Decimal::ONE_HUNDRED);
        if component.payer == Payer::Buyer || fee + tax <= left {
            return (fee, tax);
        }
        let fee = currency.round(left * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + self.tax_rate));
        (fee, left - fee)
    }
}

#[cfg(test)]
#[path = "fees_tests.rs"]
mod tests;
