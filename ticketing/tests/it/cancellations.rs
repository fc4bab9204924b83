//! A performance that does not take place: a dry run, what ends, who is told, what they choose, the default, and that the work may stop
//! anywhere: each order has one outcome in the end (promise P15).

use std::{collections::HashMap, future::poll_fn, pin::pin, task::Poll, time::Duration};

use accounting::{SalesFilter, SalesGroup};
use foundation::{
    Code, Error, Instant, Result,
    id::{CancellationId, OrderId, PaymentId},
    sequencer,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    plans::Plans,
    provider::{Callback, DisputeWord, Kind},
    rules::{
        cancellation::{Cancellation, Impact, OrderRemedy, Plan, Progress, Remedy},
        choice::{ChoiceState, LOOK_AGAIN},
        credit::GivenAs,
        order::{Buyer, Credential, HoldState, Order, OrderState},
        payment::{DisputeState, RefundState},
        performance::PerformanceState,
    },
    store::{
        cancellations,
        choices::{self, Process as Choosing},
        credits, performances,
    },
    use_cases::{
        cancel_performance::cancel_performance,
        cancel_show::cancel_show,
        carry_out_cancellation::carry_out_cancellation,
        change_hold::get_hold,
        create_order::NewOrder,
        decide_cancellation::decide_cancellation,
        expire::do_due,
        refund_amount::{NewAmountRefund, accept_amount_refund},
        sell::{Paid, payment_succeeded},
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    archive_refunds::give_back,
    bank::{Bank, SLOW, sent_anew},
    blocks::{allocation, block, of_hall, through},
    house::{House, at_once, code, eur, places, seats},
    process::{Process, SETTINGS, new_order},
    refunds_by_amount::give_back_tickets,
    wire::Wire,
};

pub(crate) const WEEK: Duration = Duration::from_secs(7 * 86_400);
const VISA: &str = "pm_card_visa";

fn refund() -> Plan {
    Plan { offered: vec![Remedy::Refund], replacement: None, default: None, decide_by: None }
}

/// Money or tickets of the house's second performance, to be chosen within a week.
async fn either(house: &House, default: Remedy) -> Plan {
    let now = house.tx().await.now().await.unwrap();
    Plan {
        offered: vec![Remedy::Refund, Remedy::Replacement],
        replacement: Some(house.stages[1].id),
        default: Some(default),
        decide_by: Some(now.plus(WEEK)),
    }
}

/// Money, tickets of the house's second performance, or credit, to be chosen within a week.
pub(crate) async fn any_of_three(house: &House, default: Remedy) -> Plan {
    let either = either(house, default).await;
    Plan { offered: vec![Remedy::Refund, Remedy::Replacement, Remedy::Credit], ..either }
}

/// What buyers may still buy with.
async fn outstanding(house: &House) -> Decimal {
    credits::outstanding(&mut house.tx().await).await.unwrap().iter().map(|money| money.amount()).sum()
}

async fn dry(house: &House, plan: &Plan) -> Result<Impact> {
    // In which nothing can be locked.
    let mut tx = house.snapshot().await;
    Ok(cancel_performance(&mut tx, house.stage().id, plan, true).await?.0)
}

pub(crate) async fn cancelled(house: &House, plan: &Plan) -> Cancellation {
    let mut tx = house.tx().await;
    let (_, made) = cancel_performance(&mut tx, house.stage().id, plan, false).await.unwrap();
    tx.commit().await.unwrap();
    made.unwrap()
}

async fn choose(process: &Process, id: CancellationId, order: OrderId, remedy: Remedy) -> Result<()> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let decided = decide_cancellation(&mut tx, &process.inventory, id, order, remedy).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &decided.changes);
    Ok(())
}

pub(crate) async fn progress(house: &House, id: CancellationId) -> (ChoiceState, Progress) {
    let mut tx = house.tx().await;
    let state = cancellations::get(&mut tx, id).await.unwrap().state;
    (state, cancellations::progress(&mut tx, id).await.unwrap())
}

async fn outcome(house: &House, id: CancellationId, order: OrderId) -> OrderRemedy {
    cancellations::order(&mut house.tx().await, id, order).await.unwrap().unwrap()
}

async fn credentials(house: &House, order: OrderId) -> Vec<Credential> {
    house.order(order).await.items.iter().map(|item| item.credential).collect()
}

async fn pending(house: &House) -> Decimal {
    accounting::balance(&mut house.tx().await).await.unwrap().iter().map(|balance| balance.pending).sum()
}

#[tokio::test]
async fn a_dry_run_of_a_cancellation_says_whom_it_concerns_and_changes_nothing() {
    let house = House::of(eur("10.00"), vec![places(9), places(2)]).await;
    let elsewhere = house.another_show(eur("10.00"), 1).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let disputed = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let charge = house.payments(disputed.id).await.remove(0).provider_intent;
    bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply(&house, &process, "charge.dispute.created").await;
    process.ordered(vec![house.stage().any(1)]).await;
    process.hold(vec![house.stage().any(2)]).await.unwrap();
    let before = performances::get(&mut house.tx().await, house.stage().id).await.unwrap();
    let impact = dry(&house, &either(&house, Remedy::Refund).await).await.unwrap();
    assert_eq!((impact.orders, impact.tickets, impact.disputed_orders), (2, 3, 1));
    assert_eq!((impact.unpaid_orders, impact.holds), (1, 1));
    assert_eq!(impact.refundable, eur("20.00"), "what is disputed is not given back");
    assert_eq!(impact.replaceable, Some(2), "three are wanted, two are there");
    assert_eq!(dry(&house, &refund()).await.unwrap().replaceable, None);
    let plan = either(&house, Remedy::Refund).await;
    for wrong in [elsewhere.id, house.stage().id, foundation::id::PerformanceId::new()] {
        let plan = Plan { replacement: Some(wrong), ..plan.clone() };
        assert_eq!(code(dry(&house, &plan).await), Code::InvalidField);
    }
    assert_eq!(performances::get(&mut house.tx().await, house.stage().id).await.unwrap(), before);
    assert_eq!(house.count("select count(*) from cancellations where reseller_id = $1").await, 0);
    house.end().await;
}

#[tokio::test]
async fn nothing_is_sold_from_that_moment_on_and_who_has_paid_gets_all_of_it_back() {
    let house = House::with(places(20)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let sold = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let other = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let ordered = process.ordered(vec![house.stage().any(1)]).await;
    let being_paid = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, being_paid.id).await;
    let held = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let made = cancelled(&house, &refund()).await;
    assert_eq!(code(process.hold(vec![house.stage().any(1)]).await), Code::NotOnSale);
    assert_eq!(code(process.order(held.id).await), Code::NotOnSale);
    let mut tx = house.tx().await;
    let again = cancel_performance(&mut tx, house.stage().id, &refund(), false).await;
    assert_eq!(code(again), Code::PerformanceCancelled);
    let open = PerformanceChanges { state: Some(PerformanceState::Open), ..PerformanceChanges::default() };
    let version = performances::get(&mut tx, house.stage().id).await.unwrap().version;
    assert_eq!(code(update_performance(&mut tx, house.stage().id, version, open).await), Code::PerformanceCancelled);
    drop(tx);
    // Money that is on its way buys nothing any more.
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    while bank.due(&process).await > 0 {}
    assert_eq!(house.refunds(being_paid.id).await[0].reason, "late_payment");
    for (order, state) in [(ordered.id, OrderState::Cancelled), (being_paid.id, OrderState::Cancelled)] {
        assert_eq!(house.order(order).await.state, state);
    }
    assert_eq!(get_hold(&mut house.tx().await, &Plans::default(), held.id).await.unwrap().state, HoldState::Released);
    for (order, paid) in [(&sold, "20.00"), (&other, "10.00")] {
        let refunds = house.refunds(order.id).await;
        assert_eq!((refunds.len(), refunds[0].amount, refunds[0].reason.as_str()), (1, eur(paid), "cancelled"));
        let outcome = outcome(&house, made.id, order.id).await;
        assert_eq!((outcome.decision, outcome.refund), (Some(Remedy::Refund), Some(refunds[0].id)));
        assert!(outcome.by_default && outcome.problem.is_none());
    }
    assert_eq!(
        pending(&house).await,
        Decimal::ZERO,
        "with all fees: nothing is left with the reseller, and nothing is owed"
    );
    let letters = "select count(*) from mail_outbox where reseller_id = $1 and kind = 'performance_cancelled'";
    assert_eq!(house.count(letters).await, 2);
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.told, end.open, end.refunded, end.problems), (ChoiceState::Done, 2, 0, 2, 0));
    let told = "select count(*) from events where reseller_id = $1 and type in ('performance.cancelled', 'cancellation.completed')";
    assert_eq!(house.count(told).await, 2);
    house.ahead(Duration::from_secs(60)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(house.refunds(sold.id).await[0].state, RefundState::Succeeded);
    assert_eq!((house.claimed().await, house.count(letters).await), (0, 2));
    house.end().await;
}

