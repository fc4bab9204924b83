//! `POST /v1/holds`

use std::time::Duration;

use axum::extract::State;
use foundation::{Refusal, id::HoldId};
use serde::Deserialize;
use ticketing::{
    lanes::{HoldRequest, Placed},
    rules::{order::check_wants, terms::AskedBy},
};
use utoipa::ToSchema;

use super::{HoldView, WantBody, read_wants, through};
use crate::{
    app::App,
    web::{Allowed, Answer, Keyed, Reply, scope::OrdersWrite},
};

/// Tickets to hold, of any number of performances, all or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHold)]
pub(crate) struct NewHoldBody {
    items: Vec<WantBody>,
    /// The reseller's own word for the buyer: an id, no name and no address.
    buyer_reference: Option<String>,
    /// The buyer's e-mail address, for sale rounds that have a list. It is compared and not kept.
    buyer_email: Option<String>,
    /// For sale rounds that have codes.
    access_code: Option<String>,
    /// Of a promotion.
    promotion_code: Option<String>,
    /// The channel that you sell through, by your own word for it: allocations of it may be taken.
    channel: Option<String>,
    /// For how long, 15 minutes unless said.
    expires_in_seconds: Option<u32>,
}

/// Holds tickets for a time.
#[utoipa::path(post, path = "/v1/holds", tag = "Holds", request_body = NewHoldBody, responses((status = 201, body = HoldView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<NewHoldBody>,
) -> Answer {
    let wants = read_wants(body.items)?;
    check_wants(&wants)?;
    if body.buyer_reference.as_ref().is_some_and(|r| r.len() > 200) {
        return Err(Refusal::field("/buyer_reference", "must be at most 200 bytes").into());
    }
    let lasts = lasts(body.expires_in_seconds, &app)?;
    let by = AskedBy {
        reference: body.buyer_reference,
        email: body.buyer_email,
        access_code: body.access_code,
        promotion_code: body.promotion_code,
        through: through(&allowed.caller, body.channel)?,
    };
    let request = HoldRequest { id: HoldId::new(), wants, by, lasts, key: Some(key) };
    match allowed.services.lanes.hold(allowed.caller.reseller, request).await? {
        Placed::Fresh(_, answer) => Reply::stored(&answer),
        Placed::Before(answer) => Ok(Reply::replayed(&answer)),
    }
}

/// How long a hold is to last.
pub(crate) fn lasts(seconds: Option<u32>, app: &App) -> Result<Duration, Refusal> {
    let lasts = seconds.map_or(app.settings.hold_default, |s| Duration::from_secs(u64::from(s)));
    let max = app.settings.hold_max;
    if lasts.is_zero() || lasts > max {
        return Err(Refusal::field("/expires_in_seconds", format!("must be 1 to {}", max.as_secs())));
    }
    Ok(lasts)
}
