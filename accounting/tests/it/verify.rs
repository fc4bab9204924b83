//! Every check of the books finds what it is for.

use accounting::{
    Disputed, DisputedMoney, LatePayment, Payer, ProviderMoney, Takeable, post, post_late_payment, post_late_refund,
    post_refund, post_refund_paid, post_sale,
};
use foundation::{
    TenantTx,
    id::{DisputeId, PaymentId, RefundId},
};
use testkit::Database;

use crate::shop::{self, decimal, eur, golden};

/// The invariants that a transaction breaks, which is then rolled back.
async fn broken(mut tx: TenantTx) -> Vec<&'static str> {
    let checked = accounting::checks(&mut tx).await.unwrap();
    checked.iter().filter(|c| !c.violations.is_empty()).map(|c| c.invariant).collect()
}

async fn run(tx: &mut TenantTx, sql: &'static str) {
    let reseller = tx.reseller();
    sqlx::query(sql).bind(reseller).execute(tx.conn()).await.unwrap();
}

const BALANCED: &str = "every journal sums to zero and has an amount for each account";
const BALANCES: &str = "every stored balance of the reseller is the sum of its entries";
const STRAY_BALANCES: &str = "no balance is stored without entries";
const PAID_ORDERS: &str = "every paid order has its sale in the books, with its total and its fees";
const SALES: &str = "every sale in the books has its paid order";
const REFUNDS: &str = "every refund has the journals of its state, with its amount";
const STRAY_REFUNDS: &str = "every refund in the books has its refund";
const REFUNDS_PAYABLE: &str = "what is owed to buyers is the sum of the pending refunds";
const CLEARING: &str = "the money at the provider is per order what came less its fees and what went back";
const TWICE_REFUNDED: &str = "no ticket of an order is refunded twice";
const TRIAL_BALANCE: &str = "all accounts together are zero in every currency";
const SOURCES: &str = "every source has one journal";
const PLACES: &str = "every journal has its place or waits for one, and the places have no gap";
const FEES_RETURNED: &str = "no order returns more of a fee than it was charged";
const INVENTORY: &str = "tickets sold and not refunded are in the books at their price, per performance";
const CREDITS: &str = "what buyers may still buy with is, credit by credit, what the books owe them";
const DISPUTE_HOLD: &str = "what banks hold is the sum of the undecided disputes";
const DISPUTE_RESERVE: &str = "what of it is the reseller's is held for the reseller";
const CAPTURED: &str = "of no payment more went back, or was taken by a bank from the reseller, than had come";
const NO_PERSON: &str = "nothing of a person is in the ledger";

#[tokio::test]
async fn right_books_break_nothing() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    shop::sell(&mut tx, &golden()).await;
    shop::sell(&mut tx, &shop::order(Payer::Reseller, eur(), &[shop::ticket("0")])).await;
    let order = golden();
    shop::sell(&mut tx, &order).await;
    // A second payment of a paid order is sent back at once.
    let late = LatePayment { payment: PaymentId::new(), order: order.order, currency: eur(), amount: order.total };
    shop::write_payment(&mut tx, &order, late.payment, 2).await;
    post_late_payment(&mut tx, &late).await.unwrap();
    let back = RefundId::new();
    shop::write_refund(&mut tx, back, order.order, late.amount, eur(), &[]).await;
    post_late_refund(&mut tx, back, &late).await.unwrap();
    assert_eq!(shop::violations(&mut tx).await, [""; 0]);
    shop::set_refund_state(&mut tx, back, "succeeded").await;
    post_refund_paid(&mut tx, back, late.amount, eur(), order.order).await.unwrap();
    // A refund fails, another of the same ticket is confirmed, and a third is confirmed before it fails.
    for (item, confirmed, failed) in [(0, false, true), (0, true, false), (1, true, true)] {
        let refund = shop::refund_of(&order, &order.items[item..=item], true);
        shop::accept(&mut tx, &refund).await;
        assert_eq!(shop::violations(&mut tx).await, [""; 0]);
        if confirmed {
            shop::confirm(&mut tx, &refund).await;
        }
        if failed {
            shop::fail(&mut tx, &refund).await;
        }
        assert_eq!(shop::violations(&mut tx).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_balance_that_is_not_its_entries_is_found() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::sell(&mut tx, &golden()).await;
    tx.commit().await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    run(&mut tx, "update account_balances set balance = balance + 0.01 where reseller_id = $1").await;
    assert_eq!(broken(tx).await, [BALANCES]);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    run(&mut tx, "insert into account_balances (reseller_id, account, currency, balance) values ($1, 'reseller_available', 'EUR', 0.01)").await;
    assert_eq!(broken(tx).await, [STRAY_BALANCES]);
}

#[tokio::test]
async fn an_unbalanced_journal_is_found_even_where_the_constraint_is_gone() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut owner = db.as_owner().await;
    sqlx::query("alter table journals drop constraint journals_balanced").execute(&mut owner).await.unwrap();
    sqlx::query(
        "insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
         values ($1, $1, 'other:1', 'EUR', '{rev_platform_fee,suspense}', '{1,-2}', '{}', clock_timestamp(), clock_timestamp())",
    )
    .bind(reseller)
    .execute(&mut owner)
    .await
    .unwrap();
    let tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(broken(tx).await, [BALANCED, TRIAL_BALANCE, PLACES]);
}

