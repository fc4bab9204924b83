//! `PATCH /v1/performances/{performance_id}`

use foundation::{id::PerformanceId, local_time::When};
use serde::Deserialize;
use ticketing::{
    rules::{performance::Checkouts, times::GivenTimes},
    use_cases::update_performance::{PerformanceChanges, update_performance},
};
use utoipa::ToSchema;

use super::{PerformanceState, PerformanceView};
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PerformanceChanges)]
pub(crate) struct PerformanceChangesBody {
    doors_at: Option<When>,
    starts_at: Option<When>,
    ends_at: Option<When>,
    on_sale_at: Option<When>,
    off_sale_at: Option<When>,
    /// `open`, `paused` or `closed`.
    state: Option<PerformanceState>,
    /// What becomes of buyers who hold or have ordered tickets when `state` becomes `paused` or `closed`; they `may_finish`
    /// unless said. `end`: their holds and unpaid orders end at once, by a `hold.released` and an `order.cancelled` each, and who
    /// has ordered is told by e-mail.
    checkouts: Option<CheckoutsBody>,
}

/// What becomes of buyers who are at it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Checkouts)]
enum CheckoutsBody {
    /// They may order and pay what they have.
    MayFinish,
    /// What they have ends, and they are told.
    End,
}

impl From<CheckoutsBody> for Checkouts {
    fn from(wire: CheckoutsBody) -> Self {
        match wire {
            CheckoutsBody::MayFinish => Self::MayFinish,
            CheckoutsBody::End => Self::End,
        }
    }
}

/// Changes when a performance is sold (pause, close, reopen, its window) and, while nothing of it was held, when it is.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = PerformanceChangesBody, responses((status = 200, body = PerformanceView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    IfMatch(version): IfMatch,
    Body(body): Body<PerformanceChangesBody>,
) -> Answer {
    let changes = PerformanceChanges {
        times: GivenTimes {
            doors_at: body.doors_at,
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            on_sale_at: body.on_sale_at,
            off_sale_at: body.off_sale_at,
        },
        state: body.state.map(Into::into),
        checkouts: body.checkouts.map_or(Checkouts::MayFinish, Into::into),
    };
    let mut tx = allowed.tx().await?;
    let performance = update_performance(&mut tx, id, version, changes).await?;
    commit(tx).await?;
    allowed.services.inventory.forget_doors(allowed.caller.reseller);
    let version = performance.version;
    Reply::versioned(&PerformanceView::from(performance), version)
}
