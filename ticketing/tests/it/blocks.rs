//! Stock kept off open sale: nobody has what is blocked, an allocation is its seller's alone, and both come back in time.

use std::time::Duration;

use foundation::{
    Code, Error, Instant,
    id::{BlockId, TicketId},
    sequencer,
};
use ticketing::{
    rules::{
        block::{BlockState, NewBlock, Reason, Seller, Through},
        order::{Hold, Pick, Want},
        seating::SeatKind,
        terms::AskedBy,
        tickets::Selection,
    },
    store::{blocks, due},
    use_cases::{
        create_block::{Blocked, create_block},
        exchange_ticket::{Wish, exchange_ticket},
        release_block::release_block,
    },
};

use crate::{
    bank::Bank,
    house::{House, MINUTES, Stage, at_once, code, eur, places, seats},
    process::Process,
};

pub(crate) fn of_hall(name: &str) -> NewBlock {
    NewBlock {
        name: name.to_owned(),
        reason: Reason::House,
        seller: None,
        which: Selection::Where { section: Some("Hall".to_owned()), rows: None, price_tier: None },
        quantity: None,
        release_at: None,
    }
}

fn named(tickets: &[TicketId]) -> NewBlock {
    NewBlock { which: Selection::Named(tickets.to_vec()), ..of_hall("these") }
}

pub(crate) fn allocation(new: NewBlock, channel: &str) -> NewBlock {
    NewBlock { reason: Reason::Allocation, seller: Some(Seller::Channel(channel.to_owned())), ..new }
}

pub(crate) fn through(channel: &str) -> AskedBy {
    AskedBy { through: Through { channel: Some(channel.to_owned()), ..Through::default() }, ..AskedBy::default() }
}

pub(crate) async fn block(process: &Process, stage: &Stage, new: NewBlock) -> Result<Blocked, Error> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let made = create_block(&mut tx, &process.inventory, stage.id, new).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &made.changes);
    Ok(made)
}

async fn release(process: &Process, stage: &Stage, id: BlockId) -> Result<Blocked, Error> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let released = release_block(&mut tx, &process.inventory, stage.id, id).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &released.changes);
    Ok(released)
}

async fn settle(house: &House, processes: &[&Process]) {
    sequencer::place_all(house.db.cell()).await.unwrap();
    for process in processes {
        process.inventory.catch_up().await.unwrap();
    }
}

fn tickets(hold: &Hold) -> Vec<TicketId> {
    hold.items.iter().map(|item| item.held.ticket).collect()
}

