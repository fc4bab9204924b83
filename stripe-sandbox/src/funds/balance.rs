//! The balance: the sum of all balance transactions, by currency, as far as their money is available and as far as it is still pending.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::Error;
use crate::objects::balance_transaction::BalanceTransaction;

/// What there is in each currency.
#[derive(Debug, Default)]
pub(crate) struct Balances(BTreeMap<String, Pool>);

/// One currency. What has become available is added up as new movements come, so that looking stays quick.
#[derive(Debug, Default)]
struct Pool {
    available: i64,
    /// By the second in which it becomes available.
    pending: BTreeMap<i64, i64>,
}

impl Pool {
    fn available(&self, now: i64) -> i64 {
        self.available + self.pending.range(..=now).map(|(_, amount)| amount).sum::<i64>()
    }

    fn pending(&self, now: i64) -> i64 {
        self.pending.range(now + 1..).map(|(_, amount)| amount).sum()
    }
}

impl Balances {
    /// Counts a movement that was not counted before.
    pub(crate) fn add(&mut self, transaction: &BalanceTransaction) {
        let pool = self.0.entry(transaction.currency.clone()).or_default();
        let later = pool.pending.split_off(&(transaction.created + 1));
        pool.available += std::mem::replace(&mut pool.pending, later).into_values().sum::<i64>();
        let net = transaction.amount - transaction.fee;
        if transaction.available_on <= transaction.created {
            pool.available += net;
        } else {
            *pool.pending.entry(transaction.available_on).or_default() += net;
        }
    }

    /// What can be used at `now` (seconds).
    pub(crate) fn available(&self, currency: &str, now: i64) -> i64 {
        self.0.get(currency).map_or(0, |pool| pool.available(now))
    }

    /// Refuses to use more than there is.
    pub(crate) fn check(&self, amount: i64, currency: &str, now: i64) -> Result<(), Error> {
        if amount <= self.available(currency, now) {
            return Ok(());
        }
        let message = "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://docs.stripe.com/testing#available-balance";
        Err(Error::rule("balance_insufficient", message))
    }

    /// Whether nothing is there and nothing is owed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(|pool| pool.available == 0 && pool.pending.values().all(|amount| *amount == 0))
    }

    pub(crate) fn to_json(&self, now: i64) -> Value {
        let nothing = Pool::default();
        let mut pools: Vec<(&str, &Pool)> = self.0.iter().map(|(currency, pool)| (currency.as_str(), pool)).collect();
        if pools.is_empty() {
            pools.push(("eur", &nothing));
        }
        let list = |amount: fn(&Pool, i64) -> i64| -> Vec<Value> {
            let entry = |(currency, pool): &(&str, &Pool)| {
                let amount = amount(pool, now);
                json!({"amount": amount, "currency": currency, "source_types": {"card": amount}})
            };
            pools.iter().map(entry).collect()
        };
        let reserved: Vec<Value> =
            pools.iter().map(|(currency, _)| json!({"amount": 0, "currency": currency})).collect();
        json!({
            "object": "balance",
            "available": list(Pool::available),
            "connect_reserved": reserved,
            "livemode": false,
            "pending": list(Pool::pending),
            "refund_and_dispute_prefunding": {"available": reserved, "pending": reserved},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::balance_transaction::Kind;

    #[test]
    fn money_becomes_available_when_its_time_has_come() {
        let mut balances = Balances::default();
        let mut add = |amount, available_on, now| {
            let mut transaction = BalanceTransaction::new(Kind::Charge, "ch_1", amount, "eur", now);
            transaction.available_on = available_on;
            balances.add(&transaction);
        };
        add(1000, 50, 10);
        add(500, 60, 20);
        add(-200, 30, 30);
        assert_eq!([30, 49, 50, 60].map(|now| balances.available("eur", now)), [-200, -200, 800, 1300]);
        let mut later = BalanceTransaction::new(Kind::Payout, "po_1", -800, "eur", 55);
        later.available_on = 55;
        assert!(balances.check(801, "eur", 55).is_err() && balances.check(800, "eur", 55).is_ok());
        balances.add(&later);
        assert_eq!([55, 60].map(|now| balances.available("eur", now)), [0, 500]);
        assert_eq!(balances.to_json(55)["pending"][0]["amount"], 500);
        assert!(!balances.is_empty());
        assert_eq!(balances.available("usd", 99), 0);
    }
}
