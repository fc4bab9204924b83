//! By what an event's shows are found.

use foundation::id::PerformanceId;
use serde_json::Value;
use uuid::Uuid;

/// The object whose shows are an event's: its own, save that a ticket is found by its performance.
pub(crate) fn subject<'a>(object_type: &'a str, object_id: Uuid, data: &Value) -> (&'a str, Uuid) {
    let performance = || data["performance_id"].as_str()?.parse::<PerformanceId>().ok();
    match performance().filter(|_| object_type == "ticket") {
        Some(performance) => ("performance", performance.uuid()),
        None => (object_type, object_id),
    }
}
