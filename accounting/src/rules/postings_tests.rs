//! The golden numbers, and what holds for every order.

use foundation::id::{PaymentId, PerformanceId, RefundId, ShowId, TicketId};
use proptest::prelude::*;

use super::*;
use crate::{FeeRule, Payer, split};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn item(rule: &FeeRule, item_no: i16, face_value: Decimal, currency: Currency) -> SoldItem {
    let fees = rule.for_tickets(&[face_value], currency)[0];
    SoldItem {
        item_no,
        show: ShowId::new(),
        performance: PerformanceId::new(),
        ticket: TicketId::new(),
        ticket_type: "Adult".to_owned(),
        price_tier: "A".to_owned(),
        face_value,
        platform_fee: fees.platform_fee,
        platform_fee_tax: fees.platform_fee_tax,
        hosting_fee: fees.hosting_fee,
        hosting_fee_tax: fees.hosting_fee_tax,
        buyer_fee: fees.buyer_fee,
        tax: None,
    }
}

fn sold(rule: &FeeRule, prices: &[Decimal], currency: Currency) -> Sale {
    let items: Vec<_> = prices.iter().zip(1..).map(|(&price, no)| item(rule, no, price, currency)).collect();
    Sale { order: OrderId::new(), currency, total: sum(&items, SoldItem::total), by_credit: Decimal::ZERO, items }
}

fn default_paid_by(payer: Payer) -> FeeRule {
    FeeRule::platform_default().paid_by(payer)
}

fn golden(payer: Payer) -> Sale {
    sold(&default_paid_by(payer), &[decimal("50.00"), decimal("50.00")], "EUR".parse().unwrap())
}

fn refunded(sale: &Sale, items: &[SoldItem], fees_returned: bool) -> Refund {
    Refund {
        refund: RefundId::new(),
        order: sale.order,
        currency: sale.currency,
        items: items.to_vec(),
        amount: sum(items, SoldItem::total),
        fees_returned,
        ticket_tax: Decimal::ZERO,
        credit: None,
    }
}

fn written(journal: &Journal) -> Vec<(&'static str, String)> {
    journal.lines().iter().map(|line| (line.account.as_str(), line.amount.to_string())).collect()
}

fn lines(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    expected.iter().map(|&(account, amount)| (account, amount.to_owned())).collect()
}

/// The credit of an account over several journals.
fn credit(journals: &[Journal], account: Account) -> Decimal {
    -journals
        .iter()
        .flat_map(Journal::lines)
        .filter(|line| line.account == account)
        .map(|line| line.amount)
        .sum::<Decimal>()
}

#[test]
fn the_golden_sale_leaves_the_reseller_91_47() {
    let order = golden(Payer::Reseller);
    let sale = sale(&order).unwrap().unwrap();
    assert_eq!(
        written(&sale),
        lines(&[
            ("psp_clearing", "100.00"),
            ("reseller_pending", "-100.00"),
            ("reseller_pending", "5.60"),
            ("rev_platform_fee", "-5.60"),
            ("reseller_pending", "1.18"),
            ("tax_platform_vat", "-1.18"),
        ])
    );
    let fee = provider_fee(order.order, "txn_1", decimal("1.75"), order.currency, Bearer::Reseller).unwrap().unwrap();
    assert_eq!(written(&fee), lines(&[("reseller_pending", "1.75"), ("psp_clearing", "-1.75")]));
    assert_eq!(credit(&[sale, fee], Account::ResellerPending), decimal("91.47"));
}

#[test]
fn the_golden_sale_with_fees_passed_on_leaves_the_reseller_98_25() {
    let order = golden(Payer::Buyer);
    assert_eq!(order.total, decimal("106.78"));
    let sale = sale(&order).unwrap().unwrap();
    let fee = provider_fee(order.order, "txn_1", decimal("1.75"), order.currency, Bearer::Reseller).unwrap().unwrap();
    assert_eq!(credit(&[sale, fee], Account::ResellerPending), decimal("98.25"));
}

#[test]
fn a_full_refund_with_fees_kept_leaves_the_reseller_owing_8_53() {
    let order = golden(Payer::Reseller);
    let journals = [
        sale(&order).unwrap().unwrap(),
        provider_fee(order.order, "txn_1", decimal("1.75"), order.currency, Bearer::Reseller).unwrap().unwrap(),
        refund(&refunded(&order, &order.items, false)).unwrap().unwrap(),
    ];
    assert_eq!(written(&journals[2]), lines(&[("reseller_pending", "100.00"), ("refunds_payable", "-100.00")]));
    assert_eq!(credit(&journals, Account::ResellerPending), decimal("-8.53"));
}

#[test]
fn a_full_refund_with_fees_returned_leaves_only_the_providers_fee() {
    for payer in [Payer::Reseller, Payer::Buyer] {
        let order = golden(payer);
        let given_back = refunded(&order, &order.items, true);
        let journals = [
            sale(&order).unwrap().unwrap(),
            provider_fee(order.order, "txn_1", decimal("1.75"), order.currency, Bearer::Reseller).unwrap().unwrap(),
            refund(&given_back).unwrap().unwrap(),
            refund_paid(given_back.refund, order.order, given_back.amount, order.currency).unwrap(),
        ];
        assert_eq!(credit(&journals, Account::ResellerPending), decimal("-1.75"));
        assert_eq!(credit(&journals, Account::PspClearing), decimal("1.75"));
        for cleared in [Account::RefundsPayable, Account::RevPlatformFee, Account::TaxPlatformVat] {
            assert_eq!(credit(&journals, cleared), Decimal::ZERO, "{cleared:?}");
        }
    }
}

