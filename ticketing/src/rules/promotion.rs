//! Promotions: what a code takes off a ticket's price, of which tickets, when and how often. Pure; how often it was used is the
//! slots' to say (see [`super::limit`]): a use is a ticket.

use foundation::{
    Code, Currency, Instant, Money, Refusal,
    id::{OfferId, PromotionId},
    refusal::FieldErrors,
};
use rust_decimal::Decimal;

use super::{
    limit::{Limit, Subject, What},
    words::name,
};

/// The most uses that can be set.
pub const USES_MAX: i32 = 1_000_000;
/// The most offers that a promotion names.
pub const OFFERS_MAX: usize = 500;

/// What it takes off a ticket's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// Percent of the price, rounded to the currency's own decimals.
    Percent(Decimal),
    /// An amount, the price at most.
    Amount(Money),
}

/// A promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Its id.
    pub id: PromotionId,
    /// What buyers type: capitals and digits.
    pub code: String,
    /// What it is called, on the receipt too.
    pub name: String,
    /// What it takes off.
    pub discount: Discount,
    /// From when.
    pub starts_at: Option<Instant>,
    /// Until when.
    pub ends_at: Option<Instant>,
    /// For how many tickets in all.
    pub max_uses: Option<i32>,
    /// For how many tickets of one buyer.
    pub max_per_buyer: Option<i32>,
    /// The offers it is for; empty: all.
    pub offers: Vec<OfferId>,
    /// Counts its changes.
    pub version: i64,
}

/// A code as it is compared: how it is spelled with capitals and blanks makes no difference.
#[must_use]
pub fn spelled(code: &str) -> String {
    code.trim().to_uppercase()
}

impl Promotion {
    /// Checks a promotion.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        let fits = (3..=50).contains(&self.code.len())
            && self.code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
        fields.check(fits, "/code", "must be 3 to 50 letters (a to z), digits, - and _");
        name(&mut fields, "/name", &self.name);
        match self.discount {
            Discount::Percent(percent) => {
                let fits =
                    percent > Decimal::ZERO && percent <= Decimal::ONE_HUNDRED && percent.normalize().scale() <= 2;
                fields.check(fits, "/percent", "must be more than 0 and at most 100, with two decimals at most");
            }
            Discount::Amount(amount) => {
                fields.check(amount.amount() > Decimal::ZERO, "/amount", "must be more than nothing");
            }
        }
        let ordered = self.starts_at.zip(self.ends_at).is_none_or(|(starts, ends)| starts < ends);
        fields.check(ordered, "/ends_at", "must be after starts_at");
        for (at, max) in [("/max_uses", self.max_uses), ("/max_per_buyer", self.max_per_buyer)] {
            let fits = max.is_none_or(|max| (1..=USES_MAX).contains(&max));
            fields.check(fits, at, format!("must be 1 to {USES_MAX}"));
        }
        fields.check(self.offers.len() <= OFFERS_MAX, "/offer_ids", format!("must be at most {OFFERS_MAX}"));
        for (i, offer) in self.offers.iter().enumerate().take(OFFERS_MAX) {
            fields.check(!self.offers[..i].contains(offer), format!("/offer_ids/{i}"), "is named before");
        }
        fields.done()
    }

    /// Refuses a promotion that does not hold at this moment.
    ///
    /// # Errors
    /// `code_invalid`.
    pub fn holds_at(&self, now: Instant) -> Result<(), Refusal> {
        let refuse = |detail: String| Err(Refusal::new(Code::CodeInvalid, detail));
        match (self.starts_at, self.ends_at) {
            (Some(starts), _) if now < starts => refuse(format!("The promotion starts at {starts}.")),
            (_, Some(ends)) if now >= ends => refuse(format!("The promotion ended at {ends}.")),
            _ => Ok(()),
        }
    }

    /// Whether it takes something off this offer's tickets, sold in this currency.
    #[must_use]
    pub fn is_for(&self, offer: OfferId, currency: Currency) -> bool {
        let payable = match self.discount {
            Discount::Percent(_) => true,
            Discount::Amount(amount) => amount.currency() == currency,
        };
        payable && (self.offers.is_empty() || self.offers.contains(&offer))
    }

    /// The limits that a ticket bought with it falls under.
    pub fn limits(&self, buyer: Option<Subject>) -> impl Iterator<Item = Limit> {
        let id = self.id.uuid();
        let all = self.max_uses.map(|max| Limit { id, subject: Subject::everybody(), max, what: What::Promotion });
        all.into_iter().chain(self.limit_of(buyer))
    }

    /// The limit of one buyer's uses.
    pub fn limit_of(&self, buyer: Option<Subject>) -> Option<Limit> {
        let of = |(max, subject)| Limit { id: self.id.uuid(), subject, max, what: What::PromotionPerBuyer };
        self.max_per_buyer.zip(buyer).map(of)
    }
}

impl Discount {
    /// What it takes off this price: never more than the price.
    #[must_use]
    pub fn off(self, price: Money) -> Money {
        let currency = price.currency();
        let off = match self {
            Self::Percent(percent) => currency.round(price.amount() * percent / Decimal::ONE_HUNDRED),
            Self::Amount(amount) if amount.currency() == currency => amount.amount(),
            Self::Amount(_) => Decimal::ZERO,
        };
        Money::rounded(off.min(price.amount()), currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), "EUR".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_discount_is_rounded_and_never_more_than_the_price() {
        for (discount, price, off) in [
            (Discount::Percent(Decimal::from(10)), "49.90", "4.99"),
            (Discount::Percent(Decimal::from(15)), "9.99", "1.50"),
            (Discount::Percent(Decimal::ONE_HUNDRED), "9.99", "9.99"),
            (Discount::Amount(eur("5.00")), "49.90", "5.00"),
            (Discount::Amount(eur("5.00")), "3.00", "3.00"),
            (Discount::Amount(eur("5.00")), "0.00", "0.00"),
        ] {
            assert_eq!(discount.off(eur(price)), eur(off), "{discount:?} of {price}");
        }
        let yen = Money::new(Decimal::from(500), "JPY".parse().unwrap()).unwrap();
        assert_eq!(Discount::Amount(yen).off(eur("9.00")), eur("0.00"), "another currency takes nothing off");
    }
}
