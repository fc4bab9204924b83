//! What happens to a payment long after it was made: disputes, fraud warnings, refunds made at the provider itself, slow methods.

use std::time::Duration;

use foundation::Code;
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    provider::Kind,
    rules::{
        order::{Credential, Order, OrderState},
        payment::{DisputeState, PaymentState, Refund, RefundState},
    },
    store::{disputes, orders},
    use_cases::{expire::do_due, reinstate_order::reinstate_order},
};

use crate::{
    bank::{Bank, SLOW, sent_anew},
    house::{House, code, eur, places, seats},
    process::Process,
};

const VISA: &str = "pm_card_visa";
const DEADLINE: Duration = Duration::from_secs(901);

async fn sold(tickets: usize) -> (House, Process, Bank, Order) {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(tickets)], VISA).await;
    (house, process, bank, order)
}

fn credentials(order: &Order) -> Vec<Credential> {
    order.items.iter().map(|item| item.credential).collect()
}

async fn intent(house: &House, order: &Order) -> String {
    house.payments(order.id).await.remove(0).provider_intent.unwrap()
}

#[tokio::test]
async fn a_dispute_suspends_the_tickets_and_is_won_or_lost_months_later() {
    for (verdict, state, credential) in [
        ("dispute_won", DisputeState::Won, Credential::Issued),
        ("dispute_lost", DisputeState::Lost, Credential::Suspended),
    ] {
        let (house, process, mut bank, order) = sold(2).await;
        let disputed = bank.trigger(json!({ "what": "dispute", "charge": intent(&house, &order).await })).await;
        bank.apply_until(&house, &process, "charge.dispute.created").await;
        let mut tx = house.tx().await;
        let dispute = disputes::list(&mut tx, Some(order.id), None, 10).await.unwrap().remove(0);
        drop(tx);
        assert_eq!((dispute.state, dispute.amount.amount()), (DisputeState::NeedsResponse, order.total));
        assert!(dispute.evidence_due_by.is_some());
        assert_eq!(credentials(&house.order(order.id).await), [Credential::Suspended; 2]);
        bank.trigger(json!({ "what": verdict, "dispute": disputed["id"] })).await;
        let closed = bank.apply_until(&house, &process, "charge.dispute.closed").await;
        bank.apply_this(&process, &sent_anew(&closed)).await.unwrap();
        let now = disputes::get(&mut house.tx().await, dispute.id).await.unwrap();
        assert_eq!(now.state, state);
        assert_eq!(credentials(&house.order(order.id).await), [credential; 2]);
        let told = "select count(*) from events where reseller_id = $1 and type in ('payment.disputed', 'payment.dispute_won', 'payment.dispute_lost')";
        assert_eq!(house.count(told).await, 2, "each once");
        house.end().await;
    }
}

#[tokio::test]
async fn a_ticket_is_good_again_when_the_last_of_its_disputes_is_won() {
    let (house, process, mut bank, order) = sold(1).await;
    let charge = intent(&house, &order).await;
    let mut disputed = Vec::new();
    for _ in 0..2 {
        disputed.push(bank.trigger(json!({ "what": "dispute", "charge": charge, "amount": 500 })).await);
        bank.apply_until(&house, &process, "charge.dispute.created").await;
    }
    for (dispute, credential) in disputed.iter().zip([Credential::Suspended, Credential::Issued]) {
        bank.trigger(json!({ "what": "dispute_won", "dispute": dispute["id"] })).await;
        bank.apply_until(&house, &process, "charge.dispute.closed").await;
        assert_eq!(credentials(&house.order(order.id).await), [credential]);
    }
    house.end().await;
}

