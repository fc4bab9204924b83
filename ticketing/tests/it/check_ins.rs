//! The door: a ticket lets one person in once, whoever asks how often; what is not good lets nobody in; a mistake is taken back.

use std::time::Duration;

use foundation::{Code, Error, Instant, Refusal, Result, id::CredentialId};
use serde_json::{Value, json};
use ticketing::{
    rules::{
        cancellation::{Plan, Remedy},
        check_in::{Scan, UNDO_FOR},
        order::{Credential, Order},
        owner::TicketOwner,
        times::GivenTimes,
    },
    store::owners,
    use_cases::{
        cancel_performance::cancel_performance,
        check_in_ticket::{AtTheDoor, check_in_ticket, undo_check_in},
        refund::{NewRefund, accept_refund},
        reinstate_order::reinstate_order,
        transfer_ticket::transfer_ticket,
        update_performance::{PerformanceChanges, update_performance},
        void_ticket::{PlaceOfVoid, void_ticket},
    },
};

use crate::{
    bank::Bank,
    house::{House, Stage, at_once, code, eur, places},
    process::Process,
};

const VISA: &str = "pm_card_visa";
const DAY: Duration = Duration::from_hours(24);

async fn right(house: &House, order: &Order, no: i16) -> CredentialId {
    owners::of_order(&mut house.tx().await, order.id).await.unwrap()[&no].credential.unwrap()
}

/// The order's ticket of this number, shown at its own door now.
async fn scan(house: &House, order: &Order, no: i16) -> Scan {
    let held = order.item(no).unwrap().held;
    let credential = right(house, order, no).await;
    Scan { performance: held.performance, ticket: held.ticket, credential, gate: Some("North".to_owned()), at: None }
}

async fn enter(house: &House, scan: &Scan) -> Result<AtTheDoor> {
    let mut tx = house.tx().await;
    let seen = check_in_ticket(&mut tx, scan).await?;
    tx.commit().await?;
    Ok(seen)
}

async fn undo(house: &House, scan: &Scan) -> Result<AtTheDoor> {
    let mut tx = house.tx().await;
    let seen = undo_check_in(&mut tx, scan.performance, scan.ticket).await?;
    tx.commit().await?;
    Ok(seen)
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T>) -> Refusal {
    match outcome {
        Err(Error::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Moves the clock to an hour into the first performance.
async fn to_the_evening(house: &House) -> Instant {
    house.ahead(30 * DAY + Duration::from_hours(1)).await;
    house.tx().await.now().await.unwrap()
}

async fn told(house: &House, kind: &str) -> Vec<Value> {
    let sql = "select data from events where type = $1 order by event_id";
    sqlx::query_scalar(sql).bind(kind).fetch_all(&mut house.db.as_owner().await).await.unwrap()
}

#[tokio::test]
async fn of_fifty_scans_at_once_in_two_processes_one_lets_somebody_in() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    to_the_evening(&house).await;
    let shown = scan(&house, &order, 1).await;
    let cells = [house.db.cell().clone(), house.db.second_cell()];
    let scans = (0..50).map(|n| {
        let (cell, reseller) = (cells[n % 2].clone(), house.reseller);
        let shown = Scan { gate: Some(format!("gate {n}")), ..shown.clone() };
        async move {
            let mut tx = cell.tenant(reseller).await?;
            let seen = check_in_ticket(&mut tx, &shown).await?;
            tx.commit().await?;
            Ok::<_, Error>(seen)
        }
    });
    let (let_in, refused): (Vec<_>, Vec<_>) = at_once(scans).await.into_iter().partition(Result::is_ok);
    assert_eq!((let_in.len(), refused.len()), (1, 49));
    let seen = let_in.into_iter().next().unwrap().unwrap();
    let done = seen.item.checked_in.clone().unwrap();
    assert_eq!((seen.item.credential, seen.owner.name.as_deref()), (Credential::CheckedIn, Some("Ada")));
    for refused in refused {
        let refusal = refusal(refused);
        assert_eq!(refusal.code, Code::AlreadyCheckedIn);
        assert_eq!(refusal.alternatives, Some(json!({ "checked_in_at": done.at, "gate": done.gate })));
    }
    let after = house.order(order.id).await;
    assert_eq!((after.version, after.item(1).unwrap().checked_in.as_ref()), (order.version + 1, Some(&done)));
    assert_eq!(after.item(2).unwrap().credential, Credential::Issued, "the other ticket is as good as it was");
    let events = told(&house, "ticket.checked_in").await;
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["gate"], &events[0]["credential_id"]), (&json!(done.gate), &json!(shown.credential)));
    assert!(!events[0].to_string().contains("Ada"), "{}", events[0]);
    house.end().await;
}

