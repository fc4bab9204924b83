//! Holds a version of a layout against the performances that are planned, and moves them to it. What a performance has sold or
//! holds is never touched: where that is in the way, nothing is done.

use std::collections::{BTreeMap, HashMap};

use foundation::{
    Code, Instant, Refusal, Result, TenantTx, event,
    id::{LayoutId, LayoutVersionId, PerformanceId},
};
use serde_json::json;

use crate::{
    rules::layout::{
        Plan,
        change::Change,
        clash::{Clash, NAMED_MAX, Obstacles},
    },
    store::{
        claims, layouts,
        planned::{self, Planned},
        stock,
    },
};

/// The performances that are planned on a layout, with what a version of it means for them.
pub(super) struct Comparison {
    layout: LayoutId,
    to: LayoutVersionId,
    planned: Vec<Planned>,
    /// Performances for which it means the same.
    groups: Vec<(Vec<PerformanceId>, Change)>,
}

impl Comparison {
    /// The performances that use another version now.
    pub(super) fn performances(&self) -> Vec<PerformanceId> {
        self.planned.iter().map(|planned| planned.performance).collect()
    }
}

/// Holds a version against the performances from then on. With `lock`, nothing is held in them until the transaction ends.
pub(super) async fn compare(
    tx: &mut TenantTx,
    layout: LayoutId,
    to: LayoutVersionId,
    from: Instant,
    lock: bool,
) -> Result<Comparison> {
    let mut planned = planned::of_layout(tx, layout, from, lock).await?;
    planned.retain(|planned| planned.version != to);
    let mut alike: BTreeMap<_, Vec<PerformanceId>> = BTreeMap::new();
    for one in &planned {
        alike.entry((one.version, one.choices.clone())).or_default().push(one.performance);
    }
    let new = layouts::plan(tx, to).await?;
    let mut plans: HashMap<LayoutVersionId, Plan> = HashMap::new();
    let mut groups = Vec::new();
    for ((version, choices), performances) in alike {
        if let std::collections::hash_map::Entry::Vacant(place) = plans.entry(version) {
            place.insert(layouts::plan(tx, version).await?);
        }
        let Some(old) = plans.get(&version) else { continue };
        let change = Change::between(&old.chosen(&choices), &new.chosen(&choices));
        if !change.is_harmless() {
            groups.push((performances, change));
        }
    }
    Ok(Comparison { layout, to, planned, groups })
}

/// What stands in the way, performance by performance in the order of their dates.
pub(super) async fn clashes(tx: &mut TenantTx, comparison: &Comparison) -> Result<Vec<Clash>> {
    let mut found: HashMap<PerformanceId, Obstacles> = HashMap::new();
    for (performances, change) in &comparison.groups {
        for (performance, many, ticket) in planned::lost_tickets(tx, performances, change).await? {
            let obstacles = found.entry(performance).or_default();
            obstacles.tickets_count = many;
            obstacles.tickets.push(ticket);
        }
        for (performance, too_many) in planned::too_many(tx, performances, change).await? {
            found.entry(performance).or_default().too_many.push(too_many);
        }
    }
    let clash = |planned: &Planned| {
        let about = found.get(&planned.performance)?.clone();
        let Planned { performance, show, starts_at, .. } = planned;
        Some(Clash { performance_id: *performance, show_id: *show, starts_at: *starts_at, about })
    };
    let mut clashes: Vec<Clash> = comparison.planned.iter().filter_map(clash).collect();
    clashes.sort_by_key(|clash| (clash.starts_at, clash.performance_id));
    Ok(clashes)
}

/// The refusal of a version that something stands in the way of.
pub(super) fn refusal(clashes: &[Clash]) -> Refusal {
    let many = clashes.len();
    let detail = format!(
        "{many} planned performances have sold or hold what the version takes away; see to them first, or publish it from a \
         date by which that is done."
    );
    let named = clashes.get(..NAMED_MAX).unwrap_or(clashes);
    Refusal::new(Code::LayoutClash, detail).with_alternatives(json!({ "clashes_count": many, "clashes": named }))
}

/// Moves the performances, which are locked and clash with nothing. Free tickets that there is no room for any more are shut, and
/// those are opened that there is room for again. Gives the performances.
pub(super) async fn follow(tx: &mut TenantTx, comparison: &Comparison) -> Result<Vec<PerformanceId>> {
    let now = tx.now().await?;
    for (performances, change) in &comparison.groups {
        claims::open(tx, performances, &change.affected, comparison.layout).await?;
        let surplus = planned::surplus(tx, performances, change, comparison.layout).await?;
        claims::shut(tx, &surplus, comparison.layout, now).await?;
    }
    // Money that comes late claims without a lock of the performance: what it took meanwhile is seen here.
    if !clashes(tx, comparison).await?.is_empty() {
        let detail = "Tickets in question were bought at this very moment; try again, with the same key.";
        return Err(Refusal::new(Code::Busy, detail).with_retry_after(std::time::Duration::from_secs(1)).into());
    }
    let performances = comparison.performances();
    let mut events = Vec::with_capacity(performances.len() * 2);
    for (performance, show, version) in planned::follow(tx, &performances, comparison.to).await? {
        let data = json!({
            "id": performance, "show_id": show, "layout_id": comparison.layout, "layout_version_id": comparison.to,
        });
        let kind = "performance.layout_changed";
        events.push(event::NewEvent::of(kind, "performance", performance, version, data));
        events.push(stock::reload(performance));
    }
    event::append(tx, &events).await?;
    Ok(performances)
}
