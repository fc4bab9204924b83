//! `GET /v1/performances/{performance_id}/seat-map.svg`

use std::{collections::HashMap, sync::Arc};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::IntoResponse as _,
};
use foundation::{Code, Refusal, TenantTx, id::PerformanceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ticketing::{
    plans::Plans,
    rules::{
        layout::{Manifest, Plan},
        performance::Performance,
        seat_map::{Focus, Left, Occupancy, draw},
    },
    store::{
        capacity::{self, SeatNow},
        performances,
    },
};
use utoipa::{IntoParams, ToSchema};

use crate::web::{Allowed, Answer, Path, Query, Reply, etag::is_known, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeatMapQuery {
    /// How much to show of all sections; sections unless said.
    #[param(inline)]
    detail: Option<Detail>,
    /// Show the seats of this section only, each with its name.
    section: Option<String>,
}

/// How much a seat map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Detail {
    /// Sections and areas with their names and what is left.
    Sections,
    /// Every seat.
    Seats,
}

impl SeatMapQuery {
    /// What the picture is to show.
    pub(crate) fn focus(&self) -> Focus<'_> {
        match (&self.section, self.detail) {
            (Some(section), _) => Focus::Section(section),
            (None, Some(Detail::Seats)) => Focus::Seats,
            (None, _) => Focus::Sections,
        }
    }
}

/// The manifest of a performance with its plan.
///
/// # Errors
/// `no_layout`.
pub(crate) async fn plan_of(
    plans: &Plans,
    tx: &mut TenantTx,
    performance: Performance,
) -> Result<(Manifest, Arc<Plan>), Reply> {
    let manifest = performance.manifest.ok_or_else(|| {
        let detail = "The performance was made without a layout, so nobody knows where its seats are.";
        Refusal::new(Code::NoLayout, detail)
    })?;
    let plan = plans.get(tx, manifest.version).await?;
    Ok((manifest, plan))
}

/// The picture as an answer; that it is still the same, to who has it. It brings its own style and nothing else, wherever it is
/// opened.
pub(crate) fn picture(svg: String, known: &HeaderMap) -> axum::response::Response {
    let etag = format!("\"{}\"", hex::encode(Sha256::digest(svg.as_bytes())));
    if is_known(known, &etag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let mut response = ([(header::ETAG, etag)], svg).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Draws a performance's places as they are now: what is available, held, sold, blocked and kept for the waitlist. Sections first; all seats, or those of
/// one section with their names, on request.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/seat-map.svg", tag = "Performances", params(("performance_id" = PerformanceId, Path), SeatMapQuery), responses((status = 200, description = "The drawing.", body = String, content_type = "image/svg+xml"), (status = 304)))]
pub(crate) async fn get(
    allowed: Allowed<OrdersRead>,
    Path(id): Path<PerformanceId>,
    Query(query): Query<SeatMapQuery>,
    headers: HeaderMap,
) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let performance = performances::get(&mut tx, id).await?;
    let (manifest, plan) = plan_of(&allowed.services.inventory.plans, &mut tx, performance).await?;
    let filled = capacity::by_section(&mut tx, id).await?;
    let focus = query.focus();
    let seats: Vec<SeatNow> = match focus {
        Focus::Sections => Vec::new(),
        Focus::Seats => capacity::seats(&mut tx, id, None).await?,
        Focus::Section(section) => capacity::seats(&mut tx, id, Some(section)).await?,
    };
    drop(tx);
    let left = |filled: &ticketing::rules::capacity::Filled| Left {
        total: usize::try_from(filled.created - filled.blocked).unwrap_or_default(),
        available: usize::try_from(filled.available()).unwrap_or_default(),
    };
    let occupancy = Occupancy {
        left: filled.iter().map(|filled| (filled.section.as_str(), left(filled))).collect(),
        seats: seats
            .iter()
            .map(|s| ((s.section.as_str(), s.row.as_str(), s.seat.as_str()), s.state))
            .collect::<HashMap<_, _>>(),
    };
    let svg = draw(&plan.chosen(&manifest.choices), focus, &occupancy)?;
    Ok(Reply::raw(picture(svg, &headers)))
}
