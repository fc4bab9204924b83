//! Money becomes available so many days after its performance, once, and what comes later follows it.

use std::time::Duration;

use accounting::{Balance, ReleaseTerms};
use foundation::{Code, id::PerformanceId};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    rules::order::Order,
    use_cases::{
        give_credit::{NewCredit, give_credit},
        move_money::move_money,
        refund::{NewRefund, accept_refund, send},
        release_performance::release_performance,
    },
};

use crate::{
    bank::Bank,
    house::{House, at_once, code, eur, places},
    process::Process,
};

const DAY: Duration = Duration::from_secs(86_400);
/// The performance of a house ends a month and two hours from now, and its money is due two days later.
const BEFORE: Duration = Duration::from_secs(32 * 86_400);
const AFTER: Duration = Duration::from_secs(32 * 86_400 + 10_000);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn balance(house: &House) -> [Decimal; 3] {
    let Balance { pending, available, reserved, .. } =
        accounting::balance(&mut house.tx().await).await.unwrap().remove(0);
    [pending, available, reserved]
}

fn figures(pending: &str, available: &str, reserved: &str) -> [Decimal; 3] {
    [pending, available, reserved].map(decimal)
}

async fn released(house: &House) -> i64 {
    house.count("select count(*) from journals where reseller_id = $1 and source like 'release:%'").await
}

/// Two tickets of 10.00 were sold: 18.06 of it is the reseller's.
async fn sold() -> (House, Process, Bank, Order) {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await;
    (house, process, bank, order)
}

/// The same, released, and half of it kept back for thirty days.
async fn half_kept_back() -> (House, Process, Bank, Order) {
    let (house, process, bank, order) = sold().await;
    let mut tx = house.tx().await;
    accounting::set_release_terms(&mut tx, &ReleaseTerms::new(2, 50.into(), 30).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(AFTER).await;
    move_money(house.db.cell(), &bank.providers).await.unwrap();
    (house, process, bank, order)
}

async fn refund(house: &House, process: &Process, bank: &Bank, order: &Order, item: i16) {
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: Some(vec![item]), reason: String::new() };
    let (refund, _) = accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await.unwrap();
}

#[tokio::test]
async fn money_is_available_two_days_after_the_performance_and_not_before() {
    let (house, process, bank, order) = sold().await;
    house.ahead(BEFORE).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0);
    assert_eq!(balance(&house).await, figures("18.06", "0", "0"));
    house.ahead(AFTER).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "18.06", "0"));
    assert_eq!(
        (move_money(house.db.cell(), &bank.providers).await.unwrap(), released(&house).await),
        (0, 1),
        "and that once"
    );
    // What comes later is of what is available: a refund, the provider's fee, a dispute.
    refund(&house, &process, &bank, &order, 1).await;
    assert_eq!(balance(&house).await, figures("0", "8.06", "0"));
    house.end().await;
}

#[tokio::test]
async fn the_fee_and_a_dispute_that_come_after_the_release_are_of_what_is_available() {
    let (house, process, mut bank, order) = sold().await;
    house.ahead(AFTER).await;
    move_money(house.db.cell(), &bank.providers).await.unwrap();
    bank.advance().await;
    bank.apply(&house, &process, "charge.updated").await;
    bank.due(&process).await;
    assert_eq!(balance(&house).await, figures("0", "17.51", "0"), "0.55 is the provider's");
    let intent = house.payments(order.id).await.remove(0).provider_intent.unwrap();
    let disputed = bank.trigger(json!({ "what": "dispute", "charge": intent })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    assert_eq!(balance(&house).await, figures("0", "-17.49", "0"), "20.00 and the fee of 15.00");
    bank.trigger(json!({ "what": "dispute_won", "dispute": disputed["id"] })).await;
    bank.apply_until(&house, &process, "charge.dispute.closed").await;
    assert_eq!(balance(&house).await, figures("0", "17.51", "0"));
    house.end().await;
}

#[tokio::test]
async fn each_performance_of_an_order_is_released_by_its_own_time() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let later = house.another_show(crate::house::eur("20.00"), 5).await;
    let sooner = house.stage().any(1);
    let order = bank.sold(&house, &process, vec![sooner, later.any(1)], "pm_card_visa").await;
    let moved =
        "update performances set ends_at = ends_at + interval '10 days', starts_at = starts_at + interval '10 days',
        doors_at = doors_at + interval '10 days' where performance_id = $1";
    sqlx::query(moved).bind(later.id).execute(&mut house.db.as_owner().await).await.unwrap();
    house.ahead(AFTER).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    // Of 10.00 and 20.00: less 0.80 and 1.30 with a tax of 0.17 and 0.27.
    assert_eq!(balance(&house).await, figures("18.43", "9.03", "0"));
    let both = order.items.iter().map(|item| item.no);
    for no in both {
        refund(&house, &process, &bank, &order, no).await;
    }
    assert_eq!(balance(&house).await, figures("-1.57", "-0.97", "0"));
    house.ahead(AFTER + 10 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "-2.54", "0"), "what is owed is released too");
    house.end().await;
}

