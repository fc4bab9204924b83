//! The schema of a cell: the embedded migrations and the roles they speak of.

use sqlx::{AssertSqlSafe, PgConnection, migrate::Migrator};

/// All migrations, in order. Forward-only: expand first, contract in a later release.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// The login that serves requests.
pub const APP_ROLE: &str = "stagedoor_app";
/// The login of what goes over tenants.
pub const WORKER_ROLE: &str = "stagedoor_worker";

/// Makes the two logins if they are missing and sets their passwords. For servers of our own (`stagedoor start`, tests);
/// elsewhere `deploy/postgres.sql` does it.
///
/// # Errors
/// If the connection's user may not create roles.
pub async fn ensure_roles(conn: &mut PgConnection, password: &str) -> Result<(), sqlx::Error> {
    let password = password.replace('\'', "''");
    for role in [APP_ROLE, WORKER_ROLE] {
        let exists: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(role)
            .fetch_one(&mut *conn)
            .await?;
        let verb = if exists { "alter" } else { "create" };
        let statement = format!("{verb} role {role} login nosuperuser nobypassrls noinherit password '{password}'");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *conn).await?;
    }
    Ok(())
}