#[test]
fn kept_fees_that_the_buyer_paid_may_stay_with_the_platform() {
    let order = golden(Payer::Buyer);
    let face_values = Refund { amount: decimal("100.00"), ..refunded(&order, &order.items, false) };
    let journals = [sale(&order).unwrap().unwrap(), refund(&face_values).unwrap().unwrap()];
    assert_eq!(credit(&journals, Account::ResellerPending), Decimal::ZERO);
}

#[test]
fn money_that_bought_nothing_is_never_the_resellers() {
    let late = LatePayment {
        payment: PaymentId::new(),
        order: OrderId::new(),
        currency: "EUR".parse().unwrap(),
        amount: decimal("100.00"),
    };
    let given_back = RefundId::new();
    let journals = [
        late_payment(&late).unwrap(),
        late_refund(given_back, &late).unwrap(),
        refund_paid(given_back, late.order, late.amount, late.currency).unwrap(),
    ];
    for &account in Account::ALL {
        assert_eq!(credit(&journals, account), Decimal::ZERO, "{account:?}");
    }
    assert!(journals.iter().all(|journal| journal.changes_of_resellers_own().is_empty()));
}

#[test]
fn free_orders_and_zero_fees_post_nothing() {
    let currency = "EUR".parse().unwrap();
    let free = sold(&FeeRule::platform_default(), &[Decimal::ZERO], currency);
    assert_eq!(sale(&free), Ok(None));
    assert_eq!(refund(&refunded(&free, &free.items, true)), Ok(None));
    assert_eq!(provider_fee(free.order, "txn_1", Decimal::ZERO, currency, Bearer::Reseller), Ok(None));
}

#[test]
fn contradictions_are_refused() {
    let order = golden(Payer::Reseller);
    let contradicts = |refused: Result<Option<Journal>, NotAJournal>| {
        assert!(matches!(refused, Err(NotAJournal::Contradiction(..))), "{refused:?}");
    };
    contradicts(sale(&Sale { total: decimal("99.99"), ..order.clone() }));
    let mut negative = order.clone();
    negative.items[0].platform_fee = decimal("-0.01");
    contradicts(sale(&negative));
    contradicts(refund(&Refund { amount: decimal("100.01"), ..refunded(&order, &order.items, false) }));
    contradicts(provider_fee(order.order, "", decimal("1"), order.currency, Bearer::Reseller));
    contradicts(provider_fee(order.order, "txn 1", decimal("1"), order.currency, Bearer::Reseller));
    contradicts(refund_paid(RefundId::new(), order.order, Decimal::ZERO, order.currency).map(Some));
    let mut fine = order;
    fine.items[0].platform_fee = decimal("2.805");
    assert!(matches!(sale(&fine), Err(NotAJournal::TooManyDecimals(..))));
}

proptest! {
    #[test]
    fn what_is_left_of_a_payment_is_split_over_its_tickets_to_the_last_cent(
        prices in prop::collection::vec(0_i64..=20_000, 1..12),
        part in 0_i64..=100,
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let currency: Currency = code.parse().unwrap();
        let total: i64 = prices.iter().sum();
        let prices: Vec<_> = prices.into_iter().map(|minor| currency.from_minor(minor)).collect();
        let amount = currency.from_minor(total * part / 100);
        let shares = split(amount, &prices, currency);
        prop_assert_eq!(shares.iter().sum::<Decimal>(), amount);
        let unit = currency.from_minor(1);
        for (share, price) in shares.iter().zip(&prices) {
            prop_assert!(share <= price && *share >= Decimal::ZERO);
            let exact = if total == 0 { Decimal::ZERO } else { amount * price / currency.from_minor(total) };
            prop_assert!((*share - exact).abs() < unit);
        }
    }

    #[test]
    fn refunding_every_ticket_by_itself_undoes_the_sale(
        prices in prop::collection::vec(0_i64..=20_000, 1..12),
        buyer in any::<bool>(),
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let payer = if buyer { Payer::Buyer } else { Payer::Reseller };
        let currency: Currency = code.parse().unwrap();
        let prices: Vec<_> = prices.into_iter().map(|minor| currency.from_minor(minor)).collect();
        let order = sold(&default_paid_by(payer), &prices, currency);
        let mut journals: Vec<Journal> = sale(&order).unwrap().into_iter().collect();
        for item in &order.items {
            let given_back = refunded(&order, std::slice::from_ref(item), true);
            journals.extend(refund(&given_back).unwrap());
            if given_back.amount > Decimal::ZERO {
                journals.push(refund_paid(given_back.refund, order.order, given_back.amount, currency).unwrap());
            }
        }
        for journal in &journals {
            prop_assert!(journal.lines().iter().map(|line| line.amount).sum::<Decimal>().is_zero());
        }
        for &account in Account::ALL {
            prop_assert_eq!(credit(&journals, account), Decimal::ZERO);
        }
    }
}