#[tokio::test]
async fn a_part_is_kept_back_for_so_many_days_and_free_then_once() {
    let (house, _, bank, _) = sold().await;
    let mut tx = house.tx().await;
    let terms = ReleaseTerms::new(0, decimal("10"), 30).unwrap();
    accounting::set_release_terms(&mut tx, &terms).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(AFTER - 2 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "16.25", "1.81"));
    let report = accounting::sales_report(&mut house.tx().await, &accounting::SalesFilter::default()).await.unwrap();
    let net: Decimal = report.totals.iter().map(accounting::SalesTotal::net).sum();
    assert_eq!(net, decimal("18.06"), "it was sold all the same");
    house.ahead(AFTER + 27 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0);
    house.ahead(AFTER + 28 * DAY + DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(
        (balance(&house).await, move_money(house.db.cell(), &bank.providers).await.unwrap()),
        (figures("0", "18.06", "0"), 0)
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_that_release_while_refunds_and_fees_come_leave_nothing_pending() {
    let house = House::with(places(40)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await);
    }
    house.ahead(AFTER).await;
    let (cell, reseller, stage): (_, _, PerformanceId) = (house.db.cell().clone(), house.reseller, house.stage().id);
    let releasing = (0..4).map(|_| {
        let cell = cell.clone();
        async move { release_performance(&cell, reseller, stage).await.unwrap() }
    });
    let refunding = orders.iter().map(|order| {
        let (cell, inventory, order) = (cell.clone(), process.inventory.clone(), order.id);
        async move {
            let mut tx = cell.tenant(reseller).await.unwrap();
            let new = NewRefund { order, items: Some(vec![1]), reason: String::new() };
            accept_refund(&mut tx, &inventory, &new).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    let (releases, ()) = tokio::join!(at_once(releasing), async { drop(at_once(refunding).await) });
    assert_eq!(releases.into_iter().filter(|released| *released).count(), 1);
    // Eight times 18.06 less 10.00, whatever came first.
    assert_eq!(balance(&house).await, figures("0", "64.48", "0"));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_waits_for_a_refund_that_is_being_posted_and_counts_it() {
    let (house, process, _, order) = sold().await;
    house.ahead(AFTER).await;
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: Some(vec![1]), reason: String::new() };
    accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    let (cell, reseller, stage) = (house.db.cell().clone(), house.reseller, house.stage().id);
    let releasing = tokio::spawn(async move { release_performance(&cell, reseller, stage).await.unwrap() });
    house.wait_for_a_blocked("stagedoor requests").await;
    tx.commit().await.unwrap();
    assert!(releasing.await.unwrap());
    assert_eq!(balance(&house).await, figures("0", "8.06", "0"));
    house.end().await;
}

#[tokio::test]
async fn of_what_is_kept_back_only_what_paid_no_debt_is_free_in_its_time() {
    let (house, process, bank, order) = half_kept_back().await;
    refund(&house, &process, &bank, &order, 1).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "0", "8.06"));
    house.ahead(AFTER + 31 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "8.06", "0"));
    house.end().await;
}

#[tokio::test]
async fn what_is_kept_back_pays_a_debt_before_the_reseller_owes() {
    let (house, process, bank, order) = half_kept_back().await;
    assert_eq!(balance(&house).await, figures("0", "9.03", "9.03"));
    // Credit makes no debt that this would pay.
    let credit = |amount| NewCredit { amount: eur(amount), reason: "Sorry".to_owned(), expires_at: None };
    let mut tx = house.tx().await;
    assert_eq!(code(give_credit(&mut tx, &credit("9.04")).await), Code::BalanceInsufficient);
    give_credit(&mut tx, &credit("9.03")).await.unwrap();
    drop(tx);
    // 0.97 of the debt comes out of the reserve; what is left of that stays until its time.
    refund(&house, &process, &bank, &order, 1).await;
    assert_eq!(balance(&house).await, figures("0", "-0.97", "9.03"));
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "0", "8.06"));
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0);
    house.end().await;
    // It reaches as far as it reaches, and then the reseller owes.
    refund(&house, &process, &bank, &order, 2).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(balance(&house).await, figures("0", "-1.94", "0"));
    house.ahead(AFTER + 31 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0, "nothing of it is free a second time");
    assert_eq!(balance(&house).await, figures("0", "-1.94", "0"));
    house.end().await;
}
