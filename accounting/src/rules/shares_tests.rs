//! Worked out by hand: what each kind of journal means for each performance.

use foundation::id::{CreditId, OrderId, RefundId, ShowId, TicketId};

use super::*;
use crate::rules::{
    about::{About, SoldItem},
    postings::{self, AmountRefund, Refund, Sale, credits::Credited, exchanges::Exchange},
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn item(item_no: i16, performance: PerformanceId, face_value: &str) -> SoldItem {
    SoldItem {
        item_no,
        show: ShowId::new(),
        performance,
        ticket: TicketId::new(),
        ticket_type: "adult".to_owned(),
        price_tier: "A".to_owned(),
        face_value: decimal(face_value),
        platform_fee: decimal("2.00"),
        platform_fee_tax: decimal("0.42"),
        hosting_fee: Decimal::ZERO,
        hosting_fee_tax: Decimal::ZERO,
        buyer_fee: Decimal::ZERO,
        tax: None,
    }
}

/// Two performances, the first of which is the first by its id, and an order of 50.00 and 30.00.
struct Order {
    id: OrderId,
    one: PerformanceId,
    two: PerformanceId,
    items: Vec<SoldItem>,
}

fn order() -> Order {
    let (a, b) = (PerformanceId::new(), PerformanceId::new());
    let (one, two) = (a.min(b), a.max(b));
    Order { id: OrderId::new(), one, two, items: vec![item(1, one, "50.00"), item(2, two, "30.00")] }
}

impl Order {
    fn known(&self) -> [(PerformanceId, Decimal); 2] {
        [(self.one, decimal("50.00")), (self.two, decimal("30.00"))]
    }

    fn pending(&self, journal: &Journal) -> Vec<(bool, String, String)> {
        let shares = shares(journal, &self.known());
        shares.iter().map(|s| (s.performance == self.one, s.sold.to_string(), s.pending.to_string())).collect()
    }
}

fn eur() -> foundation::Currency {
    "EUR".parse().unwrap()
}

fn both(one: (&str, &str), two: (&str, &str)) -> Vec<(bool, String, String)> {
    vec![(true, one.0.to_owned(), one.1.to_owned()), (false, two.0.to_owned(), two.1.to_owned())]
}

#[test]
fn a_sale_gives_each_performance_its_tickets_less_their_fees() {
    let order = order();
    let sale = |by_credit: &str| Sale {
        order: order.id,
        currency: eur(),
        total: decimal("80.00"),
        by_credit: decimal(by_credit),
        items: order.items.clone(),
    };
    let paid = postings::sale(&sale("0")).unwrap().unwrap();
    assert_eq!(order.pending(&paid), both(("50.00", "47.58"), ("30.00", "27.58")));
    // 20.00 of it by credit, which has a journal of its own: together they are the same.
    let part = postings::sale(&sale("20.00")).unwrap().unwrap();
    assert_eq!(order.pending(&part), both(("50.00", "34.92"), ("30.00", "20.24")));
    let credit = Credited { credit: CreditId::new(), currency: eur(), amount: decimal("20.00") };
    assert_eq!(order.pending(&credit.redeemed(order.id).unwrap()), both(("0", "12.50"), ("0", "7.50")));
}

#[test]
fn a_refund_is_its_tickets_and_one_that_failed_is_its_mirror() {
    let order = order();
    let refund = |fees_returned, items: &[SoldItem], amount: &str| Refund {
        refund: RefundId::new(),
        order: order.id,
        currency: eur(),
        items: items.to_vec(),
        amount: decimal(amount),
        fees_returned,
        ticket_tax: Decimal::ZERO,
        credit: None,
    };
    let second = postings::refund(&refund(false, &order.items[1..], "30.00")).unwrap().unwrap();
    assert_eq!(order.pending(&second), [(false, "-30.00".to_owned(), "-30.00".to_owned())]);
    let whole = postings::refund(&refund(true, &order.items, "80.00")).unwrap().unwrap();
    assert_eq!(order.pending(&whole), both(("-50.00", "-47.58"), ("-30.00", "-27.58")));
    let failed = whole.mirrored(Source::RefundFailed(RefundId::new()));
    assert_eq!(order.pending(&failed), both(("50.00", "47.58"), ("30.00", "27.58")));
}

#[test]
fn what_is_of_no_ticket_is_divided_by_what_the_tickets_have_cost() {
    let order = order();
    let fee = postings::provider_fee(order.id, "txn_1", decimal("1.45"), eur(), postings::Bearer::Reseller);
    assert_eq!(order.pending(&fee.unwrap().unwrap()), both(("0", "-0.91"), ("0", "-0.54")));
    let amount = AmountRefund {
        refund: RefundId::new(),
        order: order.id,
        currency: eur(),
        amount: decimal("8.00"),
        fee_returned: Decimal::ZERO,
        hosting_fee_returned: Decimal::ZERO,
        fee_tax_returned: Decimal::ZERO,
        ticket_tax: Decimal::ZERO,
        credit: None,
    };
    assert_eq!(order.pending(&postings::amount_refund(&amount).unwrap()), both(("0", "-5.00"), ("0", "-3.00")));
    let paid = postings::refund_paid(amount.refund, order.id, decimal("8.00"), eur()).unwrap();
    assert_eq!(order.pending(&paid), [], "nothing pending moves");
    let borne = postings::provider_fee(order.id, "txn_2", decimal("1.45"), eur(), postings::Bearer::Platform);
    assert_eq!(order.pending(&borne.unwrap().unwrap()), []);
}

#[test]
fn an_exchange_takes_all_of_the_tickets_money_along() {
    let order = order();
    let from = order.items[0].clone();
    let to = SoldItem { performance: order.two, ..from.clone() };
    let exchange = Exchange { order: order.id, nth: 1, currency: eur(), from, to };
    let [out, into] = &postings::exchanges::exchange(&exchange).unwrap()[..] else { panic!("two journals") };
    assert_eq!(order.pending(out), [(true, "-50.00".to_owned(), "-47.58".to_owned())]);
    assert_eq!(order.pending(into), [(false, "50.00".to_owned(), "47.58".to_owned())]);
}

#[test]
fn what_follows_a_release_takes_from_what_is_available() {
    let order = order();
    let lines = moved(Account::ResellerPending, Account::RefundsPayable, decimal("10.00")).to_vec();
    let source = Source::Refund(RefundId::new());
    let refund = Journal::new(source.clone(), eur(), lines, About::order(order.id)).unwrap();
    let follows = followed(&refund, decimal("-10.00")).unwrap().unwrap();
    let written: Vec<_> = follows.lines().iter().map(|line| (line.account.as_str(), line.amount.to_string())).collect();
    assert_eq!(written, [("reseller_pending", "-10.00".to_owned()), ("reseller_available", "10.00".to_owned())]);
    assert_eq!(follows.source().to_string(), format!("follow:{source}"));
    assert_eq!(followed(&refund, Decimal::ZERO).unwrap(), None);
}
