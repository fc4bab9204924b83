//! Keeps the tasks of a layout's version in step with what stands in its way: one for each performance.

use foundation::{Result, TenantTx, event, id::VenueId};
use serde_json::json;

use crate::{
    rules::{
        layout::{LayoutVersion, clash::Clash},
        task::{Task, TaskState},
    },
    store::tasks,
};

/// Opens a task for each clash, or brings it up to date; those of what no longer clashes are done. Each is told as an event.
pub(super) async fn keep_tasks(
    tx: &mut TenantTx,
    venue: VenueId,
    version: &LayoutVersion,
    clashes: &[Clash],
) -> Result<()> {
    let mut events = Vec::with_capacity(clashes.len());
    for clash in clashes {
        let task = tasks::open(tx, venue, version.id, clash).await?;
        events.push(told(if task.version == 1 { "task.opened" } else { "task.updated" }, &task));
    }
    let still: Vec<_> = clashes.iter().map(|clash| clash.performance_id).collect();
    for task in tasks::close_others(tx, version.id, &still).await? {
        events.push(told("task.done", &task));
    }
    Ok(event::append(tx, &events).await?)
}

fn told(kind: &'static str, task: &Task) -> event::NewEvent {
    let data = json!({
        "id": task.id,
        "kind": "layout_clash",
        "state": match task.state { TaskState::Open => "open", TaskState::Done => "done" },
        "venue_id": task.venue,
        "performance_id": task.performance,
        "layout_version_id": task.layout_version,
        "tickets_count": task.about.tickets_count,
        "tickets": task.about.tickets,
        "too_many": task.about.too_many,
    });
    event::NewEvent::of(kind, "task", task.id, task.version, data)
}
