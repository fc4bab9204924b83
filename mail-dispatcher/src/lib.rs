//! The mail dispatcher: sends the letters of the outbox by SMTP.
//!
//! Businesses queue letters in the transaction of what they tell (`foundation::mail`). Here they are claimed, written out in
//! the recipient's language, sent, and recorded; any number of processes may do so. The promise is *at least once*: a letter
//! is sent until the mail server takes it, refuses it, or it is no longer worth sending, possibly twice, always with the same
//! `Message-ID`.
//!
//! No business rule lives here: whom to tell what is decided where it happens. Nothing of a recipient goes into the log.

mod figures;
mod message;
mod page;
mod post;
mod queue;
mod schedule;
mod smtp;
mod texts;

use std::{collections::HashMap, time::Duration};

use foundation::{
    Cell, Instant, Result,
    id::{LetterId, ResellerId},
};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

pub use self::post::{BadPost, Post};
use self::{
    message::Sender,
    post::Verdict,
    queue::{Claimed, Outcome},
};

/// Letters under way at once in this process, which is as many connections to the mail server.
const AT_ONCE: usize = 8;
/// What a claim has beyond the longest try, for recording it.
const CLAIM_MARGIN: Duration = Duration::from_secs(30);
/// The longest that it sleeps with nothing to do: what is due by the clock alone is found by looking.
const IDLE: Duration = Duration::from_secs(1);
/// The pause after the database did not answer.
const TROUBLE: Duration = Duration::from_secs(5);

/// The mail dispatcher of one cell.
pub struct Dispatcher {
    cell: Cell,
    post: Post,
}

impl Dispatcher {
    /// A dispatcher that sends this cell's letters by this post.
    #[must_use]
    pub fn new(cell: Cell, post: Post) -> Self {
        Self { cell, post }
    }

    /// Runs until the shutdown; then finishes what is under way, which takes at most as long as a letter may. Failures are
    /// logged and tried again; it never gives up by itself.
    pub async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let pause = match self.next().await {
                Ok(0) => IDLE,
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!(%error, cell = self.cell.name(), "letters could not be claimed or recorded");
                    TROUBLE
                }
            };
            // Nothing is due: a connection that only waits would be in the mail server's way.
            self.post.hang_up().await;
            shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    /// Tries every letter that is due at this time, by the cell's own clock, and returns when all of it is recorded. Returns how
    /// many letters had their turn, of whatever outcome.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn run_once(&self, now: Instant) -> Result<usize> {
        let mut all = 0;
        loop {
            match self.round(now).await? {
                0 => return Ok(all),
                letters => all += letters,
            }
        }
    }

    async fn next(&self) -> Result<usize> {
        self.round(self.cell.clock().await?).await
    }

    /// Gives up to [`AT_ONCE`] letters their turn, reseller by reseller.
    async fn round(&self, now: Instant) -> Result<usize> {
        let mut by_reseller: HashMap<ResellerId, Vec<LetterId>> = HashMap::new();
        for (reseller, letter) in queue::due(&self.cell, now, AT_ONCE).await? {
            by_reseller.entry(reseller).or_default().push(letter);
        }
        let mut turns = Vec::new();
        let mut closed = 0;
        for (reseller, letters) in by_reseller {
            let mut tx = self.cell.tenant(reseller).await?;
            let sender = Sender::of(tenancy::get_reseller(&mut tx).await?);
            let until = now.plus(self.post.patience() + CLAIM_MARGIN);
            let claimed = queue::claim(&mut tx, &letters, now, until).await?;
            for mut letter in claimed {
                queue::put_code_in(&mut tx, &mut letter).await?;
                match close_unsent(&letter, &sender) {
                    Some(outcome) => {
                        queue::close(&mut tx, &letter, outcome).await?;
                        count(self.cell.name(), outcome);
                        closed += 1;
                    }
                    None => turns.push((reseller, sender.clone(), letter)),
                }
            }
            tx.commit().await?;
        }
        let turns = join_all(turns.into_iter().map(|(reseller, sender, letter)| async move {
            let begun = tokio::time::Instant::now();
            let verdict = self.send(&sender, &letter).await;
            self.record(reseller, &letter, now, begun.elapsed(), &verdict).await
        }));
        let recorded = turns.await;
        let had_turn = closed + recorded.len();
        recorded.into_iter().collect::<Result<()>>()?;
        Ok(had_turn)
    }

    async fn send(&self, sender: &Sender, letter: &Claimed) -> Verdict {
        match message::write(sender, letter, self.post.from()) {
            Ok(message) => self.post.send(letter.letter_id, &message).await,
            Err(unsendable) => unsendable,
        }
    }

    async fn record(
        &self,
        reseller: ResellerId,
        letter: &Claimed,
        now: Instant,
        took: Duration,
        verdict: &Verdict,
    ) -> Result<()> {
        let outcome = match verdict {
            Verdict::Accepted(_) => Outcome::Sent,
            Verdict::Refused(_) => Outcome::Failed,
            Verdict::PutOff(_) => schedule::wait(letter.attempts, rand::random_range(schedule::JITTER))
                .map_or(Outcome::Failed, |wait| Outcome::Again(now.plus(wait))),
        };
        if outcome != Outcome::Sent {
            // The server's answer may name the recipient, so it is for the reseller's own log only.
            tracing::info!(
                letter = %letter.letter_id, cell = self.cell.name(), attempt = letter.attempts, verdict = verdict.word(),
                "a letter was not sent"
            );
        }
        let mut tx = self.cell.tenant(reseller).await?;
        queue::record(&mut tx, letter, now, took, verdict, outcome).await?;
        tx.commit().await?;
        count(self.cell.name(), outcome);
        Ok(())
    }
}

/// Why a letter that is due is not to be sent, if so.
fn close_unsent(letter: &Claimed, sender: &Sender) -> Option<Outcome> {
    if !letter.useful {
        Some(Outcome::Outdated)
    } else if !sender.enabled() && !letter.to_reseller {
        Some(Outcome::Withheld)
    } else {
        // It was tried to the end by processes that stopped in the middle.
        schedule::is_over(letter.attempts).then_some(Outcome::Failed)
    }
}

fn count(cell: &str, outcome: Outcome) {
    metrics::counter!("mail_letters_total", "cell" => cell.to_owned(), "outcome" => outcome.word()).increment(1);
}
