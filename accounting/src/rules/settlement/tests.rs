//! Rows worked out by hand, and that they always come to what the journals moved.

use foundation::{
    Currency, Instant,
    id::{
        AdjustmentId, CreditId, DisputeId, FeeRuleId, JournalId, OrderId, PaymentId, PayoutId, PerformanceId, RefundId,
        ShowId, TicketId,
    },
};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    book::{Book, COLUMNS, Period, RowsText},
    category::Category,
    document::Standing,
    row::{Entry, Names, PerformanceName, Row, SoldUnder, rows},
};
use crate::{
    Adjustment, AmountRefund, Bearer, Credited, Disputed, Payout, PerformanceMoney, Pot, ProviderMoney, Reason, Refund,
    Sale, SoldItem, TaxRate, TicketTax,
    rules::{
        journal::Journal,
        postings::{self, corrections, exchanges},
    },
};

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The journal in a place.
fn placed(journal: &Journal, position: i64) -> Entry {
    Entry {
        position,
        journal: JournalId::new(),
        source: journal.source().to_string(),
        lines: journal.lines().to_vec(),
        about: journal.about().clone(),
        effective_at: Instant::from_micros(0),
        posted_at: Instant::from_micros(position * 1_000_000),
    }
}

fn item(item_no: i16, performance: PerformanceId, ticket_type: &str) -> SoldItem {
    SoldItem {
        item_no,
        show: ShowId::new(),
        performance,
        ticket: TicketId::new(),
        ticket_type: ticket_type.to_owned(),
        price_tier: "A".to_owned(),
        face_value: d("50.00"),
        platform_fee: d("2.80"),
        platform_fee_tax: d("0.71"),
        hosting_fee: d("0.60"),
        hosting_fee_tax: Decimal::ZERO,
        buyer_fee: d("1.00"),
        tax: None,
    }
}

/// Three tickets in two performances, 31.00 of it by credit.
fn sale() -> Sale {
    let (one, other) = (PerformanceId::new(), PerformanceId::new());
    let items = vec![item(1, one, "adult"), item(2, other, "adult"), item(3, one, "adult")];
    Sale { order: OrderId::new(), currency: eur(), total: d("153.00"), by_credit: d("31.00"), items }
}

fn name(title: &str) -> PerformanceName {
    let (starts_at, available_at) = (Instant::from_micros(0), Instant::from_micros(86_400_000_000));
    PerformanceName { title: title.to_owned(), starts_at, available_at }
}

fn nets(entry: &Entry) -> Vec<(Category, i64, String)> {
    let rows = rows(entry, &Names::default(), eur());
    rows.iter().map(|row| (row.category, row.quantity, row.amounts.net.to_string())).collect()
}

#[test]
fn a_sale_has_a_row_for_each_performance_and_what_was_paid_by_credit_is_beside_it() {
    let entry = placed(&postings::sale(&sale()).unwrap().unwrap(), 1);
    // A ticket is 51.00 less 2.80, 0.60 and 0.71; the first row has the credit.
    assert_eq!(nets(&entry), [(Category::Sale, 2, "62.78".to_owned()), (Category::Sale, 1, "46.89".to_owned())]);
    let rows = rows(&entry, &Names::default(), eur());
    let first = rows[0].amounts;
    assert_eq!((first.gross, first.face_value, first.buyer_fee), (d("102.00"), d("100.00"), d("2.00")));
    assert_eq!((first.platform_fee, first.hosting_fee, first.platform_fee_tax), (d("5.60"), d("1.20"), d("1.42")));
    assert_eq!((first.other, rows[1].amounts.other), (d("-31.00"), Decimal::ZERO));
}

#[test]
fn a_refund_gives_back_what_its_row_says_and_its_failure_takes_that_back() {
    let sale = sale();
    let items = vec![sale.items[0].clone()];
    let refund = Refund {
        refund: RefundId::new(),
        order: sale.order,
        currency: eur(),
        items,
        amount: d("51.00"),
        fees_returned: true,
        ticket_tax: Decimal::ZERO,
        credit: None,
    };
    let journal = postings::refund(&refund).unwrap().unwrap();
    let row = &rows(&placed(&journal, 1), &Names::default(), eur())[0];
    assert_eq!((row.category, row.quantity, row.amounts.refund), (Category::Refund, -1, d("51.00")));
    assert_eq!(
        (row.amounts.platform_fee, row.amounts.hosting_fee, row.amounts.platform_fee_tax),
        (d("-2.80"), d("-0.60"), d("-0.71"))
    );
    assert_eq!((row.amounts.net, row.amounts.other), (d("-46.89"), Decimal::ZERO));
    let failed = journal.mirrored(crate::Source::RefundFailed(refund.refund));
    assert_eq!(nets(&placed(&failed, 2)), [(Category::RefundFailed, 1, "46.89".to_owned())]);
}

