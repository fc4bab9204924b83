//! Opening the provider: the accounts of the configuration with what an earlier run left in the state file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::account::{Account, Terms};
use crate::book::Book;
use crate::clock::Clock;
use crate::config::Config;
use crate::idempotency::Answers;
use crate::journal::{self, Journal, Line, Record};
use crate::server::{Sandbox, ServeError, Writer};

/// Refuses a configuration that contradicts itself.
pub(crate) fn check(config: &Config) -> Result<(), ServeError> {
    let mut keys: Vec<&str> = Vec::new();
    for account in &config.accounts {
        keys.extend([account.secret_key.as_str(), account.publishable_key.as_str()]);
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if count == 0 || keys.len() != count || keys.iter().any(|key| key.is_empty()) {
        return Err(ServeError::Config("there must be an account, and every key must be there once".to_owned()));
    }
    Ok(())
}

/// Builds the accounts, with what an earlier run left behind. `address` is where this provider's pages are.
pub(crate) fn open(config: &Config, address: Arc<str>) -> Result<(Sandbox, Option<Writer>), ServeError> {
    let clock = Arc::new(Clock::default());
    let mut kept: HashMap<String, (Book, Answers)> = HashMap::new();
    for account in &config.accounts {
        kept.insert(account.publishable_key.clone(), Default::default());
    }
    let delay_ms = i64::try_from(config.balance_transaction_delay.as_millis()).unwrap_or(i64::MAX / 2);
    let (journal, writer) = match &config.state_file {
        None => (Journal::default(), None),
        Some(path) => {
            replay(path, &clock, &mut kept)?;
            let offset = std::iter::once(Line::ClockOffset(clock.offset_ms()));
            let now_ms = clock.now_ms();
            let lines = kept.iter().flat_map(|(name, (book, answers))| lines_of(name, book, answers, now_ms));
            let (journal, writer) = Journal::start(path, offset.chain(lines))?;
            (journal, Some(writer))
        }
    };
    let terms = Terms { address, fee: config.fee, delay_ms };
    let mut accounts = Vec::new();
    for settings in &config.accounts {
        let (mut book, answers) = kept.remove(&settings.publishable_key).unwrap_or_default();
        book.reschedule(delay_ms);
        let unsent = book.unsent();
        let account = Account::new(settings.clone(), (book, answers), clock.clone(), journal.clone(), terms.clone());
        account.callbacks.push(&unsent, clock.now_ms());
        accounts.push(Arc::new(account));
    }
    Ok((Sandbox { accounts, clock, journal }, writer))
}

fn replay(path: &Path, clock: &Clock, kept: &mut HashMap<String, (Book, Answers)>) -> Result<(), ServeError> {
    let mut stranger = None;
    journal::read(path, |line| match line {
        Line::ClockOffset(offset) => clock.restore(offset),
        Line::Of(name, record) => match (kept.get_mut(&*name), record) {
            (Some((_, answers)), Record::Answer(answer)) => answers.restore(*answer),
            (Some((book, _)), record) => book.restore(record),
            (None, _) => stranger = Some(name),
        },
    })?;
    match stranger {
        None => Ok(()),
        Some(name) => Err(ServeError::Config(format!(
            "the state file {} holds payments of the account {name}, which is not configured; configure it, or move the file away",
            path.display()
        ))),
    }
}

fn lines_of(name: &str, book: &Book, answers: &Answers, now_ms: i64) -> impl Iterator<Item = Line> {
    let name: Arc<str> = name.into();
    let answers = answers.all(now_ms).into_iter().map(|answer| Record::Answer(Box::new(answer)));
    book.records().chain(answers).map(move |record| Line::Of(name.clone(), record))
}
