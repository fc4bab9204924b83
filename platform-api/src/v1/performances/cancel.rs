//! `POST /v1/performances/{performance_id}/cancel`

use axum::http::StatusCode;
use foundation::{Instant, id::PerformanceId};
use serde::{Deserialize, Serialize};
use tenancy::Scope;
use ticketing::{
    rules::cancellation::{Impact, Plan},
    use_cases::cancel_performance::cancel_performance,
};
use utoipa::ToSchema;

use crate::{
    v1::cancellations::{CancellationView, ConcernedView, RemedyBody},
    web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite},
};

/// What buyers are offered for their tickets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCancellation)]
pub(crate) struct NewCancellationBody {
    /// One remedy, or several for the buyer to choose from.
    offered: Vec<RemedyBody>,
    /// What who does not choose gets; needed where there is something to choose.
    default: Option<RemedyBody>,
    /// Another performance of the show, whose tickets are the replacement; needed where that is offered.
    replacement_performance_id: Option<PerformanceId>,
    /// Until when buyers may choose: two weeks from now, or the start of the replacement if that is earlier, unless said.
    decide_by: Option<Instant>,
    /// Only say who and what it is about.
    #[serde(default)]
    dry_run: bool,
}

/// What a cancellation means, and the cancellation itself unless it is a dry run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CancellationPlan)]
pub(crate) struct CancellationPlanView {
    dry_run: bool,
    #[serde(flatten)]
    concerned: ConcernedView,
    /// How many of the tickets have an equal one that is free in the replacement; the others get what else is offered, or
    /// their money back. Null where no
    /// replacement is offered.
    replaceable: Option<i64>,
    default: RemedyBody,
    decide_by: Instant,
    /// Null in a dry run.
    cancellation: Option<CancellationView>,
}

/// Cancels a performance. Nothing of it is sold from now on; what is held or ordered and not paid ends; who has paid is told by e-mail
/// and gets all that was paid, fees and all, as money or as credit, or an equal ticket of another performance, or chooses by a deadline.
/// Progress, and what each order got, is read from the cancellation.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/cancel", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewCancellationBody, responses((status = 200, body = CancellationPlanView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewCancellationBody>,
) -> Answer {
    let plan = Plan {
        offered: body.offered.into_iter().map(Into::into).collect(),
        replacement: body.replacement_performance_id,
        default: body.default.map(Into::into),
        decide_by: body.decide_by,
    };
    if body.dry_run {
        // Only read, so that nobody waits for it; the key keeps the answer all the same, and who asks again is not counted for again.
        let call = allowed.begin_leased(key).await?;
        let count = async {
            let mut tx = allowed.cell().snapshot(allowed.caller.reseller).await?;
            cancel_performance(&mut tx, id, &plan, true).await
        };
        let (impact, _) = call.run(count).await?;
        return call.finish(StatusCode::OK, &view(&impact, None), None).await;
    }
    // It gives back what orders have paid.
    allowed.caller.may(Scope::OrdersWrite)?;
    let mut call = allowed.begin(key).await?;
    let (impact, made) = cancel_performance(&mut call.tx, id, &plan, false).await?;
    call.finish(StatusCode::OK, &view(&impact, made.map(CancellationView::from)), None).await
}

fn view(impact: &Impact, cancellation: Option<CancellationView>) -> CancellationPlanView {
    CancellationPlanView {
        dry_run: cancellation.is_none(),
        concerned: ConcernedView::from(impact),
        replaceable: impact.replaceable,
        default: impact.default.into(),
        decide_by: impact.decide_by,
        cancellation,
    }
}
