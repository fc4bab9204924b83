//! `POST /v1/shows/{show_id}/cancel`

use axum::http::StatusCode;
use foundation::{
    Error, Instant, Money, Result,
    id::{PerformanceId, ShowId},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::cancellation::{Impact, Plan},
    use_cases::cancel_show::{Cancelled, cancel_show},
};
use utoipa::ToSchema;

use crate::{
    v1::cancellations::{CancellationView, RemedyBody},
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
    /// Paid orders with good tickets, whose buyers are told, once for each of the performances.
    orders: i64,
    /// Their tickets.
    tickets: i64,
    /// What goes back if all of them are given back, with all fees.
    refundable: Money,
    /// Of the orders, those of which nothing can be given back now because their payment is disputed: a person looks at them.
    disputed_orders: i64,
    /// Tickets with which somebody has entered: they stay as they are.
    used_tickets: i64,
    /// Unpaid orders, which end; their buyers are told.
    unpaid_orders: i64,
    /// Holds, which end.
    holds: i64,
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
        // In a transaction of its own that is given up, so that nobody waits for its locks; the key keeps the answer all the same.
        let parts = cancel_show(&mut allowed.tx().await?, id, &plan, true).await?;
        let call = allowed.begin(key).await?;
        return call.finish(StatusCode::OK, &view(parts, true)?, None).await;
    }
    let mut call = allowed.begin(key).await?;
    let parts = cancel_show(&mut call.tx, id, &plan, false).await?;
    call.finish(StatusCode::OK, &view(parts, false)?, None).await
}

fn view(parts: Vec<Cancelled>, dry_run: bool) -> Result<ShowCancellationPlanView> {
    let sum = |of: fn(&Impact) -> i64| parts.iter().map(|part| of(&part.impact)).sum();
    let both = |one: Money, other: Money| Money::rounded(one.amount() + other.amount(), one.currency());
    let refundable = parts.iter().map(|part| part.impact.refundable).reduce(both);
    let refundable = refundable.ok_or_else(|| Error::Inconsistent("nothing was cancelled".to_owned()))?;
    Ok(ShowCancellationPlanView {
        dry_run,
        orders: sum(|impact| impact.orders),
        tickets: sum(|impact| impact.tickets),
        refundable,
        disputed_orders: sum(|impact| impact.disputed_orders),
        used_tickets: sum(|impact| impact.used_tickets),
        unpaid_orders: sum(|impact| impact.unpaid_orders),
        holds: sum(|impact| impact.holds),
        performances: parts.into_iter().map(part).collect(),
    })
}

fn part(of: Cancelled) -> ShowCancellationPartView {
    let Impact { orders, tickets, refundable, .. } = of.impact;
    let cancellation = of.cancellation.map(CancellationView::from);
    ShowCancellationPartView { performance_id: of.performance, orders, tickets, refundable, cancellation }
}
