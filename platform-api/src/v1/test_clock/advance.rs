//! `POST /v1/test_clock/advance`

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use foundation::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    web::{Allowed, Answer, Keyed, scope::AccountWrite},
};

/// How far.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestClockAdvance)]
pub(crate) struct AdvanceBody {
    /// At most 400 days a call.
    seconds: u64,
}

/// Where the clock stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestClock)]
pub(crate) struct TestClockView {
    now: Instant,
}

/// Moves a test environment's clock forward: holds and orders expire as if that time had passed. Live environments refuse.
#[utoipa::path(post, path = "/v1/test_clock/advance", tag = "Testing", request_body = AdvanceBody, responses((status = 200, body = TestClockView)))]
pub(crate) async fn advance(
    allowed: Allowed<AccountWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<AdvanceBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let now = tenancy::advance_test_clock(&mut call.tx, Duration::from_secs(body.seconds)).await?;
    let answer = call.finish(StatusCode::OK, &TestClockView { now }, None).await;
    allowed.services.inventory.set_clock(allowed.caller.reseller, now);
    // Keys end by this clock too.
    app.forget_callers(allowed.caller.reseller);
    answer
}
