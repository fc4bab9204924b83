//! Steps of purchases that are taken together. Whoever comes first does its own in a transaction of its own; what others ask of the same
//! reseller meanwhile is done in one transaction for all of them, by set-based statements, and what is asked during that in the next.
//! There is no timer: a lone buyer waits for nobody, and in a rush the batch grows by itself.
//!
//! Who is refused before anything is written costs the others nothing. Whatever fails after that undoes the batch: it is tried again in
//! halves, so that whoever is refused is refused alone and costs the others a few tries. Whoever has to wait for what somebody else has
//! locked does that apart, and keeps nobody waiting. A batch runs in a task of its own: its callers may go away at any time. Who comes first
//! and goes away takes its step with it.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foundation::{
    Cell, Code, Error, Refusal, Result, TenantTx,
    cell::Patience,
    id::ResellerId,
    refusal::{is_answered, is_lost},
};
use tokio::sync::oneshot;

use crate::{
    inventory::Inventory,
    store::claims::Change,
    use_cases::{
        answer_order::Answering, begin_order::Beginning, create_order::NewOrder, lock_for_confirmation::Confirmation,
        sell::Paid,
    },
};

/// The most steps of one transaction. More are worth little, and all of them wait for the last.
const BATCH: usize = 128;

/// A step that may be taken together with others of its kind.
pub(crate) trait Step: Sized + Send + Sync + 'static {
    /// What comes of it.
    type Done: Send + 'static;

    /// What it is called in the metrics.
    const NAME: &'static str;

    /// The transaction in which they are taken.
    fn begin(cell: &Cell, reseller: ResellerId, patience: Patience) -> impl Future<Output = Result<TenantTx>> + Send {
        cell.patient(reseller, patience)
    }

    /// Takes them all in this transaction. Gives what came of each, in their order; nothing was written for who is refused. An error, and
    /// none of them was taken.
    fn all(
        inventory: &Inventory,
        tx: &mut TenantTx,
        steps: &[Self],
    ) -> impl Future<Output = Result<Vec<Result<Self::Done, Refusal>>>> + Send;

    /// What memory is to learn of it once it is committed.
    fn changes(_: &Self::Done) -> &[Change] {
        &[]
    }

    /// Where those of its kind wait.
    fn waiting(together: &Together) -> &Waiting<Self>;
}

/// Who waits for what in a process.
#[derive(Debug, Default)]
pub(crate) struct Together {
    pub(crate) beginnings: Waiting<Beginning>,
    pub(crate) orders: Waiting<NewOrder>,
    pub(crate) confirmations: Waiting<Confirmation>,
    pub(crate) sales: Waiting<Paid>,
    pub(crate) answers: Waiting<Answering>,
}

/// The most that wait for one reseller; more are told to come again.
const WAITING_MAX: usize = 4_096;

/// Who waits, by reseller; there is an entry while somebody is at work for it.
pub(crate) struct Waiting<S: Step>(Mutex<HashMap<ResellerId, Vec<Asked<S>>>>);

enum Place<S: Step> {
    First(S),
    Behind(oneshot::Receiver<Result<S::Done>>),
}

struct Asked<S: Step> {
    step: S,
    reply: oneshot::Sender<Result<S::Done>>,
}

impl<S: Step> Default for Waiting<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: Step> fmt::Debug for Waiting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.lock();
        write!(f, "{} at work, {} waiting", all.len(), all.values().map(Vec::len).sum::<usize>())
    }
}

