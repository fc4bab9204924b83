//! One component of a fee rule: a percentage and an amount, within a minimum and a maximum, rounded once.

use std::ops::RangeInclusive;

use foundation::{
    Currency,
    money::{exact_decimal, exact_decimal_or_null},
    refusal::FieldErrors,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a rate may be.
pub(super) const PERCENT: RangeInclusive<Decimal> = Decimal::ZERO..=Decimal::ONE_HUNDRED;

/// Who pays a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// It comes out of the face value.
    Reseller,
    /// It is passed on: the buyer pays it on top of the face value.
    Buyer,
}

impl Payer {
    /// How much of this the reseller bears.
    pub(super) fn reseller_bears(self, amount: Decimal) -> Decimal {
        match self {
            Self::Reseller => amount,
            Self::Buyer => Decimal::ZERO,
        }
    }
}

/// What a fee is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    /// The platform.
    Platform,
    /// The hosted shop.
    Hosting,
}

/// What a fee is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Each ticket that is not free.
    Ticket,
    /// The order, unless all its tickets are free.
    Order,
}

/// One component of a fee rule. Amounts are in the major unit of whatever currency is sold in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What it is for.
    pub kind: FeeKind,
    /// What it is counted by.
    pub basis: Basis,
    /// Percent of the price of the ticket, or of the order's tickets together.
    #[serde(deserialize_with = "exact_decimal")]
    pub percentage: Decimal,
    /// And this amount.
    #[serde(deserialize_with = "exact_decimal")]
    pub fixed: Decimal,
    /// At least this.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "exact_decimal_or_null")]
    pub minimum: Option<Decimal>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "exact_decimal_or_null")]
    pub maximum: Option<Decimal>,
    /// Who pays it.
    pub payer: Payer,
}

impl Component {
    /// The platform's fee per ticket, with neither minimum nor maximum.
    #[must_use]
    pub fn per_ticket(percentage: Decimal, fixed: Decimal, payer: Payer) -> Self {
        Self { kind: FeeKind::Platform, basis: Basis::Ticket, percentage, fixed, minimum: None, maximum: None, payer }
    }

    /// Looks whether its numbers can be a fee.
    pub(super) fn check(&self, pointer: &str, fields: &mut FieldErrors) {
        fields.check(PERCENT.contains(&self.percentage), format!("{pointer}/percentage"), "must be 0 to 100");
        for (name, amount) in [("fixed", Some(self.fixed)), ("minimum", self.minimum), ("maximum", self.maximum)] {
            let sound = amount.is_none_or(|amount| amount >= Decimal::ZERO && amount <= AMOUNT_MAX);
            fields.check(sound, format!("{pointer}/{name}"), format!("must be 0 to {AMOUNT_MAX}"));
        }
        if let (Some(minimum), Some(maximum)) = (self.minimum, self.maximum) {
            fields.check(minimum <= maximum, format!("{pointer}/minimum"), "must not be above the maximum");
        }
    }

    /// What it comes to for this price, rounded once.
    pub(super) fn of(&self, price: Decimal, currency: Currency) -> Decimal {
        let exact = price * self.percentage / Decimal::ONE_HUNDRED + self.fixed;
        let at_least = self.minimum.map_or(exact, |minimum| exact.max(minimum));
        currency.round(self.maximum.map_or(at_least, |maximum| at_least.min(maximum)))
    }
}

/// The largest amount that is a fee and no slip of the pen.
const AMOUNT_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
