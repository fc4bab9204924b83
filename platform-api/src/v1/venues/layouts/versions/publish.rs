//! `POST /v1/venues/{venue_id}/layouts/{layout_id}/versions/{version_id}/publish`

use axum::http::StatusCode;
use foundation::{
    Instant,
    id::{LayoutId, LayoutVersionId, OrderId, PerformanceId, ShowId, TicketId, VenueId},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::layout::clash::{self, Clash, NAMED_MAX},
    use_cases::publish_layout::{Publication, publish_layout},
};
use utoipa::ToSchema;

use crate::{
    v1::venues::layouts::LayoutView,
    web::{Allowed, Answer, Keyed, Path, scope::VenuesWrite},
};

/// How a version is to be published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublishLayout)]
pub(crate) struct PublishBody {
    /// From when on. At once unless said, and then refused as `layout_clash` if planned performances are in the way; with a date it
    /// is told what is in the way now, and looked at again when the date has come.
    effective_from: Option<Instant>,
    /// Whether to tell only what would be.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a version, or would.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublishedLayout)]
pub(crate) struct PublishedView {
    layout: LayoutView,
    /// How many planned performances follow it, or would.
    performances_followed: usize,
    /// How many planned performances are in the way.
    clashes_count: usize,
    /// The first of them.
    clashes: Vec<ClashView>,
}

/// A planned performance that is in the way of a version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutClash)]
pub(crate) struct ClashView {
    performance_id: PerformanceId,
    show_id: ShowId,
    starts_at: Instant,
    #[serde(flatten)]
    about: ObstaclesView,
}

/// What of a performance is in the way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutObstacles)]
pub(crate) struct ObstaclesView {
    /// How many tickets are sold or held for what would no longer be there.
    tickets_count: i64,
    /// The first of them.
    tickets: Vec<LostTicketView>,
    /// Where more are sold and held than would fit.
    too_many: Vec<TooManyView>,
}

/// A ticket of somebody, for what would no longer be there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LostTicket)]
pub(crate) struct LostTicketView {
    ticket_id: TicketId,
    section: String,
    row: Option<String>,
    seat: Option<String>,
    state: TakenView,
    /// The order that bought it or is being paid; null for one in a hold.
    order_id: Option<OrderId>,
}

/// How a ticket is somebody's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TicketTaken)]
pub(crate) enum TakenView {
    /// Paid.
    Sold,
    /// In a hold, or in an order that is not paid yet.
    Held,
}

/// More sold and held than would fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutTooMany)]
pub(crate) struct TooManyView {
    /// The section or area; null for the whole layout.
    section: Option<String>,
    taken: i64,
    maximum: i64,
}

impl From<clash::Obstacles> for ObstaclesView {
    fn from(about: clash::Obstacles) -> Self {
        let ticket = |ticket: clash::LostTicket| LostTicketView {
            ticket_id: ticket.ticket_id,
            section: ticket.section,
            row: ticket.row,
            seat: ticket.seat,
            state: match ticket.state {
                clash::Taken::Sold => TakenView::Sold,
                clash::Taken::Held => TakenView::Held,
            },
            order_id: ticket.order_id,
        };
        let too_many = |too_many: clash::TooMany| TooManyView {
            section: too_many.section,
            taken: too_many.taken,
            maximum: too_many.maximum,
        };
        Self {
            tickets_count: about.tickets_count,
            tickets: about.tickets.into_iter().map(ticket).collect(),
            too_many: about.too_many.into_iter().map(too_many).collect(),
        }
    }
}

impl From<Clash> for ClashView {
    fn from(clash: Clash) -> Self {
        let Clash { performance_id, show_id, starts_at, about } = clash;
        Self { performance_id, show_id, starts_at, about: about.into() }
    }
}

/// Puts a version of a layout into force, at once or from a date on. Planned performances follow it; free tickets that there is no
/// room for any more are blocked. Where sold or held tickets are in the way it is refused, with the performances and tickets in
/// question; or, with a date, told as a task per performance and looked at again when the date has come.
#[utoipa::path(post, path = "/v1/venues/{venue_id}/layouts/{layout_id}/versions/{version_id}/publish", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path), ("version_id" = LayoutVersionId, Path)), request_body = PublishBody, responses((status = 200, body = PublishedView)))]
pub(crate) async fn publish(
    allowed: Allowed<VenuesWrite>,
    Path((venue, layout, id)): Path<(VenueId, LayoutId, LayoutVersionId)>,
    Keyed { key, body }: Keyed<PublishBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let how = Publication { effective_from: body.effective_from, dry_run: body.dry_run };
    let published = publish_layout(&mut call.tx, venue, layout, id, how).await?;
    let version = published.layout.version;
    let view = PublishedView {
        layout: published.layout.into(),
        performances_followed: published.followed.len(),
        clashes_count: published.clashes.len(),
        clashes: published.clashes.into_iter().take(NAMED_MAX).map(ClashView::from).collect(),
    };
    let answer = call.finish(StatusCode::OK, &view, Some(version)).await;
    for performance in published.followed {
        allowed.services.inventory.forget(allowed.caller.reseller, performance);
    }
    answer
}
