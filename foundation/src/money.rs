//! Money: an exact decimal and its currency. No float, no arithmetic between currencies, no digit beyond the currency's own.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// How many decimals an amount has (ISO 4217): EUR 2, JPY 0, KWD 3.
    #[must_use]
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }

    /// The three letters, upper case.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The amount rounded to this currency's decimals, a half away from zero, so that a refund of x is minus a sale of x.
    #[must_use]
    pub fn round(self, amount: Decimal) -> Decimal {
        let mut rounded = amount.round_dp_with_strategy(self.exponent(), RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(self.exponent());
        // There is no minus nothing on a statement.
        rounded.set_sign_positive(rounded.is_sign_positive() || rounded.is_zero());
        rounded
    }

    /// The amount in the smallest unit (cents), which must be whole and fit.
    #[must_use]
    pub fn to_minor(self, amount: Decimal) -> Option<i64> {
        let minor = amount.checked_mul(Decimal::from(10_i64.checked_pow(self.exponent())?))?;
        minor.is_integer().then(|| i64::try_from(minor).ok()).flatten()
    }

    /// The amount of so many of the smallest unit.
    #[must_use]
    pub fn from_minor(self, minor: i64) -> Decimal {
        Decimal::new(minor, self.exponent())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A text that names no currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a currency code of ISO 4217, such as EUR")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(code: &str) -> Result<Self, NotACurrency> {
        // Codes for metals, funds and tests have no exponent and are no money to pay with.
        iso_currency::Currency::from_code(code).filter(|c| c.exponent().is_some()).map(Self).ok_or(NotACurrency)
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|error| de::Error::custom(format_args!("`{text}` {error}")))
    }
}
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .into()
    }
}
impl ToSchema for Currency {
    fn name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
}

/// An amount of one currency, with exactly its decimals: `{"amount": "49.90", "currency": "EUR"}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Money {
    /// The amount in the major unit, as a decimal string.
    #[schema(value_type = String, example = "49.90")]
    amount: Decimal,
    /// Its currency.
    currency: Currency,
}

/// The largest amount taken, a million thousand million: what is beyond is a slip of the pen. What the largest reseller takes in years, in
/// the currency of the smallest worth, is below it, so that every sum that was written is read again; and in the smallest unit of any
/// currency it is a whole number of 64 bits.
const AMOUNT_MAX: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

/// Why an amount is no money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    /// More digits after the point than the currency has.
    #[error("has more decimals than {0} has ({1})")]
    TooManyDecimals(Currency, u32),
    /// Beyond any price.
    #[error("is larger than any amount that can be taken (1000000000000000)")]
    TooLarge,
}

impl Money {
    /// This much of this currency.
    ///
    /// # Errors
    /// If the amount has more decimals than the currency, or is beyond a million thousand million.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, NotMoney> {
        if amount.abs() > AMOUNT_MAX {
            return Err(NotMoney::TooLarge);
        }
        if amount.normalize().scale() > currency.exponent() {
            return Err(NotMoney::TooManyDecimals(currency, currency.exponent()));
        }
        let mut amount = amount;
        amount.rescale(currency.exponent());
        Ok(Self { amount, currency })
    }

    /// The amount, rounded to the currency where a computation left more digits.
    #[must_use]
    pub fn rounded(amount: Decimal, currency: Currency) -> Self {
        Self { amount: currency.round(amount), currency }
    }

    /// The amount in the major unit.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire<'a> {
            #[serde(borrow)]
            amount: std::borrow::Cow<'a, str>,
            currency: Currency,
        }
        let Wire { amount, currency } = Wire::deserialize(deserializer)?;
        let exact = decimal(&amount).ok_or_else(|| {
            de::Error::custom(format_args!("amount `{amount}` is not a decimal string such as \"49.90\""))
        })?;
        Self::new(exact, currency).map_err(|error| de::Error::custom(format_args!("amount `{amount}` {error}")))
    }
}

/// The decimal that a text is, the one way in which one is written: digits, a point between digits if any, a minus before them. No plus,
/// space, exponent or separator; and no more digits than are kept exactly.
#[must_use]
pub fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    // Which reads minus nothing as nothing.
    Decimal::from_str_exact(text).ok()
}

