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

/// The currencies in which a buyer can pay.
pub(crate) const CURRENCIES: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd \
    cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk \
    jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio \
    nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try \
    ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw";

/// Whether a buyer can pay in this currency (lower case).
pub(crate) fn is_supported(currency: &str) -> bool {
    CURRENCIES.split(' ').any(|code| code == currency)
}

/// The largest amount Stripe takes: eight digits, more where money is worth little.
pub(crate) fn largest(currency: &str) -> i64 {
    match currency {
        "idr" => 999_999_999_999,
        "cop" => 9_999_999_999,
        "inr" => 999_999_999,
        _ => 99_999_999,
    }
}

/// The smallest amount that can be charged, for the currencies whose minimum Stripe documents; 1 for the others.
pub(crate) fn smallest(currency: &str) -> i64 {
    match currency {
        "usd" | "ars" | "aud" | "brl" | "cad" | "chf" | "cop" | "eur" | "idr" | "ils" | "inr" | "jpy" | "krw"
        | "nzd" | "php" | "rub" | "sgd" | "zar" => 50,
        "gbp" => 30,
        "aed" | "myr" | "pln" | "ron" => 200,
        "dkk" => 250,
        "nok" | "sek" => 300,
        "hkd" => 400,
        "mxn" | "thb" => 1000,
        "czk" => 1500,
        "huf" => 17_500,
        _ => 1,
    }
}

/// What an amount must be a multiple of. Crowns of Iceland and shillings of Uganda have no parts any more but are counted in
/// hundredths; of a thousandth only tens are taken.
pub(crate) fn step(currency: &str) -> i64 {
    match currency {
        "isk" | "ugx" => 100,
        _ if decimals(currency) == 3 => 10,
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
    fn every_currency_is_three_letters_and_named_once() {
        let mut codes: Vec<&str> = CURRENCIES.split(' ').collect();
        assert!(codes.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase())));
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(is_supported("eur") && !is_supported("xxx") && !is_supported("EUR") && !is_supported(""));
    }

    #[test]
    fn amounts_are_shown_in_the_decimals_of_their_currency() {
        assert_eq!(shown(4990, "eur"), "EUR 49.90");
        assert_eq!(shown(5, "eur"), "EUR 0.05");
        assert_eq!(shown(1999, "jpy"), "JPY 1999");
        assert_eq!(shown(5120, "kwd"), "KWD 5.120");
    }
}
