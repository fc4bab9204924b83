//! A reseller's details, its clock, and what operators do to it.

use std::time::Duration;

use foundation::{Code, Error, id::ResellerId, page::PageOf};
use tenancy::{
    Reseller, ResellerChanges, ResellerState, advance_test_clock, get_reseller, list_audit, record, register,
    reinstate, suspend, update_reseller,
};
use testkit::Database;

use crate::desk::{account, code, test_environment};

/// The kinds and versions of the tenant's events, in the order they were written.
async fn events(db: &Database, reseller: ResellerId) -> Vec<(String, Option<i64>)> {
    sqlx::query_as(
        "select e.type, e.version from event_inbox i join events e on (e.reseller_id, e.event_id) = (i.reseller_id, i.event_id)
         where i.reseller_id = $1 order by i.seq",
    )
    .bind(reseller)
    .fetch_all(&mut db.as_owner().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn details_change_under_their_version_and_tell_so() {
    let db = Database::create().await;
    let before = test_environment(&db).await.reseller;
    let mut tx = db.cell().tenant(before.id).await.unwrap();
    let changes = ResellerChanges { name: Some("Arena".to_owned()), tax_id: Some(None), ..ResellerChanges::default() };
    let after = update_reseller(&mut tx, 1, &changes).await.unwrap();
    assert_eq!(after, Reseller { name: "Arena".to_owned(), tax_id: None, version: 2, ..before.clone() });
    assert_eq!(get_reseller(&mut tx).await.unwrap(), after);
    for stale in [1, 3] {
        assert_eq!(code(update_reseller(&mut tx, stale, &changes).await), Code::IfMatchStale);
    }
    let wrong = ResellerChanges { email: Some("nobody".to_owned()), ..ResellerChanges::default() };
    assert_eq!(code(update_reseller(&mut tx, 2, &wrong).await), Code::InvalidField);
    for same in [ResellerChanges::default(), changes] {
        assert_eq!(update_reseller(&mut tx, 2, &same).await.unwrap(), after, "what changes nothing is not written");
    }
    tx.commit().await.unwrap();
    assert_eq!(events(&db, before.id).await, [("reseller.updated".to_owned(), Some(2))]);
}

#[tokio::test]
async fn a_test_clock_moves_ahead_for_its_tenant_only() {
    let db = Database::create().await;
    let registered = register(db.cell(), &account()).await.unwrap();
    let (live, test) = (registered.live.reseller.id, registered.test.reseller.id);
    let day = Duration::from_hours(24);

    let mut tx = db.cell().tenant(test).await.unwrap();
    let start = tx.now().await.unwrap();
    advance_test_clock(&mut tx, day).await.unwrap();
    let now = advance_test_clock(&mut tx, 2 * day).await.unwrap();
    assert!(now >= start.plus(3 * day) && now < start.plus(4 * day));
    assert!(tx.now().await.unwrap() >= now);
    tx.commit().await.unwrap();
    let told = ("test_clock.advanced".to_owned(), None);
    assert_eq!(events(&db, test).await, [told.clone(), told]);

    let mut tx = db.cell().tenant(live).await.unwrap();
    assert_eq!(code(advance_test_clock(&mut tx, day).await), Code::TestOnly);
    assert!(tx.now().await.unwrap() < start.plus(day));
}

#[tokio::test]
async fn a_test_clock_has_bounds() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(test_environment(&db).await.reseller.id).await.unwrap();
    for wrong in [Duration::ZERO, Duration::from_hours(401 * 24)] {
        assert_eq!(code(advance_test_clock(&mut tx, wrong).await), Code::InvalidField);
    }
    let step = Duration::from_hours(400 * 24);
    // Ninety-one steps of 400 days are 36 400 days; the next would be beyond a century.
    for _ in 0..91 {
        advance_test_clock(&mut tx, step).await.unwrap();
    }
    assert_eq!(code(advance_test_clock(&mut tx, step).await), Code::InvalidField);
    assert!(advance_test_clock(&mut tx, Duration::from_hours(24)).await.is_ok());
}

#[tokio::test]
async fn suspending_and_reinstating_are_told_once_and_recorded_each_time() {
    let db = Database::create().await;
    let reseller = test_environment(&db).await.reseller.id;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(code(suspend(&mut tx, "ada", " ").await), Code::InvalidField);
    assert_eq!(code(suspend(&mut tx, "", "unpaid").await), Code::InvalidField);
    drop(tx);

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(suspend(&mut tx, "ada", "unpaid").await.unwrap().state, ResellerState::Suspended);
    assert_eq!(suspend(&mut tx, "bob", "unpaid still").await.unwrap().version, 2);
    assert_eq!(reinstate(&mut tx, "ada", "paid").await.unwrap().state, ResellerState::Active);
    record(&mut tx, "ada", "fee_rule.added", "contract").await.unwrap();
    tx.commit().await.unwrap();
    let told = [("reseller.suspended".to_owned(), Some(2)), ("reseller.reinstated".to_owned(), Some(3))];
    assert_eq!(events(&db, reseller).await, told);

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let first = list_audit(&mut tx, &PageOf { after: None, limit: 3 }).await.unwrap();
    let cursor = PageOf::parse(Some(3), first.next_cursor.as_deref()).unwrap();
    let rest = list_audit(&mut tx, &cursor).await.unwrap();
    let acts: Vec<_> = first.items.iter().chain(&rest.items).map(|e| (e.operator.as_str(), e.act.as_str())).collect();
    assert_eq!(
        acts,
        [
            ("ada", "fee_rule.added"),
            ("ada", "reseller.reinstated"),
            ("bob", "reseller.suspended"),
            ("ada", "reseller.suspended")
        ]
    );
    assert_eq!(rest.items[0].reason, "unpaid");
}

#[tokio::test]
async fn an_act_is_dated_by_the_real_clock_and_says_what_the_test_clock_said() {
    let db = Database::create().await;
    let reseller = test_environment(&db).await.reseller.id;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    record(&mut tx, "ada", "fee_rule.set", "contract").await.unwrap();
    let year = std::time::Duration::from_hours(365 * 24);
    advance_test_clock(&mut tx, year).await.unwrap();
    record(&mut tx, "ada", "fee_rule.set", "contract").await.unwrap();
    let acts = list_audit(&mut tx, &PageOf { after: None, limit: 3 }).await.unwrap().items;
    let [after, before] = &acts[..] else { panic!("{acts:?}") };
    let real: foundation::Instant = sqlx::query_scalar("select clock_timestamp()").fetch_one(tx.conn()).await.unwrap();
    assert!(before.at <= after.at && after.at <= real, "{acts:?}");
    assert_eq!((before.test_clock_at, after.test_clock_at), (None, Some(after.at.plus(year))));
}

#[tokio::test]
async fn an_unknown_tenant_is_missing() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(ResellerId::new()).await.unwrap();
    assert_eq!(code(get_reseller(&mut tx).await), Code::NotFound);
    assert_eq!(code(suspend(&mut tx, "ada", "unpaid").await), Code::NotFound);
}

#[tokio::test]
async fn details_that_no_rule_of_ours_wrote_are_not_guessed_at() {
    let db = Database::create().await;
    let reseller = test_environment(&db).await.reseller.id;
    sqlx::query("update resellers set currency = 'ZZZ'").execute(&mut db.as_owner().await).await.unwrap();
    let read = get_reseller(&mut db.cell().tenant(reseller).await.unwrap()).await;
    assert!(matches!(read, Err(Error::Inconsistent(_))), "{read:?}");
}