/// Reads a decimal from a text, digit by digit: a number of JSON may have been through a float. For `deserialize_with`.
///
/// # Errors
/// If it is no text, or no decimal.
pub fn exact_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    exact(&std::borrow::Cow::<str>::deserialize(deserializer)?)
}

/// Reads one that may be null. For `deserialize_with`, beside `default`.
///
/// # Errors
/// As [`exact_decimal`].
pub fn exact_decimal_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Option::<std::borrow::Cow<str>>::deserialize(deserializer)?.map(|text| exact(&text)).transpose()
}

fn exact<E: de::Error>(text: &str) -> Result<Decimal, E> {
    decimal(text).ok_or_else(|| E::custom(format_args!("`{text}` is not a decimal string such as \"4.5\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_written_in_one_way() {
        for (text, read) in [("5", "5"), ("-5.50", "-5.50"), ("0.001", "0.001"), ("-0.00", "0.00"), ("1000", "1000")] {
            assert_eq!(decimal(text).map(|decimal| decimal.to_string()).as_deref(), Some(read), "{text}");
        }
        assert!(["0", "-0", "-0.00"].iter().all(|nothing| decimal(nothing).is_some_and(|d| d.is_sign_positive())));
        let long = format!("0.{}", "1".repeat(29));
        for wrong in [
            "", "-", "+5", " 5", "5 ", "1e2", "1E2", "1_000", "1,5", ".5", "5.", "--5", "-+5", "5.-5", "0x5", "NaN",
            "٥", &long,
        ] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
    }

    fn money(json: &str) -> Result<Money, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn money_is_written_with_the_currencys_own_decimals() {
        for (given, written) in [
            (r#"{"amount":"49.9","currency":"EUR"}"#, r#"{"amount":"49.90","currency":"EUR"}"#),
            (r#"{"amount":"1999","currency":"JPY"}"#, r#"{"amount":"1999","currency":"JPY"}"#),
            (r#"{"amount":"12.345","currency":"KWD"}"#, r#"{"amount":"12.345","currency":"KWD"}"#),
        ] {
            assert_eq!(serde_json::to_string(&money(given).unwrap()).unwrap(), written);
        }
        assert_eq!(
            format!("{:?}", Money::new(5.into(), "EUR".parse().unwrap()).unwrap()),
            "Money { amount: 5.00, currency: EUR }"
        );
    }

    #[test]
    fn too_many_decimals_numbers_unknown_currencies_and_fields_are_refused() {
        for bad in [
            r#"{"amount":"49.901","currency":"EUR"}"#,
            r#"{"amount":"0.5","currency":"JPY"}"#,
            r#"{"amount":49.9,"currency":"EUR"}"#,
            r#"{"amount":"1e3","currency":"EUR"}"#,
            r#"{"amount":"5","currency":"EURO"}"#,
            r#"{"amount":"5","currency":"XAU"}"#,
            r#"{"amount":"5","currency":"EUR","vat":"1"}"#,
            r#"{"amount":"1000000000000000.01","currency":"EUR"}"#,
        ] {
            assert!(money(bad).is_err(), "{bad}");
        }
        let most = "1000000000000000";
        let largest = money(&format!(r#"{{"amount":"{most}.00","currency":"KWD"}}"#)).unwrap();
        assert_eq!(
            largest.currency().to_minor(largest.amount()).map(|minor| minor.to_string()),
            Some(format!("{most}000"))
        );
    }

    #[test]
    fn rounding_is_half_away_from_zero_in_every_exponent() {
        let round =
            |amount: &str, code: &str| code.parse::<Currency>().unwrap().round(amount.parse().unwrap()).to_string();
        assert_eq!(round("0.61725", "KWD"), "0.617");
        assert_eq!(round("99.95", "JPY"), "100");
        assert_eq!(round("1.005", "EUR"), "1.01");
        assert_eq!(round("-1.005", "EUR"), "-1.01");
        assert_eq!(round("-0.001", "EUR"), "0.00");
    }
}
