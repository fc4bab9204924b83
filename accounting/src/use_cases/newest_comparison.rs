//! How the provider's balance report and the books last stood to each other.

use foundation::{Cell, Mode, Result};

use crate::{Comparison, store};

/// The newest comparison of an account of the cell; none if there never was one.
///
/// # Errors
/// If the database does not answer.
pub async fn newest_comparison(cell: &Cell, mode: Mode) -> Result<Option<Comparison>> {
    store::comparisons::newest(cell, mode).await
}
