//! Waitlists: what becomes free goes to the first whom it fits, before open sale can have it, in every process.

use std::{sync::Arc, time::Duration};

use accounting::{Channel, Component, FeeRule, Payer, Scope, set_fee_rule};
use foundation::{
    Cell, Code, Instant, Result, TenantTx,
    cell::CellSettings,
    id::{FeeRuleId, HoldId, TicketId, WaitlistEntryId},
    sequencer,
};
use rust_decimal::Decimal;
use ticketing::{
    inventory::Asked,
    provider::Providers,
    rules::{
        block::{NewBlock, Through},
        choose::{Line, Party, Together},
        order::{Buyer, Hold, HoldState},
        seat_map::SeatState,
        seating::SeatKind,
        tickets::TicketStock,
        waitlist::{Entry, EntryState, NewEntry, WaitlistState},
    },
    store::{
        capacity, holds,
        listed_tickets::{self, TicketFilter},
        performances, waitlist_entries, waitlists,
    },
    use_cases::{
        change_hold::{get_hold, release_hold},
        create_order::NewOrder,
        exchange_ticket::{Wish, exchange_ticket},
        expire::do_due,
        join_waitlist::join_waitlist,
        leave_waitlist::leave_waitlist,
        release_block::release_block,
        set_waitlist::{WaitlistChanges, set_waitlist},
        void_ticket::{PlaceOfVoid, void_ticket},
    },
};

use crate::{
    archive::VISA,
    archive_refunds::give_back,
    bank::{Bank, SLOW},
    blocks::{block, of_hall},
    house::{House, Stage, at_once, code, eur, places, seats},
    letters::waiting,
    process::{Process, SETTINGS, new_order},
};

/// How long offers stand in these tests.
const OFFER: Duration = Duration::from_secs(3_600);

/// Opens the first performance's list.
pub(crate) async fn open(house: &House) {
    let mut tx = house.tx().await;
    let version = waitlists::get(&mut tx, house.stage().id).await.unwrap().version;
    let changes = WaitlistChanges { state: Some(WaitlistState::Open), offer_seconds: Some(3_600) };
    set_waitlist(&mut tx, house.stage().id, version, changes).await.unwrap();
    tx.commit().await.unwrap();
}

fn party(stage: &Stage, quantity: usize) -> Party {
    Party {
        lines: vec![Line { offer: stage.offer, quantity, kind: SeatKind::Ordinary }],
        section: None,
        together: Together::Preferred,
        restricted_view: true,
    }
}

fn new(email: &str, parties: Vec<Party>) -> NewEntry {
    let buyer = Buyer::parse(Some("Grace".to_owned()), Some(email.to_owned()), None).unwrap();
    NewEntry { parties, buyer, buyer_reference: None, sold_through: Channel::Api }
}

async fn join_as(process: &Process, stage: &Stage, new: NewEntry) -> Result<Entry> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let entry = join_waitlist(&mut tx, &process.inventory, stage.id, new).await?;
    tx.commit().await?;
    Ok(entry)
}

async fn join(process: &Process, stage: &Stage, who: &str, quantity: usize) -> Result<Entry> {
    join_as(process, stage, new(&format!("{who}@example.com"), vec![party(stage, quantity)])).await
}

async fn leave(process: &Process, entry: &Entry) -> Result<Entry> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let left = leave_waitlist(&mut tx, &process.inventory, entry.performance, entry.id).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &left.changes);
    Ok(left.entry)
}

/// Memory hears, and what is due is done.
async fn look(house: &House, process: &Process, providers: &Providers) {
    sequencer::place_all(house.db.cell()).await.unwrap();
    process.inventory.catch_up().await.unwrap();
    do_due(&process.inventory, providers, SLOW).await.unwrap();
}

async fn entry(house: &House, id: WaitlistEntryId) -> Entry {
    waitlist_entries::get(&mut house.tx().await, house.stage().id, id).await.unwrap()
}

async fn states(house: &House, entries: &[&Entry]) -> Vec<EntryState> {
    let mut states = Vec::new();
    for of in entries {
        states.push(entry(house, of.id).await.state);
    }
    states
}

