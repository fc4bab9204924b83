//! The deadline of an order, and money that comes after it.

use std::time::Duration;

use serde_json::json;
use ticketing::{
    provider::Kind,
    rules::{
        order::{Order, OrderState},
        payment::{Payment, PaymentState, RefundState, Way},
    },
    use_cases::{
        expire::do_due,
        retry_refund::retry_refund,
        start_payment::start_payment,
        update_offer::{OfferChanges, update_offer},
    },
};

use crate::{
    bank::{Bank, SLOW, sent_anew},
    blocks::{allocation, block, of_hall},
    choosing::laid_out,
    house::{House, code, eur, places, seats},
    process::Process,
};

const VISA: &str = "pm_card_visa";
const DEADLINE: Duration = Duration::from_secs(901);

struct Ordered {
    house: House,
    process: Process,
    bank: Bank,
    order: Order,
    payment: Payment,
}

/// An order for the first of two seats with its payment open at the provider.
async fn ordered() -> Ordered {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    let payment = bank.start(&process, order.id).await;
    Ordered { house, process, bank, order, payment }
}

#[tokio::test]
async fn an_order_without_a_payment_ends_at_its_deadline() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    assert_eq!(bank.due(&process).await, 0);
    house.ahead(DEADLINE).await;
    assert_eq!(house.claimed().await, 0, "free without any job");
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!(house.order(order.id).await.state, OrderState::Expired);
    assert_eq!(bank.due(&process).await, 0);
    house.end().await;
}

#[tokio::test]
async fn tickets_being_paid_are_free_only_after_the_provider_has_confirmed() {
    let Ordered { house, process, mut bank, order, .. } = ordered().await;
    house.ahead(DEADLINE).await;
    assert_eq!(house.claimed().await, 1, "the buyer may be paying at this moment");
    let refused = process.hold(house.stage().these(&[0])).await;
    assert_eq!(code(refused), foundation::Code::SeatsUnavailable);
    let down = Bank::down().await;
    do_due(&process.inventory, &down, SLOW).await.unwrap();
    assert_eq!(house.payments(order.id).await[0].state, PaymentState::Cancelling);
    assert_eq!((house.claimed().await, house.order(order.id).await.state), (1, OrderState::AwaitingPayment));
    house.ahead(2 * DEADLINE).await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!((house.claimed().await, house.order(order.id).await.state), (0, OrderState::Expired));
    bank.apply(&house, &process, "payment_intent.canceled").await;
    process.hold(house.stage().these(&[0])).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_payment_that_was_faster_than_the_deadline_sells() {
    let Ordered { house, process, mut bank, order, payment } = ordered().await;
    bank.pay(&payment, VISA).await;
    house.ahead(DEADLINE).await;
    // Its callback has not come yet; cancelling finds out.
    assert_eq!(bank.due(&process).await, 1);
    let sold = house.order(order.id).await;
    assert_eq!(sold.state, OrderState::Paid);
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(house.order(order.id).await, sold);
    house.end().await;
}

#[tokio::test]
async fn a_cancel_that_loses_to_the_money_is_refused_like_that_of_any_paid_order() {
    let Ordered { house, process, mut bank, order, payment } = ordered().await;
    bank.pay(&payment, VISA).await;
    // Its callback has not come yet; cancelling finds out.
    assert_eq!(code(bank.cancel(&process, order.id).await), foundation::Code::OrderNotPayable);
    let sold = house.order(order.id).await;
    assert_eq!(sold.state, OrderState::Paid);
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(house.order(order.id).await, sold);
    house.end().await;
}

#[tokio::test]
async fn a_payment_being_decided_at_the_deadline_keeps_its_tickets_until_it_is() {
    for (card, ends) in
        [("pm_card_sandboxProcessing", OrderState::Paid), ("pm_card_sandboxProcessingFails", OrderState::Expired)]
    {
        let Ordered { house, process, bank, order, payment } = ordered().await;
        bank.pay(&payment, card).await;
        house.ahead(DEADLINE).await;
        assert_eq!(bank.due(&process).await, 0, "it cannot be cancelled now");
        assert_eq!(house.claimed().await, 1);
        bank.advance().await;
        assert_eq!(bank.due(&process).await, 0, "not again at once");
        house.ahead(2 * DEADLINE).await;
        assert_eq!(bank.due(&process).await, 1);
        assert_eq!(house.order(order.id).await.state, ends, "{card}");
        house.end().await;
    }
}

#[tokio::test]
async fn a_payment_whose_creation_was_never_answered_is_found_and_cancelled() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0])).await;
    let down = Bank::down().await;
    start_payment(&process.inventory, &down.test, house.reseller, order.id, &Way::ClientSecret).await.unwrap_err();
    let lost = house.payments(order.id).await.remove(0);
    let intent = bank.create_there(&house, &lost).await;
    house.ahead(DEADLINE).await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!(house.order(order.id).await.state, OrderState::Expired);
    let there = bank.providers.test.intent(&intent.id.unwrap()).await.unwrap();
    assert_eq!(there.standing, ticketing::provider::Standing::Cancelled);
    house.end().await;
}