#[tokio::test]
async fn buyers_choose_between_their_money_and_the_same_seat_at_another_date() {
    let house = House::of(eur("10.00"), vec![seats(&[("A", 6)]), seats(&[("A", 6)])]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (here, there) = (&house.stages[0], &house.stages[1]);
    let comes = bank.sold(&house, &process, here.these(&[1, 2]), VISA).await;
    let returns = bank.sold(&house, &process, here.these(&[3]), VISA).await;
    let silent = bank.sold(&house, &process, here.these(&[4]), VISA).await;
    let made = cancelled(&house, &either(&house, Remedy::Refund).await).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(progress(&house, made.id).await.0, ChoiceState::Deciding);
    // The same seats are kept, for nobody else.
    assert_eq!(process.thinks_free(there.id).await, 2);
    assert_eq!(code(process.hold(there.these(&[1])).await), Code::SeatsUnavailable);
    choose(&process, made.id, comes.id, Remedy::Replacement).await.unwrap();
    choose(&process, made.id, returns.id, Remedy::Refund).await.unwrap();
    for again in [comes.id, returns.id] {
        assert_eq!(code(choose(&process, made.id, again, Remedy::Refund).await), Code::AlreadyDecided, "it is final");
    }
    assert_eq!(code(choose(&process, made.id, OrderId::new(), Remedy::Refund).await), Code::NotFound);
    let now = house.order(comes.id).await;
    let tickets: Vec<_> = now.items.iter().map(|item| (item.held.performance, item.held.ticket)).collect();
    assert_eq!(tickets, [(there.id, there.tickets[1]), (there.id, there.tickets[2])]);
    assert_eq!((now.total, now.items[0].credential), (comes.total, Credential::Issued));
    assert!(house.refunds(comes.id).await.is_empty());
    assert_eq!(process.thinks_free(there.id).await, 3, "the seat of who wants the money is free again");
    house.ahead(WEEK + Duration::from_secs(1)).await;
    assert_eq!(code(choose(&process, made.id, silent.id, Remedy::Replacement).await), Code::Expired);
    while bank.due(&process).await > 0 {}
    assert_eq!(credentials(&house, silent.id).await, [Credential::Voided]);
    for order in [&comes, &returns, &silent] {
        assert!(outcome(&house, made.id, order.id).await.kept.is_empty(), "kept for nobody any more");
    }
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.refunded, end.replaced, end.problems), (ChoiceState::Done, 2, 1, 0));
    assert_eq!(process.thinks_free(there.id).await, 4);
    house.end().await;
}

#[tokio::test]
async fn an_equal_ticket_is_had_whatever_it_costs_there_and_the_money_stays_what_was_paid() {
    for price in ["25.00", "4.00"] {
        let house = House::of(eur("10.00"), vec![places(4), places(4)]).await;
        let (process, mut bank) = (Process::first(&house), Bank::open().await);
        let mut owner = house.db.as_owner().await;
        sqlx::query("update offers set price = $3 where reseller_id = $1 and performance_id = $2")
            .bind(house.reseller)
            .bind(house.stages[1].id)
            .bind(eur(price).amount())
            .execute(&mut owner)
            .await
            .unwrap();
        let paid = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
        let before = pending(&house).await;
        let made = cancelled(&house, &either(&house, Remedy::Refund).await).await;
        carry_out_cancellation(&process.inventory, house.reseller, made.id).await.unwrap();
        choose(&process, made.id, paid.id, Remedy::Replacement).await.unwrap();
        let now = house.order(paid.id).await;
        assert!(now.items.iter().all(|item| item.held.performance == house.stages[1].id), "{price}");
        assert_eq!((now.total, pending(&house).await), (paid.total, before), "{price}");
        // What is given back later is what was paid, too.
        give_back(&process, &bank, paid.id, None).await.unwrap();
        assert_eq!(house.refunds(paid.id).await[0].amount.amount(), paid.total, "{price}");
        house.end().await;
    }
}

#[tokio::test]
async fn who_finds_no_equal_ticket_left_gets_the_money_and_all_of_an_orders_tickets_go_together() {
    let house = House::of(eur("10.00"), vec![places(9), places(3)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await.id);
    }
    let only = Plan {
        offered: vec![Remedy::Replacement],
        replacement: Some(house.stages[1].id),
        default: None,
        decide_by: None,
    };
    let made = cancelled(&house, &only).await;
    carry_out_cancellation(&process.inventory, house.reseller, made.id).await.unwrap();
    let kept =
        "select count(*) from claims where reseller_id = $1 and owner_kind = 'block' and expires_at = 'infinity'";
    assert_eq!(house.count(kept).await, 2, "the third is kept for nobody");
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.replaced, end.refunded, end.problems), (ChoiceState::Done, 1, 2, 0));
    assert_eq!(process.thinks_free(house.stages[1].id).await, 1, "one ticket is not equal to two");
    house.end().await;
}

#[tokio::test]
async fn what_is_disputed_waits_for_a_person_and_what_was_free_is_void_without_money() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let disputed = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let charge = house.payments(disputed.id).await.remove(0).provider_intent;
    bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply(&house, &process, "charge.dispute.created").await;
    let mut owner = house.db.as_owner().await;
    sqlx::query("update offers set price = 0 where reseller_id = $1")
        .bind(house.reseller)
        .execute(&mut owner)
        .await
        .unwrap();
    process.inventory.forget_all(house.reseller);
    let free = process.ordered(vec![house.stage().any(2)]).await;
    let made = cancelled(&house, &refund()).await;
    while bank.due(&process).await > 0 {}
    let stuck = outcome(&house, made.id, disputed.id).await;
    assert_eq!((stuck.decision, stuck.refund), (Some(Remedy::Refund), None));
    assert!(stuck.problem.unwrap().contains("disputed"));
    assert_eq!(credentials(&house, disputed.id).await, [Credential::Suspended]);
    let given = outcome(&house, made.id, free.id).await;
    assert_eq!((given.decision, given.refund, given.problem), (Some(Remedy::Refund), None, None));
    assert_eq!(credentials(&house, free.id).await, [Credential::Voided; 2]);
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.told, end.refunded, end.problems), (ChoiceState::Done, 2, 1, 1), "each counts once");
    house.end().await;
}

#[tokio::test]
async fn what_was_lost_before_says_so_and_what_was_free_is_no_credit() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let lost = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id;
    let charge = house.payments(lost).await.remove(0).provider_intent;
    let dispute = bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    bank.trigger(json!({ "what": "dispute_lost", "dispute": dispute["id"] })).await;
    bank.apply_until(&house, &process, "charge.dispute.closed").await;
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let guests = Some(vec!["Grace".to_owned()]);
    let free = process.make_order(&NewOrder { guests, ..new_order(hold.id) }).await.unwrap().id;
    let made = cancelled(&house, &Plan { offered: vec![Remedy::Credit], ..refund() }).await;
    while bank.due(&process).await > 0 {}
    let nothing = outcome(&house, made.id, lost).await;
    assert_eq!((nothing.decision, nothing.got()), (Some(Remedy::Credit), None), "it was tried in vain");
    assert!(nothing.problem.unwrap().contains("is lost"));
    assert_eq!(
        (outcome(&house, made.id, free).await.refund, credentials(&house, free).await),
        (None, vec![Credential::Voided])
    );
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.refunded, end.credited, end.problems), (ChoiceState::Done, 1, 0, 1), "nobody got credit");
    let Err(Error::Refused(late)) = choose(&process, made.id, lost, Remedy::Credit).await else { panic!() };
    assert!(late.code == Code::Expired && late.detail.contains("nothing to choose"), "{late:?}");
    house.end().await;
}

