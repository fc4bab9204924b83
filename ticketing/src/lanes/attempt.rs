//! One transaction of combined holds: fence, keys, claims, holds, event, commit; then memory and answers.

use std::collections::{HashMap, HashSet};

use accounting::FeeRules;
use foundation::{
    Code, Error, Instant, Refusal, Result, TenantTx,
    id::{BatchId, HoldId, PerformanceId, ResellerId, ShowId, TicketId},
    idempotency::{self, StoredAnswer},
    refusal::{is_answered, is_contention, is_lost},
};

use sqlx::types::Json;

use super::{Job, Placed, Shared};
use crate::{
    inventory::{Asked, Proposal},
    rules::{
        all_in::{add_fees, one_currency},
        limit::{Needs, Rooms, Slot},
        order::{HeldTicket, Hold, HoldState},
        performance::{PerformanceState, on_sale},
        show::ShowState,
        stock::Keeper,
        terms::{AskedBy, Asker, Book, NoTerms},
        waitlist::Scope,
    },
    store::{
        self,
        claims::{self, Change, Owner, Wanted},
        holds::NewHold,
        limits::BuyerMaxRow,
        slots::{self, WantedSlot},
        waitlists,
    },
    use_cases::waitlist_first::waitlist_first,
};

/// How a batch ended.
pub(super) enum Outcome {
    /// Decided; these are to be asked again (they lost to a batch-mate, or follow one with the same key).
    Through(Vec<Job>),
    /// The transaction gave way to others; nothing happened.
    GaveWay(Vec<Job>),
    /// It failed for all.
    Failed(Vec<Job>, Error),
}

/// A job with tickets proposed for it, and slots of the limits that these fall under.
struct Candidate {
    job: Job,
    hold: NewHold,
    slots: Vec<Slot>,
    answer: StoredAnswer,
    told: Hold,
}

/// What becomes of the jobs of a batch as it goes on.
#[derive(Default)]
struct Sorted {
    waiting: Vec<Job>,
    candidates: Vec<Candidate>,
    again: Vec<Job>,
    settled: Vec<(Job, Result<Placed>)>,
}

impl Sorted {
    fn all(self) -> Vec<Job> {
        let settled = self.settled.into_iter().map(|(job, _)| job);
        self.waiting
            .into_iter()
            .chain(self.candidates.into_iter().map(|c| c.job))
            .chain(self.again)
            .chain(settled)
            .collect()
    }
}

/// What the claims said.
struct Claimed {
    won: HashSet<HoldId>,
    lost: Vec<Change>,
    changes: Vec<Change>,
}

pub(super) async fn attempt(shared: &Shared, reseller: ResellerId, jobs: Vec<Job>) -> Outcome {
    let performances: HashSet<PerformanceId> =
        jobs.iter().flat_map(|job| &job.request.wants).map(|w| w.performance).collect();
    if let Err(error) = shared.inventory.warm(reseller, performances.iter().copied()).await {
        return Outcome::Failed(jobs, error);
    }
    let mut performances: Vec<PerformanceId> = performances.into_iter().collect();
    performances.sort_unstable();
    let batch = BatchId::new();
    let mut sorted = Sorted { waiting: jobs, ..Sorted::default() };
    let mut batch_tx = match shared.inventory.cell().lane(reseller).await {
        Ok(tx) => tx,
        Err(error) => return ended(shared, reseller, sorted, error),
    };
    let done = async {
        let doors = open_batch(&mut batch_tx, batch, &performances).await?;
        let Some(now) = doors.now else {
            let jobs = std::mem::take(&mut sorted.waiting);
            sorted.settled.extend(jobs.into_iter().map(|job| (job, Err(Refusal::missing("performance").into()))));
            return Ok(None);
        };
        shared.inventory.set_clock(reseller, now);
        // Tickets that are gone or have become others must not be proposed: nothing behind this would notice. What is forgotten
        // here is read anew when its jobs are asked again.
        for row in doors.rows.values() {
            shared.inventory.forget_older(reseller, row.performance_id, row.stock_epoch);
        }
        answer_known_keys(&mut batch_tx, &mut sorted).await?;
        let book = doors.terms(&mut batch_tx, &sorted.waiting).await?;
        let mut needs = Needs::default();
        sorted.waiting.iter().for_each(|job| book.need(&job.asker, &job.request.wants, &mut needs));
        let rooms = slots::free(&mut batch_tx, &needs, &shared.inventory.starts, now).await?;
        let fees = doors.fees(&mut batch_tx).await?;
        let terms = Terms { doors: &doors, book: &book, rooms, fees: &fees, now };
        propose(shared, reseller, terms, &mut sorted);
        leave_to_who_waits(&mut batch_tx, shared, reseller, &doors, &mut sorted).await?;
        store_keys(&mut batch_tx, shared, reseller, &mut sorted).await?;
        let claimed = claim(&mut batch_tx, &sorted.candidates, now, shared.inventory.teller).await?;
        Ok::<_, Stop>(Some((claimed, now)))
    }
    .await;
    match done {
        Err(Stop::Sql(error)) => ended(shared, reseller, sorted, error),
        Err(Stop::Other(Error::Refused(refusal))) if refusal.code == Code::Busy => {
            Outcome::GaveWay(undone(shared, reseller, sorted))
        }
        Err(Stop::Other(error)) => Outcome::Failed(undone(shared, reseller, sorted), error),
        Ok(None) => through(sorted),
        Ok(Some((claimed, now))) => {
            if sorted.candidates.is_empty() {
                return through(sorted);
            }
            match batch_tx.commit().await {
                Ok(()) => decided(shared, reseller, sorted, &claimed, now),
                Err(error) if is_answered(&error) => ended(shared, reseller, sorted, error),
                Err(error) => resolve(shared, reseller, batch, sorted, claimed, now, error).await,
            }
        }
    }
}

