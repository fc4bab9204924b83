//! The chain of digests: whole, without gaps, and broken by whatever is changed behind it.

use accounting::{post_provider_fee, post_sale, seal, seal_all};
use foundation::id::{PaymentId, ResellerId};
use testkit::Database;

use crate::shop::{self, decimal, eur, golden};

const CHAIN: &str = "the chain of digests is whole: nothing sealed was changed, left out or put in";
const PLACES: &str = "every journal has its place or waits for one, and the places have no gap";
const HEADS: &str = "the end of the chain is its last link";

/// Sells some orders, each in a transaction of its own.
async fn sell(db: &Database, reseller: ResellerId, orders: usize) {
    for _ in 0..orders {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        shop::sell(&mut tx, &golden()).await;
        tx.commit().await.unwrap();
    }
}

async fn places(db: &Database, reseller: ResellerId) -> Vec<i64> {
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    sqlx::query_scalar("select position from journal_positions where reseller_id = $1 order by position")
        .bind(reseller)
        .fetch_all(tx.conn())
        .await
        .unwrap()
}

async fn broken(db: &Database, reseller: ResellerId) -> Vec<&'static str> {
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let checked = accounting::checks(&mut tx).await.unwrap();
    checked.iter().filter(|c| !c.violations.is_empty()).map(|c| c.invariant).collect()
}

#[tokio::test]
async fn every_journal_is_sealed_once_in_the_order_of_its_tenants_commits() {
    let db = Database::create().await;
    let (one, other) = (db.reseller().await, db.reseller().await);
    sell(&db, one, 3).await;
    sell(&db, other, 2).await;
    assert_eq!(seal_all(db.cell()).await.unwrap(), 5);
    assert_eq!(seal_all(db.cell()).await.unwrap(), 0);
    sell(&db, one, 2).await;
    assert_eq!(broken(&db, one).await, [""; 0], "what waits for its place is no fault");
    assert_eq!(seal_all(db.cell()).await.unwrap(), 2);
    assert_eq!((places(&db, one).await, places(&db, other).await), (vec![1, 2, 3, 4, 5], vec![1, 2]));
    for reseller in [one, other] {
        assert_eq!(broken(&db, reseller).await, [""; 0]);
    }
}

#[tokio::test]
async fn what_is_posted_again_or_never_committed_has_no_place() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let order = golden();
    for _ in 0..2 {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        post_sale(&mut tx, &order).await.unwrap();
        post_provider_fee(&mut tx, (order.order, PaymentId::new()), "txn_1", decimal("1.75"), eur()).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post_sale(&mut tx, &golden()).await.unwrap();
    drop(tx);
    assert_eq!(seal_all(db.cell()).await.unwrap(), 2);
}

#[tokio::test]
async fn many_sealers_while_sales_go_on_leave_one_chain() {
    let db = std::sync::Arc::new(Database::create().await);
    let reseller = db.reseller().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (selling, sealing) = (db.clone(), db.clone());
        tasks.spawn(async move { sell(&selling, reseller, 10).await });
        tasks.spawn(async move {
            for _ in 0..10 {
                let mut tx = sealing.cell().tenant(reseller).await.unwrap();
                seal(&mut tx).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    seal_all(db.cell()).await.unwrap();
    assert_eq!(places(&db, reseller).await, (1..=40).collect::<Vec<i64>>());
    assert_eq!(broken(&db, reseller).await, [""; 0]);
}

#[tokio::test]
async fn whatever_is_changed_behind_the_chain_is_found() {
    for (tampering, expected) in [
        // An amount and its contra, so that everything still balances.
        (
            "update journals set amounts = array(select a * 2 from unnest(amounts) with ordinality as t (a, n) order by n)
             where source like 'psp_fee%'",
            &[CHAIN][..],
        ),
        ("update journals set posted_at = posted_at - interval '1 day' where source like 'psp_fee%'", &[CHAIN]),
        ("delete from journals where source like 'psp_fee%'", &[CHAIN]),
        ("delete from journal_positions where position = 2", &[CHAIN, PLACES]),
        ("delete from journal_positions where position = 3", &[PLACES, HEADS]),
        ("update journal_positions set position = 9 - position where position in (2, 3)", &[CHAIN, PLACES, HEADS]),
        ("update journal_heads set digest = sha256('other')", &[HEADS]),
    ] {
        let db = Database::create().await;
        let reseller = db.reseller().await;
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let order = golden();
        shop::sell(&mut tx, &order).await;
        post_provider_fee(&mut tx, (order.order, PaymentId::new()), "txn_1", decimal("1.75"), eur()).await.unwrap();
        shop::sell(&mut tx, &golden()).await;
        seal(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(broken(&db, reseller).await, [""; 0]);
        let mut owner = db.as_owner().await;
        for sql in ["alter table journals disable trigger all", "alter table journal_positions disable trigger all"] {
            sqlx::query(sql).execute(&mut owner).await.unwrap();
        }
        let set = format!("set app.tenant = '{}'", reseller.uuid());
        sqlx::query(sqlx::AssertSqlSafe(set)).execute(&mut owner).await.unwrap();
        let changed = sqlx::query(tampering).execute(&mut owner).await.unwrap().rows_affected();
        assert!(changed > 0, "{tampering}");
        let found = broken(&db, reseller).await;
        for invariant in expected {
            assert!(found.contains(invariant), "{tampering}: {found:?}");
        }
    }
}
