//! What the payment provider is expected to take. What it does take is known only later, and only that is booked: this is for
//! telling the reseller beforehand, and for asking the buyer for it.

use foundation::{Currency, money::exact_decimal, refusal::FieldErrors};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{TicketFees, component::Payer};
use crate::rules::allocation::split;

/// The expected fee of the provider for a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderShare {
    /// Percent of what the buyer pays.
    #[serde(deserialize_with = "exact_decimal")]
    pub percentage: Decimal,
    /// And this amount per payment, in the major unit of whatever currency is paid in.
    #[serde(deserialize_with = "exact_decimal")]
    pub fixed: Decimal,
    /// Who bears it.
    pub payer: Payer,
}

impl ProviderShare {
    /// Looks whether its numbers can be a fee.
    pub(super) fn check(&self, pointer: &str, fields: &mut FieldErrors) {
        let percent = Decimal::ZERO..=Decimal::from(50);
        fields.check(percent.contains(&self.percentage), format!("{pointer}/percentage"), "must be 0 to 50");
        fields.check(!self.fixed.is_sign_negative(), format!("{pointer}/fixed"), "must not be negative");
    }

    /// What the provider is expected to take of a payment; nothing of no payment.
    #[must_use]
    pub fn of(&self, paid: Decimal, currency: Currency) -> Decimal {
        if paid <= Decimal::ZERO {
            return Decimal::ZERO;
        }
        currency.round(paid * self.percentage / Decimal::ONE_HUNDRED + self.fixed)
    }

    /// Raises what the buyer pays so that it covers the provider's share of it too.
    pub(super) fn pass_on(&self, prices: &[Decimal], fees: &mut [TicketFees], currency: Currency) {
        let paid: Vec<Decimal> = prices.iter().zip(&*fees).map(|(price, fees)| price + fees.buyer_fee).collect();
        let net: Decimal = paid.iter().sum();
        if net <= Decimal::ZERO {
            return;
        }
        let unit = currency.from_minor(1);
        let kept = (Decimal::ONE_HUNDRED - self.percentage) / Decimal::ONE_HUNDRED;
        // Up to the next smallest unit, so that the reseller is never a cent short.
        let total = currency.round(((net + self.fixed) / kept / unit).ceil() * unit);
        for (fees, more) in fees.iter_mut().zip(split(total - net, &paid, currency)) {
            fees.buyer_fee += more;
        }
    }
}
