//! A performance that moves to another time: a dry run, what ends, who is told, what they choose, and the default.

use std::time::Duration;

use foundation::{
    Code, Instant,
    id::{OrderId, ReschedulingId},
};
use ticketing::{
    plans::Plans,
    rules::{
        choice::{ChoiceState, LOOK_AGAIN},
        order::{Credential, HoldState, OrderState},
        rescheduling::{Decision, Impact, Progress, Rescheduling},
        times::GivenTimes,
    },
    store::{
        choices::{self, Process as Choosing},
        performances, reschedulings,
    },
    use_cases::{
        change_hold::get_hold,
        decide_rescheduling::decide_rescheduling,
        reschedule::{Plan, reschedule},
    },
};

use crate::{
    bank::Bank,
    cancellations::{cure, poison},
    house::{House, code, eur, places},
    process::Process,
    refunds_by_amount::{give_back, give_back_tickets},
};

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const VISA: &str = "pm_card_visa";

async fn later(house: &House, default: Decision) -> Plan {
    let starts_at = house.show.performances[0].times.starts_at.plus(WEEK);
    let now = house.tx().await.now().await.unwrap();
    let times = GivenTimes { starts_at: Some(starts_at.into()), ..GivenTimes::default() };
    Plan { times, decide_by: Some(now.plus(WEEK)), default }
}

async fn moved(house: &House, plan: &Plan) -> (Impact, Rescheduling) {
    let mut tx = house.tx().await;
    let (impact, made) = reschedule(&mut tx, house.stage().id, plan, false).await.unwrap();
    tx.commit().await.unwrap();
    (impact, made.unwrap())
}

async fn choose(process: &Process, id: ReschedulingId, order: OrderId, decision: Decision) -> foundation::Result<()> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let decided = decide_rescheduling(&mut tx, &process.inventory, id, order, decision).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &decided.changes);
    Ok(())
}

async fn progress(house: &House, id: ReschedulingId) -> (ChoiceState, Progress) {
    let mut tx = house.tx().await;
    let state = reschedulings::get(&mut tx, id).await.unwrap().state;
    (state, reschedulings::progress(&mut tx, id).await.unwrap())
}

async fn credentials(house: &House, order: OrderId) -> Vec<Credential> {
    house.order(order).await.items.iter().map(|item| item.credential).collect()
}

#[tokio::test]
async fn a_dry_run_says_who_is_concerned_and_changes_nothing() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    process.ordered(vec![house.stage().any(1)]).await;
    process.hold(vec![house.stage().any(2)]).await.unwrap();
    let before = performances::get(&mut house.tx().await, house.stage().id).await.unwrap();
    let plan = later(&house, Decision::Keep).await;
    let mut tx = house.tx().await;
    let (impact, made) = reschedule(&mut tx, house.stage().id, &plan, true).await.unwrap();
    drop(tx);
    assert_eq!(made, None);
    assert_eq!((impact.orders, impact.tickets, impact.unpaid_orders, impact.holds), (2, 3, 1, 1));
    assert_eq!((impact.refundable, impact.before), (eur("30.00"), before.times));
    assert_eq!(impact.after.starts_at, before.times.starts_at.plus(WEEK));
    assert_eq!(impact.after.ends_at, before.times.ends_at.plus(WEEK));
    assert_eq!(performances::get(&mut house.tx().await, house.stage().id).await.unwrap(), before);
    assert_eq!(house.count("select count(*) from reschedulings where reseller_id = $1").await, 0);
    let past = Plan { times: GivenTimes { starts_at: Some(Instant::from_micros(0).into()), ..plan.times }, ..plan };
    let same = Plan { times: GivenTimes { starts_at: Some(before.times.starts_at.into()), ..plan.times }, ..plan };
    let late = Plan { decide_by: Some(impact.after.ends_at), ..plan };
    for wrong in [past, same, late] {
        for dry_run in [true, false] {
            let mut tx = house.tx().await;
            let refused = reschedule(&mut tx, house.stage().id, &wrong, dry_run).await;
            assert_eq!(code(refused), Code::InvalidField, "{wrong:?}");
        }
    }
    house.end().await;
}