#[tokio::test]
async fn what_is_blocked_is_had_by_nobody_in_any_process_until_it_is_released() {
    let house = House::with(seats(&[("A", 3), ("B", 3)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage();
    assert_eq!(two.thinks_free(stage.id).await, 6);
    let rows =
        Selection::Where { section: Some("Hall".to_owned()), rows: Some(vec!["A".to_owned()]), price_tier: None };
    let made = block(&one, stage, NewBlock { which: rows, ..of_hall("press") }).await.unwrap().block;
    assert_eq!((made.tickets, made.state, made.version), (3, BlockState::Active, 1));
    assert_eq!(one.thinks_free(stage.id).await, 3);
    // The second process has not heard of it; the claims decide.
    assert_eq!(code(two.hold(vec![stage.ticket(0)]).await), Code::SeatsUnavailable);
    assert_eq!(code(one.hold(vec![stage.any(4)]).await), Code::NotEnoughTickets);
    two.hold(vec![stage.any(3)]).await.unwrap();
    settle(&house, &[&one, &two]).await;
    let seen = one.inventory.availability(house.reseller, stage.id).await.unwrap();
    assert_eq!((seen.counts[0].available, seen.counts[0].kept.blocked, seen.counts[0].kept.held), (0, 3, 3));
    house.end().await;
    let released = release(&one, stage, made.id).await.unwrap().block;
    assert_eq!((released.state, released.version), (BlockState::Released, 2));
    assert_eq!(code(release(&one, stage, made.id).await), Code::BlockReleased);
    one.hold(stage.these(&[0, 1, 2])).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn what_somebody_has_is_not_blocked_and_nothing_else_is_either() {
    let house = House::with(places(4)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    let held = process.hold(vec![stage.any(2)]).await.unwrap();
    assert_eq!(code(block(&process, stage, of_hall("all")).await), Code::TicketsInUse);
    assert_eq!(code(block(&process, stage, named(&tickets(&held))).await), Code::TicketsInUse);
    let three = NewBlock { quantity: Some(3), ..of_hall("three") };
    assert_eq!(code(block(&process, stage, three).await), Code::NotEnoughTickets);
    assert_eq!(house.count("select count(*) from blocks where reseller_id = $1").await, 0);
    let rest = NewBlock { quantity: Some(2), ..of_hall("rest") };
    assert_eq!(block(&process, stage, rest).await.unwrap().block.tickets, 2);
    house.ahead(MINUTES + Duration::from_secs(1)).await;
    block(&process, stage, named(&tickets(&held))).await.unwrap();
    assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn an_allocation_is_its_sellers_alone_and_stays_so_when_its_holds_end() {
    let house = House::with(places(6)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage();
    assert_eq!(two.thinks_free(stage.id).await, 6);
    let new = allocation(NewBlock { quantity: Some(4), ..of_hall("box office") }, "box office");
    let made = block(&one, stage, new).await.unwrap().block;
    // The second process still has the stock of before in its memory.
    for channel in ["web", "box offic"] {
        assert_eq!(code(two.hold_by(through(channel), vec![stage.any(3)]).await), Code::NotEnoughTickets);
    }
    assert_eq!(two.thinks_free(stage.id).await, 2);
    let theirs = two.hold_by(through("box office"), vec![stage.any(4)]).await.unwrap();
    assert!(theirs.items.iter().all(|item| item.held.block == Some(made.id)), "what is set aside comes first");
    let mixed = two.hold_by(through("box office"), vec![stage.any(1)]).await.unwrap();
    assert_eq!(mixed.items[0].held.block, None);
    house.end().await;
    let these = |ticket: &TicketId| {
        let pick = Pick::Ticket { offer: stage.offer, ticket: *ticket, kind: SeatKind::Ordinary };
        Want { performance: stage.id, pick }
    };
    let first: Vec<Want> = tickets(&theirs).iter().map(these).collect();
    two.release(theirs.id).await.unwrap();
    settle(&house, &[&one, &two]).await;
    for process in [&one, &two] {
        assert_eq!(
            code(process.hold(vec![first[0].clone()]).await),
            Code::SeatsUnavailable,
            "given up, and theirs still"
        );
        let seen = process.inventory.availability(house.reseller, stage.id).await.unwrap();
        assert_eq!((seen.counts[0].available, seen.counts[0].allocated), (1, 4));
    }
    let held = one.hold_by(through("box office"), first[..2].to_vec()).await.unwrap();
    let order = one.order(held.id).await.unwrap();
    assert!(house.order(order.id).await.items.iter().all(|item| item.held.block == Some(made.id)));
    house.end().await;
    // What its seller has stays the seller's; the rest is everybody's.
    release(&one, stage, made.id).await.unwrap();
    assert_eq!(tickets(&one.hold(vec![stage.any(3)]).await.unwrap()).len(), 3);
    assert_eq!(code(one.hold(vec![stage.any(1)]).await), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn holds_and_an_allocation_at_once_never_give_a_ticket_to_both() {
    let house = House::with(places(40)).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    let stage = house.stage().clone();
    for process in [&one, &two] {
        process.thinks_free(stage.id).await;
    }
    let holds = (0..30).map(|n| {
        let (process, stage) = (if n % 2 == 0 { one.clone() } else { two.clone() }, stage.clone());
        async move { process.hold(vec![stage.any(1)]).await.is_ok() }
    });
    let allocating = tokio::spawn({
        let (one, stage) = (one.clone(), stage.clone());
        async move { block(&one, &stage, allocation(NewBlock { quantity: Some(10), ..of_hall("theirs") }, "partner")).await }
    });
    let held = at_once(holds).await.into_iter().filter(|held| *held).count();
    let made = allocating.await.unwrap();
    let kept = made.as_ref().map_or(0, |made| usize::try_from(made.block.tickets).unwrap());
    assert_eq!((held, kept), (30, 10), "there was enough for all");
    assert_eq!(house.claimed().await, 30);
    assert_eq!(code(two.hold(vec![stage.any(1)]).await), Code::NotEnoughTickets);
    two.hold_by(through("partner"), vec![stage.any(10)]).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn what_has_a_time_goes_back_to_open_sale_by_itself_and_once() {
    let house = House::with(places(6)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    let now: Instant = house.tx().await.now().await.unwrap();
    let release_at = Some(now.plus(Duration::from_secs(3_600)));
    let kept =
        block(&process, stage, NewBlock { quantity: Some(2), release_at, ..of_hall("house") }).await.unwrap().block;
    let new = allocation(NewBlock { quantity: Some(2), release_at, ..of_hall("partner") }, "partner");
    let theirs = block(&process, stage, new).await.unwrap().block;
    let bank = Bank::open().await;
    house.ahead(Duration::from_secs(3_599)).await;
    assert_eq!(due::blocks(house.db.cell()).await.unwrap().len(), 0);
    house.ahead(Duration::from_secs(3_601)).await;
    assert_eq!(bank.due(&process).await, 2);
    assert_eq!(bank.due(&process).await, 0);
    let mut tx = house.tx().await;
    for id in [kept.id, theirs.id] {
        let block = blocks::get(&mut tx, stage.id, id).await.unwrap();
        assert_eq!((block.state, block.version), (BlockState::Released, 2));
    }
    drop(tx);
    assert_eq!(process.hold(vec![stage.any(6)]).await.unwrap().items.len(), 6);
    assert_eq!(house.count("select count(*) from events where reseller_id = $1 and type = 'block.released'").await, 2);
    house.end().await;
}

#[tokio::test]
async fn an_exchange_gets_nothing_that_is_set_aside_for_another() {
    let house = House::of(eur("0.00"), vec![places(3)]).await;
    let process = Process::first(&house);
    let stage = house.stage();
    // What costs nothing is sold at once.
    let order = process.ordered(vec![stage.ticket(0)]).await;
    block(&process, stage, allocation(named(&stage.tickets[1..2]), "box office")).await.unwrap();
    let exchange = async |nth: usize| {
        let mut tx = house.tx().await;
        let wish = Wish { performance: None, ticket: stage.tickets[nth] };
        exchange_ticket(&mut tx, &process.inventory, order.id, 1, wish).await?;
        Ok::<_, Error>(tx.commit().await?)
    };
    assert_eq!(code(exchange(1).await), Code::SeatsUnavailable);
    exchange(2).await.unwrap();
    house.end().await;
}
