//! The SQL of tasks.

use foundation::{
    Instant, Result, TenantTx,
    id::{LayoutVersionId, PerformanceId, TaskId, VenueId},
};
use sqlx::types::Json;

use super::known;
use crate::rules::{
    layout::clash::{Clash, Obstacles},
    task::{Task, TaskState},
};

#[derive(sqlx::FromRow)]
struct Row {
    task_id: TaskId,
    state: String,
    venue_id: VenueId,
    performance_id: PerformanceId,
    layout_version_id: LayoutVersionId,
    detail: Json<Obstacles>,
    created_at: Instant,
    version: i64,
}

impl Row {
    fn task(self) -> Result<Task> {
        Ok(Task {
            id: self.task_id,
            state: known("a task's state", &self.state, TaskState::parse(&self.state))?,
            venue: self.venue_id,
            performance: self.performance_id,
            layout_version: self.layout_version_id,
            about: self.detail.0,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Opens the task of a performance that is in the way of a version, or opens it again with what was found now. Gives it.
///
/// # Errors
/// The database's.
pub async fn open(tx: &mut TenantTx, venue: VenueId, layout: LayoutVersionId, clash: &Clash) -> Result<Task> {
    let reseller = tx.reseller();
    let row: Row = sqlx::query_as(
        "insert into tasks (reseller_id, task_id, kind, venue_id, performance_id, layout_version_id, detail, created_at)
         select $1, $2, 'layout_clash', $3, $4, $5, $6, n.now from (select cell_now() as now) n
         on conflict (reseller_id, layout_version_id, performance_id) do update
             set state = 'open', detail = excluded.detail, version = tasks.version + 1
         returning task_id, state, venue_id, performance_id, layout_version_id, detail, created_at, version",
    )
    .bind(reseller)
    .bind(TaskId::new())
    .bind(venue)
    .bind(clash.performance_id)
    .bind(layout)
    .bind(Json(&clash.about))
    .fetch_one(tx.conn())
    .await?;
    row.task()
}

/// Closes the open tasks of a version but for those of these performances. Gives what was closed.
///
/// # Errors
/// The database's.
pub async fn close_others(tx: &mut TenantTx, layout: LayoutVersionId, but: &[PerformanceId]) -> Result<Vec<Task>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "update tasks set state = 'done', version = version + 1
         where reseller_id = $1 and layout_version_id = $2 and state = 'open' and performance_id <> all($3)
         returning task_id, state, venue_id, performance_id, layout_version_id, detail, created_at, version",
    )
    .bind(reseller)
    .bind(layout)
    .bind(but)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::task).collect()
}

/// A page of a venue's tasks in the order of their ids, in this state if one is named.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    venue: VenueId,
    state: Option<TaskState>,
    after: Option<TaskId>,
    limit: i64,
) -> Result<Vec<Task>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select task_id, state, venue_id, performance_id, layout_version_id, detail, created_at, version from tasks
         where reseller_id = $1 and venue_id = $2 and ($3::text is null or state = $3) and ($4::uuid is null or task_id > $4)
         order by task_id limit $5",
    )
    .bind(reseller)
    .bind(venue)
    .bind(state.map(TaskState::as_str))
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::task).collect()
}
