//! What came of comparing the provider's balance report with the books, per account. It is no tenant's, and read and written as the
//! worker role.

use std::collections::BTreeMap;

use foundation::{Cell, Instant, Mode, Result, id::ComparisonId};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{Comparison, Difference};

/// Keeps a comparison, and says in it when that was.
pub(crate) async fn insert(cell: &Cell, comparison: &mut Comparison) -> Result<()> {
    comparison.compared_at = sqlx::query_scalar(
        "insert into balance_comparisons
             (comparison_id, mode, from_at, to_at, matched, differing, differences, drawn, compared_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp()) returning compared_at",
    )
    .bind(ComparisonId::new())
    .bind(comparison.mode)
    .bind(comparison.from)
    .bind(comparison.to)
    .bind(i64::try_from(comparison.matched).unwrap_or(i64::MAX))
    .bind(i64::try_from(comparison.differing).unwrap_or(i64::MAX))
    .bind(Json(&comparison.differences))
    .bind(Json(&comparison.drawn))
    .fetch_one(cell.workers())
    .await?;
    Ok(())
}

type Row = (Instant, Instant, i64, i64, Json<Vec<Difference>>, Json<BTreeMap<String, Decimal>>, Instant);

/// The newest comparison of an account, if there ever was one.
pub(crate) async fn newest(cell: &Cell, mode: Mode) -> Result<Option<Comparison>> {
    let row: Option<Row> = sqlx::query_as(
        "select from_at, to_at, matched, differing, differences, drawn, compared_at from balance_comparisons
         where mode = $1 order by compared_at desc limit 1",
    )
    .bind(mode)
    .fetch_optional(cell.workers())
    .await?;
    Ok(row.map(|(from, to, matched, differing, Json(differences), Json(drawn), compared_at)| Comparison {
        mode,
        from,
        to,
        matched: usize::try_from(matched).unwrap_or(0),
        differing: usize::try_from(differing).unwrap_or(0),
        differences,
        drawn,
        compared_at,
    }))
}