#[tokio::test]
async fn what_was_disputed_gets_its_outcome_when_the_bank_lets_it_stand_and_not_when_it_is_lost() {
    let house = House::of(eur("10.00"), vec![places(9), places(9)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut disputed = Vec::new();
    for _ in ["dispute_won", "dispute_lost"] {
        let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
        let charge = house.payments(order.id).await.remove(0).provider_intent;
        let dispute = bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
        let created = bank.apply_until(&house, &process, "charge.dispute.created").await;
        disputed.push((order.id, dispute["id"].clone(), created));
    }
    // Equal tickets are kept for both, which neither can be given.
    let made = cancelled(&house, &either(&house, Remedy::Replacement).await).await;
    house.ahead(WEEK).await;
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.told, end.problems), (ChoiceState::Done, 2, 2));
    // The verdict may come before the money: that alone gives nothing, and makes no ticket void.
    let Kind::Dispute(word) = &disputed[0].2.kind else { panic!("{:?}", disputed[0].2) };
    let won = Kind::Dispute(DisputeWord { state: DisputeState::Won, ..word.clone() });
    bank.apply_this(&process, &Callback { kind: won, ..sent_anew(&disputed[0].2) }).await.unwrap();
    while bank.due(&process).await > 0 {}
    assert!(outcome(&house, made.id, disputed[0].0).await.problem.is_some());
    assert_eq!(credentials(&house, disputed[0].0).await, [Credential::Issued]);
    for ((order, dispute, _), word) in disputed.iter().zip(["dispute_won", "dispute_lost"]) {
        bank.trigger(json!({ "what": word, "dispute": dispute })).await;
        bank.apply_until(&house, &process, "charge.dispute.closed").await;
        while bank.due(&process).await > 0 {}
        let got = outcome(&house, made.id, *order).await;
        assert_eq!(got.problem.is_some(), word == "dispute_lost", "{got:?}");
        assert_eq!(got.refund.is_some(), word == "dispute_won", "{got:?}");
    }
    assert_eq!(credentials(&house, disputed[0].0).await, [Credential::Voided]);
    assert_eq!(credentials(&house, disputed[1].0).await, [Credential::Suspended]);
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.told, end.refunded, end.problems), (ChoiceState::Done, 2, 1, 1));
    house.end().await;
}

/// The verdict may be heard of before the cancellation looks at the order, and its money come after that.
#[tokio::test]
async fn what_the_bank_lets_stand_waits_for_its_money_and_is_not_made_void_for_nothing() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let charge = house.payments(order.id).await.remove(0).provider_intent;
    let dispute = bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    let created = bank.apply_until(&house, &process, "charge.dispute.created").await;
    let Kind::Dispute(word) = &created.kind else { panic!("{created:?}") };
    let won = Kind::Dispute(DisputeWord { state: DisputeState::Won, ..word.clone() });
    bank.apply_this(&process, &Callback { kind: won, ..sent_anew(&created) }).await.unwrap();
    let made = cancelled(&house, &refund()).await;
    house.ahead(Duration::from_secs(60)).await;
    while bank.due(&process).await > 0 {}
    let waiting = outcome(&house, made.id, order.id).await;
    assert!(waiting.problem.is_some(), "{waiting:?}");
    assert_eq!(credentials(&house, order.id).await, [Credential::Issued]);
    bank.trigger(json!({ "what": "dispute_won", "dispute": dispute["id"] })).await;
    bank.apply_until(&house, &process, "charge.dispute.closed").await;
    while bank.due(&process).await > 0 {}
    let given = outcome(&house, made.id, order.id).await;
    assert_eq!((given.refund.is_some(), given.problem), (true, None));
    assert_eq!(house.refunds(order.id).await[0].amount, eur("10.00"));
    house.end().await;
}

/// Money may have gone back by amount before: what is left goes back, and the tickets are void whatever is.
#[tokio::test]
async fn what_had_gone_back_by_amount_goes_back_no_second_time_and_every_ticket_is_void() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let all = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let some = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    for (order, amount) in [(&all, "10.00"), (&some, "5.00")] {
        let mut tx = house.tx().await;
        let (reason, given_as) = (String::new(), GivenAs::Money);
        let new = NewAmountRefund { order: order.id, amount: eur(amount), given_as, reason };
        accept_amount_refund(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
    }
    let made = cancelled(&house, &refund()).await;
    house.ahead(Duration::from_secs(60)).await;
    while bank.due(&process).await > 0 {}
    let nothing = outcome(&house, made.id, all.id).await;
    assert_eq!((nothing.decision, nothing.refund, nothing.problem), (Some(Remedy::Refund), None, None));
    let rest = outcome(&house, made.id, some.id).await;
    let refunds = house.refunds(some.id).await;
    let amounts: Vec<_> = refunds.iter().map(|refund| refund.amount).collect();
    assert_eq!((amounts, rest.problem), (vec![eur("5.00"), eur("15.00")], None));
    assert_eq!(credentials(&house, all.id).await, [Credential::Voided]);
    assert_eq!(credentials(&house, some.id).await, [Credential::Voided; 2]);
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.told, end.refunded, end.problems), (ChoiceState::Done, 2, 2, 0));
    let void = "select count(*) from events where reseller_id = $1 and type = 'ticket.voided'";
    assert_eq!(house.count(void).await, 3);
    house.end().await;
}

