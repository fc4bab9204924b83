//! Looking at one invariant.

use foundation::verify::check;
use testkit::Database;

#[tokio::test]
async fn an_invariant_that_takes_too_long_to_look_at_is_not_known_to_hold_and_keeps_no_other_from_it() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    sqlx::query("set local statement_timeout = '50ms'").execute(tx.conn()).await.unwrap();
    for (sql, told) in [
        ("select pg_sleep(60)::text where $1 is not null", Some("not known: to look took longer than a statement may")),
        ("select 'broken' from tenants where reseller_id = $1", Some("broken")),
        ("select 'broken' where $1 is null", None),
    ] {
        let checked = check(tx.conn(), reseller, "it holds", sql).await.unwrap();
        assert_eq!(checked.violations.first().map(String::as_str), told);
    }
}
