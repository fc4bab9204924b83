//! Random histories of everything that is ever posted, against a second, naive model: it knows neither accounts that are debited
//! nor credited, only what has happened and how it stands, in whole numbers, and says from that what must be on each account.

mod figures;
mod later;
mod past;
mod steps;

use std::collections::{BTreeMap, HashSet};

use foundation::Currency;
use rust_decimal::Decimal;

use super::{account::Account, journal::Journal};
use past::Past;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One of 0 to `n` - 1.
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(n).unwrap()).unwrap()
    }

    fn amount(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(usize::try_from(to - from + 1).unwrap())).unwrap()
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// The ledger as a ledger: what the journals come to, whatever they are for.
#[derive(Default)]
struct Books {
    balances: BTreeMap<Account, Decimal>,
    sources: HashSet<String>,
    journals: usize,
}

impl Books {
    fn post(&mut self, journal: &Journal) {
        assert!(journal.lines().iter().map(|line| line.amount).sum::<Decimal>().is_zero(), "{journal:?}");
        assert!(self.sources.insert(journal.source().to_string()), "{} twice", journal.source());
        for line in journal.lines() {
            *self.balances.entry(line.account).or_default() += line.amount;
        }
        self.journals += 1;
    }

    fn balance(&self, account: Account, currency: Currency) -> i64 {
        currency.to_minor(self.balances.get(&account).copied().unwrap_or_default()).unwrap()
    }
}

const STEPS: usize = 160;
const JOURNALS: usize = 100_000;

#[test]
fn the_books_of_100_000_random_journals_are_those_of_a_naive_model() {
    let (mut posted, mut seen) = (0, HashSet::new());
    for seed in 1_u64.. {
        let code = ["EUR", "JPY", "KWD"][usize::try_from(seed % 3).unwrap()];
        let mut past = Past::new(code.parse().unwrap());
        let (mut dice, mut books) = (Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)), Books::default());
        for step in 0..STEPS {
            for journal in steps::happen(&mut past, &mut dice) {
                books.post(&journal);
            }
            if step % 20 == 19 {
                for &account in Account::ALL {
                    let (booked, expected) = (books.balance(account, past.currency), figures::expected(&past, account));
                    assert_eq!(booked, expected, "{account:?} after step {step} of history {seed} ({code})");
                }
            }
        }
        assert_eq!(books.balances.values().sum::<Decimal>(), Decimal::ZERO);
        seen.extend(books.sources.iter().map(|source| source.split(':').next().unwrap().to_owned()));
        posted += books.journals;
        if posted >= JOURNALS {
            break;
        }
    }
    let kinds = [
        "adj",
        "credit",
        "dispute",
        "dispute_lost",
        "expire",
        "hosting",
        "late_payment",
        "payout",
        "payout_failed",
        "payout_paid",
        "psp_fee",
        "redeem",
        "refund",
        "refund_failed",
        "refund_paid",
        "refund_returned",
        "release",
        "reserve",
        "reserve_release",
        "rev",
        "sale",
        "settle",
    ];
    let mut seen: Vec<_> = seen.into_iter().collect();
    seen.sort();
    assert_eq!(seen, kinds, "every kind of case has happened");
}
