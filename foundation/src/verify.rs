//! What `stagedoor verify` and every integration test's end say about one invariant.

use sqlx::PgConnection;

use crate::refusal::{Result, is_out_of_time};

/// An invariant looked at: what was counted and what broke it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// The invariant in one sentence.
    pub invariant: &'static str,
    /// The rows that break it, described; at most ten of them.
    pub violations: Vec<String>,
}

/// Runs a check inside a transaction: a statement that takes the tenant's id and gives one text per violation. One that takes
/// longer than a statement may is told as a violation, because nobody knows whether the invariant holds, and the next one
/// can be looked at.
///
/// # Errors
/// If the database does not answer.
pub async fn check(
    conn: &mut PgConnection,
    reseller: crate::id::ResellerId,
    invariant: &'static str,
    sql: &'static str,
) -> Result<Checked> {
    sqlx::query("savepoint looking").execute(&mut *conn).await?;
    let violations = match sqlx::query_scalar(sql).bind(reseller).fetch_all(&mut *conn).await {
        Err(error) if is_out_of_time(&error) => {
            sqlx::query("rollback to savepoint looking").execute(&mut *conn).await?;
            vec!["not known: to look took longer than a statement may".to_owned()]
        }
        looked => looked?,
    };
    sqlx::query("release savepoint looking").execute(conn).await?;
    Ok(Checked { invariant, violations })
}