#[tokio::test]
async fn a_verdict_heard_of_before_its_dispute_stands() {
    let (house, process, mut bank, order) = sold(1).await;
    let disputed = bank.trigger(json!({ "what": "dispute", "charge": intent(&house, &order).await })).await;
    let created = bank.callback(&house, "charge.dispute.created").await;
    bank.trigger(json!({ "what": "dispute_lost", "dispute": disputed["id"] })).await;
    bank.apply(&house, &process, "charge.dispute.closed").await;
    bank.apply_this(&process, &created).await.unwrap();
    let dispute = disputes::list(&mut house.tx().await, Some(order.id), None, 10).await.unwrap().remove(0);
    assert_eq!(dispute.state, DisputeState::Lost);
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Suspended]);
    house.end().await;
}

#[tokio::test]
async fn a_fraud_warning_days_later_suspends_the_tickets_and_is_told_once() {
    let (house, process, mut bank, order) = sold(2).await;
    bank.trigger(json!({ "what": "fraud_warning", "charge": intent(&house, &order).await })).await;
    let warning = bank.apply_until(&house, &process, "radar.early_fraud_warning.created").await;
    bank.apply_this(&process, &sent_anew(&warning)).await.unwrap();
    let warnings = disputes::warnings_of_orders(&mut house.tx().await, &[order.id]).await.unwrap();
    assert_eq!((warnings.len(), warnings[0].actionable), (1, true));
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Suspended; 2]);
    let told = "select count(*) from events where reseller_id = $1 and type = 'payment.fraud_warning'";
    assert_eq!(house.count(told).await, 1);
    house.end().await;
}

#[tokio::test]
async fn a_fraud_warning_is_answered_by_a_refund() {
    let (house, process, mut bank, order) = sold(2).await;
    bank.trigger(json!({ "what": "fraud_warning", "charge": intent(&house, &order).await })).await;
    bank.apply_until(&house, &process, "radar.early_fraud_warning.created").await;
    let new = ticketing::use_cases::refund::NewRefund { order: order.id, items: None, reason: String::new() };
    let mut tx = house.tx().await;
    ticketing::use_cases::refund::accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Voided; 2]);
    house.end().await;
}

#[tokio::test]
async fn a_refund_made_at_the_provider_is_in_the_books_and_voids_what_it_gives_back_whole() {
    let (house, process, mut bank, order) = sold(2).await;
    let payment = intent(&house, &order).await;
    bank.trigger(json!({ "what": "refund", "charge": payment, "amount": 500 })).await;
    let part = bank.apply_until(&house, &process, "refund.created").await;
    bank.apply_this(&process, &sent_anew(&part)).await.unwrap();
    let refunds = house.refunds(order.id).await;
    assert_eq!((refunds.len(), refunds[0].state, refunds[0].items.len()), (1, RefundState::Succeeded, 0));
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Issued; 2], "five euros are no ticket");
    house.end().await;

    let (house, process, mut bank, order) = sold(2).await;
    let payment = intent(&house, &order).await;
    bank.trigger(json!({ "what": "refund", "charge": payment })).await;
    bank.apply_until(&house, &process, "refund.created").await;
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Voided; 2]);
    assert_eq!((house.refunds(order.id).await[0].items.len(), house.claimed().await), (2, 0));
    assert_eq!(process.thinks_free(house.stage().id).await, 5);
    house.end().await;
}

#[tokio::test]
async fn a_slow_payment_keeps_its_tickets_to_the_maximum_and_no_longer() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_sandboxProcessing").await;
    house.ahead(DEADLINE).await;
    assert_eq!(bank.due(&process).await, 0);
    assert_eq!((house.order(order.id).await.state, house.claimed().await), (OrderState::Processing, 1));
    house.ahead(DEADLINE + SLOW).await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!((house.order(order.id).await.state, house.claimed().await), (OrderState::Expired, 0));
    assert!(house.payments(order.id).await[0].state.is_open(), "the money may still come");
    // It comes, and the ticket is still free.
    bank.advance().await;
    let asked = ticketing::use_cases::ask_payment::ask_payment;
    let paid = asked(&process.inventory, &bank.providers.test, process.reseller, payment.id).await.unwrap();
    assert_eq!((paid.state, house.order(order.id).await.state), (PaymentState::Succeeded, OrderState::Paid));
    house.end().await;
}