#[tokio::test]
async fn what_is_unpaid_ends_and_who_has_tickets_is_told_once_and_chooses() {
    let house = House::with(places(20)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let keeps = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let returns = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let silent = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let ordered = process.ordered(vec![house.stage().any(1)]).await;
    let held = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let plan = later(&house, Decision::Keep).await;
    let (impact, made) = moved(&house, &plan).await;
    let moved_to = performances::get(&mut house.tx().await, house.stage().id).await.unwrap().times;
    assert_eq!(moved_to, impact.after);
    let mut tx = house.tx().await;
    assert_eq!(
        code(reschedule(&mut tx, house.stage().id, &plan, true).await),
        Code::InvalidField,
        "nothing would move"
    );
    let again = GivenTimes { starts_at: Some(moved_to.starts_at.plus(WEEK).into()), ..GivenTimes::default() };
    let again = Plan { times: again, ..plan };
    assert_eq!(code(reschedule(&mut tx, house.stage().id, &again, true).await), Code::ReschedulingUnderWay);
    drop(tx);
    while bank.due(&process).await > 0 {}
    assert_eq!(house.order(ordered.id).await.state, OrderState::Cancelled);
    assert_eq!(get_hold(&mut house.tx().await, &Plans::default(), held.id).await.unwrap().state, HoldState::Released);
    let letters = "select count(*) from mail_outbox where reseller_id = $1 and kind = 'performance_rescheduled'";
    let events = "select count(*) from events where reseller_id = $1 and type = 'order.rescheduled'";
    assert_eq!((house.count(letters).await, house.count(events).await), (3, 3));
    choose(&process, made.id, keeps.id, Decision::Keep).await.unwrap();
    choose(&process, made.id, returns.id, Decision::Refund).await.unwrap();
    assert_eq!(
        code(choose(&process, made.id, returns.id, Decision::Keep).await),
        Code::AlreadyDecided,
        "they are given back"
    );
    assert_eq!(code(choose(&process, made.id, ordered.id, Decision::Keep).await), Code::NotFound, "it was not paid");
    assert_eq!(credentials(&house, returns.id).await, [Credential::Voided; 2]);
    assert_eq!(house.refunds(returns.id).await[0].amount, eur("20.00"));
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.told, so_far.open, so_far.kept, so_far.refunded), (ChoiceState::Deciding, 3, 1, 1, 1));
    house.ahead(WEEK + Duration::from_secs(1)).await;
    assert_eq!(code(choose(&process, made.id, silent.id, Decision::Refund).await), Code::Expired);
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.open, end.kept, end.refunded, end.problems), (ChoiceState::Done, 0, 2, 1, 0));
    for order in [keeps.id, silent.id] {
        assert_eq!(credentials(&house, order).await, [Credential::Issued]);
    }
    assert_eq!(house.count(letters).await, 3, "nobody is told twice");
    // It is over: it may move again, and is sold as ever.
    let next = later(&house, Decision::Keep).await;
    let starts_at = moved_to.starts_at.plus(WEEK);
    let times = GivenTimes { starts_at: Some(starts_at.into()), ..GivenTimes::default() };
    moved(&house, &Plan { times, ..next }).await;
    bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    house.end().await;
}

