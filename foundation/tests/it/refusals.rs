//! What an error of the database becomes.

use foundation::{Code, Error, Refusal, refusal::OnConstraint as _};
use testkit::Database;

#[tokio::test]
async fn a_broken_constraint_means_its_own_refusal_and_no_other() {
    let db = Database::create().await;
    let mut owner = db.as_owner().await;
    let insert = "insert into throttles (bucket, full_at) values ('\\x00', 'epoch')";
    sqlx::query(insert).execute(&mut owner).await.unwrap();
    for (named, refused) in [("throttles_pkey", true), ("throttles_other_key", false)] {
        let twice = sqlx::query(insert).execute(&mut owner).await;
        let told = twice.on_constraint(named, || Refusal::missing("bucket")).unwrap_err();
        match told {
            Error::Refused(refusal) => assert!(refused && refusal.code == Code::NotFound, "{refusal:?}"),
            other => assert!(!refused && matches!(other, Error::Database(_)), "{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_statement_that_takes_longer_than_it_may_is_told_as_that() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    sqlx::query("set local statement_timeout = '1ms'").execute(tx.conn()).await.unwrap();
    let error = sqlx::query("select pg_sleep(60)").execute(tx.conn()).await.unwrap_err();
    let Error::Refused(refusal) = Error::from(error) else { panic!("it is told what to do") };
    assert!(refusal.code == Code::Busy && refusal.detail.contains("longer than one statement may"), "{refusal}");
}
