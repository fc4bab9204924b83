//! Orders: what is frozen in them, and which holds may become one.

use std::time::Duration;

use accounting::{Component, FeeRule, Payer, Scope};
use foundation::{Code, Error, id::FeeRuleId};
use ticketing::{
    rules::order::{Buyer, Credential, OrderState},
    store::orders::{self, OrderFilter},
    use_cases::{create_order::NewOrder, update_buyer::update_buyer},
};

use crate::{
    house::{House, MINUTES, at_once, code, eur, places},
    process::{Process, new_order},
};

async fn buyers_pay(house: &House, percentage: i64) {
    let mut tx = house.tx().await;
    let component = Component::per_ticket(percentage.into(), "0.30".parse().unwrap(), Payer::Buyer);
    let rule = FeeRule::new(FeeRuleId::new(), vec![component], 21.into()).unwrap();
    accounting::set_fee_rule(&mut tx, Scope::default(), &rule).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn price_and_fees_are_frozen_in_the_order() {
    let house = House::with(places(5)).await;
    buyers_pay(&house, 5).await;
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(2)]).await;
    // 0.50 + 0.30, and 21 % of that.
    assert_eq!(order.items[0].buyer_fee, "0.97".parse().unwrap());
    assert_eq!((order.state, order.total), (OrderState::AwaitingPayment, eur("21.94").amount()));
    assert_eq!(order.pay_by.since(order.created_at), Duration::from_secs(900));
    buyers_pay(&house, 10).await;
    assert_eq!(house.order(order.id).await, order, "as it was told when it was made");
    assert_eq!(process.ordered(vec![house.stage().any(1)]).await.items[0].buyer_fee, "1.57".parse().unwrap());
    assert_eq!(house.claimed().await, 3);
    house.end().await;
}

#[tokio::test]
async fn an_order_that_would_cost_something_else_is_refused_and_the_hold_stays() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    let expecting = |amount| NewOrder { expected_total: Some(eur(amount)), ..new_order(hold.id) };
    let refused = crate::lanes::refusal(process.make_order(&expecting("19.99")).await);
    assert_eq!(refused.code, Code::PriceChanged);
    assert_eq!(refused.alternatives.unwrap()["total"]["amount"], "20.00");
    process.make_order(&expecting("20.00")).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_reference_is_unique_for_ever() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let named = |hold| NewOrder { reference: Some("r-1".to_owned()), ..new_order(hold) };
    let first = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let second = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let order = process.make_order(&named(first.id)).await.unwrap();
    let refused = crate::lanes::refusal(process.make_order(&named(second.id)).await);
    assert_eq!(refused.code, Code::ReferenceTaken);
    assert_eq!(refused.alternatives.unwrap(), serde_json::json!({ "order_id": order.id }), "which one has it");
    process.order(second.id).await.expect("the hold is as it was");
    house.end().await;
}

#[tokio::test]
async fn one_order_has_one_currency() {
    let house = House::with(places(5)).await;
    let yen = foundation::Money::new(900.into(), "JPY".parse().unwrap()).unwrap();
    let other = house.another_show(yen, 5).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(1), other.any(1)]).await;
    assert_eq!(code(hold), Code::CurrencyMismatch);
    let alone = process.ordered(vec![other.any(2)]).await;
    assert_eq!(alone.total, 1_800.into());
    house.end().await;
}

#[tokio::test]
async fn orders_are_listed_by_the_performance_that_they_have_tickets_of() {
    let house = House::of(eur("10.00"), vec![places(5), places(5)]).await;
    let process = Process::first(&house);
    let (one, two) = (house.stages[0].clone(), house.stages[1].clone());
    let first = process.ordered(vec![one.any(1)]).await.id;
    let both = process.ordered(vec![one.any(2), two.any(1)]).await.id;
    let second = process.ordered(vec![two.any(1)]).await.id;
    let listed = async |performance| {
        let filter = OrderFilter { performance, ..OrderFilter::default() };
        let orders = orders::list(&mut house.tx().await, filter, None, 10).await.unwrap();
        orders.into_iter().map(|order| order.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(Some(one.id)).await, [both, first]);
    assert_eq!(listed(Some(two.id)).await, [second, both]);
    assert_eq!(listed(None).await, [second, both, first]);
    house.end().await;
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_paid_by_being_made() {
    let house = House::of(eur("0.00"), vec![places(5)]).await;
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(2)]).await;
    assert_eq!(order.state, OrderState::Paid);
    assert!(order.items.iter().all(|item| item.credential == Credential::Issued));
    house.ahead(Duration::from_secs(86_400)).await;
    assert_eq!(house.claimed().await, 2, "sold for ever");
    assert_eq!(house.order(order.id).await, order);
    house.end().await;
}

