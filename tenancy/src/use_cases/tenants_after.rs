//! Lists the tenants of a cell, for what goes tenant by tenant.

use foundation::{Cell, Result, id::ResellerId};

use crate::store::tenants;

/// At most `limit` tenants of the cell after this one, in the order of their ids: ids only, so that whoever wants more opens
/// each tenant for itself.
///
/// # Errors
/// If the database does not answer.
pub async fn tenants_after(cell: &Cell, after: Option<ResellerId>, limit: i64) -> Result<Vec<ResellerId>> {
    tenants::after(cell, after, limit).await
}
