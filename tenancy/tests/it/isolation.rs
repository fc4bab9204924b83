//! Row-level security, tried as the application's role with statements that forget to name a tenant.

use foundation::id::{AuditId, ResellerId};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tenancy::{advance_test_clock, suspend};
use testkit::Database;

use crate::desk::test_environment;

/// Tables that have rows of a tenant after what [`busy`] did.
const TABLES: [&str; 5] = ["resellers", "api_keys", "audit_log", "events", "test_clocks"];

/// A tenant with a row in each of the tables.
async fn busy(db: &Database) -> ResellerId {
    let reseller = test_environment(db).await.reseller.id;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    advance_test_clock(&mut tx, std::time::Duration::from_secs(1)).await.unwrap();
    suspend(&mut tx, "ada", "unpaid").await.unwrap();
    tx.commit().await.unwrap();
    reseller
}

async fn tenants_seen(conn: &mut PgConnection, table: &str) -> Vec<ResellerId> {
    let statement = format!("select distinct reseller_id from {table}");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(conn).await.unwrap()
}

#[tokio::test]
async fn a_statement_that_forgets_its_tenant_sees_that_tenant_only() {
    let db = Database::create().await;
    let (ours, theirs) = (busy(&db).await, busy(&db).await);
    for table in TABLES {
        assert!(tenants_seen(&mut db.as_owner().await, table).await.contains(&theirs), "{table} has nothing to hide");
        let mut tx = db.cell().tenant(ours).await.unwrap();
        assert_eq!(tenants_seen(tx.conn(), table).await, [ours], "{table}");
    }
}

#[tokio::test]
async fn without_a_tenant_there_are_no_rows() {
    let db = Database::create().await;
    busy(&db).await;
    let mut conn = PgConnection::connect(&db.settings().database_url).await.unwrap();
    for table in TABLES {
        assert_eq!(tenants_seen(&mut conn, table).await, [], "{table}");
    }
    // After a transaction that had a tenant the setting is there and empty, which must be none as well.
    sqlx::raw_sql("begin; set local app.tenant = '00000000-0000-0000-0000-000000000001'; commit")
        .execute(&mut conn)
        .await
        .unwrap();
    for table in TABLES {
        assert_eq!(tenants_seen(&mut conn, table).await, [], "{table}");
    }
}

#[tokio::test]
async fn a_row_of_another_tenant_can_be_neither_written_nor_changed() {
    let db = Database::create().await;
    let (ours, theirs) = (busy(&db).await, busy(&db).await);
    let mut tx = db.cell().tenant(ours).await.unwrap();
    let changed = sqlx::query("update resellers set state = 'active' where reseller_id = $1")
        .bind(theirs)
        .execute(tx.conn())
        .await;
    assert_eq!(changed.unwrap().rows_affected(), 0);
    let written = sqlx::query(
        "insert into audit_log (reseller_id, audit_id, operator, act, reason, at) values ($1, $2, 'ada', 'act', 'why', cell_now())",
    )
    .bind(theirs)
    .bind(AuditId::new())
    .execute(tx.conn())
    .await;
    // 42501: the row breaks the table's policy.
    assert_eq!(written.unwrap_err().as_database_error().unwrap().code().unwrap(), "42501");
}

#[tokio::test]
async fn what_operators_did_cannot_be_undone_in_the_log() {
    let db = Database::create().await;
    let reseller = busy(&db).await;
    for statement in
        ["delete from audit_log where reseller_id = $1", "update audit_log set reason = '' where reseller_id = $1"]
    {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let refused = sqlx::query(statement).bind(reseller).execute(tx.conn()).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{statement}");
    }
}