/// Ends the order as if the provider had said so, and gives the success that it then tells all the same.
async fn success_after_the_end(ordered: &mut Ordered, card: &str) -> ticketing::provider::Callback {
    let Ordered { house, process, bank, order, payment } = ordered;
    bank.pay(payment, card).await;
    let succeeded = bank.callback(house, "payment_intent.succeeded").await;
    let cancelled = ticketing::provider::Callback { kind: Kind::Cancelled, ..sent_anew(&succeeded) };
    house.ahead(DEADLINE).await;
    do_due(&process.inventory, &Bank::down().await, SLOW).await.unwrap();
    bank.apply_this(process, &cancelled).await.unwrap();
    assert_eq!(house.order(order.id).await.state, OrderState::Expired);
    assert_eq!(house.claimed().await, 0);
    succeeded
}

#[tokio::test]
async fn late_money_gets_the_same_tickets_while_they_are_free() {
    let mut ordered = ordered().await;
    let succeeded = success_after_the_end(&mut ordered, VISA).await;
    let Ordered { house, process, bank, order, .. } = ordered;
    bank.apply_this(&process, &succeeded).await.unwrap();
    let sold = house.order(order.id).await;
    assert_eq!((sold.state, sold.items[0].held), (OrderState::Paid, order.items[0].held));
    assert_eq!(house.owner_of(house.stage().tickets[0]).await, Some(("order".to_owned(), order.id.uuid())));
    assert!(house.refunds(order.id).await.is_empty());
    assert_eq!(process.thinks_free(house.stage().id).await, 1);
    house.end().await;
}

#[tokio::test]
async fn late_money_goes_back_at_once_when_the_tickets_are_anothers() {
    let mut ordered = ordered().await;
    let succeeded = success_after_the_end(&mut ordered, VISA).await;
    let Ordered { house, process, mut bank, order, .. } = ordered;
    let other = process.hold(house.stage().these(&[0, 1])).await.unwrap();
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert_eq!(house.order(order.id).await.state, OrderState::Expired);
    assert_eq!(house.owner_of(house.stage().tickets[0]).await, Some(("hold".to_owned(), other.id.uuid())));
    let refunds = house.refunds(order.id).await;
    assert_eq!(
        (refunds.len(), refunds[0].state, refunds[0].reason.as_str()),
        (1, RefundState::Succeeded, "late_payment")
    );
    assert_eq!(bank.count("refunds").await, 1);
    bank.apply(&house, &process, "refund.created").await;
    assert_eq!(accounting::balance(&mut house.tx().await).await.unwrap(), [], "nothing of it is the reseller's");
    house.end().await;
}

#[tokio::test]
async fn late_money_goes_back_when_its_buyer_has_as_many_by_then_as_one_may_have() {
    let mut ordered = ordered().await;
    let succeeded = success_after_the_end(&mut ordered, VISA).await;
    let Ordered { house, process, bank, order, .. } = ordered;
    let sql = "update shows set buyer_max = 1 where reseller_id = $1";
    sqlx::query(sql).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    let other = process.ordered(house.stage().these(&[1])).await;
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert_eq!((house.order(order.id).await.state, house.refunds(order.id).await.len()), (OrderState::Expired, 1));
    assert_eq!(house.owner_of(house.stage().tickets[0]).await, None, "though its seat is free");
    assert_eq!(house.owner_of(house.stage().tickets[1]).await.map(|(_, owner)| owner), Some(other.id.uuid()));
    house.end().await;
}

#[tokio::test]
async fn another_amount_than_the_orders_buys_nothing_and_goes_back_at_once() {
    let Ordered { house, process, mut bank, order, payment } = ordered().await;
    let path = format!("/v1/payment_intents/{}", payment.provider_intent.as_ref().unwrap());
    bank.form(&path, &[("amount", "300")]).await;
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    let (paid, refund) = (house.payments(order.id).await.remove(0), house.refunds(order.id).await.remove(0));
    assert_eq!((paid.state, paid.amount, paid.received), (PaymentState::Succeeded, eur("10.00"), Some(eur("3.00"))));
    assert_eq!((refund.state, refund.amount), (RefundState::Succeeded, eur("3.00")));
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment, "it can still be paid");
    assert_eq!(accounting::balance(&mut house.tx().await).await.unwrap(), [], "nothing of it is the reseller's");
    house.end().await;
}

#[tokio::test]
async fn late_money_that_did_not_arrive_is_sent_back_once_more() {
    let mut ordered = ordered().await;
    let succeeded = success_after_the_end(&mut ordered, "pm_card_refundFail").await;
    let Ordered { house, process, mut bank, order, .. } = ordered;
    process.hold(house.stage().these(&[0, 1])).await.unwrap();
    bank.apply_this(&process, &succeeded).await.unwrap();
    let first = house.refunds(order.id).await.remove(0);
    bank.advance().await;
    bank.apply_until(&house, &process, "refund.failed").await;
    let mut tx = house.tx().await;
    let again = retry_refund(&mut tx, first.id).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(2 * DEADLINE).await;
    bank.due(&process).await;
    let now = house.refunds(order.id).await.remove(1);
    assert_eq!((now.id, now.state, now.amount), (again.id, RefundState::Succeeded, first.amount));
    let told = "select count(*) from mail_outbox where kind in ('payment_returned', 'refund_failed')";
    assert_eq!(house.count(told).await, 3, "on its way, not arrived, on its way again");
    house.end().await;
}

