//! `POST /v1/performances/{performance_id}/reschedule`

use axum::http::StatusCode;
use foundation::{Instant, Money, id::PerformanceId, local_time::When};
use serde::{Deserialize, Serialize};
use tenancy::Scope;
use ticketing::{
    rules::{
        rescheduling::Impact,
        times::{GivenTimes, Times},
    },
    use_cases::reschedule::{Plan, reschedule},
};
use utoipa::ToSchema;

use crate::{
    v1::reschedulings::{DecisionBody, ReschedulingView},
    web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite},
};

/// The new times, and what is to become of tickets that are sold. Doors, end and the close of sales stay as far from the start as
/// they were, unless said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRescheduling)]
pub(crate) struct NewReschedulingBody {
    doors_at: Option<When>,
    starts_at: When,
    ends_at: Option<When>,
    off_sale_at: Option<When>,
    /// Until when buyers may choose: two weeks from now, or the new start if that is earlier, unless said.
    decide_by: Option<Instant>,
    /// What becomes of the tickets of who does not choose.
    default: DecisionBody,
    /// Only say who and what it is about.
    #[serde(default)]
    dry_run: bool,
}

/// What a rescheduling means, and the rescheduling itself unless it is a dry run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReschedulingPlan)]
pub(crate) struct ReschedulingPlanView {
    dry_run: bool,
    before: MovedTimesView,
    after: MovedTimesView,
    decide_by: Instant,
    /// Paid orders with good tickets, whose buyers are told.
    orders: i64,
    /// Their tickets.
    tickets: i64,
    /// What goes back if all of them are given back, by each order's refund policy.
    refundable: Money,
    /// Unpaid orders, which end; their buyers are told.
    unpaid_orders: i64,
    /// Holds, which end.
    holds: i64,
    /// Null in a dry run.
    rescheduling: Option<ReschedulingView>,
}

/// When a performance is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MovedTimes)]
struct MovedTimesView {
    doors_at: Instant,
    starts_at: Instant,
    ends_at: Instant,
    off_sale_at: Instant,
}

impl From<Times> for MovedTimesView {
    fn from(times: Times) -> Self {
        let Times { doors_at, starts_at, ends_at, off_sale_at, .. } = times;
        Self { doors_at, starts_at, ends_at, off_sale_at }
    }
}

/// Moves a performance to another time though tickets of it are sold. What is held or ordered and not paid ends; who has paid is
/// told by e-mail, keeps the tickets for the new time or gives them back by a deadline.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/reschedule", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewReschedulingBody, responses((status = 200, body = ReschedulingPlanView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewReschedulingBody>,
) -> Answer {
    let times = GivenTimes {
        doors_at: body.doors_at,
        starts_at: Some(body.starts_at),
        ends_at: body.ends_at,
        on_sale_at: None,
        off_sale_at: body.off_sale_at,
    };
    let plan = Plan { times, decide_by: body.decide_by, default: body.default.into() };
    if body.dry_run {
        // In a transaction of its own that is given up, whatever it wrote; the key keeps the answer all the same, and who asks again is not
        // counted for again.
        let call = allowed.begin_leased(key).await?;
        let count = async {
            let mut tx = allowed.cell().tenant(allowed.caller.reseller).await?;
            reschedule(&mut tx, id, &plan, true).await
        };
        let (impact, _) = call.run(count).await?;
        return call.finish(StatusCode::OK, &view(&impact, None), None).await;
    }
    // It gives back what orders have paid.
    allowed.caller.may(Scope::OrdersWrite)?;
    let mut call = allowed.begin(key).await?;
    let (impact, made) = reschedule(&mut call.tx, id, &plan, false).await?;
    call.finish(StatusCode::OK, &view(&impact, made.map(ReschedulingView::from)), None).await
}

fn view(impact: &Impact, rescheduling: Option<ReschedulingView>) -> ReschedulingPlanView {
    ReschedulingPlanView {
        dry_run: rescheduling.is_none(),
        before: impact.before.into(),
        after: impact.after.into(),
        decide_by: impact.decide_by,
        orders: impact.orders,
        tickets: impact.tickets,
        refundable: impact.refundable,
        unpaid_orders: impact.unpaid_orders,
        holds: impact.holds,
        rescheduling,
    }
}
