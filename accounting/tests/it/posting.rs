//! Posting: once, whole, and for one tenant.

use accounting::{
    About, AboutItem, Account, Balance, Credited, Journal, LatePayment, Line, Posted, Sale, SoldItem, Source, balance,
    checks, post, post_all, post_late_payment, post_late_refund, post_provider_fee, post_refund, post_refund_failed,
    post_refund_paid, post_sale, release,
};
use foundation::{
    Error, TenantTx,
    id::{CreditId, OrderId, PaymentId, RefundId},
};
use rust_decimal::Decimal;
use testkit::Database;

use crate::shop::{self, decimal, eur, golden};

fn journal(source: Source, order: OrderId, amount: &str) -> Journal {
    let amount = decimal(amount);
    let lines = vec![
        Line { account: Account::PspClearing, amount },
        Line { account: Account::ResellerPending, amount: -amount },
    ];
    Journal::new(source, eur(), lines, About::order(order)).unwrap()
}

async fn pending(tx: &mut TenantTx) -> Decimal {
    balance(tx).await.unwrap().iter().map(|balance| balance.pending).sum()
}

#[tokio::test]
async fn the_same_journal_twice_is_posted_once() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let order = OrderId::new();
    let sale = journal(Source::Sale(order), order, "100.00");
    assert_eq!(post(&mut tx, &sale).await.unwrap(), Posted::Now);
    assert_eq!(post(&mut tx, &sale).await.unwrap(), Posted::Before);
    assert_eq!(shop::journals(&mut tx).await, 1);
    assert_eq!(pending(&mut tx).await, decimal("100.00"));
}

#[tokio::test]
async fn another_content_under_the_same_source_is_an_error_and_has_no_effect() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let order = OrderId::new();
    post(&mut tx, &journal(Source::Sale(order), order, "100.00")).await.unwrap();
    for other in [
        journal(Source::Sale(order), order, "100.01"),
        // The amounts are the same but the order is another.
        journal(Source::Sale(order), OrderId::new(), "100.00"),
    ] {
        assert!(matches!(post(&mut tx, &other).await, Err(Error::Inconsistent(_))));
    }
    assert_eq!(shop::journals(&mut tx).await, 1);
    assert_eq!(pending(&mut tx).await, decimal("100.00"));
}

#[tokio::test]
async fn what_contradicts_itself_is_an_error_and_has_no_effect() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let sale = Sale { total: decimal("99.99"), ..golden() };
    assert!(matches!(post_sale(&mut tx, &sale).await, Err(Error::Inconsistent(_))));
    assert_eq!(shop::journals(&mut tx).await, 0);
}

#[tokio::test]
async fn of_two_transactions_with_the_same_sale_one_posts_it() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let order = OrderId::new();
    let sale = journal(Source::Sale(order), order, "100.00");
    let mut first = db.cell().tenant(reseller).await.unwrap();
    let mut second = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(post(&mut first, &sale).await.unwrap(), Posted::Now);
    let waiting = tokio::spawn(async move { post(&mut second, &sale).await.unwrap() });
    first.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), Posted::Before);
}

#[tokio::test]
async fn the_golden_order_leaves_91_47_and_repeating_every_step_changes_nothing() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let sale = golden();
    let refund = shop::refund_of(&sale, &sale.items, false);
    for _ in 0..2 {
        post_sale(&mut tx, &sale).await.unwrap();
        post_provider_fee(&mut tx, (sale.order, PaymentId::new()), "txn_1", decimal("1.75"), eur()).await.unwrap();
    }
    let (available, reserved) = (decimal("0.00"), decimal("0.00"));
    let expected = Balance { currency: eur(), pending: decimal("91.47"), available, reserved };
    assert_eq!(balance(&mut tx).await.unwrap(), [expected]);
    for _ in 0..2 {
        post_refund(&mut tx, &refund).await.unwrap();
        post_refund_paid(&mut tx, refund.refund, refund.amount, eur(), sale.order).await.unwrap();
    }
    assert_eq!(pending(&mut tx).await, decimal("-8.53"));
    for _ in 0..2 {
        // The provider takes its confirmation back: the money is where it was before the refund.
        post_refund_failed(&mut tx, refund.refund).await.unwrap();
    }
    assert_eq!(pending(&mut tx).await, decimal("91.47"));
    assert_eq!(shop::journals(&mut tx).await, 6);
}

#[tokio::test]
async fn a_failed_refund_gives_the_fees_back_to_the_platform_too() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let sale = golden();
    let refund = shop::refund_of(&sale, &sale.items[..1], true);
    post_sale(&mut tx, &sale).await.unwrap();
    post_refund(&mut tx, &refund).await.unwrap();
    assert_eq!(pending(&mut tx).await, decimal("46.61"));
    post_refund_failed(&mut tx, refund.refund).await.unwrap();
    assert_eq!(pending(&mut tx).await, decimal("93.22"));
    assert!(matches!(post_refund_failed(&mut tx, RefundId::new()).await, Err(Error::Inconsistent(_))));
}