#[tokio::test]
async fn what_is_void_given_away_suspended_unpaid_or_for_another_evening_lets_nobody_in() {
    let house = House::of(eur("10.00"), vec![places(9), places(2)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let stage = house.stage();
    let order = bank.sold(&house, &process, vec![stage.any(3)], VISA).await;
    let suspended = bank.sold(&house, &process, vec![stage.any(1)], VISA).await;
    let charge = house.payments(suspended.id).await.remove(0).provider_intent;
    bank.trigger(json!({ "what": "dispute", "charge": charge, "inquiry": true })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    let unpaid = process.ordered(vec![stage.any(1)]).await;
    let held = unpaid.items[0].held;
    bank.start(&process, unpaid.id).await;
    let before = scan(&house, &order, 1).await;
    let void = scan(&house, &order, 2).await;
    let mut tx = house.tx().await;
    let grace = TicketOwner::parse("Grace", "grace@example.com", None).unwrap();
    transfer_ticket(&mut tx, order.id, 1, grace).await.unwrap();
    let (_, changes) = void_ticket(&mut tx, &process.inventory, order.id, 2, PlaceOfVoid::Blocked).await.unwrap();
    tx.commit().await.unwrap();
    process.inventory.learn_own(process.reseller, &changes);
    let now = to_the_evening(&house).await;
    assert_eq!(code(enter(&house, &before).await), Code::TicketVoid, "Ada has given it away");
    assert_eq!(code(enter(&house, &void).await), Code::TicketVoid);
    assert_eq!(code(enter(&house, &scan(&house, &suspended, 1).await).await), Code::TicketSuspended);
    let nobodys = Scan { performance: held.performance, ticket: held.ticket, ..before.clone() };
    assert_eq!(code(enter(&house, &nobodys).await), Code::OrderNotPaid);
    let guessed = Scan { credential: CredentialId::new(), ..scan(&house, &order, 3).await };
    assert_eq!(code(enter(&house, &guessed).await), Code::TicketVoid, "who knows the ticket has not got it");
    let of_another = Scan { credential: right(&house, &order, 1).await, ..scan(&house, &order, 3).await };
    let mixed = refusal(enter(&house, &of_another).await);
    assert_eq!((mixed.code, mixed.errors[0].pointer.as_str()), (Code::InvalidField, "/credential_id"), "it is Grace's");
    assert!(mixed.detail.contains(&order.item(1).unwrap().held.ticket.to_string()), "{mixed:?}");
    let other = &house.stages[1];
    let wrong = refusal(enter(&house, &Scan { performance: other.id, ..scan(&house, &order, 3).await }).await);
    assert_eq!(wrong.code, Code::WrongPerformance);
    assert_eq!(wrong.alternatives.unwrap()["performance_id"], json!(stage.id));
    let unsold = Scan { performance: other.id, ticket: other.tickets[0], ..before.clone() };
    assert_eq!(code(enter(&house, &unsold).await), Code::NotFound);
    let late = Scan { at: Some(now.plus(Duration::from_hours(1))), ..scan(&house, &order, 3).await };
    assert_eq!(refusal(enter(&house, &late).await).errors[0].pointer, "/scanned_at");
    assert!(told(&house, "ticket.checked_in").await.is_empty());
    let seen = enter(&house, &scan(&house, &order, 1).await).await.unwrap();
    assert_eq!(seen.owner.name.as_deref(), Some("Grace"), "she has it now");
    let third = Scan { credential: right(&house, &order, 3).await, ..scan(&house, &order, 1).await };
    assert_eq!(code(enter(&house, &third).await), Code::InvalidField, "a good one is not void at a used ticket's door");
    assert_eq!(code(enter(&house, &before).await), Code::TicketVoid);
    house.end().await;
}

/// Sets when the doors of a performance open, so long before its start.
async fn doors(house: &House, stage: &Stage, before: Duration) {
    let mut tx = house.tx().await;
    let sql = "update performances set doors_at = starts_at - make_interval(secs => $2) where performance_id = $1";
    sqlx::query(sql).bind(stage.id).bind(before.as_secs_f64()).execute(&mut house.db.as_owner().await).await.unwrap();
    let closed = PerformanceChanges { times: GivenTimes::default(), ..PerformanceChanges::default() };
    update_performance(&mut tx, stage.id, 1, closed).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn doors_open_when_it_was_said_and_offline_scans_are_of_when_they_were() {
    let house = House::of(eur("10.00"), vec![places(5), places(5)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(4), house.stages[1].any(1)], VISA).await;
    doors(&house, house.stage(), Duration::from_hours(1)).await;
    house.ahead(30 * DAY - Duration::from_hours(2)).await;
    let early = house.tx().await.now().await.unwrap();
    assert_eq!(code(enter(&house, &scan(&house, &order, 1).await).await), Code::DoorsNotOpen);
    let no_doors = order.items.iter().find(|item| item.held.performance == house.stages[1].id).unwrap().no;
    enter(&house, &scan(&house, &order, no_doors).await).await.unwrap();
    let now = to_the_evening(&house).await;
    enter(&house, &scan(&house, &order, 1).await).await.unwrap();
    let before = Scan { at: Some(early), ..scan(&house, &order, 2).await };
    assert_eq!(code(enter(&house, &before).await), Code::DoorsNotOpen, "nor were they then");
    house.ahead(33 * DAY).await;
    let over = scan(&house, &order, 2).await;
    assert_eq!(code(enter(&house, &over).await), Code::PerformanceOver);
    let offline = Scan { at: Some(now), gate: None, ..over };
    assert_eq!(enter(&house, &offline).await.unwrap().item.checked_in.unwrap().at, now);
    let earlier = Scan { at: Some(now.plus(Duration::ZERO)), ..scan(&house, &order, 1).await };
    assert_eq!(code(enter(&house, &earlier).await), Code::AlreadyCheckedIn, "what arrives first counts");
    house.end().await;
}

#[tokio::test]
async fn a_check_in_is_undone_within_a_day_and_who_is_in_gets_no_money_for_the_ticket() {
    let house = House::with(places(4)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    to_the_evening(&house).await;
    let shown = scan(&house, &order, 1).await;
    assert_eq!(code(undo(&house, &shown).await), Code::NotCheckedIn);
    enter(&house, &shown).await.unwrap();
    let back = async |items: Option<Vec<i16>>| {
        let new = NewRefund { order: order.id, items, reason: "ill".to_owned() };
        let mut tx = house.tx().await;
        let (refund, _) = accept_refund(&mut tx, &process.inventory, &new).await?;
        tx.commit().await?;
        Ok::<_, Error>(refund)
    };
    let refused = refusal(back(Some(vec![1])).await);
    assert_eq!((refused.code, refused.errors[0].pointer.as_str()), (Code::NothingToRefund, "/items/0"));
    let mut tx = house.tx().await;
    assert_eq!(
        code(void_ticket(&mut tx, &process.inventory, order.id, 1, PlaceOfVoid::OnSale).await),
        Code::TicketUsed
    );
    drop(tx);
    let seen = undo(&house, &shown).await.unwrap();
    assert_eq!((seen.item.credential, seen.item.checked_in), (Credential::Issued, None));
    assert_eq!(told(&house, "ticket.check_in_undone").await[0]["gate"], "North");
    assert_eq!(code(undo(&house, &shown).await), Code::NotCheckedIn);
    let again = enter(&house, &shown).await.unwrap();
    assert_eq!(again.order.version, order.version + 3);
    assert_eq!(back(None).await.unwrap().items, [2], "all that can go back");
    house.ahead(30 * DAY + Duration::from_hours(1) + UNDO_FOR).await;
    assert_eq!(code(undo(&house, &shown).await), Code::CheckInFinal);
    house.end().await;
}

#[tokio::test]
async fn what_is_undone_at_the_door_is_what_it_would_be_now() {
    let house = House::with(places(6)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (one, stage) = (|| vec![house.stage().any(1)], house.stage());
    let disputed = bank.sold(&house, &process, one(), VISA).await;
    let warned = bank.sold(&house, &process, one(), VISA).await;
    let trusted = bank.sold(&house, &process, one(), VISA).await;
    to_the_evening(&house).await;
    let mut shown = Vec::new();
    for order in [&disputed, &warned, &trusted] {
        let scan = scan(&house, order, 1).await;
        enter(&house, &scan).await.unwrap();
        shown.push(scan);
    }
    let says = async |bank: &mut Bank, order: &Order, what: &str, kind: &str| {
        let charge = house.payments(order.id).await.remove(0).provider_intent;
        bank.trigger(json!({ "what": what, "charge": charge })).await;
        bank.apply_until(&house, &process, kind).await;
    };
    says(&mut bank, &disputed, "dispute", "charge.dispute.created").await;
    for order in [&warned, &trusted] {
        says(&mut bank, order, "fraud_warning", "radar.early_fraud_warning.created").await;
    }
    let mut tx = house.tx().await;
    reinstate_order(&mut tx, trusted.id).await.unwrap();
    tx.commit().await.unwrap();
    let mut now = Vec::new();
    for scan in &shown[..2] {
        now.push(undo(&house, scan).await.unwrap().item.credential);
        assert_eq!(code(enter(&house, scan).await), Code::TicketSuspended);
    }
    assert_eq!(now, [Credential::Suspended; 2]);
    let mut tx = house.tx().await;
    assert_eq!(reinstate_order(&mut tx, warned.id).await.unwrap().items[0].credential, Credential::Issued);
    tx.commit().await.unwrap();
    enter(&house, &shown[1]).await.unwrap();
    let mut tx = house.tx().await;
    let plan = Plan { offered: vec![Remedy::Refund], replacement: None, default: None, decide_by: None };
    cancel_performance(&mut tx, stage.id, &plan, false).await.unwrap();
    drop(tx);
    assert_eq!(undo(&house, &shown[2]).await.unwrap().item.credential, Credential::Issued, "a person has decided");
    let mut tx = house.tx().await;
    cancel_performance(&mut tx, stage.id, &plan, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(undo(&house, &shown[1]).await), Code::PerformanceCancelled);
    house.end().await;
}
