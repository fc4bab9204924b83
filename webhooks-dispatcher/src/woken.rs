//! Whose lanes are worth a look, as the sequencer tells. Any number of tellings wake the lanes up once.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use foundation::{Cell, id::ResellerId, sequencer};
use tokio::sync::Notify;

use crate::backoff::Backoff;

/// Whom to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    Everyones,
    These(HashSet<ResellerId>),
}

impl Default for Whose {
    fn default() -> Self {
        Self::These(HashSet::new())
    }
}

impl Whose {
    pub(crate) fn add(&mut self, more: Option<Vec<ResellerId>>) {
        match (self, more) {
            (Self::Everyones, _) => {}
            (Self::These(these), Some(more)) => these.extend(more),
            (all, None) => *all = Self::Everyones,
        }
    }
}

/// What has been told and not been looked at yet.
#[derive(Debug, Default)]
pub(crate) struct Woken {
    whose: Mutex<Whose>,
    notify: Notify,
}

impl Woken {
    /// Waits until anything is told, and takes it.
    pub(crate) async fn told(&self) -> Whose {
        self.notify.notified().await;
        std::mem::take(&mut *self.whose())
    }

    fn tell(&self, whose: Option<Vec<ResellerId>>) {
        self.whose().add(whose);
        self.notify.notify_one();
    }

    fn whose(&self) -> MutexGuard<'_, Whose> {
        self.whose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to the sequencer. After every new connection everyone is looked at, because something may have been missed.
    pub(crate) async fn listen(&self, cell: &Cell) {
        let mut backoff = Backoff::default();
        loop {
            match sequencer::listen(cell).await {
                Ok(mut listener) => {
                    backoff.reset();
                    self.tell(None);
                    while let Ok(told) = listener.recv().await {
                        self.tell(sequencer::grown(told.payload()));
                    }
                }
                Err(error) => tracing::warn!(%error, cell = cell.name(), "the dispatcher cannot listen for events"),
            }
            backoff.wait().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_told_is_taken_once_and_together() {
        let (a, b) = (ResellerId::new(), ResellerId::new());
        let woken = Woken::default();
        woken.tell(Some(vec![a]));
        woken.tell(Some(vec![b, a]));
        assert_eq!(woken.told().await, Whose::These(HashSet::from([a, b])));
        woken.tell(None);
        woken.tell(Some(vec![a]));
        assert_eq!(woken.told().await, Whose::Everyones);
    }
}
