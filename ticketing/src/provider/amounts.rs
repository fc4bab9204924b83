//! The provider's amounts and currencies, with its own exceptions. Nothing else knows of them.

use foundation::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy};

use super::ProviderError;

/// The provider's word for a currency.
pub(super) fn stripe_currency(currency: Currency) -> stripe_types::Currency {
    // Reading a currency's code never fails: a code that the library does not know is carried as it is.
    match currency.code().to_lowercase().parse() {
        Ok(currency) => currency,
        Err(never) => match never {},
    }
}

/// The provider takes ISK and UGX, which have no decimals, as if they had two (its own documented exceptions).
fn extra_decimals(currency: Currency) -> i64 {
    if matches!(currency.code(), "ISK" | "UGX") { 100 } else { 1 }
}

/// An amount as the provider takes it. Of three decimals it takes two: the last must be 0.
pub(crate) fn minor(amount: Money) -> Result<i64, ProviderError> {
    let (currency, value) = (amount.currency(), amount.amount());
    let minor = currency.to_minor(value).and_then(|minor| minor.checked_mul(extra_decimals(currency)));
    let refused = |why: &str| ProviderError::Refused {
        code: "amount".to_owned(),
        message: format!("{value} {currency} cannot be paid: {why}"),
    };
    let minor = minor.ok_or_else(|| refused("it has too many digits"))?;
    if currency.exponent() == 3 && minor % 10 != 0 {
        return Err(refused("the provider takes amounts of this currency that end in 0"));
    }
    Ok(minor)
}

/// The most of an amount that the provider pays out: of three decimals two, of forints and Taiwan dollars whole ones.
pub(crate) fn payable(amount: Decimal, currency: Currency) -> Decimal {
    let decimals = match currency.code() {
        "HUF" | "TWD" => 0,
        _ => currency.exponent().min(2),
    };
    let whole = amount.round_dp_with_strategy(decimals, RoundingStrategy::ToZero);
    currency.round(whole.max(Decimal::ZERO))
}

/// An amount of the provider in the major unit.
pub(crate) fn major(minor: i64, currency: Currency) -> Decimal {
    currency.round(currency.from_minor(minor) / Decimal::from(extra_decimals(currency)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_travel_in_the_providers_units_and_back() {
        for (amount, code, theirs) in
            [("49.90", "EUR", 4990), ("1999", "JPY", 1999), ("5.120", "KWD", 5120), ("300", "ISK", 30_000)]
        {
            let currency: Currency = code.parse().unwrap();
            let money = Money::new(amount.parse().unwrap(), currency).unwrap();
            assert_eq!(minor(money).unwrap(), theirs);
            assert_eq!(major(theirs, currency), money.amount());
        }
    }

    #[test]
    fn what_is_paid_out_is_what_the_provider_pays_out() {
        for (amount, code, paid) in [
            ("91.47", "EUR", "91.47"),
            ("1999", "JPY", "1999"),
            ("5.129", "KWD", "5.12"),
            ("300.50", "HUF", "300"),
            ("300.99", "TWD", "300"),
            ("-8.53", "EUR", "0"),
        ] {
            let expected: Decimal = paid.parse().unwrap();
            assert_eq!(payable(amount.parse().unwrap(), code.parse().unwrap()), expected, "{amount} {code}");
        }
    }

    #[test]
    fn of_three_decimals_the_last_is_zero() {
        let money = Money::new("5.125".parse().unwrap(), "KWD".parse().unwrap()).unwrap();
        assert!(matches!(minor(money), Err(ProviderError::Refused { .. })));
    }
}