#[tokio::test]
async fn a_slow_payment_that_fails_after_the_deadline_frees_its_tickets_at_once() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_sandboxProcessingFails").await;
    house.ahead(DEADLINE).await;
    for _ in 0..3 {
        bank.due(&process).await;
    }
    bank.advance().await;
    bank.apply_until(&house, &process, "payment_intent.payment_failed").await;
    assert_eq!(bank.due(&process).await, 1, "not only when the worker would have asked again");
    assert_eq!((house.order(order.id).await.state, house.claimed().await), (OrderState::Expired, 0));
    house.end().await;
}

#[tokio::test]
async fn late_money_buys_tickets_like_those_that_are_gone_if_the_buyer_agreed() {
    for (agreed, more, ends) in [
        (true, &[("B", 1)][..], OrderState::Paid),
        (true, &[], OrderState::Expired),
        (false, &[("B", 1)], OrderState::Expired),
    ] {
        let house = House::with(seats(&[&[("A", 2)], more].concat())).await;
        let (process, mut bank) = (Process::first(&house), Bank::open().await);
        let hold = process.hold(house.stage().these(&[0, 1])).await.unwrap();
        let mut new = crate::process::new_order(hold.id);
        new.accepts_equivalents = agreed;
        let order = process.make_order(&new).await.unwrap();
        let payment = bank.start(&process, order.id).await;
        bank.pay(&payment, VISA).await;
        let succeeded = bank.callback(&house, "payment_intent.succeeded").await;
        house.ahead(DEADLINE).await;
        do_due(&process.inventory, &Bank::down().await, SLOW).await.unwrap();
        let cancelled = ticketing::provider::Callback { kind: Kind::Cancelled, ..sent_anew(&succeeded) };
        bank.apply_this(&process, &cancelled).await.unwrap();
        process.hold(house.stage().these(&[1])).await.unwrap();
        bank.apply_this(&process, &succeeded).await.unwrap();
        let now = house.order(order.id).await;
        assert_eq!(now.state, ends, "agreed {agreed}, besides {more:?}");
        assert_eq!(house.refunds(order.id).await.len(), usize::from(ends == OrderState::Expired));
        if ends == OrderState::Paid {
            let gone = house.stage().tickets[1];
            assert!(now.items.iter().all(|item| item.held.ticket != gone), "{now:?}");
            assert_eq!(now.total, order.total);
            let kept = orders::get(&mut house.tx().await, order.id).await.unwrap();
            assert_eq!(kept.items, now.items);
        }
        house.end().await;
    }
}

