//! `POST /v1/shows/{show_id}/cancel`

use axum::http::StatusCode;
use foundation::{
    Error, Instant, Money, Result,
    id::{PerformanceId, ShowId},
};
use serde::{Deserialize, Serialize};
use tenancy::Scope;
use ticketing::{
    rules::cancellation::{Impact, Plan},
    use_cases::cancel_show::{Cancelled, cancel_show},
};
use utoipa::ToSchema;

use crate::{
    v1::cancellations::{CancellationView, ConcernedView, RemedyBody},
    web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite},
};

/// What buyers are offered for their tickets of any of the show's performances.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewShowCancellation)]
pub(crate) struct NewShowCancellationBody {
    /// `refund`, `credit`, or both for the buyer to choose from. A `replacement` is offered performance by performance.
    offered: Vec<RemedyBody>,
    /// What who does not choose gets; needed where there is something to choose.
    default: Option<RemedyBody>,
    /// Until when buyers may choose: two weeks from now, unless said.
    decide_by: Option<Instant>,
    /// Only say who and what it is about.
    #[serde(default)]
    dry_run: bool,
}

/// What the cancellation of a show means, performance by performance and in all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShowCancellationPlan)]
pub(crate) struct ShowCancellationPlanView {
    dry_run: bool,
    #[serde(flatten)]
    concerned: ConcernedView,
    /// The performances that are still to take place. Those that are over, or cancelled already, stay as they are.
    performances: Vec<ShowCancellationPartView>,
}

/// One of its performances.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShowCancellationPart)]
pub(crate) struct ShowCancellationPartView {
    performance_id: PerformanceId,
    orders: i64,
    tickets: i64,
    refundable: Money,
    /// Null in a dry run.
    cancellation: Option<CancellationView>,
}

/// Cancels every performance of a show that is still to take place, all or none, each as cancelling it alone would. How far they are is
/// read in one from the show's `cancellation`.
#[utoipa::path(post, path = "/v1/shows/{show_id}/cancel", tag = "Shows", params(("show_id" = ShowId, Path)), request_body = NewShowCancellationBody, responses((status = 200, body = ShowCancellationPlanView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<ShowId>,
    Keyed { key, body }: Keyed<NewShowCancellationBody>,
) -> Answer {
    let plan = Plan {
        offered: body.offered.into_iter().map(Into::into).collect(),
        replacement: None,
        default: body.default.map(Into::into),
        decide_by: body.decide_by,
    };
    if body.dry_run {
        // Only read, so that nobody waits for it; the key keeps the answer all the same, and who asks again is not counted for again.
        let call = allowed.begin_leased(key).await?;
        let count = async {
            let mut tx = allowed.cell().snapshot(allowed.caller.reseller).await?;
            view(cancel_show(&mut tx, id, &plan, true).await?, true)
        };
        let view = call.run(count).await?;
        return call.finish(StatusCode::OK, &view, None).await;
    }
    // It gives back what orders have paid.
    allowed.caller.may(Scope::OrdersWrite)?;
    let mut call = allowed.begin(key).await?;
    let parts = cancel_show(&mut call.tx, id, &plan, false).await?;
    call.finish(StatusCode::OK, &view(parts, false)?, None).await
}

fn view(parts: Vec<Cancelled>, dry_run: bool) -> Result<ShowCancellationPlanView> {
    let concerned = parts.iter().map(|part| ConcernedView::from(&part.impact)).reduce(ConcernedView::and);
    let concerned = concerned.ok_or_else(|| Error::Inconsistent("nothing was cancelled".to_owned()))?;
    Ok(ShowCancellationPlanView { dry_run, concerned, performances: parts.into_iter().map(part).collect() })
}

fn part(of: Cancelled) -> ShowCancellationPartView {
    let Impact { orders, tickets, refundable, .. } = of.impact;
    let cancellation = of.cancellation.map(CancellationView::from);
    ShowCancellationPartView { performance_id: of.performance, orders, tickets, refundable, cancellation }
}