#[tokio::test]
async fn free_orders_post_nothing_and_late_money_is_not_the_resellers() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    post_sale(&mut tx, &shop::order(accounting::Payer::Reseller, eur(), &[shop::ticket("0")])).await.unwrap();
    assert_eq!(shop::journals(&mut tx).await, 0);
    let (payment, order, refund) = (PaymentId::new(), OrderId::new(), RefundId::new());
    let late = LatePayment { payment, order, currency: eur(), amount: decimal("20.00") };
    for _ in 0..2 {
        post_late_payment(&mut tx, &late).await.unwrap();
        post_late_refund(&mut tx, refund, &late).await.unwrap();
        post_refund_paid(&mut tx, refund, late.amount, eur(), order).await.unwrap();
    }
    assert_eq!(shop::journals(&mut tx).await, 3);
    // Nor is what the provider keeps of it the reseller's cost; that of another payment is.
    post_provider_fee(&mut tx, (order, payment), "txn_late", decimal("0.55"), eur()).await.unwrap();
    assert_eq!(balance(&mut tx).await.unwrap(), []);
    post_provider_fee(&mut tx, (order, PaymentId::new()), "txn_sold", decimal("0.55"), eur()).await.unwrap();
    assert_eq!(pending(&mut tx).await, decimal("-0.55"));
}

#[tokio::test]
async fn a_posting_that_is_not_committed_has_not_happened() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut abandoned = db.cell().tenant(reseller).await.unwrap();
    post_sale(&mut abandoned, &golden()).await.unwrap();
    drop(abandoned);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(shop::journals(&mut tx).await, 0);
    assert_eq!(balance(&mut tx).await.unwrap(), []);
}

