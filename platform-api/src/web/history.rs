//! An object's past, version by version, as the event log has it: what it then was, and what that changed.

use foundation::{
    Code, Error, Instant, Refusal, TenantTx,
    event::{self, PastEvent},
    id::{EventId, Id, Kind},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenancy::{Caller, KeyKind};
use utoipa::{IntoParams, ToSchema};

use super::ListOf;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A version of an object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub(crate) struct HistoryEntryView {
    event_id: EventId,
    #[schema(example = "show.updated")]
    r#type: String,
    version: i64,
    occurred_at: Instant,
    /// The members of `data` that are not what they were in the entry before; empty in the first.
    changed: Vec<String>,
    /// What its event told.
    #[schema(value_type = Object)]
    data: Value,
}

/// A page of an object's past, oldest first. A publishable key sees nothing of it: it tells what was not public.
pub(crate) async fn history<K: Kind>(
    tx: &mut TenantTx,
    caller: &Caller,
    object: Id<K>,
    query: &HistoryQuery,
    what: &'static str,
) -> Result<ListOf<HistoryEntryView>, Error> {
    if caller.kind == KeyKind::Publishable {
        return Err(Refusal::new(Code::Forbidden, "A publishable key does not read what things were.").into());
    }
    let page = PageOf::<i64>::parse(query.limit, query.cursor.as_deref())?;
    // From the last entry of the page before, to tell what changed after it.
    let from = page.after.unwrap_or(1);
    let extra = i64::from(page.after.is_some());
    let past = event::of_object(tx, object.uuid(), from, page.fetch_limit() + extra).await?;
    if page.after.is_none() && past.is_empty() {
        return Err(Refusal::missing(what).into());
    }
    let told = |(i, event): (usize, &PastEvent)| HistoryEntryView {
        event_id: event.event_id,
        r#type: event.kind.clone(),
        version: event.version,
        occurred_at: event.occurred_at,
        changed: i.checked_sub(1).map(|before| changed(&past[before].data, &event.data)).unwrap_or_default(),
        data: event.data.clone(),
    };
    let entries = past.iter().enumerate().skip(usize::from(page.after.is_some())).map(told).collect();
    Ok(ListOf::from(Page::cut(entries, page.limit, |entry: &HistoryEntryView| entry.version)))
}

/// Members that both have and that differ, and those that are new.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    let Some(members) = after.as_object() else { return Vec::new() };
    members.iter().filter(|(name, value)| before.get(*name) != Some(*value)).map(|(name, _)| name.clone()).collect()
}