#[tokio::test]
async fn whoever_has_not_chosen_by_the_deadline_gets_the_default_page_by_page_from_wherever_it_was_left() {
    let house = House::of(eur("0.00"), vec![places(130)]).await;
    let process = Process::first(&house);
    let (bank, mut orders) = (Bank::open().await, Vec::new());
    for _ in 0..120 {
        orders.push(process.ordered(vec![house.stage().any(1)]).await.id);
    }
    let (_, made) = moved(&house, &later(&house, Decision::Refund).await).await;
    assert_eq!(bank.due(&process).await, 50);
    assert_eq!(progress(&house, made.id).await.1.told, 50);
    // Another process goes on where this one stopped.
    let other = Process::another(&house);
    while bank.due(&other).await > 0 {}
    assert_eq!(progress(&house, made.id).await.1.told, 120);
    choose(&process, made.id, orders[7], Decision::Keep).await.unwrap();
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.open, end.kept, end.refunded), (ChoiceState::Done, 0, 1, 119));
    assert_eq!(end.problems, 119, "they were free: there is no money to give back, and a person looks at it");
    let told = "select count(*) from events where reseller_id = $1 and type = 'rescheduling.completed'";
    assert_eq!(house.count(told).await, 1);
    house.end().await;
}

#[tokio::test]
async fn the_default_gives_back_what_was_not_kept() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let silent = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let (_, made) = moved(&house, &later(&house, Decision::Refund).await).await;
    while bank.due(&process).await > 0 {}
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(credentials(&house, silent.id).await, [Credential::Voided; 2]);
    let refunds = house.refunds(silent.id).await;
    assert_eq!((refunds.len(), refunds[0].amount, refunds[0].reason.as_str()), (1, eur("20.00"), "rescheduled"));
    let list = reschedulings::orders(&mut house.tx().await, made.id, None, 10).await.unwrap();
    assert_eq!(
        (list[0].refund, list[0].by_default, list[0].decision),
        (Some(refunds[0].id), true, Some(Decision::Refund))
    );
    assert_eq!(house.claimed().await, 0);
    house.end().await;
}

#[tokio::test]
async fn an_order_whose_default_fails_keeps_no_other_from_its_own_and_is_tried_again() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut sold = Vec::new();
    for _ in 0..3 {
        sold.push(bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id);
    }
    poison(&house, sold.iter().copied().min().unwrap()).await;
    let (_, made) = moved(&house, &later(&house, Decision::Refund).await).await;
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while bank.due(&process).await > 0 {}
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.refunded, so_far.open, so_far.retrying), (ChoiceState::Closing, 2, 1, 1));
    let list = reschedulings::orders(&mut house.tx().await, made.id, None, 10).await.unwrap();
    assert!(list[0].decision.is_none() && list[0].problem.is_some(), "{list:?}");
    cure(&house).await;
    house.ahead(WEEK + LOOK_AGAIN + Duration::from_secs(60)).await;
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.refunded, end.retrying, end.problems), (ChoiceState::Done, 3, 0, 0));
    house.end().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_told_of_another_time_keeps_no_other_and_is_told_later() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut sold = Vec::new();
    for _ in 0..3 {
        sold.push(bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id);
    }
    let mut owner = house.db.as_owner().await;
    sqlx::query("alter table orders drop constraint orders_sold_through").execute(&mut owner).await.unwrap();
    let channel = "update orders set sold_through = $2 where order_id = $1";
    sqlx::query(channel).bind(sold[1]).bind("nobody").execute(&mut owner).await.unwrap();
    let (_, made) = moved(&house, &later(&house, Decision::Keep).await).await;
    while bank.due(&process).await > 0 {}
    let told = "select count(*) from events where reseller_id = $1 and type = 'order.rescheduled'";
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.told, so_far.retrying, house.count(told).await), (ChoiceState::Deciding, 3, 1, 2));
    sqlx::query(channel).bind(sold[1]).bind("api").execute(&mut owner).await.unwrap();
    house.ahead(LOOK_AGAIN * 2).await;
    while bank.due(&process).await > 0 {}
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.told, so_far.retrying, house.count(told).await), (ChoiceState::Deciding, 3, 0, 3));
    house.ahead(WEEK + Duration::from_secs(60)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(progress(&house, made.id).await.1.kept, 3);
    house.end().await;
}

