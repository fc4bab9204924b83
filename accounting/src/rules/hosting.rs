//! What the hosted shop costs a reseller by the month, beside what it costs by the ticket.

use foundation::{Currency, Money, Refusal};
use rust_decimal::Decimal;

/// What is charged for each month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostingTerms {
    fee: Money,
    tax_rate: Decimal,
}

impl HostingTerms {
    /// So much a month, and percent of tax on it.
    ///
    /// # Errors
    /// `invalid_field` for what is out of bounds.
    pub fn new(fee: Money, tax_rate: Decimal) -> Result<Self, Refusal> {
        if fee.amount() <= Decimal::ZERO {
            return Err(Refusal::field("/fee/amount", "must be more than nothing"));
        }
        if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&tax_rate) || tax_rate.scale() > 4 {
            return Err(Refusal::field("/tax_rate", "must be 0 to 100, with four decimals at most"));
        }
        Ok(Self { fee, tax_rate })
    }

    /// The fee of a month, without tax.
    #[must_use]
    pub fn fee(&self) -> Money {
        self.fee
    }

    /// Percent of tax on it.
    #[must_use]
    pub fn tax_rate(&self) -> Decimal {
        self.tax_rate
    }

    /// Its currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.fee.currency()
    }

    /// The tax on a month's fee, in the currency's own decimals.
    #[must_use]
    pub fn tax(&self) -> Decimal {
        self.currency().round(self.fee.amount() * self.tax_rate / Decimal::ONE_HUNDRED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(fee: &str, tax_rate: &str) -> Result<HostingTerms, Refusal> {
        let fee = Money::new(fee.parse().unwrap(), "EUR".parse().unwrap()).unwrap();
        HostingTerms::new(fee, tax_rate.parse().unwrap())
    }

    #[test]
    fn the_tax_is_rounded_once_and_terms_have_bounds() {
        assert_eq!(terms("29.99", "21").unwrap().tax(), "6.30".parse().unwrap());
        for (fee, tax_rate) in [("0.00", "21"), ("-1.00", "21"), ("1.00", "-1"), ("1.00", "100.1"), ("1.00", "0.00001")]
        {
            assert!(terms(fee, tax_rate).is_err(), "{fee} {tax_rate}");
        }
    }
}
