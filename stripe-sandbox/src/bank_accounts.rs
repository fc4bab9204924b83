//! Stripe's test bank accounts for SEPA Direct Debit: which IBAN behaves how. Like a card number, an IBAN is looked up and forgotten.

use crate::behaviour::{Behaviour, Pace, Trouble};
use crate::decline::Decline;

/// One test account.
#[derive(Debug)]
pub(crate) struct TestAccount {
    pub(crate) iban: &'static str,
    pub(crate) behaviour: Behaviour,
    pub(crate) pace: Pace,
}

/// The kinds of test account, in the order in which each country lists them: the first part of the name `pm_success_de`.
const KINDS: [(&str, Pace, Behaviour); 8] = [
    ("success", Pace::Slow, Behaviour::Approves),
    ("successDelayed", Pace::Late, Behaviour::Approves),
    ("failed", Pace::Slow, Behaviour::Declines(Decline::DebitReturned)),
    ("failedDelayed", Pace::Late, Behaviour::Declines(Decline::DebitReturned)),
    ("disputed", Pace::Slow, Behaviour::Trouble(Trouble::DisputeFraudulent)),
    ("exceedsWeeklyVolumeLimit", Pace::Slow, Behaviour::Declines(Decline::DebitOverLimit)),
    ("exceedsWeeklyTransactionLimit", Pace::Slow, Behaviour::Declines(Decline::DebitOverWeeklyLimit)),
    ("insufficientFunds", Pace::Slow, Behaviour::Declines(Decline::DebitNotCovered)),
];

const COUNTRIES: [[&str; 8]; 5] = [
    [
        "AT611904300234573201",
        "AT321904300235473204",
        "AT861904300235473202",
        "AT051904300235473205",
        "AT591904300235473203",
        "AT981904300000343434",
        "AT601904300000121212",
        "AT981904300002222227",
    ],
    [
        "BE62510007547061",
        "BE78510007547064",
        "BE68539007547034",
        "BE51510007547065",
        "BE08510007547063",
        "BE90510000343434",
        "BE52510000121212",
        "BE90510002222227",
    ],
    [
        "DE89370400440532013000",
        "DE08370400440532013003",
        "DE62370400440532013001",
        "DE78370400440532013004",
        "DE35370400440532013002",
        "DE65370400440000343434",
        "DE27370400440000121212",
        "DE65370400440002222227",
    ],
    [
        "FR1420041010050500013M02606",
        "FR3020041010050500013M02609",
        "FR8420041010050500013M02607",
        "FR7920041010050500013M02600",
        "FR5720041010050500013M02608",
        "FR9720041010050000000343434",
        "FR5920041010050000000121212",
        "FR9720041010050000002222227",
    ],
    [
        "IE29AIBK93115212345678",
        "IE24AIBK93115212345671",
        "IE02AIBK93115212345679",
        "IE94AIBK93115212345672",
        "IE51AIBK93115212345670",
        "IE10AIBK93115200343434",
        "IE69AIBK93115200121212",
        "IE10AIBK93115202222227",
    ],
];

fn all() -> impl Iterator<Item = (&'static str, TestAccount)> {
    let of_country = |ibans: &[&'static str; 8]| {
        let named = KINDS.into_iter().zip(*ibans);
        named.map(|((name, pace, behaviour), iban)| (name, TestAccount { iban, behaviour, pace }))
    };
    COUNTRIES.iter().flat_map(of_country)
}

/// The test account with this IBAN (spaces allowed).
pub(crate) fn by_iban(iban: &str) -> Option<TestAccount> {
    let plain: String = iban.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    all().find(|(_, account)| account.iban == plain).map(|(_, account)| account)
}

/// The test account behind a name such as `pm_success_de`.
pub(crate) fn by_name(name: &str) -> Option<TestAccount> {
    let (kind, country) = name.strip_prefix("pm_")?.rsplit_once('_')?;
    let country = country.to_uppercase();
    all().find(|(name, account)| *name == kind && account.iban.starts_with(&country)).map(|(_, account)| account)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO 13616: the rearranged number, letters as 10 to 35, leaves 1 when divided by 97.
    fn checksum_holds(iban: &str) -> bool {
        let (head, tail) = iban.split_at(4);
        let digits = tail.chars().chain(head.chars()).map(|c| c.to_digit(36).unwrap());
        digits.fold(0, |rest, digit| (rest * if digit > 9 { 100 } else { 10 } + digit) % 97) == 1
    }

    #[test]
    fn every_account_has_a_true_checksum_and_a_name() {
        for (name, account) in all() {
            assert!(checksum_holds(account.iban), "{}", account.iban);
            let name = format!("pm_{name}_{}", account.iban[..2].to_lowercase());
            assert_eq!(by_name(&name).map(|found| found.iban), Some(account.iban));
        }
        assert!(by_iban("de89 3704 0044 0532 0130 00").is_some());
        assert!(by_name("pm_success_xx").is_none() && by_name("pm_card_visa").is_none());
    }
}
