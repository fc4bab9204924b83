//! `POST /callbacks/stripe/{cell}`: the payment provider's word.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use foundation::{Code, Refusal};
use http_body_util::{BodyExt, Limited};
use ticketing::use_cases::apply_callback::apply_callback;

use crate::{
    app::App,
    web::{Path, Reply},
};

/// Larger than any event of the provider.
const BODY_LIMIT: usize = 1 << 20;

/// Applies a signed callback. It is acknowledged when it is applied, or kept for a person to look at; anything else makes the
/// provider send it again.
pub(crate) async fn stripe(
    State(app): State<App>,
    Path(cell): Path<String>,
    request: Request,
) -> Result<Response, Reply> {
    let services = app.cells().find(|services| services.cell.name() == cell).ok_or_else(|| Refusal::missing("cell"))?;
    let signature =
        request.headers().get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let body = Limited::new(request.into_body(), BODY_LIMIT).collect().await;
    let body = body
        .map_err(|_| Refusal::new(Code::BodyTooLarge, "The event is larger than any of the provider's."))?
        .to_bytes();
    let now = services.cell.clock().await?.as_seconds();
    let verified = services.providers.verify(&body, &signature, now);
    let (mode, callback) = verified.map_err(|error| Refusal::new(Code::InvalidRequest, error.to_string()))?;
    apply_callback(&services.inventory, &services.providers, mode, &callback).await?;
    Ok(StatusCode::OK.into_response())
}
