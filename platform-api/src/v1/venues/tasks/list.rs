//! `GET /v1/venues/{venue_id}/tasks`

use foundation::{
    Instant,
    id::{LayoutVersionId, PerformanceId, TaskId, VenueId},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::task::{self, Task},
    store::{tasks, venues},
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    v1::venues::layouts::{not_public, versions::publish::ObstaclesView},
    web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::VenuesRead},
};

/// Something that a person has to see to: a performance that is in the way of a version of its venue's layout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub(crate) struct TaskView {
    id: TaskId,
    /// `layout_clash`.
    kind: &'static str,
    state: TaskState,
    venue_id: VenueId,
    performance_id: PerformanceId,
    layout_version_id: LayoutVersionId,
    /// What of the performance is in the way, as it was found last.
    #[serde(flatten)]
    about: ObstaclesView,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

/// Whether somebody still has to see to a task.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaskState {
    /// Somebody has.
    Open,
    /// It is settled: nothing is in the way any more, or the version was given up.
    Done,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            kind: "layout_clash",
            state: match task.state {
                task::TaskState::Open => TaskState::Open,
                task::TaskState::Done => TaskState::Done,
            },
            venue_id: task.venue,
            performance_id: task.performance,
            layout_version_id: task.layout_version,
            about: task.about.into(),
            created_at: task.created_at,
            version: task.version,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TasksQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// In this state only.
    state: Option<TaskState>,
}

/// Lists a venue's tasks in the order in which they were opened: performances that are in the way of a version of a layout.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/tasks", tag = "Venues", params(("venue_id" = VenueId, Path), TasksQuery), responses((status = 200, body = ListOf<TaskView>)))]
pub(crate) async fn list(
    allowed: Allowed<VenuesRead>,
    Path(venue): Path<VenueId>,
    Query(query): Query<TasksQuery>,
) -> Answer {
    not_public(&allowed.caller)?;
    let page = PageOf::<TaskId>::parse(query.limit, query.cursor.as_deref())?;
    let state = query.state.map(|state| match state {
        TaskState::Open => task::TaskState::Open,
        TaskState::Done => task::TaskState::Done,
    });
    let mut tx = allowed.snapshot().await?;
    venues::get(&mut tx, venue).await?;
    let rows = tasks::list(&mut tx, venue, state, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |task| task.id).map(TaskView::from)))
}