/// Why a batch did not come to its commit.
enum Stop {
    Sql(sqlx::Error),
    Other(Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// The performances of a batch as they stand, locked against a change of their state.
struct Doors {
    now: Option<Instant>,
    rows: HashMap<PerformanceId, DoorRow>,
}

#[derive(sqlx::FromRow)]
struct DoorRow {
    performance_id: PerformanceId,
    show_state: String,
    state: String,
    on_sale_at: Instant,
    off_sale_at: Instant,
    stock_epoch: i64,
    #[sqlx(flatten)]
    buyer_max: BuyerMaxRow,
    has_terms: bool,
    /// Whether the reseller has fee rules of its own.
    has_fee_rules: bool,
    /// What those on its waitlist would take.
    waited_for: Option<Json<Vec<Scope>>>,
    now: Instant,
}

impl Doors {
    fn open(&self, performance: PerformanceId, now: Instant) -> Result<(), Refusal> {
        let row = self.rows.get(&performance).ok_or_else(|| Refusal::missing("performance"))?;
        let show = ShowState::parse(&row.show_state).unwrap_or(ShowState::Draft);
        let state = PerformanceState::parse(&row.state).unwrap_or(PerformanceState::Closed);
        on_sale(show, state, row.on_sale_at, row.off_sale_at, now)
    }

    fn show_of(&self, performance: PerformanceId) -> Option<ShowId> {
        self.rows.get(&performance).map(|row| row.buyer_max.show())
    }

    /// Reads by which rules fees are taken. Where the reseller has none of its own, without asking: the platform's hold.
    async fn fees(&self, tx: &mut TenantTx) -> Result<FeeRules> {
        if !self.rows.values().any(|row| row.has_fee_rules) {
            return Ok(FeeRules::default());
        }
        let shows: Vec<ShowId> = self.rows.values().map(|row| row.buyer_max.show()).collect();
        accounting::fees_in_force(tx, &shows).await
    }

    /// Reads the terms on which these performances are sold. Where nobody is limited and nothing is special, without asking.
    async fn terms(&self, tx: &mut TenantTx, jobs: &[Job]) -> Result<Book> {
        let askers: Vec<&Asker> = jobs.iter().map(|job| &job.asker).collect();
        let special: Vec<PerformanceId> =
            self.rows.values().filter(|row| row.has_terms).map(|row| row.buyer_max.performance()).collect();
        let all = self.rows.values().filter_map(|row| row.buyer_max.read().ok()).collect();
        store::terms::read(tx, all, &special, &askers).await
    }
}

async fn open_batch(tx: &mut TenantTx, batch: BatchId, performances: &[PerformanceId]) -> Result<Doors, sqlx::Error> {
    let reseller = tx.reseller();
    let rows: Vec<DoorRow> = sqlx::query_as(
        "with fence as (insert into batches (reseller_id, batch_id) values ($1, $2))
         select p.performance_id, s.state as show_state, p.state, p.on_sale_at, p.off_sale_at, p.stock_epoch,
                cell_now() as now,
                p.show_id, p.buyer_max as own_max, s.buyer_max as show_max, s.buyer_max_per,
                exists (select from sale_rounds r where r.reseller_id = $1 and r.performance_id = p.performance_id)
                    or exists (select from pools q where q.reseller_id = $1 and q.performance_id = p.performance_id) as has_terms,
                exists (select from fee_rules f where f.reseller_id = $1) as has_fee_rules,
                (select w.scopes from waitlists w where w.reseller_id = $1 and w.performance_id = p.performance_id
                     and w.waiting > 0) as waited_for
         from performances p join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id
         where p.reseller_id = $1 and p.performance_id = any($3)
         order by p.performance_id for share of p, s",
    )
    .bind(reseller)
    .bind(batch)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    // The latest reading: what had expired by the first has expired by the last.
    let now = rows.iter().map(|row| row.now).max();
    Ok(Doors { now, rows: rows.into_iter().map(|row| (row.performance_id, row)).collect() })
}

/// Answers the jobs whose keys have an answer, and puts those aside that follow another with the same key.
async fn answer_known_keys(tx: &mut TenantTx, sorted: &mut Sorted) -> Result<(), sqlx::Error> {
    let keys = sorted.waiting.iter().filter_map(|job| job.request.key.as_ref());
    let keys: Vec<&str> = keys.map(|key| key.text.as_str()).collect();
    let known = if keys.is_empty() { Vec::new() } else { idempotency::stored(tx, &keys).await? };
    let known: HashMap<String, (Vec<u8>, Option<StoredAnswer>)> =
        known.into_iter().map(|(key, hash, answer)| (key, (hash, answer))).collect();
    let mut first: HashMap<String, [u8; 32]> = HashMap::new();
    for job in std::mem::take(&mut sorted.waiting) {
        let Some(key) = &job.request.key else {
            sorted.waiting.push(job);
            continue;
        };
        match (known.get(&key.text), first.get(&key.text)) {
            (Some((hash, _)), _) if *hash != key.fingerprint => {
                sorted.settled.push((job, Err(idempotency::reused().into())));
            }
            (Some((_, Some(answer))), _) => sorted.settled.push((job, Ok(Placed::Before(answer.clone())))),
            (Some((_, None)), _) => sorted.settled.push((job, Err(idempotency::in_use().into()))),
            (None, Some(other)) if *other != key.fingerprint => {
                sorted.settled.push((job, Err(idempotency::reused().into())));
            }
            // It finds the answer of the first the next time round.
            (None, Some(_)) => sorted.again.push(job),
            (None, None) => {
                first.insert(key.text.clone(), key.fingerprint);
                sorted.waiting.push(job);
            }
        }
    }
    Ok(())
}

/// What a batch sells on.
struct Terms<'a> {
    doors: &'a Doors,
    book: &'a Book,
    rooms: Rooms,
    fees: &'a FeeRules,
    now: Instant,
}

fn propose(shared: &Shared, reseller: ResellerId, mut terms: Terms<'_>, sorted: &mut Sorted) {
    let now = terms.now;
    for mut job in std::mem::take(&mut sorted.waiting) {
        let closed = job.request.wants.iter().find_map(|want| terms.doors.open(want.performance, now).err());
        if let Some(refusal) = closed {
            sorted.settled.push((job, Err(refusal.into())));
            continue;
        }
        let (wants, through) = (&job.request.wants, &job.request.by.through);
        match shared.inventory.propose(reseller, &Asked { wants, through, beside: &[], tries: job.tries }, now) {
            Ok(mut proposal) => match sell(&mut terms, &job, &mut proposal) {
                Ok(slots) => sorted.candidates.push(candidate(shared, job, proposal, slots, now)),
                Err(why) => {
                    let proposed: Vec<HeldTicket> = proposal.items.iter().map(|item| item.held).collect();
                    shared.inventory.withdraw(reseller, &proposed);
                    not_sold(sorted, job, why);
                }
            },
            Err(Some(refusal)) => sorted.settled.push((job, Err(refusal.into()))),
            Err(None) => {
                job.tries += 1;
                sorted.again.push(job);
            }
        }
    }
}

/// Puts what is proposed for a job on the terms on which it is sold, and says what it costs all in. Gives the slots that it needs.
fn sell(terms: &mut Terms<'_>, job: &Job, proposal: &mut Proposal) -> Result<Vec<Slot>, NoTerms> {
    one_currency(&proposal.items).map_err(NoTerms::Refused)?;
    let wants = &job.request.wants;
    let slots = terms.book.sell(&mut terms.rooms, &job.asker, wants, &mut proposal.items, terms.now)?;
    add_fees(
        &mut proposal.items,
        |performance| terms.doors.show_of(performance),
        (terms.fees, job.request.by.through.sold_through),
    );
    Ok(slots)
}

fn not_sold(sorted: &mut Sorted, mut job: Job, why: NoTerms) {
    match why {
        NoTerms::Refused(refusal) => sorted.settled.push((job, Err(refusal.into()))),
        NoTerms::Undecided => {
            job.tries += 1;
            sorted.again.push(job);
        }
    }
}

/// A hold of these tickets, with the answer that it will have.
fn candidate(shared: &Shared, job: Job, proposal: Proposal, slots: Vec<Slot>, now: Instant) -> Candidate {
    let Proposal { items, seating } = proposal;
    let held = items.iter().map(|item| item.held).collect();
    let expires_at = now.plus(job.request.lasts);
    let AskedBy { reference, through, .. } = &job.request.by;
    let (buyer_reference, sold_through) = (reference.clone(), through.sold_through);
    let hold = NewHold { id: job.request.id, items: held, buyer_reference, sold_through, expires_at };
    let told = Hold {
        id: hold.id,
        state: HoldState::Active,
        items,
        buyer_reference: hold.buyer_reference.clone(),
        created_at: now,
        expires_at,
        order: None,
        version: 1,
        seating,
    };
    let answer = (shared.render)(&told);
    Candidate { job, hold, slots, answer, told }
}

/// Takes out what was proposed of what somebody waits for, but for what the waitlist has left for open sale.
async fn leave_to_who_waits(
    tx: &mut TenantTx,
    shared: &Shared,
    reseller: ResellerId,
    doors: &Doors,
    sorted: &mut Sorted,
) -> Result<(), sqlx::Error> {
    let scopes = |row: &DoorRow| Some((row.performance_id, row.waited_for.as_ref()?.0.clone()));
    let wanted: HashMap<PerformanceId, Vec<Scope>> = doors.rows.values().filter_map(scopes).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let inventory = &shared.inventory;
    let of = |candidate: &Candidate| inventory.waited_for(reseller, &candidate.hold.items, &wanted);
    let all: Vec<(PerformanceId, TicketId)> = sorted.candidates.iter().flat_map(of).collect();
    let left = waitlists::left_of(tx, &all).await?;
    let may = |candidate: &Candidate| of(candidate).iter().all(|(_, ticket)| left.contains(ticket));
    let (candidates, behind): (Vec<_>, Vec<_>) = std::mem::take(&mut sorted.candidates).into_iter().partition(may);
    for candidate in behind {
        inventory.withdraw(reseller, &candidate.hold.items);
        sorted.settled.push((candidate.job, Err(waitlist_first().into())));
    }
    let used: Vec<(PerformanceId, TicketId)> = candidates.iter().flat_map(of).collect();
    sorted.candidates = candidates;
    waitlists::use_up(tx, &used).await
}

/// Claims the keys with the answers they will have; a key that another process has just stored is looked at again.
async fn store_keys(
    tx: &mut TenantTx,
    shared: &Shared,
    reseller: ResellerId,
    sorted: &mut Sorted,
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> =
        sorted.candidates.iter().filter_map(|c| c.job.request.key.as_ref().map(|key| (key, &c.answer))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let wanted = rows.len();
    let free: HashSet<String> = idempotency::store_many(tx, &rows).await?.into_iter().collect();
    if free.len() < wanted {
        let ours = |c: &Candidate| c.job.request.key.as_ref().is_none_or(|key| free.contains(&key.text));
        let (candidates, beaten): (Vec<_>, Vec<_>) = std::mem::take(&mut sorted.candidates).into_iter().partition(ours);
        sorted.candidates = candidates;
        for mut beaten in beaten {
            shared.inventory.withdraw(reseller, &beaten.hold.items);
            beaten.job.tries += 1;
            sorted.again.push(beaten.job);
        }
    }
    Ok(())
}

async fn claim(tx: &mut TenantTx, candidates: &[Candidate], now: Instant, teller: u64) -> Result<Claimed, sqlx::Error> {
    let short = take_slots(tx, candidates, now).await?;
    let within = candidates.iter().filter(|c| !short.contains(&c.hold.id));
    let wanted: Vec<Wanted> = within.flat_map(|c| wanted_of(&c.hold)).collect();
    let mut got: HashMap<HoldId, HashSet<TicketId>> = HashMap::new();
    for (hold, ticket) in claims::take(tx, &wanted, now).await? {
        got.entry(hold).or_default().insert(ticket);
    }
    let whole = |c: &&Candidate| got.get(&c.hold.id).is_some_and(|tickets| tickets.len() == c.hold.items.len());
    let won: HashSet<HoldId> = candidates.iter().filter(whole).map(|c| c.hold.id).collect();
    let lost =
        if won.len() < candidates.len() { give_back(tx, candidates, &wanted, &won, &got).await? } else { Vec::new() };
    let holds: Vec<NewHold> = candidates.iter().filter(|c| won.contains(&c.hold.id)).map(|c| c.hold.clone()).collect();
    store::holds::insert_many(tx, &holds, now).await?;
    let change = |w: &Wanted| Change { performance: w.performance, ticket: w.ticket, until: w.until, by: Keeper::Hold };
    let changes: Vec<Change> = wanted.iter().filter(|w| won.contains(&w.hold)).map(change).collect();
    store::stock::tell(tx, &changes, teller).await?;
    Ok(Claimed { won, lost, changes })
}

/// Takes the slots of all candidates. Gives the holds that did not get all of theirs: another process was faster.
async fn take_slots(tx: &mut TenantTx, candidates: &[Candidate], now: Instant) -> Result<HashSet<HoldId>, sqlx::Error> {
    let wanted: Vec<WantedSlot> = candidates.iter().flat_map(slots_of).collect();
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    let mut got: HashMap<uuid::Uuid, usize> = HashMap::new();
    for (owner, ..) in slots::take(tx, &wanted, now).await? {
        *got.entry(owner).or_default() += 1;
    }
    let short = |c: &&Candidate| got.get(&c.hold.id.uuid()).copied().unwrap_or(0) < c.slots.len();
    Ok(candidates.iter().filter(short).map(|c| c.hold.id).collect())
}

fn slots_of(candidate: &Candidate) -> impl Iterator<Item = WantedSlot> {
    let (owner, until) = (Owner::Hold(candidate.hold.id), candidate.hold.expires_at);
    candidate.slots.iter().map(move |slot| WantedSlot { owner, slot: *slot, until })
}

fn wanted_of(hold: &NewHold) -> impl Iterator<Item = Wanted> {
    let (id, until) = (hold.id, hold.expires_at);
    hold.items.iter().map(move |held| Wanted { hold: id, performance: held.performance, ticket: held.ticket, until })
}

/// Undoes what losers got, gives their keys back, and looks who has what they did not get.
async fn give_back(
    tx: &mut TenantTx,
    candidates: &[Candidate],
    wanted: &[Wanted],
    won: &HashSet<HoldId>,
    got: &HashMap<HoldId, HashSet<TicketId>>,
) -> Result<Vec<Change>, sqlx::Error> {
    let has = |w: &Wanted| got.get(&w.hold).is_some_and(|tickets| tickets.contains(&w.ticket));
    let lost: Vec<&Wanted> = wanted.iter().filter(|w| !won.contains(&w.hold)).collect();
    let partial: Vec<Wanted> = lost.iter().filter(|w| has(w)).map(|w| **w).collect();
    if !partial.is_empty() {
        claims::undo(tx, &partial).await?;
    }
    let losers = || candidates.iter().filter(|c| !won.contains(&c.hold.id));
    slots::undo(tx, &losers().flat_map(slots_of).collect::<Vec<WantedSlot>>()).await?;
    for candidate in losers() {
        if let Some(key) = &candidate.job.request.key {
            idempotency::forget(tx, key).await?;
        }
    }
    let unknown: Vec<(PerformanceId, TicketId)> =
        lost.iter().filter(|w| !has(w)).map(|w| (w.performance, w.ticket)).collect();
    claims::ends(tx, &unknown).await
}

/// The batch is committed: memory learns, everyone is answered.
fn decided(shared: &Shared, reseller: ResellerId, mut sorted: Sorted, claimed: &Claimed, now: Instant) -> Outcome {
    let inventory = &shared.inventory;
    inventory.learn_own(reseller, &claimed.changes);
    for mut candidate in std::mem::take(&mut sorted.candidates) {
        if claimed.won.contains(&candidate.hold.id) {
            candidate.job.answer(Ok(Placed::Fresh(Box::new(candidate.told), candidate.answer)));
            continue;
        }
        inventory.withdraw(reseller, &candidate.hold.items);
        let live = |held: &HeldTicket| claimed.lost.iter().any(|c| c.ticket == held.ticket && c.until > now);
        let named = |ticket: TicketId| candidate.job.request.wants.iter().any(|w| w.pick.named() == Some(ticket));
        let taken: Vec<HeldTicket> =
            candidate.hold.items.iter().copied().filter(|h| live(h) && named(h.ticket)).collect();
        inventory.learn(reseller, &claimed.lost);
        if let Some(first) = taken.first() {
            let tickets: Vec<TicketId> = taken.iter().map(|held| held.ticket).collect();
            let refusal = inventory.taken(reseller, first.performance, &tickets, now);
            candidate.job.answer(Err(refusal.into()));
        } else {
            candidate.job.tries += 1;
            sorted.again.push(candidate.job);
        }
    }
    through(sorted)
}

fn through(sorted: Sorted) -> Outcome {
    sorted.settled.into_iter().for_each(|(job, outcome)| job.answer(outcome));
    Outcome::Through(sorted.again)
}

/// The transaction is known not to have happened.
fn ended(shared: &Shared, reseller: ResellerId, sorted: Sorted, error: sqlx::Error) -> Outcome {
    let jobs = undone(shared, reseller, sorted);
    if is_contention(&error) || is_lost(&error) { Outcome::GaveWay(jobs) } else { Outcome::Failed(jobs, error.into()) }
}

fn undone(shared: &Shared, reseller: ResellerId, sorted: Sorted) -> Vec<Job> {
    for candidate in &sorted.candidates {
        shared.inventory.withdraw(reseller, &candidate.hold.items);
    }
    sorted.all()
}

/// How often the fence is asked before the callers are told that nothing is known.
const FENCE_TRIES: u32 = 5;

/// The connection was lost at the commit: the fence tells whether it took place.
async fn resolve(
    shared: &Shared,
    reseller: ResellerId,
    batch: BatchId,
    sorted: Sorted,
    claimed: Claimed,
    now: Instant,
    lost: sqlx::Error,
) -> Outcome {
    tracing::warn!(error = %lost, %batch, "the outcome of a batch of holds is not known; asking its fence");
    for _ in 0..FENCE_TRIES {
        match happened(shared, reseller, batch, &claimed.won).await {
            Ok(true) => return decided(shared, reseller, sorted, &claimed, now),
            Ok(false) => return Outcome::GaveWay(undone(shared, reseller, sorted)),
            Err(error) => tracing::warn!(%error, %batch, "the fence does not answer"),
        }
    }
    // Memory is read anew when the database is back; until then nothing of this reseller is proposed from a guess.
    shared.inventory.forget_all(reseller);
    Outcome::Failed(sorted.all(), Refusal::outcome_unknown().into())
}

/// Whether a batch took place. Inserting its id again waits for the old transaction if it is still there; committed, it
/// keeps the old one from happening later. Then the batch's holds are there or never will be: the id's row alone would not
/// tell, for an earlier call of this may have left it there.
async fn happened(
    shared: &Shared,
    reseller: ResellerId,
    batch: BatchId,
    won: &HashSet<HoldId>,
) -> Result<bool, sqlx::Error> {
    let mut tx = shared.inventory.cell().lane(reseller).await?;
    sqlx::query("insert into batches (reseller_id, batch_id) values ($1, $2) on conflict do nothing")
        .bind(reseller)
        .bind(batch)
        .execute(tx.conn())
        .await?;
    let holds = sqlx::query_scalar("select exists (select from holds where reseller_id = $1 and hold_id = any($2))")
        .bind(reseller)
        .bind(won.iter().copied().collect::<Vec<HoldId>>())
        .fetch_one(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(holds)
}