#[tokio::test]
async fn two_tenants_have_two_books_even_for_the_same_order() {
    let db = Database::create().await;
    let (one, other) = (db.reseller().await, db.reseller().await);
    let sale = golden();
    let dearer =
        Sale { order: sale.order, ..shop::order(accounting::Payer::Reseller, eur(), &[shop::ticket("80.00")]) };
    let mut tx = db.cell().tenant(one).await.unwrap();
    post_sale(&mut tx, &sale).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.cell().tenant(other).await.unwrap();
    assert_eq!(balance(&mut tx).await.unwrap(), []);
    post_sale(&mut tx, &dearer).await.unwrap();
    assert_eq!(shop::journals(&mut tx).await, 1);
    assert_eq!(pending(&mut tx).await, decimal("74.80"));
    tx.commit().await.unwrap();
    let mut tx = db.cell().tenant(one).await.unwrap();
    assert_eq!(pending(&mut tx).await, decimal("93.22"));
    // Without its tenant's name in the statement, row-level security still shows one tenant only.
    let seen: i64 = sqlx::query_scalar("select count(*) from journals").fetch_one(tx.conn()).await.unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn every_event_told_ten_times_at_once_is_posted_once() {
    let db = std::sync::Arc::new(Database::create().await);
    let reseller = db.reseller().await;
    let sale = golden();
    let refund = shop::refund_of(&sale, &sale.items[..1], true);
    let payment = PaymentId::new();
    let mut telling = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (db, sale, refund) = (db.clone(), sale.clone(), refund.clone());
        telling.spawn(async move {
            let mut tx = db.cell().tenant(reseller).await.unwrap();
            post_sale(&mut tx, &sale).await.unwrap();
            post_provider_fee(&mut tx, (sale.order, payment), "txn_1", decimal("1.75"), eur()).await.unwrap();
            post_refund(&mut tx, &refund).await.unwrap();
            post_refund_paid(&mut tx, refund.refund, refund.amount, eur(), sale.order).await.unwrap();
            post_refund_failed(&mut tx, refund.refund).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    while let Some(told) = telling.join_next().await {
        told.unwrap();
    }
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(shop::journals(&mut tx).await, 6);
    assert_eq!(pending(&mut tx).await, decimal("91.47"));
}

#[tokio::test]
async fn credit_that_is_redeemed_before_its_sale_is_posted_is_of_the_sales_performances() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let sale = Sale { by_credit: decimal("40.00"), ..golden() };
    let given = Credited { credit: CreditId::new(), currency: eur(), amount: decimal("40.00") };
    let performances = [sale.items[0].performance, sale.items[1].performance];
    // One performance is released before, so that part of the credit is available at once.
    release(&mut tx, performances[0].min(performances[1]), eur()).await.unwrap();
    post(&mut tx, &given.redeemed(sale.order).unwrap()).await.unwrap();
    post_sale(&mut tx, &sale).await.unwrap();
    let balance = balance(&mut tx).await.unwrap().remove(0);
    assert_eq!(balance.pending + balance.available, decimal("93.22"));
    assert_eq!(balance.available, decimal("66.61"), "half of the sale less the credit, and the credit");
    let books = checks(&mut tx).await.unwrap();
    let wanted = "what orders have pending is the sum of what their performances have";
    assert!(books.iter().any(|checked| checked.invariant == wanted && checked.violations.is_empty()), "{books:?}");
}

/// What each account of a tenant comes to, and what of it is of which performance.
async fn books(tx: &mut TenantTx) -> (Vec<Balance>, Vec<(OrderId, String, Decimal, bool)>) {
    let reseller = tx.reseller();
    let shares = sqlx::query_as(
        "select order_id, performance_id::text, pending, released from performance_money where reseller_id = $1
         order by order_id, performance_id",
    );
    (balance(tx).await.unwrap(), shares.bind(reseller).fetch_all(tx.conn()).await.unwrap())
}

#[tokio::test]
async fn journals_posted_together_do_what_they_do_one_by_one() {
    let db = Database::create().await;
    let (together, alone) = (db.reseller().await, db.reseller().await);
    let (first, second) = (golden(), golden());
    let soon = first.items[0].performance;
    let fee = |name: &str, order| journal(Source::ProviderFee(name.to_owned()), order, "-1.76");
    let early = OrderId::new();
    // A sale with what follows it: of which performances that is, only the sale tells.
    let third = golden();
    let zero = Decimal::ZERO;
    let of = |sold: &SoldItem| AboutItem {
        sold: sold.clone(),
        refunded: zero,
        fee_returned: zero,
        fee_tax_returned: zero,
        tax_returned: zero,
    };
    let about = About { items: third.items.iter().map(of).collect(), ..About::order(third.order) };
    let source = Source::Sale(third.order);
    let lines = journal(source.clone(), third.order, "100.00").lines().to_vec();
    let sale = Journal::new(source, eur(), lines, about).unwrap();
    let journals = [
        sale,
        fee("txn_0", third.order),
        fee("txn_1", first.order),
        fee("txn_2", second.order),
        // The same order again, and the same journal again; an order whose sale is not posted; what is of no order.
        fee("txn_3", first.order),
        fee("txn_1", first.order),
        fee("txn_4", early),
        Journal::new(
            Source::ProviderFee("txn_5".to_owned()),
            eur(),
            journal(Source::Sale(early), early, "3.00").lines().to_vec(),
            About::default(),
        )
        .unwrap(),
    ];
    let now = Posted::Now;
    let outcomes = [now, now, Posted::Now, Posted::Now, Posted::Now, Posted::Before, Posted::Now, Posted::Now];
    let mut seen = Vec::new();
    for reseller in [together, alone] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        post_sale(&mut tx, &first).await.unwrap();
        post_sale(&mut tx, &second).await.unwrap();
        release(&mut tx, soon, eur()).await.unwrap();
        if reseller == together {
            assert_eq!(post_all(&mut tx, &journals).await.unwrap(), outcomes);
        } else {
            for (journal, outcome) in journals.iter().zip(outcomes) {
                assert_eq!(post(&mut tx, journal).await.unwrap(), outcome);
            }
        }
        // Two sales, a release, seven of these, and what of two of these was of the performance that was released.
        assert_eq!(shop::journals(&mut tx).await, 12);
        seen.push(books(&mut tx).await);
        assert!(
            post_all(&mut tx, &[fee("txn_6", early), journal(Source::Sale(first.order), early, "1.00")]).await.is_err()
        );
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0[0].available, decimal("44.85"), "half of the sale less half of its two fees");
}

/// Waits for a lock no longer than this; whoever must wait fails.
const NO_WAITING: &str = "set local lock_timeout = '50ms'";

#[tokio::test]
async fn a_sale_waits_for_a_release_even_where_nothing_was_sold_before_and_for_no_sale_on_another_part() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let sold_last_byte = |byte: u8| {
        let mut sale = golden();
        let mut id = *sale.order.uuid().as_bytes();
        id[15] = byte;
        sale.order = OrderId::from_uuid(uuid::Uuid::from_bytes(id));
        sale
    };
    let (one, another) = (sold_last_byte(3), sold_last_byte(4));
    let soon = one.items[0].performance;

    let mut releasing = db.cell().tenant(reseller).await.unwrap();
    release(&mut releasing, soon, eur()).await.unwrap();
    let mut selling = db.cell().tenant(reseller).await.unwrap();
    sqlx::query(NO_WAITING).execute(selling.conn()).await.unwrap();
    assert!(post_sale(&mut selling, &one).await.is_err(), "it must wait for the release");
    drop(selling);
    releasing.commit().await.unwrap();

    let mut selling = db.cell().tenant(reseller).await.unwrap();
    post_sale(&mut selling, &one).await.unwrap();
    let mut beside = db.cell().tenant(reseller).await.unwrap();
    sqlx::query(NO_WAITING).execute(beside.conn()).await.unwrap();
    post_sale(&mut beside, &another).await.unwrap();
    beside.commit().await.unwrap();
    selling.commit().await.unwrap();

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let books = balance(&mut tx).await.unwrap();
    assert_eq!((books[0].available, books[0].pending), (decimal("46.61"), decimal("139.83")));
    let kept = ["every stored balance", "no balance is stored", "what orders have pending"];
    for checked in checks(&mut tx).await.unwrap() {
        assert!(
            !kept.iter().any(|kept| checked.invariant.starts_with(kept)) || checked.violations.is_empty(),
            "{checked:?}"
        );
    }
}