#[tokio::test]
async fn late_money_for_two_tickets_of_which_one_is_gone_takes_neither() {
    let house = House::with(seats(&[("A", 3)])).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(house.stage().these(&[0, 1])).await;
    let payment = bank.start(&process, order.id).await;
    let mut ordered = Ordered { house, process, bank, order, payment };
    let succeeded = success_after_the_end(&mut ordered, VISA).await;
    let Ordered { house, process, bank, order, .. } = ordered;
    process.hold(house.stage().these(&[1])).await.unwrap();
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert_eq!(house.refunds(order.id).await.len(), 1);
    assert_eq!(house.claimed().await, 1, "the one that was free is free again");
    process.hold(house.stage().these(&[0])).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn late_money_gets_nothing_that_was_set_aside_for_another_meanwhile() {
    for takes_others in [false, true] {
        let mut ordered = ordered().await;
        let succeeded = success_after_the_end(&mut ordered, VISA).await;
        let Ordered { house, process, bank, order, .. } = ordered;
        let sql = "update orders set accepts_equivalents = $2 where reseller_id = $1";
        let mut owner = house.db.as_owner().await;
        sqlx::query(sql).bind(house.reseller).bind(takes_others).execute(&mut owner).await.unwrap();
        block(&process, house.stage(), allocation(of_hall("all"), "box office")).await.unwrap();
        bank.apply_this(&process, &succeeded).await.unwrap();
        assert_eq!((house.order(order.id).await.state, house.refunds(order.id).await.len()), (OrderState::Expired, 1));
        assert_eq!(house.claimed().await, 0, "though both seats are free");
        house.end().await;
    }
}

#[tokio::test]
async fn late_money_gets_no_place_that_is_kept_for_who_needs_it() {
    let house = House::with(places(1)).await;
    let stage = laid_out(&house, "swc").await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(stage.these(&[0])).await;
    let payment = bank.start(&process, order.id).await;
    let mut ordered = Ordered { house, process, bank, order, payment };
    let succeeded = success_after_the_end(&mut ordered, VISA).await;
    let Ordered { house, process, bank, order, .. } = ordered;
    let sql = "update orders set accepts_equivalents = true where reseller_id = $1";
    sqlx::query(sql).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    process.hold(stage.these(&[0])).await.unwrap();
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert_eq!((house.order(order.id).await.state, house.refunds(order.id).await.len()), (OrderState::Expired, 1));
    assert_eq!(house.claimed().await, 1);
    house.end().await;
}

#[tokio::test]
async fn money_that_bought_nothing_goes_back_by_hand_and_leaves_the_order_that_was_paid_otherwise() {
    let Ordered { house, process, mut bank, order, payment } = ordered().await;
    let intent = payment.provider_intent.clone().unwrap();
    bank.form(&format!("/v1/payment_intents/{intent}"), &[("amount", "2000")]).await;
    bank.pay(&payment, "pm_card_refundFail").await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    bank.advance().await;
    bank.apply_until(&house, &process, "refund.failed").await;
    let second = bank.start(&process, order.id).await;
    bank.pay(&second, VISA).await;
    bank.apply_until(&house, &process, "payment_intent.succeeded").await;
    let sold = house.order(order.id).await;
    assert_eq!(sold.state, OrderState::Paid);
    let before = accounting::balance(&mut house.tx().await).await.unwrap();
    // As much as the ticket has cost, of the money that it was not bought with.
    bank.trigger(json!({ "what": "refund", "charge": intent, "amount": 1_000 })).await;
    bank.apply_until(&house, &process, "refund.created").await;
    assert_eq!(house.order(order.id).await, sold);
    assert_eq!(accounting::balance(&mut house.tx().await).await.unwrap(), before);
    let by_hand = house.refunds(order.id).await.pop().unwrap();
    assert_eq!((by_hand.payment, by_hand.amount, by_hand.items), (Some(payment.id), eur("10.00"), Vec::new()));
    house.end().await;
}

#[tokio::test]
async fn a_payment_that_the_provider_will_not_make_leaves_the_order_payable() {
    let house = House::with(places(2)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let mut tx = house.tx().await;
    let changes = OfferChanges { price: Some(eur("0.30")), tax_rate: None };
    update_offer(&mut tx, house.stage().id, house.stage().offer, 1, changes).await.unwrap();
    tx.commit().await.unwrap();
    let order = process.ordered(vec![house.stage().any(1)]).await;
    for payments in 1..=2 {
        let refused = bank.pay_by(&process, order.id, &Way::ClientSecret).await;
        assert_eq!(code(refused), foundation::Code::PaymentRefused, "it is less than may be paid");
        let made = house.payments(order.id).await;
        assert_eq!((made.len(), made[0].state), (payments, PaymentState::Cancelled));
    }
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment);
    house.end().await;
}
