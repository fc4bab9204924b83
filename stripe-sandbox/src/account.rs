//! One account at work: its book behind a lock that is never held over I/O, its keys, its queue of callbacks, its agenda.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use subtle::ConstantTimeEq;
use tokio::sync::Notify;

use crate::book::{Book, Context};
use crate::callbacks::Callbacks;
use crate::clock::Clock;
use crate::config;
use crate::delays::Delays;
use crate::faults::Faults;
use crate::idempotency::Answers;
use crate::journal::{Journal, Line};
use crate::money::Fee;
use crate::objects::event::Cause;
use crate::rate_limit::RateLimit;

/// The terms that all accounts have.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Where this provider's pages are: `http://host:port`.
    pub(crate) address: Arc<str>,
    pub(crate) fee: Fee,
    pub(crate) delay_ms: i64,
}

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) settings: config::Account,
    pub(crate) answers: Answers,
    pub(crate) callbacks: Callbacks,
    pub(crate) faults: Faults,
    pub(crate) rate_limit: RateLimit,
    pub(crate) clock: Arc<Clock>,
    name: Arc<str>,
    book: Mutex<Book>,
    agenda_changed: Notify,
    journal: Journal,
    terms: Terms,
    delays: Mutex<Delays>,
}

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everything.
    Secret,
    /// One payment, with its client secret.
    Publishable,
}

impl Account {
    pub(crate) fn new(
        settings: config::Account,
        (book, answers): (Book, Answers),
        clock: Arc<Clock>,
        journal: Journal,
        terms: Terms,
    ) -> Self {
        let name = settings.publishable_key.as_str().into();
        let callbacks = Callbacks::default();
        callbacks.set_receivers(&settings, &book);
        let book = Mutex::new(book);
        let delays = Mutex::new(Delays::all(terms.delay_ms));
        Self {
            settings,
            answers,
            callbacks,
            faults: Faults::default(),
            rate_limit: RateLimit::default(),
            clock,
            name,
            book,
            agenda_changed: Notify::new(),
            journal,
            terms,
            delays,
        }
    }

    /// What `key` opens in this account, if anything.
    pub(crate) fn access(&self, key: &str) -> Option<Access> {
        let is = |own: &str| bool::from(own.as_bytes().ct_eq(key.as_bytes()));
        if is(&self.settings.secret_key) {
            Some(Access::Secret)
        } else if is(&self.settings.publishable_key) {
            Some(Access::Publishable)
        } else {
            None
        }
    }

    /// Looks something up.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Book, &Context) -> T) -> T {
        let context = self.context(None);
        look(&self.lock(), &context)
    }

    /// Carries out one operation: its changes go to the journal and its events to the receiver in the order of the operations.
    pub(crate) async fn transact<T>(
        &self,
        cause: Option<Cause>,
        operation: impl FnOnce(&mut Book, &Context) -> T,
    ) -> T {
        let room = self.journal.room().await;
        let mut book = self.lock();
        let context = self.context(cause);
        let due = book.next_due();
        let result = operation(&mut book, &context);
        let mut changes = book.take_changes();
        if changes.receivers {
            self.callbacks.set_receivers(&self.settings, &book);
        }
        for lost in self.callbacks.push(&changes.events, context.now_ms) {
            let mark =
                |book: &mut Book| lost.pending.iter().for_each(|receiver| book.mark_delivered(&lost.id, receiver));
            match &lost.account {
                None => mark(&mut book),
                Some(account) => book.within(account, mark),
            }
        }
        changes.records.extend(book.take_changes().records);
        room.write(changes.records.into_iter().map(|record| Line::Of(self.name.clone(), record)).collect());
        if book.next_due() != due {
            self.agenda_changed.notify_one();
        }
        result
    }

    /// Does what is due now. Returns how much that was.
    pub(crate) async fn run_due(&self) -> usize {
        self.transact(None, Book::run_due).await
    }

    /// Does what becomes due, for ever.
    pub(crate) async fn keep_agenda(self: Arc<Self>) {
        loop {
            let next = self.read(|book, context| book.next_due().map(|due| due - context.now_ms));
            match next {
                Some(wait) if wait <= 0 => {
                    self.run_due().await;
                }
                Some(wait) => {
                    let wait = Duration::from_millis(wait.unsigned_abs());
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.agenda_changed.notified() => {}
                    }
                }
                None => self.agenda_changed.notified().await,
            }
        }
    }

    /// The clock was moved: everything that waits looks again.
    pub(crate) fn clock_moved(&self) {
        self.agenda_changed.notify_one();
        self.callbacks.wake();
    }

    fn context(&self, cause: Option<Cause>) -> Context {
        let Terms { address, fee, delay_ms } = self.terms.clone();
        let (delays, receivers) = (self.set_delays(|_| {}), self.callbacks.receivers());
        Context { now_ms: self.clock.now_ms(), cause, address, fee, delay_ms, delays, receivers }
    }

    /// Changes how long things take from now on, and returns it as it is then.
    pub(crate) fn set_delays(&self, change: impl FnOnce(&mut Delays)) -> Delays {
        let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut delays);
        *delays
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // No operation leaves the book half changed: it checks first and changes then.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
