//! The lanes of a cell that this process serves: finds those worth a look and lets each live its life.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use foundation::{
    Result,
    id::{EndpointId, ResellerId},
};
use tokio::{
    sync::Notify,
    task::{Id, JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Works,
    attempts::LaneId,
    backoff::Backoff,
    lane, store,
    woken::{Whose, Woken},
};

/// The most lanes that a process serves at once.
const LANES: usize = 1_024;
/// Between two looks at everyone's: what is due by the clock alone is found by looking.
const EVERY: Duration = Duration::from_millis(500);

pub(crate) struct Lanes<'a> {
    works: &'a Arc<Works>,
    serving: JoinSet<Result<usize>>,
    by_task: HashMap<Id, LaneId>,
    /// How to tell a lane that its log has grown.
    tell: HashMap<ResellerId, HashMap<EndpointId, Arc<Notify>>>,
    /// Where the last look at everyone's ended, so that all have their turn.
    last: LaneId,
    recorded: usize,
}

impl<'a> Lanes<'a> {
    pub(crate) fn new(works: &'a Arc<Works>) -> Self {
        Self {
            works,
            serving: JoinSet::new(),
            by_task: HashMap::new(),
            tell: HashMap::new(),
            last: start(),
            recorded: 0,
        }
    }

    /// Serves lanes until the shutdown, then lets those under way finish.
    pub(crate) async fn run(mut self, woken: &Woken, shutdown: &CancellationToken) {
        let mut backoff = Backoff::default();
        let mut whose = Whose::Everyones;
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !(shutdown.is_cancelled() && self.serving.is_empty()) {
            if !shutdown.is_cancelled() {
                match self.look(&whose, shutdown).await {
                    Ok(()) => {
                        backoff.reset();
                        whose = Whose::default();
                    }
                    Err(error) => {
                        tracing::warn!(%error, cell = self.works.cell.name(), "webhook deliveries could not be looked for");
                        backoff.wait().await;
                    }
                }
            }
            tokio::select! {
                told = woken.told() => match told {
                    Whose::Everyones => whose = Whose::Everyones,
                    Whose::These(these) => whose.add(Some(these.into_iter().collect())),
                },
                _ = every.tick() => whose = Whose::Everyones,
                Some(ended) = self.serving.join_next_with_id(), if !self.serving.is_empty() => {
                    whose.add(Some(self.ended(ended)));
                }
                () = shutdown.cancelled(), if !shutdown.is_cancelled() => {}
            }
        }
    }

    /// Serves all lanes that have something to do now. Returns how many attempts were recorded.
    pub(crate) async fn drain(mut self) -> Result<usize> {
        let never = CancellationToken::new();
        loop {
            self.look(&Whose::Everyones, &never).await?;
            let Some(ended) = self.serving.join_next_with_id().await else { return Ok(self.recorded) };
            if let Ok((_, Err(error))) = ended {
                return Err(error);
            }
            self.ended(ended);
        }
    }

    async fn look(&mut self, whose: &Whose, shutdown: &CancellationToken) -> Result<()> {
        let room = LANES.saturating_sub(self.serving.len());
        if room == 0 {
            return Ok(());
        }
        let found = match whose {
            Whose::These(these) if these.is_empty() => return Ok(()),
            Whose::These(these) => {
                self.tell_of(these);
                let these: Vec<_> = these.iter().copied().collect();
                store::worth_a_look(&self.works.cell, Some(&these), start(), room).await?
            }
            Whose::Everyones => {
                self.tell.values().flat_map(HashMap::values).for_each(|grown| grown.notify_one());
                let mut found = store::worth_a_look(&self.works.cell, None, self.last, room).await?;
                if found.len() < room && self.last != start() {
                    // From the beginning again; what was found already is served by then.
                    let again = store::worth_a_look(&self.works.cell, None, start(), room - found.len()).await?;
                    found.extend(again);
                }
                self.last = if found.len() < room { start() } else { found.last().copied().unwrap_or_else(start) };
                found
            }
        };
        for lane in found {
            self.serve(lane, shutdown);
        }
        Ok(())
    }

    fn tell_of(&self, these: &HashSet<ResellerId>) {
        for grown in these.iter().filter_map(|reseller| self.tell.get(reseller)).flat_map(HashMap::values) {
            grown.notify_one();
        }
    }

    fn serve(&mut self, lane: LaneId, shutdown: &CancellationToken) {
        let lanes = self.tell.entry(lane.0).or_default();
        // It is found again while it has not taken its lease yet.
        if lanes.contains_key(&lane.1) {
            return;
        }
        let grown = Arc::new(Notify::new());
        lanes.insert(lane.1, Arc::clone(&grown));
        let task = self.serving.spawn(lane::serve(Arc::clone(self.works), lane, grown, shutdown.clone()));
        self.by_task.insert(task.id(), lane);
    }

    /// Whose lane ended: it is looked at once more, because it may have been told of something as it ended.
    fn ended(&mut self, ended: Result<(Id, Result<usize>), JoinError>) -> Vec<ResellerId> {
        let task = match &ended {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        match ended {
            Ok((_, Ok(recorded))) => self.recorded += recorded,
            Ok((_, Err(error))) => tracing::warn!(%error, cell = self.works.cell.name(), "a webhook lane broke off"),
            Err(error) => tracing::error!(%error, cell = self.works.cell.name(), "a webhook lane broke off"),
        }
        let Some((reseller, endpoint)) = self.by_task.remove(&task) else { return Vec::new() };
        if let Some(lanes) = self.tell.get_mut(&reseller) {
            lanes.remove(&endpoint);
            if lanes.is_empty() {
                self.tell.remove(&reseller);
            }
        }
        vec![reseller]
    }
}

/// Before the first lane.
pub(crate) fn start() -> LaneId {
    (ResellerId::from_uuid(Uuid::nil()), EndpointId::from_uuid(Uuid::nil()))
}
