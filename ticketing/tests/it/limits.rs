//! The maximum per buyer: over holds and orders, processes and time, never exceeded by one.

use foundation::{Code, Result};
use ticketing::{
    rules::{
        limit::Per,
        order::{Buyer, Order},
    },
    use_cases::{
        create_order::{NewOrder, free_excess},
        refund::{NewRefund, accept_refund},
        set_buyer_limit::{set_of_performance, set_of_show},
        update_buyer::update_buyer,
    },
};

use crate::{
    bank::Bank,
    house::{House, MINUTES, at_once, code, eur, places},
    lanes::refusal,
    process::{Process, new_order},
};

/// A house where a buyer may have six, as everywhere.
async fn house(kinds: usize) -> House {
    let house = House::of(eur("10.00"), (0..kinds).map(|_| places(150)).collect()).await;
    let sql = "update shows set buyer_max = null where reseller_id = $1";
    sqlx::query(sql).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    house
}

/// An order of the buyer with this address.
fn by(email: &str, hold: foundation::id::HoldId) -> NewOrder {
    let mut new = new_order(hold);
    new.buyer.email = Some(email.to_owned());
    new
}

async fn order_as(process: &Process, email: &str, stage: &crate::house::Stage, quantity: usize) -> Result<Order> {
    let hold = process.hold(vec![stage.any(quantity)]).await.unwrap();
    process.make_order(&by(email, hold.id)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_holds_of_one_buyer_at_once_in_two_processes_yield_six() {
    let house = house(1).await;
    let processes = [Process::first(&house), Process::another(&house)];
    for round in 1..=3 {
        let outcomes = at_once((0..100).map(|n| {
            let (process, wants) = (processes[n % 2].clone(), vec![house.stage().any(1)]);
            async move { process.hold_as("ada", wants).await }
        }))
        .await;
        let (held, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((held.len(), house.claimed().await), (6, 6), "round {round}");
        let told = refusal(refused.into_iter().next().unwrap());
        assert_eq!(
            (told.code, told.alternatives.unwrap()),
            (Code::BuyerLimit, serde_json::json!({ "maximum": 6, "available": 0 }))
        );
        crate::house::end(&house.db, house.reseller).await;
        if round == 1 {
            for hold in held {
                processes[round % 2].release(hold.unwrap().id).await.unwrap();
            }
        } else {
            house.ahead(u32::try_from(round).unwrap() * 2 * MINUTES).await;
        }
        assert_eq!(house.claimed().await, 0, "and six again");
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_orders_to_one_address_at_once_in_two_processes_yield_six() {
    let house = house(1).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let mut holds = Vec::new();
    for n in 0..50 {
        holds.push(processes[0].hold_as(&format!("shopper {n}"), vec![house.stage().any(2)]).await.unwrap());
    }
    let outcomes = at_once(holds.into_iter().enumerate().map(|(n, hold)| {
        let process = processes[n % 2].clone();
        async move {
            let new = by(if n % 3 == 0 { "ada@example.com" } else { "Ada+spare@example.com" }, hold.id);
            match process.make_order(&new).await {
                Ok(order) => Ok(order),
                Err(why) => Err(free_excess(&process.inventory, process.reseller, hold.id, why).await),
            }
        }
    }))
    .await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    for refused in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(code(refused), Code::BuyerLimit);
    }
    assert_eq!((made, house.claimed().await), (3, 6), "the excess is on sale again");
    house.end().await;
}

#[tokio::test]
async fn a_hold_counts_by_reference_and_the_order_again_by_address() {
    let house = house(1).await;
    let process = Process::first(&house);
    let one = process.hold_as("session 1", vec![house.stage().any(4)]).await.unwrap();
    assert_eq!(code(process.hold_as("session 1", vec![house.stage().any(3)]).await), Code::BuyerLimit);
    assert_eq!(code(process.grow(one.id, &[house.stage().any(3)]).await), Code::BuyerLimit);
    let one = process.grow(one.id, &[house.stage().any(2)]).await.unwrap();
    let gone: Vec<_> = one.items[..2].iter().map(|item| item.held.ticket).collect();
    process.shrink(one.id, &gone).await.unwrap();
    process.make_order(&by("ada@example.com", one.id)).await.unwrap();
    assert_eq!(code(process.hold_as("session 1", vec![house.stage().any(3)]).await), Code::BuyerLimit);
    let other = process.hold_as("session 2", vec![house.stage().any(3)]).await.unwrap();
    let refused = process.make_order(&by("ada@example.com", other.id)).await;
    assert_eq!(refusal(refused).alternatives.unwrap(), serde_json::json!({ "maximum": 6, "available": 2 }));
    process.make_order(&by("eve@example.com", other.id)).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn what_nobody_is_named_for_takes_no_slot() {
    let house = house(1).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(50)]).await.unwrap();
    let order = process.make_order(&NewOrder { buyer: Buyer::default(), ..new_order(hold.id) }).await.unwrap();
    assert_eq!(house.count("select count(*) from slots where reseller_id = $1").await, 0);
    let named = Buyer { email: Some("ada@example.com".to_owned()), ..Buyer::default() };
    let refused = update_buyer(&mut house.tx().await, order.id, order.version, named).await;
    assert_eq!(code(refused), Code::BuyerLimit, "and may not be one who has too many");
    house.end().await;
}

#[tokio::test]
async fn another_address_counts_for_another_buyer_and_frees_the_first() {
    let house = house(1).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = order_as(&process, "ada@example.com", house.stage(), 6).await.unwrap();
    let payment = bank.start(&process, order.id).await;
    let eve = Buyer { email: Some("eve@example.com".to_owned()), ..Buyer::default() };
    let mut tx = house.tx().await;
    update_buyer(&mut tx, order.id, order.version, eve).await.unwrap();
    tx.commit().await.unwrap();
    crate::house::end(&house.db, house.reseller).await;
    assert_eq!(code(order_as(&process, "eve@example.com", house.stage(), 1).await), Code::BuyerLimit);
    order_as(&process, "ada@example.com", house.stage(), 6).await.unwrap();
    // What is kept for ever because it is being paid is kept for ever in its slots too.
    house.ahead(MINUTES * 10).await;
    assert_eq!(code(order_as(&process, "eve@example.com", house.stage(), 1).await), Code::BuyerLimit);
    bank.pay(&payment, "pm_card_visa").await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    house.end().await;
}

#[tokio::test]
async fn the_show_may_count_all_its_performances_together_and_one_have_its_own_maximum() {
    let house = house(2).await;
    let process = Process::first(&house);
    let [one, two] = &house.stages[..] else { panic!("two performances") };
    process.hold_as("ada", vec![one.any(6)]).await.unwrap();
    process.hold_as("ada", vec![two.any(6)]).await.unwrap();
    let mut tx = house.tx().await;
    set_of_show(&mut tx, house.show.id, 1, Some(Some(4)), Some(Per::Show)).await.unwrap();
    set_of_performance(&mut tx, two.id, 1, Some(Some(3))).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(process.hold_as("ada", vec![two.any(1)]).await), Code::BuyerLimit, "what one has counts");
    assert_eq!(code(process.hold_as("eve", vec![two.any(4)]).await), Code::BuyerLimit);
    process.hold_as("eve", vec![two.any(3)]).await.unwrap();
    assert_eq!(code(process.hold_as("eve", vec![one.any(2)]).await), Code::BuyerLimit);
    process.hold_as("eve", vec![one.any(1)]).await.unwrap();
    assert_eq!(code(set_of_show(&mut house.tx().await, house.show.id, 1, None, None).await), Code::IfMatchStale);
    for bad in [0, -1, 10_001] {
        let refused = set_of_performance(&mut house.tx().await, one.id, 1, Some(Some(bad))).await;
        assert_eq!(code(refused), Code::InvalidField, "{bad}");
    }
    house.end().await;
}

#[tokio::test]
async fn a_ticket_given_back_gives_its_slots_back() {
    let house = house(1).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(6)], "pm_card_visa").await;
    assert_eq!(code(order_as(&process, "ada@example.com", house.stage(), 1).await), Code::BuyerLimit);
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: Some(vec![1, 2]), reason: String::new() };
    accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    order_as(&process, "ada@example.com", house.stage(), 2).await.unwrap();
    house.end().await;
}