#[test]
fn the_tax_in_the_prices_stands_beside_the_sums_and_each_rate_has_rows_of_its_own() {
    let mut sale = sale();
    let tax = |percent, amount| Some(TicketTax { rate: TaxRate::new(d(percent), "").unwrap(), amount: d(amount) });
    (sale.items[0].tax, sale.items[1].tax) = (tax("9", "4.13"), tax("9", "4.13"));
    let journal = postings::sale(&sale).unwrap().unwrap();
    let of = |journal: &Journal| {
        let rows = rows(&placed(journal, 1), &Names::default(), eur());
        let told = |row: &Row| (row.tax_rate.map(TaxRate::percent), row.amounts.ticket_tax, row.amounts.other);
        rows.iter().map(told).collect::<Vec<_>>()
    };
    // Two of one performance, of which one tells no tax; the first row has the credit.
    let nine = Some(d("9"));
    assert_eq!(of(&journal), [(nine, d("4.13"), d("-31.00")), (nine, d("4.13"), d("0")), (None, d("0"), d("0"))]);
    let refund = Refund {
        refund: RefundId::new(),
        order: sale.order,
        currency: eur(),
        items: sale.items[..1].to_vec(),
        amount: d("20.00"),
        fees_returned: false,
        ticket_tax: d("1.65"),
        credit: None,
    };
    let journal = postings::refund(&refund).unwrap().unwrap();
    assert_eq!(of(&journal), [(nine, d("-1.65"), d("0"))]);
    assert_eq!(of(&journal.mirrored(crate::Source::RefundFailed(refund.refund))), [(nine, d("1.65"), d("0"))]);
    assert!(postings::refund(&Refund { ticket_tax: d("4.14"), ..refund }).is_err(), "more than the price had");
    let amount = AmountRefund {
        refund: RefundId::new(),
        order: sale.order,
        currency: eur(),
        amount: d("20.00"),
        fee_returned: Decimal::ZERO,
        hosting_fee_returned: Decimal::ZERO,
        fee_tax_returned: Decimal::ZERO,
        ticket_tax: d("0.83"),
        credit: None,
    };
    let journal = postings::amount_refund(&amount).unwrap();
    assert_eq!(of(&journal), [(None, d("-0.83"), d("0"))]);
    assert_eq!(of(&journal.mirrored(crate::Source::RefundFailed(amount.refund))), [(None, d("0.83"), d("0"))]);
}

#[test]
fn a_dispute_tells_what_the_bank_took_and_what_the_provider_took_for_it() {
    let disputed = Disputed {
        dispute: DisputeId::new(),
        order: OrderId::new(),
        payment: PaymentId::new(),
        currency: eur(),
        own: d("100.00"),
        excess: d("7.00"),
        ticket_tax: d("8.26"),
    };
    let money = |fee: &str| ProviderMoney { name: "txn_1".to_owned(), fee: d(fee), at: None };
    for (journal, category, dispute, fee, tax) in [
        (disputed.taken(&money("15.00"), Pot::Pending), Category::Dispute, "100.00", "15.00", "-8.26"),
        (disputed.given_back(&money("-15.00"), Pot::Pending), Category::DisputeReversal, "-100.00", "-15.00", "8.26"),
        (disputed.lost(Bearer::Platform, Pot::Pending), Category::DisputeReversal, "-100.00", "0", "0"),
        (
            disputed.given_back_after_loss(&money("-15.00"), Bearer::Reseller, Pot::Pending),
            Category::DisputeReversal,
            "-100.00",
            "-15.00",
            "8.26",
        ),
        (
            Disputed { own: d("0"), ticket_tax: d("0"), ..disputed }.taken(&money("15.00"), Pot::Pending),
            Category::DisputeFee,
            "0",
            "15.00",
            "0",
        ),
    ] {
        let entry = placed(&journal.unwrap(), 1);
        let row = &rows(&entry, &Names::default(), eur())[0];
        assert_eq!((row.category, row.amounts.dispute, row.amounts.provider_fee), (category, d(dispute), d(fee)));
        assert_eq!(row.amounts.ticket_tax, d(tax));
        assert_eq!((row.amounts.other, row.amounts.net), (Decimal::ZERO, -d(dispute) - d(fee)));
    }
    // What the reseller has lost already is no row again.
    assert_eq!(nets(&placed(&disputed.lost(Bearer::Reseller, Pot::Pending).unwrap(), 1)), []);
}