impl<S: Step> Waiting<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<ResellerId, Vec<Asked<S>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the step back to who is first, and what to wait for to everybody else.
    fn join(&self, reseller: ResellerId, step: S) -> Result<Place<S>, Refusal> {
        match self.lock().entry(reseller) {
            Entry::Vacant(nobody) => {
                nobody.insert(Vec::new());
                Ok(Place::First(step))
            }
            Entry::Occupied(others) if others.get().len() >= WAITING_MAX => Err(busy()),
            Entry::Occupied(mut others) => {
                let (reply, answer) = oneshot::channel();
                others.get_mut().push(Asked { step, reply });
                Ok(Place::Behind(answer))
            }
        }
    }

    /// The next batch, or none and nobody is at work any more. What nobody waits for any more is not done.
    fn next(&self, reseller: ResellerId) -> Option<Vec<Asked<S>>> {
        let mut all = self.lock();
        let waiting = all.get_mut(&reseller)?;
        waiting.retain(|asked| !asked.reply.is_closed());
        if waiting.is_empty() {
            all.remove(&reseller);
            return None;
        }
        let many = waiting.len().min(BATCH);
        Some(waiting.drain(..many).collect())
    }
}

/// Takes a step of this reseller's, alone or together with those of others, and teaches memory what came of it.
///
/// # Errors
/// Its refusal; the database's; `outcome_unknown` where it may have been taken.
pub(crate) async fn take<S: Step>(inventory: &Inventory, reseller: ResellerId, step: S) -> Result<S::Done> {
    match S::waiting(&inventory.together).join(reseller, step)? {
        Place::First(step) => {
            let turn = Turn::<S> { inventory, reseller, step: std::marker::PhantomData };
            let step = [step];
            match attempt(inventory, reseller, &step).await {
                Err(Failed::Nothing(error)) if has_to_wait(&error) => {
                    drop(turn);
                    apart(inventory, reseller, &step).await
                }
                outcome => only(outcome),
            }
        }
        Place::Behind(answer) => answer.await.unwrap_or_else(|_| Err(Refusal::outcome_unknown().into())),
    }
}

/// The turn of who came first: given up when it is through or goes away, and whoever waits by then is served.
struct Turn<'a, S: Step> {
    inventory: &'a Inventory,
    reseller: ResellerId,
    step: std::marker::PhantomData<S>,
}

impl<S: Step> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        let served = self.inventory.shared().zip(tokio::runtime::Handle::try_current().ok());
        match (S::waiting(&self.inventory.together).next(self.reseller), served) {
            (Some(asked), Some((inventory, runtime))) => drop(runtime.spawn(work(inventory, self.reseller, asked))),
            // The process ends, and nobody is left to be served.
            (Some(_), None) => drop(S::waiting(&self.inventory.together).lock().remove(&self.reseller)),
            (None, _) => {}
        }
    }
}

/// Serves who waits until nobody does.
async fn work<S: Step>(inventory: Arc<Inventory>, reseller: ResellerId, mut asked: Vec<Asked<S>>) {
    loop {
        // In a task of its own, so that one that panics does not leave the reseller unserved.
        if let Err(error) = tokio::spawn(run(inventory.clone(), reseller, asked)).await {
            tracing::error!(%error, %reseller, "steps that were taken together ended badly");
        }
        match S::waiting(&inventory.together).next(reseller) {
            Some(next) => asked = next,
            None => return,
        }
    }
}