#[tokio::test]
async fn orders_and_sales_that_do_not_match_are_found() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::write_order(&mut tx, &golden()).await;
    assert_eq!(broken(tx).await, [PAID_ORDERS, INVENTORY]);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post_sale(&mut tx, &golden()).await.unwrap();
    assert_eq!(broken(tx).await, [SALES, CLEARING, INVENTORY]);
    for tampering in [
        "update orders set total = total + 1 where reseller_id = $1",
        "update orders set currency = 'USD' where reseller_id = $1",
        "update order_items set platform_fee = platform_fee + 0.01 where reseller_id = $1",
        "update order_items set platform_fee_tax = 0 where reseller_id = $1",
    ] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        shop::sell(&mut tx, &golden()).await;
        run(&mut tx, tampering).await;
        assert_eq!(broken(tx).await, [PAID_ORDERS], "{tampering}");
    }
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::sell(&mut tx, &golden()).await;
    run(&mut tx, "update payments set received = amount + 0.01 where reseller_id = $1").await;
    assert_eq!(broken(tx).await, [CLEARING]);
}

#[tokio::test]
async fn refunds_that_do_not_match_their_journals_are_found() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let order = golden();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::sell(&mut tx, &order).await;
    tx.commit().await.unwrap();
    let refund = shop::refund_of(&order, &order.items[..1], false);
    // No journal at all.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::write_refund(&mut tx, refund.refund, order.order, refund.amount, eur(), &[1]).await;
    assert_eq!(broken(tx).await, [REFUNDS, REFUNDS_PAYABLE, INVENTORY]);
    // No row.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post_refund(&mut tx, &refund).await.unwrap();
    assert_eq!(broken(tx).await, [STRAY_REFUNDS, REFUNDS_PAYABLE, INVENTORY]);
    // A state without its journal.
    for (state, third) in [("succeeded", CLEARING), ("failed", INVENTORY)] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        shop::accept(&mut tx, &refund).await;
        shop::set_refund_state(&mut tx, refund.refund, state).await;
        assert_eq!(broken(tx).await, [REFUNDS, REFUNDS_PAYABLE, third], "{state}");
    }
    // Confirmed over another amount.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::accept(&mut tx, &refund).await;
    shop::set_refund_state(&mut tx, refund.refund, "succeeded").await;
    post_refund_paid(&mut tx, refund.refund, decimal("49.99"), eur(), order.order).await.unwrap();
    assert_eq!(broken(tx).await, [REFUNDS, REFUNDS_PAYABLE, CLEARING]);
    // The same ticket again.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::accept(&mut tx, &refund).await;
    shop::accept(&mut tx, &shop::refund_of(&order, &order.items[..1], true)).await;
    assert_eq!(broken(tx).await, [TWICE_REFUNDED, INVENTORY]);
}

/// Inserts a journal behind the back of the code.
async fn insert(tx: &mut TenantTx, source: &str, accounts: &str, amounts: &str, about: &str) {
    let reseller = tx.reseller();
    let sql = format!(
        "with j as (
             insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
             values ($1, gen_random_uuid(), '{source}', 'EUR', '{accounts}', '{amounts}', '{about}', cell_now(), cell_now())
             returning journal_id)
         insert into journal_inbox (reseller_id, journal_id) select $1, journal_id from j"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(reseller).execute(tx.conn()).await.unwrap();
}