#[test]
fn credit_given_back_is_a_refund_like_money() {
    let order = OrderId::new();
    for credit in [None, Some(CreditId::new())] {
        let (refund, currency) = (RefundId::new(), eur());
        let amount = AmountRefund {
            refund,
            order,
            currency,
            amount: d("10.00"),
            fee_returned: d("0.50"),
            hosting_fee_returned: Decimal::ZERO,
            fee_tax_returned: d("0.11"),
            ticket_tax: Decimal::ZERO,
            credit,
        };
        let entry = placed(&postings::amount_refund(&amount).unwrap(), 1);
        let row = &rows(&entry, &Names::default(), currency)[0];
        assert_eq!(
            (row.category, row.amounts.refund, row.amounts.other),
            (Category::Refund, d("10.00"), Decimal::ZERO)
        );
        assert_eq!((row.amounts.platform_fee, row.amounts.net), (d("-0.50"), d("-9.39")));
    }
}

#[test]
fn tickets_of_another_channel_have_a_row_of_their_own() {
    let (sale, rule, mut names) = (sale(), FeeRuleId::new(), Names::default());
    for (item, channel) in [(1, "api"), (2, "api"), (3, "box office")] {
        names.items.insert((sale.order, item), SoldUnder { rule, channel: channel.to_owned() });
    }
    let rows = rows(&placed(&postings::sale(&sale).unwrap().unwrap(), 1), &names, eur());
    let told: Vec<_> = rows.iter().map(|row| (row.channel.as_deref().unwrap(), row.quantity)).collect();
    assert_eq!(told, [("api", 1), ("api", 1), ("box office", 1)]);
}

#[test]
fn a_row_says_from_which_day_on_it_counts_in_what_is_available() {
    let (sale, mut names) = (sale(), Names::default());
    // Released in the morning of the second day, and of the other performance nothing is known.
    names.performances.insert(sale.items[0].performance, name("Hamlet"));
    let sold = placed(&postings::sale(&sale).unwrap().unwrap(), 1);
    let after = Entry { posted_at: Instant::from_micros(5 * 86_400_000_000), ..sold.clone() };
    let payout = Payout { payout: PayoutId::new(), currency: eur(), amount: d("30.00") };
    let paid_out = placed(&payout.created().unwrap(), 3);
    let (text, _) = write(&[sold, after, paid_out], &names, 1);
    let days: Vec<Value> =
        text[0].jsonl.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["available_on"].take()).collect();
    assert_eq!(days, ["1970-01-02".into(), Value::Null, "1970-01-06".into(), Value::Null, "1970-01-01".into()]);
}

/// A journal of each kind that has something of the reseller's.
fn one_of_each() -> Vec<(Journal, Category)> {
    let (order, sale) = (OrderId::new(), sale());
    let credited = Credited { credit: CreditId::new(), currency: eur(), amount: d("20.00") };
    let money = PerformanceMoney { performance: PerformanceId::new(), currency: eur(), amount: d("40.00") };
    let payout = Payout { payout: PayoutId::new(), currency: eur(), amount: d("30.00") };
    let adjustment = Adjustment {
        adjustment: AdjustmentId::new(),
        order: Some(order),
        currency: eur(),
        amount: d("-5.00"),
        reason: Reason::PlatformFee,
    };
    let to = SoldItem { performance: PerformanceId::new(), ..sale.items[0].clone() };
    let exchange = exchanges::Exchange { order, nth: 1, currency: eur(), from: sale.items[0].clone(), to };
    let [out, into] = exchanges::exchange(&exchange).unwrap().try_into().unwrap();
    let fee = postings::provider_fee(order, "txn_2", d("1.75"), eur(), Bearer::Reseller).unwrap().unwrap();
    let month = jiff::civil::date(2027, 3, 1);
    let sold = postings::sale(&sale).unwrap().unwrap();
    vec![
        (corrections::reversal(JournalId::new(), &fee).unwrap(), Category::Reversal),
        (sold, Category::Sale),
        (fee, Category::ProviderFee),
        (out, Category::ExchangeOut),
        (into, Category::ExchangeIn),
        (credited.given(Bearer::Reseller, Pot::Pending, None).unwrap(), Category::VoucherIssue),
        (credited.redeemed(order).unwrap(), Category::VoucherRedeem),
        (credited.expired(Bearer::Reseller).unwrap(), Category::VoucherExpire),
        (money.released().unwrap(), Category::Release),
        (money.held().unwrap(), Category::ReserveHold),
        (money.used(1).unwrap(), Category::ReserveRelease),
        (money.free_again().unwrap(), Category::ReserveRelease),
        (payout.created().unwrap(), Category::Payout),
        (payout.failed(false).unwrap(), Category::PayoutFailed),
        (corrections::hosting(month, eur(), d("9.00"), (d("1.89"), d("21")), Pot::Pending).unwrap(), Category::Hosting),
        (adjustment.journal(Pot::Pending).unwrap(), Category::Adjustment),
    ]
}

