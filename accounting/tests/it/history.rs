//! Whatever happens, the books are right: a random history, the same in every run, against a model of a few sums.

use std::collections::BTreeMap;

use accounting::{
    Payer, Refund, Sale, SalesFilter, SoldItem, balance, post_provider_fee, post_refund, post_sale, sales_report,
};
use foundation::{Currency, id::PaymentId};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use rust_decimal::Decimal;
use testkit::Database;

use crate::shop;

/// One thing that happens. The indices choose among what there is by then.
#[derive(Debug, Clone)]
enum Step {
    Sell { prices: Vec<i64>, buyer_pays: bool, currency: &'static str },
    ProviderFee { order: prop::sample::Index, minor: i64 },
    Refund { item: prop::sample::Index, fees_returned: bool },
    Confirm { refund: prop::sample::Index },
    Fail { refund: prop::sample::Index },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        3 => (prop::collection::vec(0_i64..10_000, 1..5), any::<bool>(), prop::sample::select(vec!["EUR", "JPY", "KWD"]))
            .prop_map(|(prices, buyer_pays, currency)| Step::Sell { prices, buyer_pays, currency }),
        2 => (index(), -50_i64..500).prop_map(|(order, minor)| Step::ProviderFee { order, minor }),
        3 => (index(), any::<bool>()).prop_map(|(item, fees_returned)| Step::Refund { item, fees_returned }),
        2 => index().prop_map(|refund| Step::Confirm { refund }),
        1 => index().prop_map(|refund| Step::Fail { refund }),
    ];
    prop::collection::vec(step, 300)
}

/// What has happened, and what the reseller has by it.
#[derive(Default)]
struct Past {
    orders: Vec<Sale>,
    /// Sold, paid for and not refunded.
    refundable: Vec<(Sale, SoldItem)>,
    pending: Vec<Refund>,
    confirmed: Vec<Refund>,
    fees: usize,
    has: BTreeMap<&'static str, Decimal>,
}

impl Past {
    fn gains(&mut self, currency: Currency, amount: Decimal) {
        *self.has.entry(currency.code()).or_default() += amount;
    }

    fn effect_of(refund: &Refund) -> Decimal {
        let fees: Decimal = refund.items.iter().map(|item| item.platform_fee + item.platform_fee_tax).sum();
        if refund.fees_returned { fees - refund.amount } else { -refund.amount }
    }
}

fn take<T>(from: &mut Vec<T>, index: prop::sample::Index) -> Option<T> {
    if from.is_empty() { None } else { Some(from.swap_remove(index.index(from.len()))) }
}

async fn happen(tx: &mut foundation::TenantTx, past: &mut Past, step: Step) {
    match step {
        Step::Sell { prices, buyer_pays, currency } => {
            let currency: Currency = currency.parse().unwrap();
            let tickets: Vec<_> =
                prices.iter().map(|&minor| shop::ticket(&currency.from_minor(minor).to_string())).collect();
            let sale = shop::order(if buyer_pays { Payer::Buyer } else { Payer::Reseller }, currency, &tickets);
            shop::sell(tx, &sale).await;
            post_sale(tx, &sale).await.unwrap();
            if sale.total > Decimal::ZERO {
                let fees: Decimal = sale.items.iter().map(|item| item.platform_fee + item.platform_fee_tax).sum();
                past.gains(currency, sale.total - fees);
                let paid_for = sale.items.iter().filter(|item| item.total() > Decimal::ZERO);
                past.refundable.extend(paid_for.map(|item| (sale.clone(), item.clone())));
                past.orders.push(sale);
            }
        }
        Step::ProviderFee { order, minor } if !past.orders.is_empty() => {
            let (id, currency) = {
                let sale = order.get(&past.orders);
                (sale.order, sale.currency)
            };
            past.fees += 1;
            let fee = currency.from_minor(minor);
            post_provider_fee(tx, (id, PaymentId::new()), &format!("txn_{}", past.fees), fee, currency).await.unwrap();
            past.gains(currency, -fee);
        }
        Step::Refund { item, fees_returned } => {
            let Some((sale, item)) = take(&mut past.refundable, item) else {
                return;
            };
            let refund = shop::refund_of(&sale, &[item], fees_returned);
            shop::accept(tx, &refund).await;
            post_refund(tx, &refund).await.unwrap();
            past.gains(sale.currency, Past::effect_of(&refund));
            past.pending.push(refund);
        }
        Step::Confirm { refund } => {
            let Some(refund) = take(&mut past.pending, refund) else {
                return;
            };
            shop::confirm(tx, &refund).await;
            shop::confirm(tx, &refund).await;
            past.confirmed.push(refund);
        }
        Step::Fail { refund } => {
            let Some(refund) = take(&mut past.pending, refund).or_else(|| take(&mut past.confirmed, refund)) else {
                return;
            };
            shop::fail(tx, &refund).await;
            shop::fail(tx, &refund).await;
            past.gains(refund.currency, -Past::effect_of(&refund));
        }
        Step::ProviderFee { .. } => {}
    }
}

#[tokio::test]
async fn after_a_random_history_balances_reports_and_checks_agree_with_plain_sums() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut past = Past::default();
    let history = steps().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    for step in history {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        happen(&mut tx, &mut past, step).await;
        tx.commit().await.unwrap();
    }
    assert!(past.orders.len() > 50 && past.confirmed.len() > 5, "the history is a poor one");
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(shop::violations(&mut tx).await, [""; 0]);
    let balances: BTreeMap<_, _> =
        balance(&mut tx).await.unwrap().iter().map(|b| (b.currency.code(), b.pending)).collect();
    assert_eq!(balances, past.has);
    let report =
        sales_report(&mut tx, &SalesFilter { group_by: accounting::SalesGroup::Day, ..SalesFilter::default() })
            .await
            .unwrap();
    let reported: BTreeMap<_, _> = report.totals.iter().map(|total| (total.currency.code(), total.net())).collect();
    assert_eq!(reported, past.has);
}