/// What a process thinks free.
fn free(process: &Process, stage: &Stage) -> Vec<TicketId> {
    let free = process.inventory.with(process.reseller, stage.id, |stock, now| {
        stock.free(now).map(|ticket| ticket.id).collect::<Vec<TicketId>>()
    });
    free.unwrap()
}

/// What a process tells of the first section: how much is available, how much is for the waitlist, and how many can be had together.
async fn seen(process: &Process, stage: &Stage) -> (usize, usize, usize) {
    let seen = process.inventory.availability(process.reseller, stage.id).await.unwrap();
    (seen.left.available, seen.counts[0].waitlist, seen.counts[0].together)
}

/// The hold that is the offer of an entry.
async fn offer(house: &House, of: &Entry) -> (HoldId, Instant) {
    entry(house, of.id).await.offer.unwrap()
}

/// One party that waits and one that has an offer, of what was held so far.
pub(crate) async fn waited_for(house: &House, process: &Process, held: HoldId) {
    open(house).await;
    process.hold(vec![house.stage().any(1)]).await.unwrap();
    join(process, house.stage(), "first", 2).await.unwrap();
    join(process, house.stage(), "second", 3).await.unwrap();
    process.release(held).await.unwrap();
    look(house, process, &Bank::down().await).await;
}