#[test]
fn every_kind_of_journal_has_its_category_and_its_rows_come_to_what_it_moved() {
    for (journal, category) in one_of_each() {
        let entry = placed(&journal, 1);
        let rows = rows(&entry, &Names::default(), eur());
        assert!(rows.iter().all(|row| row.category == category), "{}: {:?}", entry.source, rows[0].category);
        let own = [crate::Account::ResellerPending, crate::Account::ResellerAvailable];
        let moved: Decimal =
            journal.lines().iter().filter(|line| own.contains(&line.account)).map(|line| -line.amount).sum();
        assert_eq!(rows.iter().map(|row| row.amounts.net).sum::<Decimal>(), moved, "{}", entry.source);
    }
}

fn write(entries: &[Entry], names: &Names, pages: usize) -> (Vec<RowsText>, Book) {
    let period = Period { settlement: None, region: "eu".to_owned(), currency: eur(), zone: TimeZone::UTC };
    let mut book = Book::open(period, Standing { pending: d("10"), ..Standing::default() });
    let text = entries.chunks(entries.len().div_ceil(pages)).map(|page| book.enter(page, names).unwrap()).collect();
    (text, book)
}

#[test]
fn the_balance_is_carried_from_row_to_row_and_the_pages_make_no_difference() {
    let entries: Vec<Entry> = one_of_each().iter().zip(1..).map(|((journal, _), at)| placed(journal, at)).collect();
    let (pages, book) = write(&entries, &Names::default(), 4);
    let (whole, other) = write(&entries, &Names::default(), 1);
    let joined: String = pages.iter().map(|page| page.csv.as_str()).collect();
    assert_eq!(joined, whole[0].csv);
    assert_eq!(book.rows, 17);
    let balance = eur().round(book.standing.balance());
    assert_eq!(balance, eur().round(book.opening + book.totals.net));
    let lines: Vec<Value> = whole[0].jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut before = d("10.00");
    for line in &lines {
        let amount = |column: &str| d(line[column].as_str().unwrap());
        let accounted = amount("gross")
            - amount("platform_fee")
            - amount("hosting_fee")
            - amount("platform_fee_tax")
            - amount("provider_fee")
            - amount("refund")
            - amount("dispute")
            + amount("other");
        assert_eq!(amount("net"), accounted, "{line}");
        assert_eq!(amount("balance_after"), before + amount("net"), "{line}");
        before = amount("balance_after");
    }
    assert_eq!(before, balance);
    assert_eq!(book.digests(), other.digests());
}

#[test]
fn both_forms_have_the_same_columns_and_no_cell_is_a_formula() {
    let sale = sale();
    let entry = placed(&postings::sale(&sale).unwrap().unwrap(), 1);
    let mut names = Names::default();
    names.references.insert(sale.order, "=1+1".to_owned());
    names.performances.insert(sale.items[0].performance, name("Hamlet, \"new\""));
    let (text, _) = write(&[entry], &names, 1);
    let first: Value = serde_json::from_str(text[0].jsonl.lines().next().unwrap()).unwrap();
    assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), COLUMNS);
    assert_eq!(first["client_reference"], "=1+1");
    let line = text[0].csv.lines().nth(1).unwrap();
    assert!(line.contains(",'=1+1,") && line.contains(",\"Hamlet, \"\"new\"\"\","), "{line}");
    assert!(line.contains(",62.78,72.78,"), "negative amounts are numbers, and so is the balance: {line}");
}