#[tokio::test]
async fn what_no_rule_would_post_is_found() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    for (source, accounts, amounts, about, expected) in [
        ("other:1", "{rev_platform_fee,suspense}", "{1,-1}", "{}", &[][..]),
        // More of the fee goes back than there was.
        ("refund:x", "{rev_platform_fee,suspense}", "{1,-1}", "{}", &[STRAY_REFUNDS, FEES_RETURNED]),
        ("redeem:x", "{voucher_outstanding,suspense}", "{1,-1}", r#"{"credit_id": "cred_1"}"#, &[CREDITS]),
        ("other:2", "{exp_goodwill,suspense}", "{1,-1}", r#"{"email": "ada@example.com"}"#, &[NO_PERSON]),
        ("other:3", "{exp_goodwill,suspense}", "{1,-1}", r#"{"items": [{"holder": "Ada"}]}"#, &[NO_PERSON]),
    ] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        insert(&mut tx, source, accounts, amounts, about).await;
        assert_eq!(broken(tx).await, expected, "{source} {about}");
    }
}

#[tokio::test]
async fn two_journals_of_a_source_are_found_even_where_the_constraint_is_gone() {
    let db = Database::create().await;
    let mut owner = db.as_owner().await;
    sqlx::query("alter table journals drop constraint journals_source_key").execute(&mut owner).await.unwrap();
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    for _ in 0..2 {
        insert(&mut tx, "other:1", "{exp_goodwill,suspense}", "{1,-1}", "{}").await;
    }
    assert_eq!(broken(tx).await, [SOURCES]);
}

#[tokio::test]
async fn disputes_that_are_not_in_the_books_are_found() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let order = golden();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    shop::sell(&mut tx, &order).await;
    tx.commit().await.unwrap();
    let of = Disputed {
        dispute: DisputeId::new(),
        order: order.order,
        payment: PaymentId::new(),
        currency: eur(),
        own: decimal("0"),
        excess: decimal("0"),
        ticket_tax: decimal("0"),
    };
    let money = ProviderMoney { name: "txn_1".to_owned(), fee: decimal("15.00"), at: None };
    let write = "insert into disputes (reseller_id, dispute_id, order_id, payment_id, provider_dispute, amount, currency, reason,
                                       state, own, excess, fee, loss_booked, created_at)
        select $1, gen_random_uuid(), order_id, payment_id, 'dp_1', amount, currency, 'fraudulent', 'needs_response',
               amount - 40, 40, 15, false, cell_now()
        from payments where reseller_id = $1";
    let left = || Takeable { of_payment: decimal("60.00"), price: decimal("60.00"), ticket_tax: decimal("0") };
    // The row alone, the journal alone, and both together.
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    run(&mut tx, write).await;
    assert_eq!(broken(tx).await, [CLEARING, DISPUTE_HOLD, DISPUTE_RESERVE]);
    for lost in [false, true] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let mut standing = DisputedMoney::default();
        let taken = standing.moved(&of, &money, decimal("-100.00"), &mut left()).unwrap().unwrap();
        post(&mut tx, &taken).await.unwrap();
        run(&mut tx, write).await;
        if lost {
            post(&mut tx, &standing.lost(&of).unwrap().unwrap()).await.unwrap();
            run(&mut tx, "update disputes set loss_booked = true, state = 'lost' where reseller_id = $1").await;
        }
        assert_eq!(shop::violations(&mut tx).await, [""; 0]);
        run(&mut tx, "update disputes set own = own + 60, excess = excess - 60 where reseller_id = $1").await;
        let expected = [DISPUTE_RESERVE, CAPTURED];
        assert_eq!(broken(tx).await, expected[usize::from(lost)..]);
    }
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let taken = DisputedMoney::default().moved(&of, &money, decimal("-100.00"), &mut left()).unwrap().unwrap();
    post(&mut tx, &taken).await.unwrap();
    assert_eq!(broken(tx).await, [CLEARING, DISPUTE_HOLD, DISPUTE_RESERVE]);
}
