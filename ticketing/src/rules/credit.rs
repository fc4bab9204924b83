//! Credit: money that a buyer has with a reseller and may buy with, in part or whole, until it ends. Pure; the books of it are
//! accounting's.

use foundation::{
    Code, Currency, Instant, Money, Refusal,
    id::{CreditId, OrderId},
    refusal::FieldErrors,
};
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

/// The letters of codes: none that looks like another.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Letters of a code: 140 bits, which nobody guesses.
const CODE_LENGTH: usize = 28;

/// What a buyer types to pay with a credit. Whoever knows it may spend that, so it is shown to who may sell and to nobody else: not in
/// events, not in logs, and not in the database but sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct CreditCode(String);

impl std::fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CreditCode")
    }
}

impl CreditCode {
    /// A new one, of chance.
    #[must_use]
    pub fn of(chance: [u8; CODE_LENGTH]) -> Self {
        Self(grouped(chance.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)]))))
    }

    /// A code as somebody has typed it: small letters, blanks and dashes make no difference.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(grouped(text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase())))
    }

    /// As it is shown: groups of four letters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What it is found by. It needs no key: of 140 bits of chance nobody tries them out.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

fn grouped(letters: impl Iterator<Item = char>) -> String {
    let letters: Vec<char> = letters.collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What a buyer gets of a refund for what came by a payment. What was credit is credit again in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GivenAs {
    /// The money, back on that payment.
    #[default]
    Money,
    /// Credit.
    Credit,
}

/// How much of what is to be given back comes from the payment and how much from credit, of which so much is left: the payment's first.
/// Never more than is left of either.
#[must_use]
pub fn parts(wanted: Decimal, money_left: Decimal, credit_left: Decimal) -> (Decimal, Decimal) {
    let of_payment = wanted.min(money_left).max(Decimal::ZERO);
    (of_payment, (wanted - of_payment).min(credit_left).max(Decimal::ZERO))
}

/// Credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// Its id.
    pub id: CreditId,
    /// What it was given for.
    pub amount: Money,
    /// What no order has taken yet.
    pub balance: Money,
    /// The order whose refund made it; none where it was given of the reseller's own accord.
    pub order: Option<OrderId>,
    /// Why it was given, in the reseller's words.
    pub reason: String,
    /// Until when it may be spent.
    pub expires_at: Option<Instant>,
    /// When what was left of it was taken back.
    pub expired_at: Option<Instant>,
    /// When it was given.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl Credit {
    /// A new one of this amount.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong.
    pub fn new(
        (amount, reason, expires_at): (Money, String, Option<Instant>),
        order: Option<OrderId>,
        now: Instant,
    ) -> Result<Self, Refusal> {
        let mut fields = FieldErrors::default();
        fields.check(amount.amount() > Decimal::ZERO, "/amount", "must be more than nothing");
        let is_text = reason.len() <= 500 && !reason.chars().any(char::is_control);
        fields.check(is_text, "/reason", "must be at most 500 bytes of text");
        fields.check(expires_at.is_none_or(|at| at > now), "/expires_at", "must be in the future");
        fields.done()?;
        let (id, balance, expired_at) = (CreditId::new(), amount, None);
        Ok(Self { id, amount, balance, order, reason, expires_at, expired_at, created_at: now, version: 1 })
    }

    /// How much of it an order takes that still needs so much.
    ///
    /// # Errors
    /// `code_invalid` past its time, `code_used` where nothing is left, `currency_mismatch`.
    pub fn taken_for(&self, due: Decimal, currency: Currency, now: Instant) -> Result<Decimal, Refusal> {
        if self.amount.currency() != currency {
            let detail = format!("The credit is in {}, the order in {currency}.", self.amount.currency());
            return Err(Refusal::new(Code::CurrencyMismatch, detail));
        }
        if let Some(at) = self.expires_at.filter(|at| *at <= now) {
            return Err(Refusal::new(Code::CodeInvalid, format!("The credit could be used until {at}.")));
        }
        if self.balance.amount().is_zero() {
            return Err(Refusal::new(Code::CodeUsed, "Nothing is left of the credit."));
        }
        Ok(self.balance.amount().min(due))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn eur(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), "EUR".parse().unwrap()).unwrap()
    }

    fn credit(amount: &str, expires_at: Option<Instant>) -> Result<Credit, Refusal> {
        Credit::new((eur(amount), "a gift".to_owned(), expires_at), None, Instant::LONG_AGO)
    }

    #[test]
    fn a_code_is_the_same_however_it_is_typed_and_is_not_shown() {
        let mut chance = [0; CODE_LENGTH];
        for (byte, nth) in chance.iter_mut().zip(29..) {
            *byte = nth;
        }
        let code = CreditCode::of(chance);
        assert_eq!(code.text(), "XYZ2-3456-789A-BCDE-FGHJ-KLMN-PQRS");
        assert_eq!(CreditCode::typed(" xyz2 3456789abcde-fghjklmnpqrs ").hash(), code.hash());
        assert_ne!(CreditCode::typed("XYZ2-3456").hash(), code.hash());
        assert_eq!(format!("{code:?}"), "CreditCode");
        assert_eq!(LETTERS.iter().collect::<std::collections::HashSet<_>>().len(), 32);
    }

    #[test]
    fn an_order_takes_what_it_needs_and_no_more_than_there_is() {
        let (now, eur_) = (Instant::LONG_AGO, "EUR".parse().unwrap());
        let later = now.plus(Duration::from_secs(60));
        let credit = credit("20.00", Some(later)).unwrap();
        assert_eq!(credit.taken_for(eur("30.00").amount(), eur_, now).unwrap(), eur("20.00").amount());
        assert_eq!(credit.taken_for(eur("5.00").amount(), eur_, now).unwrap(), eur("5.00").amount());
        let code = |credit: &Credit, currency: &str, at| {
            credit.taken_for(Decimal::ONE, currency.parse().unwrap(), at).unwrap_err().code
        };
        assert_eq!(code(&credit, "USD", now), Code::CurrencyMismatch);
        assert_eq!(code(&credit, "EUR", later), Code::CodeInvalid);
        assert_eq!(code(&Credit { balance: eur("0.00"), ..credit }, "EUR", now), Code::CodeUsed);
    }

    #[test]
    fn credit_is_of_something_and_ends_later() {
        for amount in ["0.00", "-1.00"] {
            assert_eq!(credit(amount, None).unwrap_err().errors[0].pointer, "/amount");
        }
        assert_eq!(credit("1.00", Some(Instant::LONG_AGO)).unwrap_err().errors[0].pointer, "/expires_at");
    }

    proptest! {
        /// An order of some price, part of it in credit, is given back in any steps: through neither way more goes back than came
        /// through it, all of it comes back in the end, and the payment's part first.
        #[test]
        fn whatever_is_given_back_in_parts_comes_to_what_came_each_way(
            price in 1_i64..1_000_000, in_credit in 0_i64..1_000_000, wanted in prop::collection::vec(0_i64..400_000, 1..12)
        ) {
            let minor = |minor| Decimal::new(minor, 2);
            let in_credit = in_credit.min(price);
            let (mut money, mut credit) = (minor(price - in_credit), minor(in_credit));
            let mut asked = Decimal::ZERO;
            for step in wanted.into_iter().map(minor) {
                let before = money + credit;
                let (of_payment, of_credit) = parts(step, money, credit);
                prop_assert!(of_payment >= Decimal::ZERO && of_credit >= Decimal::ZERO);
                prop_assert_eq!(of_payment + of_credit, step.min(before), "as much as is wanted and left");
                (money, credit) = (money - of_payment, credit - of_credit);
                prop_assert!(money >= Decimal::ZERO && credit >= Decimal::ZERO);
                prop_assert!(of_credit.is_zero() || money.is_zero(), "credit only once the payment is given back");
                asked += step;
            }
            prop_assert_eq!(minor(price) - money - credit, asked.min(minor(price)));
        }

        /// A credit is spent on orders in any sequence: no more than it was given for, and each order gets what it needs while there is any.
        #[test]
        fn a_credit_spent_in_any_steps_is_spent_once(amount in 1_i64..1_000_000, dues in prop::collection::vec(1_i64..400_000, 1..12)) {
            let money = |minor| Money::new(Decimal::new(minor, 2), "EUR".parse().unwrap()).unwrap();
            let mut credit = Credit::new((money(amount), String::new(), None), None, Instant::LONG_AGO).unwrap();
            let (eur, mut spent) = (credit.amount.currency(), Decimal::ZERO);
            for due in dues.into_iter().map(|minor| money(minor).amount()) {
                let left = credit.balance.amount();
                match credit.taken_for(due, eur, Instant::LONG_AGO) {
                    Ok(taken) => {
                        prop_assert!(taken > Decimal::ZERO && (taken == due || taken == left));
                        (credit.balance, spent) = (Money::rounded(left - taken, eur), spent + taken);
                    }
                    Err(refused) => prop_assert!(left.is_zero() && refused.code == Code::CodeUsed),
                }
                prop_assert_eq!(spent + credit.balance.amount(), credit.amount.amount());
            }
        }
    }
}
