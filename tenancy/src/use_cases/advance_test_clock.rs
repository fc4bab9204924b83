//! Moves a test environment's clock.

use std::time::Duration;

use foundation::{Code, Instant, Mode, Refusal, Result, TenantTx, event};
use serde_json::json;

use crate::{
    rules::test_clock::{step_micros, too_far},
    store::{resellers, test_clocks},
};

/// Moves the tenant's clock ahead and says what time it is then. It never goes back: what has expired stays expired.
///
/// # Errors
/// `test_only` for a live environment, `invalid_field` for a step of less than a second or more than 400 days or beyond a
/// century ahead, or the database's.
pub async fn advance_test_clock(tx: &mut TenantTx, by: Duration) -> Result<Instant> {
    let by = step_micros(by)?;
    // The tenant's own row says which environment it is, so that no caller can be wrong about it.
    if resellers::get(tx).await?.mode != Mode::Test {
        return Err(Refusal::new(Code::TestOnly, "A live environment's clock cannot be moved.").into());
    }
    if !test_clocks::advance(tx, by).await? {
        return Err(too_far().into());
    }
    let (reseller, now) = (tx.reseller(), tx.now().await?);
    let advanced = event::NewEvent {
        kind: "test_clock.advanced",
        object: "reseller",
        object_id: reseller.uuid(),
        version: None,
        data: json!({ "id": reseller, "now": now }),
    };
    event::append(tx, &[advanced]).await?;
    Ok(now)
}