#[tokio::test]
async fn what_becomes_free_goes_to_the_list_in_its_order_and_open_sale_gets_what_is_left() {
    let house = House::with(places(4)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let all = one.hold(vec![stage.any(4)]).await.unwrap();
    let (b, c, d) = (
        join(&one, stage, "b", 2).await.unwrap(),
        join(&two, stage, "c", 1).await.unwrap(),
        join(&one, stage, "d", 2).await.unwrap(),
    );
    assert_eq!([b.no, c.no, d.no], [1, 2, 3]);
    assert_eq!(seen(&two, stage).await, (0, 0, 0));
    one.release(all.id).await.unwrap();
    // Before anybody has looked at the list.
    for process in [&one, &two] {
        sequencer::place_all(house.db.cell()).await.unwrap();
        process.inventory.catch_up().await.unwrap();
        assert_eq!(seen(process, stage).await, (0, 4, 0), "nobody is told of what would be refused");
        assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
        assert_eq!(code(process.hold(vec![stage.ticket(3)]).await), Code::WaitlistFirst);
    }
    look(&house, &two, &down).await;
    assert_eq!(states(&house, &[&b, &c, &d]).await, [EntryState::Offered, EntryState::Offered, EntryState::Waiting]);
    house.end().await;
    // One place is gathered for the third.
    look(&house, &one, &down).await;
    assert_eq!(seen(&one, stage).await, (0, 1, 0));
    assert_eq!(code(one.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
    let (hold, ends_at) = offer(&house, &b).await;
    let held = holds::find(&mut house.tx().await, hold).await.unwrap().unwrap();
    assert_eq!((held.items.len(), held.expires_at, held.state), (2, ends_at, HoldState::Active));
    let order = one.order(hold).await.unwrap();
    assert_eq!((order.items.len(), entry(&house, b.id).await.state), (2, EntryState::Accepted));
    // Who leaves makes room for open sale.
    assert_eq!(leave(&two, &d).await.unwrap().state, EntryState::Left);
    look(&house, &one, &down).await;
    assert_eq!(seen(&one, stage).await, (1, 0, 1));
    assert_eq!(one.hold(vec![stage.any(1)]).await.unwrap().items.len(), 1);
    assert_eq!(code(leave(&two, &d).await), Code::WaitlistEntryEnded);
    house.end().await;
}

#[tokio::test]
async fn what_is_kept_for_the_list_is_shown_to_the_reseller_as_that_and_to_everyone_else_as_gone() {
    let house = House::with(seats(&[("A", 4)])).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let all = process.hold(vec![stage.any(4)]).await.unwrap();
    join(&process, stage, "first", 2).await.unwrap();
    process.release(all.id).await.unwrap();
    let shown = async || {
        sequencer::place_all(house.db.cell()).await.unwrap();
        process.inventory.catch_up().await.unwrap();
        let mut tx = house.tx().await;
        let of_state = async |tx: &mut TenantTx, state, available| {
            let filter = TicketFilter { state, available, ..TicketFilter::default() };
            listed_tickets::list(tx, stage.id, &filter, None, 10).await.unwrap().len()
        };
        let listed = (
            of_state(&mut tx, Some(TicketStock::Waitlist), None).await,
            of_state(&mut tx, Some(TicketStock::Available), None).await,
            of_state(&mut tx, None, Some(true)).await,
        );
        let drawn = capacity::seats(&mut tx, stage.id, None).await.unwrap();
        let drawn = |state| drawn.iter().filter(|seat| seat.state == state).count();
        let filled = capacity::by_section(&mut tx, stage.id).await.unwrap().remove(0);
        let public = process.inventory.seats(house.reseller, stage.id, None).await.unwrap();
        let free = public.iter().filter(|seat| seat.free).count();
        let drawn = (drawn(SeatState::Waitlist), drawn(SeatState::Available));
        (listed, drawn, (filled.for_waitlist, filled.available()), free)
    };
    assert_eq!(shown().await, ((4, 0, 0), (4, 0), (4, 0), 0), "all of it, until somebody has looked");
    look(&house, &process, &down).await;
    assert_eq!(shown().await, ((0, 2, 2), (0, 2), (0, 2), 2), "two are offered, and nobody waits for the others");
    house.end().await;
}

#[tokio::test]
async fn what_a_look_found_in_the_hands_of_open_sale_is_looked_at_again_once_that_was_refused() {
    let house = House::with(places(1)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let held = process.hold(vec![stage.any(1)]).await.unwrap();
    let first = join(&process, stage, "first", 1).await.unwrap();
    process.release(held.id).await.unwrap();
    // A batch has it in its transaction, as far as memory knows, and will be refused.
    let asked = Asked { wants: &[stage.any(1)], through: &Through::default(), beside: &[], tries: 0 };
    let deciding = process.inventory.propose(house.reseller, &asked, held.created_at).unwrap();
    look(&house, &process, &down).await;
    let refused: Vec<_> = deciding.items.iter().map(|item| item.held).collect();
    process.inventory.withdraw(house.reseller, &refused);
    look(&house, &process, &down).await;
    assert_eq!(entry(&house, first.id).await.state, EntryState::Offered);
    house.end().await;
}

#[tokio::test]
async fn a_hold_that_lapses_is_for_the_list_before_any_job_has_seen_it() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    one.hold(vec![stage.any(2)]).await.unwrap();
    let first = join(&one, stage, "first", 2).await.unwrap();
    house.ahead(Duration::from_secs(601)).await;
    assert_eq!(code(two.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
    assert_eq!(code(one.hold(vec![stage.ticket(0)]).await), Code::WaitlistFirst);
    look(&house, &one, &down).await;
    assert_eq!(entry(&house, first.id).await.state, EntryState::Offered);
    house.end().await;
}

#[tokio::test]
async fn an_offer_that_is_declined_or_lapses_moves_on_to_the_next_whom_it_fits() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let all = process.hold_for(vec![stage.any(2)], Duration::from_secs(60)).await.unwrap();
    let first = join(&process, stage, "first", 2).await.unwrap();
    let second = join(&process, stage, "second", 2).await.unwrap();
    let third = join(&process, stage, "third", 1).await.unwrap();
    process.release(all.id).await.unwrap();
    look(&house, &process, &down).await;
    assert_eq!(leave(&process, &first).await.unwrap().state, EntryState::Declined);
    assert_eq!(code(process.hold(vec![stage.any(2)]).await), Code::WaitlistFirst);
    look(&house, &process, &down).await;
    assert_eq!(
        states(&house, &[&first, &second, &third]).await,
        [EntryState::Declined, EntryState::Offered, EntryState::Waiting]
    );
    let (_, ends_at) = offer(&house, &second).await;
    house.ahead(OFFER + Duration::from_secs(1)).await;
    let now = house.tx().await.now().await.unwrap();
    assert!(ends_at < now && entry(&house, second.id).await.state_at(now) == EntryState::Lapsed);
    assert_eq!(code(process.hold(vec![stage.any(2)]).await), Code::WaitlistFirst);
    look(&house, &process, &down).await;
    assert_eq!(states(&house, &[&second, &third]).await, [EntryState::Lapsed, EntryState::Offered]);
    // Nobody waits any more: the rest is everybody's.
    process.hold(vec![stage.any(1)]).await.unwrap();
    assert_eq!(
        house.count("select count(*) from events where reseller_id = $1 and type = 'waitlist.offered'").await,
        3
    );
    assert_eq!(house.count("select count(*) from events where reseller_id = $1 and type = 'waitlist.lapsed'").await, 1);
    house.end().await;
}

#[tokio::test]
async fn a_large_party_has_its_time_to_gather_blocks_nobody_after_it_and_is_the_first_when_there_are_enough() {
    let house = House::with(places(4)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let mut held: Vec<Hold> = Vec::new();
    for _ in 0..4 {
        held.push(process.hold_for(vec![stage.any(1)], Duration::from_secs(100_000)).await.unwrap());
    }
    let four = join(&process, stage, "four", 4).await.unwrap();
    let two = join(&process, stage, "two", 2).await.unwrap();
    process.release(held.pop().unwrap().id).await.unwrap();
    process.release(held.pop().unwrap().id).await.unwrap();
    look(&house, &process, &down).await;
    assert_eq!(states(&house, &[&four, &two]).await, [EntryState::Waiting, EntryState::Waiting]);
    assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
    // Its time is up: who needs two has them.
    house.ahead(OFFER + Duration::from_secs(1)).await;
    look(&house, &process, &down).await;
    assert_eq!(states(&house, &[&four, &two]).await, [EntryState::Waiting, EntryState::Offered]);
    // It does not gather again, and what it cannot use is open sale's.
    process.release(held.pop().unwrap().id).await.unwrap();
    look(&house, &process, &down).await;
    assert_eq!(code(join(&process, stage, "one", 1).await), Code::TicketsAvailable);
    let bought = process.hold(vec![stage.any(1)]).await.unwrap();
    // It is free once more, and with it enough at once: open sale does not get it a second time.
    let nth = stage.tickets.iter().position(|ticket| *ticket == bought.items[0].held.ticket).unwrap();
    leave(&process, &two).await.unwrap();
    process.release(bought.id).await.unwrap();
    process.release(held.pop().unwrap().id).await.unwrap();
    assert_eq!(code(process.hold(vec![stage.ticket(nth)]).await), Code::WaitlistFirst);
    look(&house, &process, &down).await;
    assert_eq!(entry(&house, four.id).await.state, EntryState::Offered);
    house.end().await;
}

#[tokio::test]
async fn joining_is_for_who_cannot_be_served() {
    let house = House::with(places(3)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    assert_eq!(code(join(&process, stage, "early", 1).await), Code::WaitlistClosed);
    open(&house).await;
    assert_eq!(code(join(&process, stage, "early", 3).await), Code::TicketsAvailable);
    assert_eq!(code(join(&process, stage, "many", 4).await), Code::InvalidField);
    process.hold(vec![stage.any(2)]).await.unwrap();
    let ada = join(&process, stage, "ada", 2).await.unwrap();
    // However it is spelled.
    assert_eq!(code(join(&process, stage, "ADA+again", 3).await), Code::WaitlistTwice);
    let limit = "update performances set buyer_max = 2 where reseller_id = $1";
    sqlx::query(limit).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(code(join(&process, stage, "greedy", 3).await), Code::BuyerLimit);
    let full = "update waitlists set waiting = 10000 where reseller_id = $1";
    sqlx::query(full).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(code(join(&process, stage, "late", 2).await), Code::WaitlistFull);
    let one = "update waitlists set waiting = 1 where reseller_id = $1";
    sqlx::query(one).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    leave(&process, &ada).await.unwrap();
    join(&process, stage, "ada", 2).await.unwrap();
    house.ahead(Duration::from_secs(31 * 86_400)).await;
    assert_eq!(code(join(&process, stage, "over", 3).await), Code::NotOnSale);
    house.end().await;
}

#[tokio::test]
async fn what_is_given_back_voided_or_unblocked_is_for_the_list_too() {
    let house = House::of(eur("0.00"), vec![places(3)]).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let kept = block(&process, stage, NewBlock { quantity: Some(1), ..of_hall("press") }).await.unwrap().block;
    // What costs nothing is sold at once.
    let order = process.ordered(vec![stage.any(2)]).await;
    let (first, second) = (join(&process, stage, "a", 1).await.unwrap(), join(&process, stage, "b", 1).await.unwrap());
    let mut tx = house.tx().await;
    let (_, changes) = void_ticket(&mut tx, &process.inventory, order.id, 1, PlaceOfVoid::OnSale).await.unwrap();
    tx.commit().await.unwrap();
    process.inventory.learn_own(process.reseller, &changes);
    assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
    look(&house, &process, &down).await;
    assert_eq!(states(&house, &[&first, &second]).await, [EntryState::Offered, EntryState::Waiting]);
    let mut tx = house.tx().await;
    let released = release_block(&mut tx, &process.inventory, stage.id, kept.id).await.unwrap();
    tx.commit().await.unwrap();
    process.inventory.learn_own(process.reseller, &released.changes);
    // Neither another ticket in exchange nor one more in a hold gets past the list.
    let free = free(&process, stage)[0];
    let mut tx = house.tx().await;
    let wish = Wish { performance: None, ticket: free };
    assert_eq!(code(exchange_ticket(&mut tx, &process.inventory, order.id, 2, wish).await), Code::WaitlistFirst);
    drop(tx);
    let (hold, _) = offer(&house, &first).await;
    assert_eq!(code(process.grow(hold, &[stage.any(1)]).await), Code::WaitlistFirst);
    look(&house, &process, &down).await;
    assert_eq!(entry(&house, second.id).await.state, EntryState::Offered);
    house.end().await;
}

#[tokio::test]
async fn what_is_refunded_is_for_the_list_before_open_sale_can_have_it() {
    let house = House::with(places(2)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let stage = house.stage();
    open(&house).await;
    let order = bank.sold(&house, &process, vec![stage.any(2)], VISA).await;
    let (first, second) = (join(&process, stage, "a", 1).await.unwrap(), join(&process, stage, "b", 2).await.unwrap());
    give_back(&process, &bank, order.id, Some(vec![1])).await.unwrap();
    assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
    look(&house, &process, &bank.providers).await;
    assert_eq!(states(&house, &[&first, &second]).await, [EntryState::Offered, EntryState::Waiting]);
    give_back(&process, &bank, order.id, None).await.unwrap();
    leave(&process, &first).await.unwrap();
    look(&house, &process, &bank.providers).await;
    assert_eq!(entry(&house, second.id).await.state, EntryState::Offered, "a party of two has both");
    house.end().await;
}

#[tokio::test]
async fn open_sale_releases_joins_and_looks_at_once_in_two_processes_keep_the_order_and_give_no_ticket_twice() {
    let house = House::with(places(12)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage().clone();
    open(&house).await;
    let mut held = Vec::new();
    for _ in 0..12 {
        held.push(one.hold(vec![stage.any(1)]).await.unwrap().id);
    }
    let mut waiting = Vec::new();
    for n in 0..16 {
        let process = if n % 2 == 0 { &one } else { &two };
        waiting.push(join(process, &stage, &format!("w{n}"), 1).await.unwrap());
    }
    let house = std::sync::Arc::new(house);
    let down = std::sync::Arc::new(Bank::down().await);
    let looks = (0..12).map(|n| {
        let (house, down) = (house.clone(), down.clone());
        let process = if n % 2 == 0 { one.clone() } else { two.clone() };
        async move {
            look(&house, &process, &down).await;
            None
        }
    });
    let releases = held.into_iter().map(|hold| {
        let process = one.clone();
        let stage = stage.clone();
        async move {
            process.release(hold).await.unwrap();
            // In the very moment in which it is free.
            Some(process.hold(vec![stage.any(1)]).await.is_ok())
        }
    });
    let sales =
        (0..60).map(|n| {
            let (process, stage) = (if n % 2 == 0 { one.clone() } else { two.clone() }, stage.clone());
            async move {
                Some(process.hold(vec![if n % 3 == 0 { stage.ticket(n % 12) } else { stage.any(1) }]).await.is_ok())
            }
        });
    type Work = std::pin::Pin<Box<dyn Future<Output = Option<bool>> + Send>>;
    let (mut releases, mut sales, mut looks) = (releases, sales, looks);
    let mut all: Vec<Work> = Vec::new();
    for _ in 0..12 {
        all.push(Box::pin(releases.next().unwrap()));
        all.extend(sales.by_ref().take(5).map(|sale| Box::pin(sale) as Work));
        all.push(Box::pin(looks.next().unwrap()));
    }
    let outcomes = at_once(all).await;
    assert_eq!(outcomes.iter().flatten().filter(|sold| **sold).count(), 0, "somebody waits for each of them");
    look(&house, &one, &down).await;
    look(&house, &two, &down).await;
    let expected = |n: usize| if n < 12 { EntryState::Offered } else { EntryState::Waiting };
    let states = states(&house, &waiting.iter().collect::<Vec<_>>()).await;
    assert_eq!(states, (0..16).map(expected).collect::<Vec<_>>());
    assert_eq!(house.claimed().await, 12);
    house.end().await;
}

#[tokio::test]
async fn what_is_offered_while_nobody_waits_for_it_is_anyones() {
    let house = House::with(places(2)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let all = process.hold(vec![stage.any(2)]).await.unwrap();
    let entry = join(&process, stage, "a", 1).await.unwrap();
    process.release(all.id).await.unwrap();
    look(&house, &process, &down).await;
    process.hold(vec![stage.any(1)]).await.unwrap();
    // The tickets of an offer are its buyer's, whoever asks.
    let (hold, _) = offer(&house, &entry).await;
    let held = holds::find(&mut house.tx().await, hold).await.unwrap().unwrap();
    let nth = stage.tickets.iter().position(|ticket| *ticket == held.items[0].ticket).unwrap();
    assert_eq!(code(process.hold(vec![stage.ticket(nth)]).await), Code::SeatsUnavailable);
    house.end().await;
}

#[tokio::test]
async fn the_list_ends_with_the_sale() {
    let house = House::with(places(1)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    process.hold(vec![stage.any(1)]).await.unwrap();
    let entry = join(&process, stage, "a", 1).await.unwrap();
    house.ahead(Duration::from_secs(31 * 86_400)).await;
    look(&house, &process, &down).await;
    assert_eq!(states(&house, &[&entry]).await, [EntryState::Closed]);
    assert_eq!(waitlists::get(&mut house.tx().await, stage.id).await.unwrap().waiting, 0);
    house.end().await;
}

#[tokio::test]
async fn a_list_of_another_version_is_not_set() {
    let house = House::with(places(1)).await;
    let mut tx = house.tx().await;
    let id = house.stage().id;
    let set = WaitlistChanges { state: Some(WaitlistState::Open), offer_seconds: None };
    assert_eq!(code(set_waitlist(&mut tx, id, 2, set).await), Code::IfMatchStale);
    let short = WaitlistChanges { offer_seconds: Some(299), ..set };
    assert_eq!(code(set_waitlist(&mut tx, id, 1, short).await), Code::InvalidField);
    assert_eq!(set_waitlist(&mut tx, id, 1, set).await.unwrap().version, 2);
    assert_eq!(code(set_waitlist(&mut tx, id, 1, set).await), Code::IfMatchStale);
    tx.commit().await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn who_waits_is_told_what_is_so_now_and_not_what_was_so_before() {
    let house = House::with(places(1)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let all = process.hold(vec![stage.any(1)]).await.unwrap();
    join(&process, stage, "a", 1).await.unwrap();
    let second = join(&process, stage, "b", 1).await.unwrap();
    assert_eq!(waiting(&house).await, ["waitlist_joined", "waitlist_joined"]);
    process.release(all.id).await.unwrap();
    look(&house, &process, &down).await;
    // The first is told of its offer, and of its place no more.
    assert_eq!(waiting(&house).await, ["waitlist_joined", "waitlist_offered"]);
    house.ahead(OFFER + Duration::from_secs(1)).await;
    look(&house, &process, &down).await;
    assert_eq!(waiting(&house).await, ["waitlist_lapsed", "waitlist_offered"]);
    // What the reader does itself needs no letter, and makes what was to be told untrue.
    leave(&process, &second).await.unwrap();
    assert_eq!(waiting(&house).await, ["waitlist_lapsed"]);
    let third = process.hold(vec![stage.any(1)]).await.unwrap();
    join(&process, stage, "c", 1).await.unwrap();
    process.extend(third.id, Duration::from_secs(1), Duration::from_secs(10_000)).await.unwrap();
    house.ahead(Duration::from_secs(31 * 86_400)).await;
    look(&house, &process, &down).await;
    assert_eq!(waiting(&house).await.last().unwrap(), "waitlist_closed");
    house.end().await;
}

#[tokio::test]
async fn a_look_waits_for_the_sales_under_way() {
    let house = std::sync::Arc::new(House::with(places(1)).await);
    let process = Process::first(&house);
    let stage = house.stage().clone();
    open(&house).await;
    let all = process.hold(vec![stage.any(1)]).await.unwrap();
    let entry = join(&process, &stage, "a", 1).await.unwrap();
    // That it is on sale is told by now, so that nothing else of what is due waits for the performance.
    look(&house, &process, &Bank::down().await).await;
    process.release(all.id).await.unwrap();
    // As every batch of holds does.
    let mut sale = house.tx().await;
    performances::lock(&mut sale, &[stage.id], false).await.unwrap();
    let looking = tokio::spawn({
        let (house, process) = (house.clone(), process.clone());
        async move { look(&house, &process, &Bank::down().await).await }
    });
    house.wait_for_a_blocked("stagedoor requests").await;
    sale.commit().await.unwrap();
    looking.await.unwrap();
    assert_eq!(states(&house, &[&entry]).await, [EntryState::Offered]);
    house.end().await;
}

#[tokio::test]
async fn what_one_look_does_not_come_to_the_next_one_does_and_open_sale_gets_nothing_in_between() {
    let house = House::with(places(203)).await;
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let mut held = Vec::new();
    for many in [50, 50, 50, 50, 3] {
        held.push(process.hold(vec![stage.any(many)]).await.unwrap().id);
    }
    for n in 0..202 {
        join(&process, stage, &format!("w{n}"), 1).await.unwrap();
    }
    for hold in held {
        process.release(hold).await.unwrap();
    }
    let waiting = async || waitlists::get(&mut house.tx().await, stage.id).await.unwrap().waiting;
    look(&house, &process, &down).await;
    assert_eq!(waiting().await, 2);
    assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::WaitlistFirst);
    look(&house, &process, &down).await;
    assert_eq!(waiting().await, 0);
    process.hold(vec![stage.any(1)]).await.unwrap();
    assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn who_leaves_while_the_offer_ends_is_told_how_it_ended() {
    let house = Arc::new(House::with(places(1)).await);
    let process = Process::first(&house);
    let (stage, down) = (house.stage(), Bank::down().await);
    open(&house).await;
    let held = process.hold(vec![stage.any(1)]).await.unwrap();
    let entry = join(&process, stage, "a", 1).await.unwrap();
    process.release(held.id).await.unwrap();
    look(&house, &process, &down).await;
    let (hold, _) = offer(&house, &entry).await;
    let mut tx = house.tx().await;
    release_hold(&mut tx, &process.inventory, hold).await.unwrap();
    let leaving = tokio::spawn({
        let (process, entry) = (Process::another(&house), entry.clone());
        async move { leave(&process, &entry).await }
    });
    house.wait_for_a_blocked("stagedoor requests").await;
    tx.commit().await.unwrap();
    assert_eq!(code(leaving.await.unwrap()), Code::WaitlistEntryEnded);
    process.inventory.forget_all(house.reseller);
    house.end().await;
}

#[tokio::test]
async fn an_offer_tells_the_fees_of_what_its_party_joined_by_and_is_ordered_for_as_much() {
    let house = House::with(places(2)).await;
    let (process, stage, down) = (Process::first(&house), house.stage(), Bank::down().await);
    let mut tx = house.tx().await;
    for (channel, of) in [(Channel::Api, 1), (Channel::HostedShop, 3)] {
        let fee = vec![Component::per_ticket(Decimal::ZERO, of.into(), Payer::Buyer)];
        let rule = FeeRule::new(FeeRuleId::new(), fee, Decimal::ZERO).unwrap();
        set_fee_rule(&mut tx, Scope { show: None, channel: Some(channel) }, &rule).await.unwrap();
    }
    tx.commit().await.unwrap();
    open(&house).await;
    let all = process.hold(vec![stage.any(2)]).await.unwrap();
    let joins = async |who: &str, sold_through| {
        join_as(&process, stage, NewEntry { sold_through, ..new(who, vec![party(stage, 1)]) }).await.unwrap()
    };
    let by_api = joins("api@example.com", Channel::Api).await;
    let by_shop = joins("shop@example.com", Channel::HostedShop).await;
    process.release(all.id).await.unwrap();
    look(&house, &process, &down).await;
    for (of, sold_through, total) in [(&by_api, Channel::Api, "11.00"), (&by_shop, Channel::HostedShop, "13.00")] {
        let (hold, _) = offer(&house, of).await;
        let read = get_hold(&mut house.tx().await, &process.inventory.plans, hold).await.unwrap();
        let told = read.items[0].face_value().amount() + read.items[0].buyer_fee.amount();
        assert_eq!(told, eur(total).amount(), "{sold_through:?}");
        let new = NewOrder { sold_through, expected_total: Some(eur(total)), ..new_order(hold) };
        assert_eq!(process.make_order(&new).await.unwrap().total, eur(total).amount());
    }
    house.end().await;
}

/// A request has one connection; if it needed another one, as many requests as there are connections would wait for each other.
#[tokio::test]
async fn what_is_changed_while_memory_is_cold_needs_one_connection() {
    let house = House::with(places(9)).await;
    let (seller, stage) = (Process::first(&house), house.stage());
    let settings = CellSettings { request_connections: 1, ..house.db.settings() };
    let (cold, _) = Process::open(Cell::open(&settings).unwrap(), house.reseller, SETTINGS);
    let hold = seller.hold(vec![stage.any(2)]).await.unwrap();
    let forget = || cold.inventory.forget_all(house.reseller);
    forget();
    let grown = cold.grow(hold.id, &[stage.any(1)]).await.unwrap();
    forget();
    cold.shrink(hold.id, &[grown.items[0].held.ticket]).await.unwrap();
    forget();
    assert_eq!(code(cold.grow(hold.id, &[stage.any(40)]).await), Code::NotEnoughTickets);
    open(&house).await;
    seller.inventory.forget_all(house.reseller);
    let rest = seller.hold(vec![stage.any(7)]).await.unwrap();
    forget();
    join(&cold, stage, "grace", 2).await.unwrap();
    seller.release(rest.id).await.unwrap();
    forget();
    let free = stage.tickets.iter().position(|ticket| *ticket == rest.items[0].held.ticket).unwrap();
    assert_eq!(code(cold.grow(hold.id, &[stage.ticket(free)]).await), Code::WaitlistFirst);
    house.end().await;
}