#[tokio::test]
async fn an_ended_or_half_taken_hold_becomes_no_order() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    // As no rule of ours could do it: another owner has one of the two.
    let mut owner = house.db.as_owner().await;
    let sql = "update claims set owner_id = gen_random_uuid(), owner_kind = 'block', expires_at = 'infinity' where ticket_id = $1";
    sqlx::query(sql).bind(hold.items[0].held.ticket).execute(&mut owner).await.unwrap();
    assert_eq!(code(process.order(hold.id).await), Code::HoldNotActive);
    let live = house.owner_of(hold.items[1].held.ticket).await;
    assert_eq!(live, Some(("hold".to_owned(), hold.id.uuid())), "the other is still the hold's");
    house.ahead(MINUTES).await;
    assert_eq!(code(process.order(hold.id).await), Code::Expired);
    assert_eq!(house.count("select count(*) from orders where reseller_id = $1").await, 0);
    let sql = "delete from claims where owner_kind = 'block'";
    sqlx::query(sql).execute(&mut house.db.as_owner().await).await.unwrap();
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_racing_for_one_hold_make_one() {
    let house = House::with(places(50)).await;
    let processes = [Process::first(&house), Process::another(&house)];
    for _ in 0..10 {
        let hold = processes[0].hold(vec![house.stage().any(3)]).await.unwrap();
        let made = at_once((0..8).map(|n| {
            let process = processes[n % 2].clone();
            async move { process.order(hold.id).await }
        }))
        .await;
        let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        for outcome in refused {
            assert_eq!(code(outcome), Code::HoldNotActive);
        }
    }
    assert_eq!(house.count("select count(*) from orders where reseller_id = $1").await, 10);
    house.end().await;
}

#[tokio::test]
async fn the_buyer_can_be_changed_until_the_deadline_and_by_who_has_read_the_newest() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let mut tx = house.tx().await;
    let name = |name: &str| Buyer { name: Some(name.to_owned()), ..Buyer::default() };
    let changed = update_buyer(&mut tx, order.id, 1, name("Grace")).await.unwrap();
    assert_eq!((changed.buyer.name.as_deref(), changed.version), (Some("Grace"), 2));
    assert_eq!(changed.buyer.email.as_deref(), Some("ada@example.com"));
    assert_eq!(code(update_buyer(&mut tx, order.id, 1, name("Alan")).await), Code::IfMatchStale);
    tx.commit().await.unwrap();
    house.ahead(Duration::from_secs(900)).await;
    assert_eq!(code(update_buyer(&mut house.tx().await, order.id, 2, name("Alan")).await), Code::OrderExpired);
    house.end().await;
}

#[tokio::test]
async fn a_reference_is_one_line_of_200_bytes_at_most() {
    let house = House::with(places(1)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let named = |reference: &str| NewOrder { reference: Some(reference.to_owned()), ..new_order(hold.id) };
    for wrong in ["", "two\nlines", &"r".repeat(201)] {
        let refused = crate::lanes::refusal(process.make_order(&named(wrong)).await);
        assert_eq!((refused.code, refused.errors[0].pointer.as_str()), (Code::InvalidField, "/reference"), "{wrong:?}");
    }
    process.make_order(&named(&"r".repeat(200))).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn nothing_moves_where_its_lifecycle_does_not_lead() {
    let house = House::of(eur("0.00"), vec![places(1)]).await;
    let process = Process::first(&house);
    let paid = process.ordered(vec![house.stage().any(1)]).await;
    let mut tx = house.tx().await;
    let moved = orders::move_to(&mut tx, &mut paid.clone(), OrderState::Cancelled, None).await;
    assert!(matches!(moved, Err(Error::Inconsistent(_))), "{moved:?}");
    let set = orders::set_credentials(&mut tx, &mut paid.clone(), &[1], Credential::None).await;
    assert!(matches!(set, Err(Error::Inconsistent(_))), "{set:?}");
    tx.commit().await.unwrap();
    assert_eq!(house.order(paid.id).await, paid);
    house.end().await;
}
