//! Tells the cell how many look on in this process: at most so often as it is asked to, and only what has changed. The figure is the sum
//! over all processes (`store::lookers`).

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant as Moment},
};

use foundation::{
    Result,
    id::{PerformanceId, ResellerId},
};
use uuid::Uuid;

use super::{
    Inventory,
    live::{Figures, Key},
};
use crate::store::lookers;

/// After how long it is told that somebody still looks, though nobody came or left.
const STILL: Duration = Duration::from_secs(3);

/// What a cell was told.
pub(super) type Told = HashMap<Key, (Figures, Moment)>;

/// What is to be told of one tenant's performances.
#[derive(Debug, Default)]
struct Task {
    /// How many look now.
    changed: Vec<(PerformanceId, Figures)>,
    /// Nobody looks any more.
    gone: Vec<PerformanceId>,
    /// As many as before.
    still: Vec<PerformanceId>,
}

impl Inventory {
    /// Tells the cell how many look at what in this process, as far as that has changed. What fails is told at the next time.
    pub async fn tell_looking(&self) {
        let mut told = self.live.told.lock().await;
        let (changed, here) = self.live.figures(|key| told.contains_key(key));
        let mut tasks: BTreeMap<ResellerId, Task> = BTreeMap::new();
        for (key, (_, at)) in told.iter() {
            let task = tasks.entry(key.0).or_default();
            if !here.contains(key) {
                task.gone.push(key.1);
            } else if at.elapsed() >= STILL {
                task.still.push(key.1);
            }
        }
        for ((reseller, performance), figures) in changed {
            tasks.entry(reseller).or_default().changed.push((performance, figures));
        }
        for (reseller, task) in tasks {
            if let Err(error) = self.tell_of(reseller, &task, &mut told).await {
                tracing::warn!(%error, %reseller, "how many look on could not be told; it is tried again");
                // Nobody knows what was written: all of it is told anew.
                let all = task.changed.iter().map(|(performance, _)| performance).chain(&task.still);
                all.for_each(|performance| drop(told.remove(&(reseller, *performance))));
            }
        }
    }

    async fn tell_of(&self, reseller: ResellerId, task: &Task, told: &mut Told) -> Result<()> {
        if task.changed.is_empty() && task.gone.is_empty() && task.still.is_empty() {
            return Ok(());
        }
        let process = i64::try_from(self.teller).unwrap_or_default();
        let mut tx = self.cell.tenant(reseller).await?;
        let was_told = |performance: &PerformanceId| told.contains_key(&(reseller, *performance));
        let changed = task.changed.iter().map(|(performance, _)| *performance);
        let known: Vec<PerformanceId> = changed.clone().filter(was_told).chain(task.still.iter().copied()).collect();
        // Swept meanwhile, or lost in a crash of the database: what is not there is told anew.
        let known = lookers::touch(&mut tx, process, &known).await?;
        let anew = changed.filter(|performance| !known.contains(performance));
        let cleared: Vec<PerformanceId> = task.gone.iter().copied().chain(anew).collect();
        lookers::clear(&mut tx, process, &cleared).await?;
        for (performance, figures) in &task.changed {
            let before = told.get(&(reseller, *performance)).filter(|_| known.contains(performance));
            let (now, gone) = difference(before.map(|(figures, _)| figures), figures, *performance);
            lookers::write(&mut tx, (*performance, process), &now, &gone).await?;
        }
        tx.commit().await?;
        let now = Moment::now();
        for performance in &task.still {
            if let Some((_, at)) = told.get_mut(&(reseller, *performance)) {
                *at = now;
            }
        }
        let lost = task.still.iter().filter(|performance| !known.contains(performance));
        for performance in task.gone.iter().chain(lost) {
            told.remove(&(reseller, *performance));
        }
        for (performance, figures) in &task.changed {
            told.insert((reseller, *performance), (figures.clone(), now));
        }
        Ok(())
    }
}

/// The figures that are other than before, the performance's own always; and at what nobody looks any more.
fn difference(before: Option<&Figures>, now: &Figures, performance: PerformanceId) -> (Vec<(Uuid, i32)>, Vec<Uuid>) {
    let was = |id: &Uuid| before.and_then(|figures| figures.get(id));
    let other = |(id, looking): &(&Uuid, &i32)| **id == performance.uuid() || was(id) != Some(*looking);
    let written = now.iter().filter(other).map(|(id, looking)| (*id, *looking)).collect();
    let gone = before.into_iter().flat_map(HashMap::keys).filter(|id| !now.contains_key(*id)).copied().collect();
    (written, gone)
}
