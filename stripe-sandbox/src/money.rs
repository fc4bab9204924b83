//! Amounts in the currency's smallest unit, as Stripe has them: the fee, the limits, and how an amount is shown. Integers only.

use serde::Deserialize;

/// What the provider keeps: a percentage plus a fixed part.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// Hundredths of a percent: 150 is 1.5 %.
    pub basis_points: u32,
    /// In the currency's smallest unit: 25 is EUR 0.25.
    pub fixed: u32,
}

impl Default for Fee {
    fn default() -> Self {
        Self { basis_points: 150, fixed: 25 }
    }
}

impl Fee {
    /// The fee for `amount`, rounded half up, never more than the amount itself.
    pub(crate) fn of(self, amount: i64) -> i64 {
        let percentage = (i128::from(amount) * i128::from(self.basis_points) * 2 + 10_000) / 20_000;
        let fee = percentage + i128::from(self.fixed);
        i64::try_from(fee).unwrap_or(i64::MAX).min(amount)
    }
}

/// The largest amount Stripe takes: eight digits.
pub(crate) const LARGEST: i64 = 99_999_999;

/// The smallest amount that can be charged, for the currencies whose minimum Stripe documents; 1 for the others.
pub(crate) fn smallest(currency: &str) -> i64 {
    match currency {
        "usd" | "eur" | "chf" | "cad" | "aud" | "nzd" | "sgd" | "brl" | "inr" | "jpy" => 50,
        "gbp" => 30,
        "dkk" => 250,
        "nok" | "sek" => 300,
        "pln" | "aed" | "myr" | "ron" => 200,
        "hkd" => 400,
        "czk" => 1500,
        "mxn" | "thb" => 1000,
        "huf" => 17_500,
        _ => 1,
    }
}

/// The number of decimals in which Stripe counts the currency.
fn decimals(currency: &str) -> usize {
    match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd" | "vuv" | "xaf"
        | "xof" | "xpf" => 0,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
        _ => 2,
    }
}

/// `4990, "eur"` as `EUR 49.90`.
pub(crate) fn shown(amount: i64, currency: &str) -> String {
    let code = currency.to_uppercase();
    let decimals = decimals(currency);
    if decimals == 0 {
        return format!("{code} {amount}");
    }
    let digits = format!("{amount:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{code} {whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_is_rounded_half_up_and_never_above_the_amount() {
        let fee = Fee::default();
        assert_eq!(fee.of(10_000), 175);
        assert_eq!(fee.of(33), 25, "0.495 rounds down to 0");
        assert_eq!(fee.of(100), 27, "1.5 rounds up to 2");
        assert_eq!(fee.of(10), 10);
    }

    #[test]
    fn amounts_are_shown_in_the_decimals_of_their_currency() {
        assert_eq!(shown(4990, "eur"), "EUR 49.90");
        assert_eq!(shown(5, "eur"), "EUR 0.05");
        assert_eq!(shown(1999, "jpy"), "JPY 1999");
        assert_eq!(shown(5120, "kwd"), "KWD 5.120");
    }
}