/// Takes a batch; where it fails, in halves.
async fn run<S: Step>(inventory: Arc<Inventory>, reseller: ResellerId, asked: Vec<Asked<S>>) {
    metrics::histogram!("stagedoor_steps_together", "step" => S::NAME)
        .record(u32::try_from(asked.len()).unwrap_or(u32::MAX));
    let (steps, replies): (Vec<S>, Vec<_>) = asked.into_iter().map(|asked| (asked.step, asked.reply)).unzip();
    let mut batches = vec![(steps, replies)];
    while let Some((mut steps, mut replies)) = batches.pop() {
        match attempt(&inventory, reseller, &steps).await {
            // A caller that has gone away needs no answer.
            Ok(outcomes) => {
                let each = outcomes.into_iter().zip(replies);
                each.for_each(|(outcome, reply)| drop(reply.send(outcome.map_err(Error::from))));
            }
            Err(Failed::Nothing(_)) if steps.len() > 1 => {
                metrics::counter!("stagedoor_steps_together_halved_total").increment(1);
                let half = steps.len() / 2;
                let rest = (steps.split_off(half), replies.split_off(half));
                batches.extend([rest, (steps, replies)]);
            }
            Err(Failed::Nothing(error)) if has_to_wait(&error) => {
                let inventory = inventory.clone();
                tokio::spawn(async move {
                    let outcome = apart(&inventory, reseller, &steps).await;
                    replies.into_iter().next().map(|reply| reply.send(outcome))
                });
            }
            Err(Failed::Nothing(error) | Failed::NoConnection(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                if !matches!(error, Error::Refused(_)) {
                    tracing::error!(%error, cause, %reseller, steps = steps.len(), "steps of purchases failed");
                }
                replies.into_iter().for_each(|reply| drop(reply.send(Err(again(&error)))));
            }
            Err(Failed::Unknown) => {
                replies.into_iter().for_each(|reply| drop(reply.send(Err(Refusal::outcome_unknown().into()))));
            }
        }
    }
}

/// What came of each step of a batch.
type Outcomes<S> = Vec<Result<<S as Step>::Done, Refusal>>;

enum Failed {
    /// Nothing was done.
    Nothing(Error),
    /// Nothing could even be begun, and it would be the same for each by itself.
    NoConnection(Error),
    /// The connection was lost at the commit.
    Unknown,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Nothing(error)
    }
}

/// Takes them in one transaction that gives way to others.
async fn attempt<S: Step>(inventory: &Inventory, reseller: ResellerId, steps: &[S]) -> Result<Outcomes<S>, Failed> {
    let tx = S::begin(inventory.cell(), reseller, Patience::Little).await.map_err(Failed::NoConnection)?;
    commit(inventory, tx, steps).await
}

/// Takes one that waits as long as any request for what others have locked.
async fn apart<S: Step>(inventory: &Inventory, reseller: ResellerId, step: &[S]) -> Result<S::Done> {
    let tx = S::begin(inventory.cell(), reseller, Patience::OfARequest).await?;
    only(commit(inventory, tx, step).await)
}

fn only<T>(outcome: Result<Vec<Result<T, Refusal>>, Failed>) -> Result<T> {
    match outcome {
        Ok(outcomes) => match outcomes.into_iter().next() {
            Some(outcome) => Ok(outcome?),
            None => Err(Error::Inconsistent("a step came to nothing".to_owned())),
        },
        Err(Failed::Nothing(error) | Failed::NoConnection(error)) => Err(error),
        Err(Failed::Unknown) => Err(Refusal::outcome_unknown().into()),
    }
}

async fn commit<S: Step>(inventory: &Inventory, mut tx: TenantTx, steps: &[S]) -> Result<Outcomes<S>, Failed> {
    let reseller = tx.reseller();
    let outcomes = S::all(inventory, &mut tx, steps).await?;
    match tx.commit().await {
        Ok(()) => {}
        Err(error) if is_answered(&error) => return Err(Error::from(error).into()),
        Err(error) => {
            tracing::warn!(%error, "whether steps of purchases were taken is not known");
            // Memory is read anew: what it would have learned may be so or not.
            if outcomes.iter().flatten().any(|done| !S::changes(done).is_empty()) {
                inventory.forget_all(reseller);
            }
            return Err(Failed::Unknown);
        }
    }
    outcomes.iter().flatten().for_each(|done| inventory.learn_own(reseller, S::changes(done)));
    Ok(outcomes)
}

/// Whether it gave way to others, or lost its connection before anything was committed.
fn has_to_wait(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => refusal.code == Code::Busy,
        Error::Database(error) => is_lost(error),
        _ => false,
    }
}

fn busy() -> Refusal {
    Refusal::new(Code::Busy, "More is being bought than can be taken in; try again with the same key.")
        .with_retry_after(Duration::from_secs(1))
}

/// The same error for another caller.
pub(crate) fn again(error: &Error) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(refusal.clone()),
        other => Error::Inconsistent(other.to_string()),
    }
}