/// Where fees go back with amounts, the rest of the price takes the rest of the fees with it.
#[tokio::test]
async fn after_an_amount_with_its_fees_the_rest_of_both_goes_back_and_every_ticket_is_void() {
    let house = House::of(eur("10.00"), vec![places(9), places(9)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let alone = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let as_credit = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let elsewhere = vec![house.stage().any(1), house.stages[1].any(1)];
    let both = bank.sold(&house, &process, elsewhere, VISA).await;
    let policy = "update orders set refund_policy = 'fees_returned'";
    sqlx::query(policy).execute(&mut house.db.as_owner().await).await.unwrap();
    for (order, amount) in [(&alone, "6.67"), (&as_credit, "3.33"), (&both, "5.00")] {
        let mut tx = house.tx().await;
        let (reason, given_as) = (String::new(), GivenAs::Money);
        let new = NewAmountRefund { order: order.id, amount: eur(amount), given_as, reason };
        accept_amount_refund(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
    }
    let plan = either(&house, Remedy::Refund).await;
    let plan = Plan { offered: vec![Remedy::Refund, Remedy::Credit], replacement: None, ..plan };
    let made = cancelled(&house, &plan).await;
    while bank.due(&process).await > 0 {}
    choose(&process, made.id, as_credit.id, Remedy::Credit).await.unwrap();
    house.ahead(Duration::from_hours(24 * 15)).await;
    while bank.due(&process).await > 0 {}
    let rest = [(&alone, "13.33"), (&as_credit, "6.67"), (&both, "10.00")];
    for (order, amount) in rest {
        let outcome = outcome(&house, made.id, order.id).await;
        let last = house.refunds(order.id).await.pop().unwrap();
        assert_eq!((last.amount, outcome.refund, outcome.problem), (eur(amount), Some(last.id), None));
    }
    assert_eq!(credentials(&house, alone.id).await, [Credential::Voided; 2]);
    assert_eq!(credentials(&house, as_credit.id).await, [Credential::Voided]);
    assert_eq!(credentials(&house, both.id).await, [Credential::Voided, Credential::Issued]);
    // What the reseller has left is a quarter of one order: 5.00 of 20.00, less a quarter of the fees of two tickets, 1.94.
    assert_eq!(pending(&house).await, eur("4.52").amount());
    house.end().await;
}

/// One buyer's tickets count for the same limits, whichever order they are of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_at_once_wait_in_line_and_an_order_takes_the_first() {
    let house = House::of(eur("10.00"), vec![places(9), places(9)]).await;
    let (one, two, mut bank) = (Process::first(&house), Process::another(&house), Bank::open().await);
    let mut orders = Vec::new();
    for _ in 0..6 {
        orders.push(bank.sold(&house, &one, vec![house.stage().any(1)], VISA).await.id);
    }
    let made = cancelled(&house, &either(&house, Remedy::Refund).await).await.id;
    while bank.due(&one).await > 0 {}
    // Whoever has the line keeps the others waiting.
    let mut line = house.tx().await;
    choices::lock(&mut line, Choosing::Cancellation(made)).await.unwrap();
    let moves_on = async {
        house.wait_for_a_blocked("stagedoor requests").await;
        line.commit().await.unwrap();
    };
    tokio::join!(choose(&one, made, orders[1], Remedy::Replacement), moves_on).0.unwrap();
    let decisions = orders[2..].iter().enumerate().map(|(nth, order)| {
        let (process, order) = ([&one, &two][nth % 2].clone(), *order);
        async move { choose(&process, made, order, Remedy::Replacement).await }
    });
    for decided in at_once(decisions).await {
        decided.unwrap();
    }
    let of_one =
        [(&one, Remedy::Replacement), (&two, Remedy::Refund), (&one, Remedy::Refund), (&two, Remedy::Replacement)];
    let of_one = of_one.map(|(process, remedy)| (process.clone(), remedy));
    let first = orders[0];
    let decisions = of_one.map(|(process, remedy)| async move { choose(&process, made, first, remedy).await });
    let (done, late): (Vec<_>, Vec<_>) = at_once(decisions).await.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    for late in late {
        assert_eq!(code(late), Code::AlreadyDecided);
    }
    house.end().await;
}

#[tokio::test]
async fn a_show_is_cancelled_in_all_its_performances_to_come_with_one_progress() {
    let house = House::of(eur("10.00"), vec![places(9), places(9), places(9)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let elsewhere = house.another_show(eur("10.00"), 1).await;
    let before = cancelled(&house, &refund()).await;
    for stage in &house.stages[1..] {
        bank.sold(&house, &process, vec![stage.any(2)], VISA).await;
    }
    bank.sold(&house, &process, vec![house.stages[1].any(1), house.stages[2].any(1)], VISA).await;
    let cancel = async |dry_run| {
        let mut tx = house.tx().await;
        let parts = cancel_show(&mut tx, house.show.id, &refund(), dry_run).await?;
        tx.commit().await.unwrap();
        foundation::Result::Ok(parts)
    };
    let mut tx = house.snapshot().await;
    let exchange = Plan { offered: vec![Remedy::Replacement], ..refund() };
    let Err(foundation::Error::Refused(refused)) = cancel_show(&mut tx, house.show.id, &exchange, true).await else {
        panic!("each performance has another one in its place");
    };
    assert_eq!((refused.errors[0].pointer.as_str(), refused.errors.len()), ("/offered", 1));
    let parts = cancel_show(&mut tx, house.show.id, &refund(), true).await.unwrap();
    drop(tx);
    let told: Vec<_> = parts.iter().map(|part| (part.impact.orders, part.impact.tickets)).collect();
    assert_eq!(
        (told, parts[0].impact.refundable),
        (vec![(2, 3), (2, 3)], eur("30.00")),
        "the first one is cancelled already"
    );
    assert_eq!(
        cancellations::of_show(&mut house.tx().await, house.show.id).await.unwrap(),
        std::slice::from_ref(&before)
    );
    assert_eq!(cancel(false).await.unwrap().len(), 2);
    assert_eq!(code(cancel(false).await), Code::PerformanceCancelled);
    while bank.due(&process).await > 0 {}
    let mut tx = house.tx().await;
    let all = cancellations::of_show(&mut tx, house.show.id).await.unwrap();
    assert!(all.len() == 3 && all.iter().all(|of| of.state == ChoiceState::Done), "{all:?}");
    let ids: Vec<_> = all.iter().map(|of| of.id).collect();
    let end = cancellations::progress_of(&mut tx, &ids).await.unwrap();
    assert_eq!((end.told, end.refunded, end.open, end.problems), (4, 4, 0, 0), "the order of both counts for each");
    drop(tx);
    assert_eq!(process.thinks_free(elsewhere.id).await, 1);
    process.hold(vec![elsewhere.any(1)]).await.unwrap();
    house.end().await;
}

/// What went back by amount before is missing from an order once, however many of its performances are cancelled.
#[tokio::test]
async fn what_the_cancellation_of_a_show_is_said_to_give_back_is_what_it_gives_back() {
    let house = House::of(eur("10.00"), vec![places(9), places(9), places(9)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let all = || house.stages.iter().map(|stage| stage.any(1)).collect::<Vec<_>>();
    let some = bank.sold(&house, &process, all(), VISA).await;
    let nearly_all = bank.sold(&house, &process, all(), VISA).await;
    let suspended = bank.sold(&house, &process, all(), VISA).await;
    let disputed = bank.sold(&house, &process, all(), VISA).await;
    for (order, amount) in [(&some, "5.00"), (&nearly_all, "25.00")] {
        let mut tx = house.tx().await;
        let (reason, given_as) = (String::new(), GivenAs::Money);
        let new = NewAmountRefund { order: order.id, amount: eur(amount), given_as, reason };
        accept_amount_refund(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
    }
    let charge = house.payments(suspended.id).await.remove(0).provider_intent;
    bank.trigger(json!({ "what": "fraud_warning", "charge": charge })).await;
    bank.apply_until(&house, &process, "radar.early_fraud_warning.created").await;
    assert_eq!(credentials(&house, suspended.id).await, [Credential::Suspended; 3]);
    let charge = house.payments(disputed.id).await.remove(0).provider_intent;
    bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    while bank.due(&process).await > 0 {}
    let given = async || {
        let mut given = Decimal::ZERO;
        for order in [&some, &nearly_all, &suspended, &disputed] {
            given += house.refunds(order.id).await.iter().map(|refund| refund.amount.amount()).sum::<Decimal>();
        }
        given
    };
    let before = given().await;
    let parts = cancel_show(&mut house.snapshot().await, house.show.id, &refund(), true).await.unwrap();
    let told: Vec<_> = parts.iter().map(|part| part.impact.refundable).collect();
    assert_eq!(told, [eur("25.00"), eur("20.00"), eur("15.00")], "of what is left, the first has its part first");
    let alone = dry(&house, &refund()).await.unwrap().refundable;
    assert_eq!(alone, eur("25.00"), "10.00, the 5.00 that are left, 10.00, and nothing of what the bank has");
    let mut tx = house.tx().await;
    let done = cancel_show(&mut tx, house.show.id, &refund(), false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(done.iter().map(|part| part.impact.refundable).collect::<Vec<_>>(), told);
    while bank.due(&process).await > 0 {}
    assert_eq!(given().await - before, told.iter().map(|part| part.amount()).sum::<Decimal>());
    house.end().await;
}

/// Counting goes through all of a performance's orders; nobody who buys waits for that.
#[tokio::test]
async fn while_a_cancellation_counts_whom_it_concerns_others_buy() {
    let house = House::of(eur("10.00"), vec![places(9), places(9)]).await;
    let process = Process::first(&house);
    for (stage, whole) in house.stages.iter().zip([false, true]) {
        // Only who counts asks for disputes.
        let mut gate = house.db.as_owner().await;
        sqlx::raw_sql("begin; lock table disputes in access exclusive mode").execute(&mut gate).await.unwrap();
        let (performance, show) = (stage.id, house.show.id);
        let (cell, reseller) = (process.inventory.cell().clone(), house.reseller);
        let work = tokio::spawn(async move {
            let mut tx = cell.tenant(reseller).await.unwrap();
            if whole {
                cancel_show(&mut tx, show, &refund(), false).await.unwrap();
            } else {
                cancel_performance(&mut tx, performance, &refund(), false).await.unwrap();
            }
            tx.commit().await.unwrap();
        });
        house.wait_for_a_blocked("stagedoor requests").await;
        process.hold(vec![stage.any(1)]).await.unwrap();
        sqlx::raw_sql("rollback").execute(&mut gate).await.unwrap();
        work.await.unwrap();
        assert_eq!(code(process.hold(vec![stage.any(1)]).await), Code::NotOnSale);
    }
    house.end().await;
}

/// Writes down that every refund of this order fails in the database, as a mistake of ours would make it.
pub(crate) async fn poison(house: &House, order: OrderId) {
    let sql = format!(
        "create function poison() returns trigger language plpgsql as $$ begin raise exception 'poisoned'; end $$;
         create trigger poison before insert on refunds for each row when (new.order_id = '{}') execute function poison()",
        order.uuid()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut house.db.as_owner().await).await.unwrap();
}

pub(crate) async fn cure(house: &House) {
    let sql = "drop trigger poison on refunds; drop function poison()";
    sqlx::raw_sql(sql).execute(&mut house.db.as_owner().await).await.unwrap();
}

#[tokio::test]
async fn an_order_that_cannot_be_closed_keeps_no_other_from_its_money_and_is_tried_again() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut sold = Vec::new();
    for _ in 0..4 {
        sold.push(bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id);
    }
    sold.sort_unstable();
    let (poisoned, unreadable) = (sold[0], sold[1]);
    poison(&house, poisoned).await;
    let made = cancelled(&house, &refund()).await;
    carry_out_cancellation(&process.inventory, house.reseller, made.id).await.unwrap();
    let mut owner = house.db.as_owner().await;
    sqlx::query("alter table orders drop constraint orders_sold_through").execute(&mut owner).await.unwrap();
    let channel = "update orders set sold_through = $2 where order_id = $1";
    sqlx::query(channel).bind(unreadable).bind("nobody").execute(&mut owner).await.unwrap();
    while bank.due(&process).await > 0 {}
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.told, so_far.refunded), (ChoiceState::Closing, 4, 2), "the others have their money");
    assert_eq!((so_far.open, so_far.retrying, so_far.problems), (2, 2, 0));
    let noted = outcome(&house, made.id, poisoned).await;
    assert_eq!((noted.decision, noted.decided_at), (None, None));
    assert!(noted.problem.unwrap().contains("tried again"));
    cure(&house).await;
    sqlx::query(channel).bind(unreadable).bind("api").execute(&mut owner).await.unwrap();
    assert_eq!(bank.due(&process).await, 0, "not before its time");
    house.ahead(LOOK_AGAIN).await;
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.refunded, end.open, end.retrying), (ChoiceState::Done, 4, 0, 0));
    assert_eq!(outcome(&house, made.id, poisoned).await.problem, None);
    house.end().await;
}

/// Writes down that this buyer's letter about the cancellation fails in the database, as a mistake of ours would make it.
async fn poison_letter(house: &House, order: OrderId) {
    let sql = format!(
        "create function poison() returns trigger language plpgsql as $$ begin raise exception 'poisoned'; end $$;
         create trigger poison before insert on mail_outbox for each row
             when (new.kind = 'performance_cancelled' and new.about = '{}') execute function poison()",
        order.uuid()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut house.db.as_owner().await).await.unwrap();
}

const TOLD: &str = "select count(*) from events where reseller_id = $1 and type = 'order.performance_cancelled'";
const LETTERS: &str = "select count(*) from mail_outbox where reseller_id = $1 and kind = 'performance_cancelled'";

#[tokio::test]
async fn an_order_that_cannot_be_told_keeps_no_other_from_being_told_and_is_told_later() {
    let house = House::of(eur("10.00"), vec![places(9), places(9)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut sold = Vec::new();
    for _ in 0..3 {
        sold.push(bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id);
    }
    let unreadable = sold[1];
    let mut owner = house.db.as_owner().await;
    sqlx::query("alter table orders drop constraint orders_sold_through").execute(&mut owner).await.unwrap();
    let channel = "update orders set sold_through = $2 where order_id = $1";
    sqlx::query(channel).bind(unreadable).bind("nobody").execute(&mut owner).await.unwrap();
    let made = cancelled(&house, &either(&house, Remedy::Replacement).await).await;
    while bank.due(&process).await > 0 {}
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.told, so_far.open, so_far.retrying), (ChoiceState::Deciding, 3, 3, 1));
    assert_eq!((house.count(TOLD).await, house.count(LETTERS).await), (2, 2), "the others are told");
    let waiting = outcome(&house, made.id, unreadable).await;
    assert!(waiting.kept.is_empty() && waiting.problem.unwrap().contains("tried again"));
    assert_eq!(outcome(&house, made.id, sold[2]).await.kept.len(), 1);
    house.ahead(LOOK_AGAIN * 2).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(house.count(TOLD).await, 2, "it still cannot be");
    sqlx::query(channel).bind(unreadable).bind("api").execute(&mut owner).await.unwrap();
    house.ahead(LOOK_AGAIN * 4).await;
    while bank.due(&process).await > 0 {}
    assert_eq!((house.count(TOLD).await, house.count(LETTERS).await), (3, 3));
    let told = outcome(&house, made.id, unreadable).await;
    assert_eq!((told.kept.len(), told.problem), (1, None), "with an equal ticket, as the others");
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.told, end.replaced, end.open), (ChoiceState::Done, 3, 3, 0));
    house.end().await;
}

#[tokio::test]
async fn who_was_given_the_money_back_meanwhile_is_told_of_nothing_to_choose() {
    let house = House::of(eur("10.00"), vec![places(4), places(4)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let returned = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id;
    let made = cancelled(&house, &either(&house, Remedy::Refund).await).await.id;
    let mut tx = house.tx().await;
    let at = tx.now().await.unwrap().plus(Duration::from_secs(60));
    choices::put_off_telling(&mut tx, Choosing::Cancellation(made), returned, (None, at), false).await.unwrap();
    tx.commit().await.unwrap();
    give_back_tickets(&process, returned, None).await.unwrap();
    house.ahead(LOOK_AGAIN * 2).await;
    while bank.due(&process).await > 0 {}
    assert_eq!((progress(&house, made).await.1.told, house.count(TOLD).await, house.count(LETTERS).await), (2, 1, 1));
    assert!(outcome(&house, made, returned).await.kept.is_empty());
    house.end().await;
}

#[tokio::test]
async fn whose_tickets_went_back_meanwhile_is_told_so_and_what_was_kept_is_free_once_that_is_settled() {
    let house = House::of(eur("10.00"), vec![places(4), places(4)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await.id;
    let made = cancelled(&house, &either(&house, Remedy::Refund).await).await.id;
    carry_out_cancellation(&process.inventory, house.reseller, made).await.unwrap();
    give_back_tickets(&process, order, None).await.unwrap();
    assert_eq!(code(choose(&process, made, order, Remedy::Replacement).await), Code::TicketVoid);
    choose(&process, made, order, Remedy::Refund).await.unwrap();
    assert!(outcome(&house, made, order).await.refund.is_none(), "it has its money");
    sequencer::place_all(house.db.cell()).await.unwrap();
    process.inventory.catch_up().await.unwrap();
    assert_eq!(process.thinks_free(house.stages[1].id).await, 4);
    house.end().await;
}

#[tokio::test]
async fn whose_letter_cannot_be_written_gets_the_money_all_the_same_once_orders_are_closed() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut sold = Vec::new();
    for _ in 0..3 {
        sold.push(bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id);
    }
    poison_letter(&house, sold[1]).await;
    let made = cancelled(&house, &refund()).await;
    while bank.due(&process).await > 0 {}
    let (state, so_far) = progress(&house, made.id).await;
    assert_eq!((state, so_far.told, so_far.refunded, so_far.retrying), (ChoiceState::Closing, 3, 2, 1));
    for looks in [1, 2] {
        house.ahead(LOOK_AGAIN * looks + Duration::from_secs(5)).await;
        while bank.due(&process).await > 0 {}
    }
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.refunded, end.open), (ChoiceState::Done, 3, 0));
    assert_eq!((house.count(TOLD).await, house.count(LETTERS).await), (2, 2), "it was tried no more");
    assert_eq!(house.refunds(sold[1]).await.len(), 1);
    house.end().await;
}

/// Makes ready for two meetings about one order: of whoever closes it, which is disputed, and of the bank's word that lets it stand.
async fn disputed_and_let_go(
    (house, process, bank): (&House, &Process, &mut Bank),
    plan: &Plan,
) -> (OrderId, CancellationId, Callback) {
    let order = bank.sold(house, process, vec![house.stage().any(1)], VISA).await;
    let charge = house.payments(order.id).await.remove(0).provider_intent;
    let dispute = bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply_until(house, process, "charge.dispute.created").await;
    let made = cancelled(house, plan).await.id;
    carry_out_cancellation(&process.inventory, house.reseller, made).await.unwrap();
    if plan.decide_by.is_some() {
        house.ahead(WEEK + Duration::from_secs(1)).await;
    }
    bank.trigger(json!({ "what": "dispute_won", "dispute": dispute["id"] })).await;
    (order.id, made, bank.callback(house, "charge.dispute.closed").await)
}

/// What is told `busy` is sent again by the provider.
async fn hear(process: &Process, bank: &Bank, callback: &Callback) -> usize {
    let mut times = 1;
    while let Err(busy) = bank.apply_this(process, callback).await {
        assert_eq!(code::<()>(Err(busy)), Code::Busy);
        times += 1;
    }
    times
}

async fn locked(house: &House, order: OrderId) -> foundation::TenantTx {
    let mut tx = house.tx().await;
    ticketing::store::orders::lock(&mut tx, order).await.unwrap();
    tx
}

const REQUESTS: &str = "stagedoor requests";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bank_lets_stand_while_it_is_given_up_gets_its_outcome_all_the_same() {
    let house = House::with(places(9)).await;
    let got = let_go_while_given_up(&house, &refund()).await;
    assert_eq!((got.refund.is_some(), got.problem), (true, None));
    house.end().await;
}

/// Closes an order while the bank lets its payment stand. Gives what became of it.
async fn let_go_while_given_up(house: &House, plan: &Plan) -> OrderRemedy {
    let (process, mut bank) = (Process::first(house), Bank::open().await);
    let (order, made, won) = disputed_and_let_go((house, &process, &mut bank), plan).await;
    // The bank's word waits behind the refund that is refused, and comes before that is noted.
    let first = locked(house, order).await;
    let close = carry_out_cancellation(&process.inventory, house.reseller, made);
    let hear = async {
        house.wait_for_blocked(REQUESTS, 1).await;
        let heard = hear(&process, &bank, &won);
        let go = async {
            house.wait_for_blocked(REQUESTS, 2).await;
            first.commit().await.unwrap();
        };
        tokio::join!(heard, go).0
    };
    let (closed, _) = tokio::join!(close, hear);
    closed.unwrap();
    while bank.due(&process).await > 0 {}
    // Past what an order that gave way twice is put off for, should the machine be so slow.
    house.ahead(plan.decide_by.map_or(Duration::ZERO, |_| WEEK) + Duration::from_secs(3_600)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(progress(house, made).await.0, ChoiceState::Done);
    outcome(house, made, order).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_banks_word_is_heard_again_if_the_order_was_given_up_meanwhile() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (order, made, won) = disputed_and_let_go((&house, &process, &mut bank), &refund()).await;
    // The bank's word looks for what is stuck, waits behind whoever is just about to note that, and finds it only then.
    let first = locked(&house, order).await;
    let close = carry_out_cancellation(&process.inventory, house.reseller, made);
    let hear = async {
        house.wait_for_blocked(REQUESTS, 1).await;
        let second = locked(&house, order);
        let go = async {
            house.wait_for_blocked(REQUESTS, 2).await;
            first.commit().await.unwrap();
        };
        let second = tokio::join!(second, go).0;
        // Now what was refused is to be noted.
        house.wait_for_blocked(REQUESTS, 1).await;
        let heard = hear(&process, &bank, &won);
        let go = async {
            house.wait_for_blocked(REQUESTS, 2).await;
            second.commit().await.unwrap();
        };
        tokio::join!(heard, go).0
    };
    let (closed, times) = tokio::join!(close, hear);
    closed.unwrap();
    assert_eq!(times, 2, "it came too early");
    while bank.due(&process).await > 0 {}
    let got = outcome(&house, made, order).await;
    assert_eq!((got.refund.is_some(), got.problem), (true, None));
    assert_eq!(progress(&house, made).await.0, ChoiceState::Done);
    let completed = "select count(*) from events where reseller_id = $1 and type = 'cancellation.completed'";
    assert!((1..=2).contains(&house.count(completed).await), "done, and perhaps done again");
    house.end().await;
}

/// A page of orders begins where the one before has ended, and nothing that is free is passed over for good.
#[tokio::test]
async fn equal_tickets_are_drawn_from_where_the_page_before_has_ended_and_none_is_lost() {
    let house = House::of(eur("10.00"), vec![places(11), places(9)]).await;
    let process = Process::first(&house);
    let mut sold = Vec::new();
    for (no, tickets) in [3, 3, 2, 1, 2].into_iter().enumerate() {
        sold.push(paid(&house, &process, tickets, no).await.id);
    }
    process.hold_for(vec![house.stages[1].any(2)], Duration::from_secs(60)).await.unwrap();
    let made = cancelled(&house, &either(&house, Remedy::Replacement).await).await.id;
    // A page is one order here: each is put off to a time of its own. Two of nine tickets are held until the last one.
    let mut tx = house.tx().await;
    let (of, now) = (Choosing::Cancellation(made), tx.now().await.unwrap());
    let times = [0, 10, 20, 30, 95].map(Duration::from_secs);
    for (order, time) in sold.iter().zip(times) {
        choices::put_off_telling(&mut tx, of, *order, (None, now.plus(time)), false).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut kept = Vec::new();
    for (order, time) in sold.iter().zip(times) {
        house.ahead(time).await;
        carry_out_cancellation(&process.inventory, house.reseller, made).await.unwrap();
        kept.push(outcome(&house, made, *order).await.kept.len());
    }
    assert_eq!(kept, [3, 3, 0, 1, 2], "one was left for who needs two, and then for who needs one");
    assert_eq!(process.thinks_free(house.stages[1].id).await, 0);
    let drawn = cancellations::drawn(&mut house.tx().await, made).await.unwrap();
    assert!(drawn.len() == 1 && drawn.values().all(|drawn| drawn.after > i32::MIN), "{drawn:?}");
    house.end().await;
}

/// The very seat of one of an order's tickets is free, and nothing for the other.
#[tokio::test]
async fn the_same_seat_that_is_not_kept_because_another_is_missing_is_there_for_the_next() {
    let house = House::of(eur("10.00"), vec![seats(&[("A", 6)]), seats(&[("A", 6)])]).await;
    let process = Process::first(&house);
    let (here, there) = (&house.stages[0], &house.stages[1]);
    let mut sold = Vec::new();
    for seats in [&[1, 2][..], &[3]] {
        let hold = process.hold(here.these(seats)).await.unwrap();
        sold.push(paid_of(&house, process.order(hold.id).await.unwrap()).await.id);
    }
    process.hold_for(there.these(&[0, 2, 3, 4, 5]), Duration::from_secs(60)).await.unwrap();
    let made = cancelled(&house, &either(&house, Remedy::Replacement).await).await.id;
    // A page is one order here, and the second comes before the tier is gone through anew.
    let mut tx = house.tx().await;
    let (of, now) = (Choosing::Cancellation(made), tx.now().await.unwrap());
    for (order, seconds) in sold.iter().zip([0, 10]) {
        let at = now.plus(Duration::from_secs(seconds));
        choices::put_off_telling(&mut tx, of, *order, (None, at), false).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut kept = Vec::new();
    for (order, seconds) in sold.iter().zip([0, 10]) {
        house.ahead(Duration::from_secs(seconds)).await;
        carry_out_cancellation(&process.inventory, house.reseller, made).await.unwrap();
        kept.push(outcome(&house, made, *order).await.kept.iter().map(|(_, ticket)| *ticket).collect::<Vec<_>>());
    }
    assert_eq!(kept, [Vec::new(), vec![there.tickets[1]]]);
    house.end().await;
}

/// Somebody is offered another date, and that does not take place either.
#[tokio::test]
async fn whose_replacement_is_cancelled_too_chooses_from_what_else_is_offered_and_gets_the_money() {
    for (only_money_is_left, told_before) in [(true, true), (false, true), (false, false)] {
        let house = House::of(eur("10.00"), vec![places(4), places(4)]).await;
        let (process, mut bank) = (Process::first(&house), Bank::open().await);
        let chooses = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await.id;
        let silent = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await.id;
        let plan = if only_money_is_left {
            either(&house, Remedy::Replacement).await
        } else {
            any_of_three(&house, Remedy::Replacement).await
        };
        let made = cancelled(&house, &plan).await;
        while told_before && bank.due(&process).await > 0 {}
        let mut tx = house.tx().await;
        cancel_performance(&mut tx, house.stages[1].id, &refund(), false).await.unwrap();
        tx.commit().await.unwrap();
        while bank.due(&process).await > 0 {}
        assert_eq!(outcome(&house, made.id, chooses).await.kept.len(), if told_before { 2 } else { 0 });
        let refused = choose(&process, made.id, chooses, Remedy::Replacement).await;
        assert_eq!(code(refused), Code::PerformanceCancelled);
        house.ahead(LOOK_AGAIN).await;
        while bank.due(&process).await > 0 {}
        if !only_money_is_left {
            assert_eq!(outcome(&house, made.id, chooses).await.decision, None, "there still is something to choose");
            choose(&process, made.id, chooses, Remedy::Credit).await.unwrap();
            house.ahead(WEEK + Duration::from_secs(1)).await;
            while bank.due(&process).await > 0 {}
        }
        let (state, end) = progress(&house, made.id).await;
        assert_eq!((state, end.told, end.open, end.problems), (ChoiceState::Done, 2, 0, 0));
        let chosen = if only_money_is_left { Remedy::Refund } else { Remedy::Credit };
        assert_eq!(outcome(&house, made.id, chooses).await.decision, Some(chosen));
        assert_eq!(outcome(&house, made.id, silent).await.decision, Some(Remedy::Refund));
        house.end().await;
    }
}

#[tokio::test]
async fn where_credit_is_offered_each_buyer_gets_what_was_paid_fees_and_all_as_credit_by_letter() {
    let house = House::with(places(20)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let sold = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let other = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let plan = Plan { offered: vec![Remedy::Credit], ..refund() };
    let impact = dry(&house, &plan).await.unwrap();
    assert_eq!((impact.default, impact.orders, impact.refundable), (Remedy::Credit, 2, eur("30.00")));
    assert_eq!(outstanding(&house).await, Decimal::ZERO, "a dry run");
    let made = cancelled(&house, &plan).await;
    while bank.due(&process).await > 0 {}
    for (order, paid) in [(&sold, "20.00"), (&other, "10.00")] {
        let refunds = house.refunds(order.id).await;
        assert_eq!((refunds.len(), refunds[0].amount, refunds[0].state), (1, eur(paid), RefundState::Succeeded));
        let outcome = outcome(&house, made.id, order.id).await;
        assert_eq!((outcome.decision, outcome.refund), (Some(Remedy::Credit), Some(refunds[0].id)));
        let credit = credits::get(&mut house.tx().await, refunds[0].credit.unwrap()).await.unwrap();
        assert_eq!((credit.balance, credit.order), (eur(paid), Some(order.id)));
    }
    assert_eq!(outstanding(&house).await, eur("30.00").amount());
    assert_eq!(pending(&house).await, Decimal::ZERO, "the fees are back, and what was paid is the buyers'");
    let letters = "select count(*) from mail_outbox where reseller_id = $1 and kind = 'credit_given'";
    assert_eq!(house.count(letters).await, 2);
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.credited, end.refunded, end.problems), (ChoiceState::Done, 2, 0, 0));
    assert_eq!(bank.count("refunds").await, 0, "the provider has nothing to give back");
    house.end().await;
}

#[tokio::test]
async fn buyers_choose_credit_and_who_finds_no_equal_ticket_still_chooses_between_money_and_credit() {
    let house = House::of(eur("10.00"), vec![places(9), places(1)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await.id);
    }
    let made = cancelled(&house, &any_of_three(&house, Remedy::Credit).await).await;
    while bank.due(&process).await > 0 {}
    choose(&process, made.id, orders[0], Remedy::Credit).await.unwrap();
    choose(&process, made.id, orders[1], Remedy::Refund).await.unwrap();
    assert_eq!(code(choose(&process, made.id, orders[2], Remedy::Replacement).await), Code::NotEnoughTickets);
    assert_eq!(code(choose(&process, made.id, orders[0], Remedy::Refund).await), Code::AlreadyDecided, "it is final");
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while bank.due(&process).await > 0 {}
    let (state, end) = progress(&house, made.id).await;
    assert_eq!((state, end.credited, end.refunded, end.replaced, end.problems), (ChoiceState::Done, 3, 1, 0, 0));
    assert_eq!(outstanding(&house).await, eur("60.00").amount());
    house.end().await;
}

#[tokio::test]
async fn what_is_broken_about_a_cancellation_is_found() {
    let house = House::of(eur("10.00"), vec![places(4), places(4)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let returns = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let made = cancelled(&house, &either(&house, Remedy::Refund).await).await;
    while bank.due(&process).await > 0 {}
    choose(&process, made.id, returns.id, Remedy::Refund).await.unwrap();
    house.end().await;
    // One after the other, each on top of what is broken already.
    for (sql, invariant) in [
        (
            "update cancellation_orders set decision = 'credit' where refund_id is not null",
            "every order of a cancellation has one outcome",
        ),
        ("update claims set expires_at = '-infinity' where owner_kind = 'block'", "tickets are kept for an order"),
        ("update cancellations set state = 'done'", "no ticket is good for a performance whose cancellation"),
    ] {
        let broken = async || {
            let found = ticketing::verify::checks(&mut house.tx().await).await.unwrap();
            found.into_iter().any(|checked| checked.invariant.starts_with(invariant) && !checked.violations.is_empty())
        };
        assert!(!broken().await, "{invariant}");
        sqlx::raw_sql(sql).execute(&mut house.db.as_owner().await).await.unwrap();
        assert!(broken().await, "{invariant}");
    }
}

/// Runs work until it has waited `waits` times, then drops it, as a killed process would leave it (see `crashes`).
async fn cut<T>(waits: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut polls) = (pin!(work), 0);
    poll_fn(|context| {
        if polls == waits {
            return Poll::Ready(None);
        }
        polls += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// An order that is paid, as far as anyone here knows.
async fn paid(house: &House, process: &Process, tickets: usize, buyer: usize) -> Order {
    let hold = process.hold(vec![house.stage().any(tickets)]).await.unwrap();
    let new = new_order(hold.id);
    let buyer = Buyer { email: Some(format!("ada{buyer}@example.com")), ..new.buyer };
    paid_of(house, process.make_order(&NewOrder { buyer, ..new }).await.unwrap()).await
}

async fn paid_of(house: &House, order: Order) -> Order {
    let payment = PaymentId::new();
    sqlx::query(
        "insert into payments (reseller_id, payment_id, order_id, attempt, state, method, amount, currency, due_at, created_at)
         values ($1, $2, $3, 1, 'requires_payment', 'client_secret', $4, 'EUR', 'infinity', now())",
    )
    .bind(house.reseller)
    .bind(payment)
    .bind(order.id)
    .bind(order.total)
    .execute(&mut house.db.as_owner().await)
    .await
    .unwrap();
    let cents = i64::try_from((order.total * Decimal::from(100)).trunc().mantissa()).unwrap();
    let intent = format!("pi_{}", payment.uuid().simple());
    let mut tx = house.tx().await;
    let came = Paid { payment, intent: Some(intent), charge: None, received: cents };
    payment_succeeded(&mut tx, &came, 0).await.unwrap();
    tx.commit().await.unwrap();
    house.order(order.id).await
}

/// So many paid orders of one or two tickets, four at a time, three of each buyer: those meet at the buyer's limits.
pub(crate) async fn all_paid(
    house: &House,
    process: &Process,
    orders: usize,
    dice: &mut StdRng,
) -> HashMap<OrderId, Order> {
    let tickets: Vec<usize> = (0..orders).map(|_| dice.random_range(1..=2)).collect();
    let part = async |nth: usize| {
        let mut sold = Vec::new();
        for (no, many) in tickets.iter().enumerate().skip(nth).step_by(4) {
            sold.push(paid(house, process, *many, no / 3).await);
        }
        sold
    };
    let (one, two, three, four) = tokio::join!(part(0), part(1), part(2), part(3));
    [one, two, three, four].into_iter().flatten().map(|order| (order.id, order)).collect()
}

#[tokio::test]
async fn what_was_sold_by_a_channel_stays_its_sale_whatever_ticket_replaces_it() {
    let house = House::of(eur("10.00"), vec![places(3), places(3)]).await;
    let (process, bank) = (Process::first(&house), Bank::down().await);
    block(&process, house.stage(), allocation(of_hall("partner"), "partner")).await.unwrap();
    let hold = process.hold_by(through("partner"), vec![house.stage().any(2)]).await.unwrap();
    let order = paid_of(&house, process.order(hold.id).await.unwrap()).await;
    let made = cancelled(&house, &either(&house, Remedy::Replacement).await).await;
    let by_channel = async || {
        let filter = SalesFilter { group_by: SalesGroup::Channel, ..SalesFilter::default() };
        let report = accounting::sales_report(&mut house.tx().await, &filter).await.unwrap();
        report.rows.into_iter().map(|row| (row.key, row.figures.gross)).collect::<Vec<_>>()
    };
    let before = by_channel().await;
    while do_due(&process.inventory, &bank, SLOW).await.unwrap() > 0 {}
    house.ahead(WEEK + Duration::from_secs(1)).await;
    while do_due(&process.inventory, &bank, SLOW).await.unwrap() > 0 {}
    assert_eq!(progress(&house, made.id).await.1.replaced, 1);
    assert_eq!(by_channel().await, before);
    assert_eq!(house.order(order.id).await.items[0].held.block, order.items[0].held.block);
    house.end().await;
}

#[tokio::test]
async fn who_paid_since_is_found_though_later_orders_were_told_before() {
    let house = House::with(places(9)).await;
    let process = Process::first(&house);
    let mut sold = Vec::new();
    for no in 0..3 {
        sold.push(paid(&house, &process, 1, no).await.id);
    }
    sold.sort_unstable();
    let made = cancelled(&house, &refund()).await.id;
    let mut tx = house.tx().await;
    for told in [sold[2], sold[0]] {
        cancellations::add_orders(&mut tx, made, &[told], &[Vec::new()]).await.unwrap();
        let of = Choosing::Cancellation(made);
        let untold = choices::untold(&mut tx, of, house.stage().id, Instant::NEVER, 100).await.unwrap();
        assert_eq!(untold, if told == sold[2] { sold[..2].to_vec() } else { vec![sold[1]] });
    }
    drop(tx);
    house.end().await;
}

/// Cancels the house's first performance with so many orders. Gives how often the server was asked for it, from the first buyer told to the
/// last outcome.
async fn turns_of(orders: usize, plan: impl AsyncFnOnce(&House) -> Plan) -> usize {
    let many = u32::try_from(orders).unwrap();
    let house = House::of(eur("10.00"), vec![places(many * 2), places(many * 2)]).await;
    let wire = Wire::to(&house).await;
    let (process, _) = Process::open(wire.cell(&house), house.reseller, SETTINGS);
    let seller = Process::first(&house);
    for no in 0..orders {
        paid(&house, &seller, 1, no).await;
    }
    let made = cancelled(&house, &plan(&house).await).await;
    let before = wire.turns();
    while progress(&house, made.id).await.0 != ChoiceState::Done {
        carry_out_cancellation(&process.inventory, house.reseller, made.id).await.unwrap();
        if progress(&house, made.id).await.0 == ChoiceState::Deciding {
            house.ahead(WEEK + Duration::from_secs(1)).await;
        }
    }
    let turns = wire.turns() - before;
    house.end().await;
    turns
}

/// What fifty thousand orders cost hangs on what one more costs.
#[tokio::test]
async fn an_order_more_of_a_cancellation_costs_few_statements() {
    for (remedy, most) in [(Remedy::Refund, 25), (Remedy::Replacement, 43)] {
        let plan = async |house: &House| match remedy {
            Remedy::Refund => refund(),
            other => either(house, other).await,
        };
        let (few, more) = (turns_of(10, plan).await, turns_of(40, plan).await);
        let each = more.saturating_sub(few) / 30;
        println!("{each} statements an order for a {remedy:?}");
        assert!(each <= most, "{each} statements an order for a {remedy:?}");
    }
}

/// How far a piece of work gets before it is killed, in waits: every other time early in a page, and then late enough that some pages come
/// to their end.
struct Kills {
    late: usize,
    stops: usize,
}

impl Kills {
    async fn step(&mut self, house: &House, process: &Process, id: CancellationId, dice: &mut StdRng) {
        let work = carry_out_cancellation(&process.inventory, house.reseller, id);
        let most = if self.stops.is_multiple_of(2) { 300 } else { self.late };
        match cut(dice.random_range(1..most), work).await {
            Some(seen) => {
                seen.unwrap();
            }
            None => self.stops += 1,
        }
    }
}

/// Cancels a performance with so many orders while the work is dropped again and again, some buyers choose, and not all can be replaced.
/// Every other look comes to its end where `late` is far. Gives how long it took, and how often it was dropped.
async fn cut_at_random(orders: usize, late: usize, seed: u64) -> (Duration, usize) {
    let mut dice = StdRng::seed_from_u64(seed);
    let many = u32::try_from(orders).unwrap();
    let house = House::of(eur("10.00"), vec![places(many * 2), places(many)]).await;
    let wire = Wire::to(&house).await;
    let (process, _) = Process::open(wire.cell(&house), house.reseller, SETTINGS);
    let sold = all_paid(&house, &Process::first(&house), orders, &mut dice).await;
    let begun = std::time::Instant::now();
    let made = cancelled(&house, &any_of_three(&house, Remedy::Replacement).await).await;
    let mut kills = Kills { late, stops: 0 };
    let mut pace = Pace::new("told");
    while progress(&house, made.id).await.0 != ChoiceState::Deciding {
        kills.step(&house, &process, made.id, &mut dice).await;
        pace.tell(progress(&house, made.id).await.1.told);
    }
    choose_some(&house, &process, made.id, &sold, &mut dice).await;
    house.ahead(WEEK + Duration::from_secs(1)).await;
    let mut pace = Pace::new("closed");
    while progress(&house, made.id).await.0 != ChoiceState::Done {
        kills.step(&house, &process, made.id, &mut dice).await;
        let so_far = progress(&house, made.id).await.1;
        pace.tell(so_far.told - so_far.open);
    }
    let took = begun.elapsed();
    assert!(kills.stops > 0, "nothing was cut, seed {seed}");
    each_has_one_outcome(&house, made.id, &sold, seed).await;
    house.end().await;
    (took, kills.stops)
}

/// Prints how a long run gets on, every two thousand orders.
pub(crate) struct Pace {
    what: &'static str,
    begun: std::time::Instant,
    told: i64,
}

impl Pace {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, begun: std::time::Instant::now(), told: 0 }
    }

    #[expect(clippy::print_stdout, reason = "that is what it is for")]
    pub(crate) fn tell(&mut self, orders: i64) {
        if orders >= self.told + 2_000 {
            self.told = orders;
            let seconds = i64::try_from(self.begun.elapsed().as_secs()).unwrap().max(1);
            println!("{orders} orders {} in {seconds} s: {}/s", self.what, orders / seconds);
        }
    }
}

/// The buyers of one in five orders choose something.
pub(crate) async fn choose_some(
    house: &House,
    process: &Process,
    id: CancellationId,
    sold: &HashMap<OrderId, Order>,
    dice: &mut StdRng,
) {
    for order in sold.keys().filter(|order| order.uuid().as_u128() % 5 == 0) {
        let remedy = [Remedy::Refund, Remedy::Replacement, Remedy::Credit][dice.random_range(0..3)];
        let chosen = choose(process, id, *order, remedy).await;
        assert!(chosen.is_ok() || code(chosen) == Code::NotEnoughTickets, "of {}", house.reseller);
    }
}

/// Every order has one outcome with what follows from it, the money is right to the cent, and everyone was told once.
pub(crate) async fn each_has_one_outcome(house: &House, id: CancellationId, sold: &HashMap<OrderId, Order>, seed: u64) {
    let (_, end) = progress(house, id).await;
    let all = i64::try_from(sold.len()).unwrap();
    let decided = end.refunded + end.replaced + end.credited;
    assert_eq!((end.told, decided, end.open, end.problems), (all, all, 0, 0), "seed {seed}");
    assert!(end.refunded > 0 && end.replaced > 0 && end.credited > 0, "seed {seed}");
    let (mut kept, mut credited) = (Decimal::ZERO, Decimal::ZERO);
    for (id_of, before) in sold {
        let (outcome, refunds, order) =
            (outcome(house, id, *id_of).await, house.refunds(*id_of).await, house.order(*id_of).await);
        let of_another = order.items.iter().filter(|item| item.held.performance == house.stages[1].id).count();
        let given: Vec<_> = refunds.iter().map(|refund| (refund.amount.amount(), refund.credit.is_some())).collect();
        let remedy = outcome.decision.unwrap();
        if remedy == Remedy::Replacement {
            assert_eq!((given.len(), of_another), (0, before.items.len()), "{id_of}, seed {seed}");
            let earned = before.items.iter().map(|item| item.face_value - item.platform_fee - item.platform_fee_tax);
            kept += earned.sum::<Decimal>();
            continue;
        }
        let as_credit = remedy == Remedy::Credit;
        assert_eq!((given, of_another), (vec![(before.total, as_credit)], 0), "{id_of}, seed {seed}");
        assert!(order.items.iter().all(|item| item.credential == Credential::Voided), "{id_of}, seed {seed}");
        credited += if as_credit { before.total } else { Decimal::ZERO };
    }
    assert_eq!(pending(house).await, kept, "to the cent, seed {seed}");
    assert_eq!(outstanding(house).await, credited, "to the cent, seed {seed}");
    for once in [
        "select count(*) from mail_outbox where reseller_id = $1 and kind = 'performance_cancelled'",
        "select count(*) from events where reseller_id = $1 and type = 'order.performance_cancelled'",
    ] {
        assert_eq!(house.count(once).await, all, "seed {seed}");
    }
    let completed = "select count(*) from events where reseller_id = $1 and type = 'cancellation.completed'";
    assert_eq!(house.count(completed).await, 1, "seed {seed}");
}

#[tokio::test]
async fn a_cancellation_cut_at_random_waits_ends_with_one_outcome_for_each_order() {
    let seed = rand::random();
    println!("seed {seed}");
    cut_at_random(150, 8_000, seed).await;
}

/// The same with 50,000 orders, or as many as `CANCELLED_ORDERS` says; it tells how it gets on:
/// `cargo test --release -p ticketing --test it -- --ignored --nocapture a_cancellation_of_fifty_thousand`.
#[tokio::test]
#[ignore = "takes the better part of an hour"]
async fn a_cancellation_of_fifty_thousand_orders_cut_at_random_waits_ends_with_one_outcome_for_each() {
    let seed = rand::random();
    println!("seed {seed}");
    let orders = std::env::var("CANCELLED_ORDERS").ok().and_then(|many| many.parse().ok()).unwrap_or(50_000);
    let (took, stops) = cut_at_random(orders, 20_000, seed).await;
    println!("{orders} orders in {took:?}, dropped {stops} times");
}
