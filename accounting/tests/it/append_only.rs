//! What the database itself refuses, whoever asks and whatever the code says.

use accounting::{post_sale, seal};
use foundation::{TenantTx, id::JournalId};
use sqlx::AssertSqlSafe;
use testkit::Database;

use crate::shop::golden;

const CHANGES: [&str; 6] = [
    "update journals set source = source || '?'",
    "delete from journals",
    "truncate journals",
    "update journal_positions set digest = sha256('other')",
    "delete from journal_positions",
    "truncate journal_positions",
];

/// The code and the constraint with which a statement was refused.
fn refusal<T: std::fmt::Debug>(outcome: Result<T, sqlx::Error>) -> (String, String) {
    let error = outcome.unwrap_err();
    let error = error.as_database_error().unwrap();
    (error.code().unwrap().into_owned(), error.constraint().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_application_may_not_change_the_ledger() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    post_sale(&mut tx, &golden()).await.unwrap();
    seal(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    for change in CHANGES {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        assert_eq!(refusal(sqlx::query(change).execute(tx.conn()).await).0, "42501", "{change}");
    }
}

#[tokio::test]
async fn nor_may_the_owner() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    post_sale(&mut tx, &golden()).await.unwrap();
    seal(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut owner = db.as_owner().await;
    for change in CHANGES {
        assert_eq!(refusal(sqlx::query(change).execute(&mut owner).await).0, "23001", "{change}");
    }
}

/// Inserts a journal behind the back of the type.
async fn insert(tx: &mut TenantTx, accounts: &str, amounts: &str) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    let sql = format!(
        "insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
         values ($1, $2, 'sale:behind_the_back', 'EUR', '{accounts}', '{amounts}', '{{}}', cell_now(), cell_now())"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(reseller).bind(JournalId::new()).execute(tx.conn()).await.map(drop)
}

#[tokio::test]
async fn a_row_that_is_no_journal_is_refused_by_its_constraint() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    for (accounts, amounts, constraint) in [
        ("{psp_clearing,reseller_pending}", "{1.00,-0.99}", "journals_balanced"),
        ("{psp_clearing,reseller_pending,rev_platform_fee}", "{1.00,-1.00}", "journals_lines"),
        ("{psp_clearing}", "{0}", "journals_lines"),
        ("{}", "{}", "journals_lines"),
        ("{psp_clearing,reseller_pending,null}", "{1.00,-1.00,0}", "journals_lines"),
        ("{psp_clearing,reseller_pending,suspense}", "{1.00,-1.00,null}", "journals_lines"),
    ] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let refused = refusal(insert(&mut tx, accounts, amounts).await);
        assert_eq!(refused, ("23514".to_owned(), constraint.to_owned()), "{accounts} {amounts}");
    }
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    insert(&mut tx, "{psp_clearing,reseller_pending}", "{1.00,-1.00}").await.unwrap();
}
