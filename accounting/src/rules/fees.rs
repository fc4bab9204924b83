//! The platform's fee for a ticket. What it comes to is frozen in the order; a new rule never touches an old one.

use foundation::{Currency, Result, id::FeeRuleId, refusal::FieldErrors};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Who pays the platform's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// It comes out of the face value.
    Reseller,
    /// It is passed on: the buyer pays it on top of the face value.
    Buyer,
}

impl Payer {
    /// `reseller` or `buyer`, as in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reseller => "reseller",
            Self::Buyer => "buyer",
        }
    }

    /// The payer of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Reseller, Self::Buyer].into_iter().find(|payer| payer.as_str() == name)
    }
}

/// A version of the platform's fee for a reseller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRule {
    /// Its id, which an order keeps.
    pub id: FeeRuleId,
    /// Who pays the fee.
    pub payer: Payer,
    percentage: Decimal,
    fixed_per_ticket: Decimal,
    tax_rate: Decimal,
}

/// What a ticket costs in fees, in the currency's own decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TicketFees {
    /// The platform's fee.
    pub platform_fee: Decimal,
    /// The tax on it.
    pub platform_fee_tax: Decimal,
    /// How much of both the buyer pays on top of the face value.
    pub buyer_fee: Decimal,
}

impl FeeRule {
    /// The id of [`Self::platform_default`]. Another default has to have another id, because orders keep it.
    const PLATFORM_DEFAULT_ID: Uuid = Uuid::from_u128(1);

    /// A rule: percent of the face value, an amount per ticket in the major unit of the order's currency, percent of tax
    /// on the fee, and who pays.
    ///
    /// # Errors
    /// `invalid_field` for percentages outside 0 to 100 and a negative amount.
    pub fn new(
        id: FeeRuleId,
        percentage: Decimal,
        fixed_per_ticket: Decimal,
        tax_rate: Decimal,
        payer: Payer,
    ) -> Result<Self> {
        let percent = Decimal::ZERO..=Decimal::ONE_HUNDRED;
        let mut fields = FieldErrors::default();
        fields.check(percent.contains(&percentage), "/percentage", "must be 0 to 100");
        fields.check(fixed_per_ticket >= Decimal::ZERO, "/fixed_per_ticket", "must not be negative");
        fields.check(percent.contains(&tax_rate), "/tax_rate", "must be 0 to 100");
        fields.done()?;
        Ok(Self { id, payer, percentage, fixed_per_ticket, tax_rate })
    }

    /// What holds until a reseller has a rule of its own: 5 % and 0.30 a ticket, 21 % tax on it, paid by the reseller.
    #[must_use]
    pub fn platform_default() -> Self {
        Self {
            id: FeeRuleId::from_uuid(Self::PLATFORM_DEFAULT_ID),
            payer: Payer::Reseller,
            percentage: Decimal::from(5),
            fixed_per_ticket: Decimal::new(30, 2),
            tax_rate: Decimal::from(21),
        }
    }

    /// Percent of the face value.
    #[must_use]
    pub fn percentage(&self) -> Decimal {
        self.percentage
    }

    /// The amount per ticket, in the major unit of whatever currency the order has.
    #[must_use]
    pub fn fixed_per_ticket(&self) -> Decimal {
        self.fixed_per_ticket
    }

    /// Percent of tax on the fee.
    #[must_use]
    pub fn tax_rate(&self) -> Decimal {
        self.tax_rate
    }

    /// The fees of a ticket of this face value, which has the currency's own decimals. A free ticket pays nothing, and a fee
    /// that the reseller bears, tax included, is never more than the ticket brings.
    #[must_use]
    pub fn for_ticket(&self, face_value: Decimal, currency: Currency) -> TicketFees {
        if face_value <= Decimal::ZERO {
            return TicketFees::default();
        }
        let fee = currency.round(face_value * self.percentage / Decimal::ONE_HUNDRED + self.fixed_per_ticket);
        // The tax is on the fee as it is invoiced, which is the rounded one.
        let tax = currency.round(fee * self.tax_rate / Decimal::ONE_HUNDRED);
        match self.payer {
            Payer::Buyer => TicketFees { platform_fee: fee, platform_fee_tax: tax, buyer_fee: fee + tax },
            Payer::Reseller if fee + tax > face_value => self.whole_of(face_value, currency),
            Payer::Reseller => TicketFees { platform_fee: fee, platform_fee_tax: tax, buyer_fee: Decimal::ZERO },
        }
    }

    /// The fee that with its tax takes the whole face value.
    fn whole_of(&self, face_value: Decimal, currency: Currency) -> TicketFees {
        let fee = currency.round(face_value * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + self.tax_rate));
        TicketFees { platform_fee: fee, platform_fee_tax: face_value - fee, buyer_fee: Decimal::ZERO }
    }
}

#[cfg(test)]
#[path = "fees_tests.rs"]
mod tests;
