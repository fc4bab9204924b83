//! What `stagedoor verify` and every integration test's end say about one invariant.

use sqlx::PgConnection;

use crate::refusal::Result;

/// An invariant looked at: what was counted and what broke it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// The invariant in one sentence.
    pub invariant: &'static str,
    /// The rows that break it, described; at most ten of them.
    pub violations: Vec<String>,
}

/// Runs a check: a statement that takes the tenant's id and gives one text per violation.
///
/// # Errors
/// If the database does not answer.
pub async fn check(
    conn: &mut PgConnection,
    reseller: crate::id::ResellerId,
    invariant: &'static str,
    sql: &'static str,
) -> Result<Checked> {
    let violations = sqlx::query_scalar(sql).bind(reseller).fetch_all(conn).await?;
    Ok(Checked { invariant, violations })
}
