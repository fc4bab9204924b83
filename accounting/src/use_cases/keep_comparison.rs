//! Keeps what came of comparing the provider's balance report with the books.

use foundation::{Cell, Result};

use crate::{Comparison, store};

/// Keeps a comparison of an account of the cell, and says in it when that was. Nothing is put right by it: that is a person's to decide.
///
/// # Errors
/// If the database does not answer.
pub async fn keep_comparison(cell: &Cell, comparison: &mut Comparison) -> Result<()> {
    store::comparisons::insert(cell, comparison).await
}