#[tokio::test]
async fn whom_it_could_not_tell_in_time_is_told_before_the_order_is_closed() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let told = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id;
    let untold = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id;
    let (_, made) = moved(&house, &later(&house, Decision::Refund).await).await;
    let mut tx = house.tx().await;
    let (of, after) = (Choosing::Rescheduling(made.id), WEEK + LOOK_AGAIN);
    let at = tx.now().await.unwrap().plus(after);
    choices::put_off_telling(&mut tx, of, untold, (None, at), false).await.unwrap();
    tx.commit().await.unwrap();
    let count = "select count(*) from events where reseller_id = $1 and type = 'order.rescheduled'";
    while bank.due(&process).await > 0 {}
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!((progress(&house, made.id).await.0, house.count(count).await), (ChoiceState::Closing, 1));
    assert_eq!((house.refunds(told).await.len(), house.refunds(untold).await.len()), (1, 0));
    house.ahead(after + Duration::from_secs(60)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!((progress(&house, made.id).await.0, house.count(count).await), (ChoiceState::Done, 2));
    assert_eq!(house.refunds(untold).await.len(), 1);
    house.end().await;
}

#[tokio::test]
async fn who_was_given_the_money_back_meanwhile_is_told_of_no_other_time() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let returned = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id;
    let (_, made) = moved(&house, &later(&house, Decision::Keep).await).await;
    let mut tx = house.tx().await;
    let at = tx.now().await.unwrap().plus(Duration::from_secs(60));
    choices::put_off_telling(&mut tx, Choosing::Rescheduling(made.id), returned, (None, at), false).await.unwrap();
    tx.commit().await.unwrap();
    give_back_tickets(&process, returned, None).await.unwrap();
    house.ahead(LOOK_AGAIN * 2).await;
    while bank.due(&process).await > 0 {}
    let told = "select count(*) from events where reseller_id = $1 and type = 'order.rescheduled'";
    assert_eq!((progress(&house, made.id).await.1.told, house.count(told).await), (2, 1));
    house.end().await;
}

#[tokio::test]
async fn nothing_is_promised_for_what_is_void_disputed_or_given_back() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let in_part = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    give_back_tickets(&process, in_part.id, Some(vec![1])).await.unwrap();
    let by_amount = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    give_back(&process, by_amount.id, "7.50").await.unwrap();
    let disputed = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let charge = house.payments(disputed.id).await.remove(0).provider_intent.unwrap();
    bank.trigger(serde_json::json!({ "what": "dispute", "charge": charge })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    let (impact, _) = moved(&house, &later(&house, Decision::Refund).await).await;
    assert_eq!((impact.orders, impact.tickets, impact.refundable), (3, 3, eur("12.50")));
    while bank.due(&process).await > 0 {}
    let letters = "select count(*) from mail_outbox where reseller_id = $1 and kind = 'performance_rescheduled'";
    let tickets = "select count(*) from mail_outbox, jsonb_path_query(data, 'strict $.**.item_no')
                   where reseller_id = $1 and kind = 'performance_rescheduled'";
    assert_eq!((house.count(letters).await, house.count(tickets).await), (2, 2), "one of two, one, and none of one");
    house.end().await;
}

#[tokio::test]
async fn what_is_over_does_not_move_because_its_money_may_be_the_resellers() {
    let house = House::with(places(1)).await;
    let ends_at = house.show.performances[0].times.ends_at;
    let now = house.tx().await.now().await.unwrap();
    house.ahead(ends_at.since(now) + Duration::from_secs(60)).await;
    let starts_at = ends_at.plus(4 * WEEK);
    let times = GivenTimes { starts_at: Some(starts_at.into()), ..GivenTimes::default() };
    let plan = Plan { times, decide_by: None, default: Decision::Keep };
    let mut tx = house.tx().await;
    assert_eq!(code(reschedule(&mut tx, house.stage().id, &plan, true).await), Code::PerformanceOver);
    drop(tx);
    house.end().await;
}