#[tokio::test]
async fn a_disputed_order_cannot_be_refunded_by_ticket() {
    let (house, process, mut bank, order) = sold(1).await;
    bank.trigger(json!({ "what": "dispute", "charge": intent(&house, &order).await })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    let new = ticketing::use_cases::refund::NewRefund { order: order.id, items: None, reason: String::new() };
    let mut tx = house.tx().await;
    let refused = ticketing::use_cases::refund::accept_refund(&mut tx, &process.inventory, &new).await;
    assert_eq!(code(refused.map(|_| ())), Code::PaymentDisputed);
    drop(tx);
    house.end().await;
}

#[tokio::test]
async fn after_a_part_was_given_back_at_the_provider_what_is_left_goes_back_and_then_nothing() {
    let (house, process, mut bank, order) = sold(2).await;
    bank.trigger(json!({ "what": "refund", "charge": intent(&house, &order).await, "amount": 1234 })).await;
    bank.apply_until(&house, &process, "refund.created").await;
    let accept = async |items: Option<Vec<i16>>| -> foundation::Result<Refund> {
        let new = ticketing::use_cases::refund::NewRefund { order: order.id, items, reason: String::new() };
        let mut tx = house.tx().await;
        let (refund, _) = ticketing::use_cases::refund::accept_refund(&mut tx, &process.inventory, &new).await?;
        tx.commit().await?;
        let send = ticketing::use_cases::refund::send;
        send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await
    };
    let before = house.order(order.id).await.version;
    let rest = accept(Some(vec![1])).await.unwrap();
    assert_eq!((rest.state, rest.amount), (RefundState::Succeeded, eur("7.66")), "of 20.00 that is what is left");
    assert!(house.order(order.id).await.version > before, "its credentials are others now");
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Voided, Credential::Issued]);
    assert_eq!(code(accept(None).await), Code::NothingToRefund);
    assert_eq!(
        credentials(&house.order(order.id).await),
        [Credential::Voided, Credential::Issued],
        "nothing half done"
    );
    let report = accounting::sales_report(&mut house.tx().await, &accounting::SalesFilter::default()).await.unwrap();
    let balance = accounting::balance(&mut house.tx().await).await.unwrap();
    assert_eq!(report.totals[0].net(), balance[0].pending, "report and balance agree");
    assert_eq!(report.totals[0].amount_refunds, Some(eur("12.34").amount()));
    house.end().await;
}

#[tokio::test]
async fn whom_the_reseller_trusts_in_spite_of_a_warning_gets_in_but_not_in_spite_of_a_dispute() {
    let (house, process, mut bank, order) = sold(1).await;
    let charge = intent(&house, &order).await;
    bank.trigger(json!({ "what": "fraud_warning", "charge": charge })).await;
    bank.apply_until(&house, &process, "radar.early_fraud_warning.created").await;
    for _ in 0..2 {
        let mut tx = house.tx().await;
        reinstate_order(&mut tx, order.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(credentials(&house.order(order.id).await), [Credential::Issued]);
    }
    bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    assert_eq!(code(reinstate_order(&mut house.tx().await, order.id).await), Code::PaymentDisputed);
    assert_eq!(credentials(&house.order(order.id).await), [Credential::Suspended]);
    house.end().await;
}

#[tokio::test]
async fn where_fees_go_back_they_do_with_what_is_given_back_at_the_provider_too() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await;
    let policy = "update orders set refund_policy = 'fees_returned'";
    sqlx::query(policy).execute(&mut house.db.as_owner().await).await.unwrap();
    let charge = intent(&house, &order).await;
    // As our own refunds of the same amounts.
    for (amount, left) in [(667, "12.03"), (666, "6.03"), (667, "0.00")] {
        bank.trigger(json!({ "what": "refund", "charge": charge, "amount": amount })).await;
        bank.apply(&house, &process, "refund.created").await;
        let balance = accounting::balance(&mut house.tx().await).await.unwrap();
        let pending: Decimal = balance.iter().map(|balance| balance.pending).sum();
        assert_eq!(pending, left.parse().unwrap(), "after {amount}");
    }
    house.end().await;
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_is_told_as_failed_and_taken_back_in_the_books() {
    let (house, process, bank, order) = sold(1).await;
    // Somebody has given half of it back there, and we have not heard of that.
    bank.trigger(json!({ "what": "refund", "charge": intent(&house, &order).await, "amount": 500 })).await;
    let new = ticketing::use_cases::refund::NewRefund { order: order.id, items: None, reason: String::new() };
    let mut tx = house.tx().await;
    let (refund, _) = ticketing::use_cases::refund::accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    let send = ticketing::use_cases::refund::send;
    let failed = send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await.unwrap();
    assert_eq!((failed.state, failed.provider_refund.clone()), (RefundState::Failed, None));
    assert!(failed.failure_reason.is_some(), "{failed:?}");
    let again = send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await.unwrap();
    assert_eq!(again, failed, "what has failed is not asked for again");
    house.end().await;
}
