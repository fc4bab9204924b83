//! The tax in the prices: frozen when sold, told in reports and settlements, and carried back by refunds to the cent.

use std::time::Duration;

use accounting::{SalesFilter, TaxRate, open_periods, sales_report};
use foundation::id::OrderId;
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    rules::{order::Order, payment::RefundState, times::GivenTimes},
    store::offers,
    use_cases::{
        add_extra_date::add_extra_date,
        update_offer::{OfferChanges, update_offer},
    },
};

use crate::{
    bank::Bank,
    house::{House, eur, places},
    process::Process,
    refunds_by_amount::{give_back, give_back_tickets},
};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn rate(percent: &str) -> TaxRate {
    TaxRate::new(d(percent), "/tax_rate").unwrap()
}

/// Says the rate of the tax in the price of the house's one offer, whose version is this.
async fn tell(house: &House, version: i64, percent: Option<&str>) {
    let mut tx = house.tx().await;
    let changes = OfferChanges { price: None, tax_rate: Some(percent.map(rate)) };
    let offer = update_offer(&mut tx, house.stage().id, house.stage().offer, version, changes).await.unwrap();
    assert_eq!((offer.price, offer.tax_rate), (eur("10.00"), percent.map(rate)));
    tx.commit().await.unwrap();
}

fn taxes(order: &Order) -> Vec<Option<(TaxRate, String)>> {
    order.items.iter().map(|item| item.tax.map(|tax| (tax.rate, tax.amount.to_string()))).collect()
}

/// The tax that each refund of an order carries back.
async fn carried(house: &House, order: OrderId) -> Vec<Option<String>> {
    let refunds = house.refunds(order).await;
    refunds.iter().map(|refund| refund.ticket_tax.map(|tax| tax.to_string())).collect()
}

/// The tax that the open period comes to, and what the sales report says of tickets and of amounts.
async fn told(house: &House) -> [String; 3] {
    accounting::seal_tenant(house.db.cell(), house.reseller).await.unwrap();
    let mut tx = house.tx().await;
    let period = open_periods(&mut tx, "eu").await.unwrap().remove(0);
    let report = sales_report(&mut tx, &SalesFilter::default()).await.unwrap();
    let total = &report.totals[0];
    let of_rows: Decimal = report.rows.iter().map(|row| row.figures.ticket_tax).sum();
    assert_eq!(of_rows, total.figures.ticket_tax);
    let carried = total.amount_refund_tax.unwrap() + total.dispute_tax.unwrap();
    assert_eq!(period.totals.ticket_tax.amount(), total.figures.ticket_tax - carried);
    let amounts = [period.totals.ticket_tax.amount(), total.figures.ticket_tax, total.amount_refund_tax.unwrap()];
    amounts.map(|amount| total.currency.round(amount).to_string())
}

#[tokio::test]
async fn the_tax_of_a_price_is_frozen_with_the_order_and_copied_with_the_date() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let untold = bank.sold(&house, &process, vec![house.stage().any(1)], "pm_card_visa").await;
    assert_eq!((taxes(&untold), untold.ticket_tax()), (vec![None], None));
    tell(&house, 1, Some("9")).await;
    let order = process.ordered(vec![house.stage().any(2)]).await;
    // Of 20.00 at 9 % 1.65 is tax.
    let at_nine = vec![Some((rate("9"), "0.83".to_owned())), Some((rate("9"), "0.82".to_owned()))];
    assert_eq!((taxes(&order), order.ticket_tax()), (at_nine.clone(), Some(d("1.65"))));
    tell(&house, 2, Some("21")).await;
    assert_eq!(taxes(&house.order(order.id).await), at_nine);
    assert_eq!(taxes(&house.order(untold.id).await), [None]);
    let mut tx = house.tx().await;
    let starts_at = tx.now().await.unwrap().plus(Duration::from_hours(24 * 60));
    let times = GivenTimes { starts_at: Some(starts_at.into()), ..GivenTimes::default() };
    let date = add_extra_date(&mut tx, house.stage().id, times).await.unwrap();
    let copied = offers::of_performance(&mut tx, date.id).await.unwrap();
    assert_eq!(copied[0].tax_rate, Some(rate("21")));
    tx.commit().await.unwrap();
    tell(&house, 3, None).await;
    let order = process.ordered(vec![house.stage().any(1)]).await;
    assert_eq!(taxes(&order), [None]);
    house.end().await;
}

#[tokio::test]
async fn refunds_carry_the_tax_back_and_all_of_them_all_of_it() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    tell(&house, 1, Some("9")).await;
    let order = bank.sold(&house, &process, vec![house.stage().any(3)], "pm_card_visa").await;
    // Of 30.00 2.48: 0.83, 0.83 and 0.82.
    assert_eq!(told(&house).await, ["2.48", "2.48", "0.00"]);
    give_back_tickets(&process, order.id, Some(vec![2])).await.unwrap();
    assert_eq!(told(&house).await, ["1.65", "1.65", "0.00"]);
    give_back(&process, order.id, "7.50").await.unwrap();
    assert_eq!(told(&house).await, ["1.03", "1.65", "0.62"]);
    // What is left of the tickets' price has what is left of their tax.
    give_back_tickets(&process, order.id, None).await.unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(carried(&house, order.id).await, [some("0.83"), some("0.62"), some("1.03")]);
    assert_eq!(told(&house).await, ["0.00", "0.62", "0.62"]);
    house.end().await;
}

#[tokio::test]
async fn what_a_bank_takes_in_a_dispute_takes_its_tax_along_and_brings_it_again() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    tell(&house, 1, Some("9")).await;
    for (word, after) in [("dispute_won", "1.86"), ("dispute_lost", "1.86")] {
        let order = bank.sold(&house, &process, vec![house.stage().any(3)], "pm_card_visa").await;
        give_back(&process, order.id, "7.50").await.unwrap();
        let charge = house.payments(order.id).await.remove(0).provider_intent;
        let disputed = bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
        bank.apply_until(&house, &process, "charge.dispute.created").await;
        // The bank takes 30.00, of which the buyer had 7.50 and 0.62 of tax already.
        let [whole, tickets, amounts] = told(&house).await.map(|amount| d(&amount));
        assert_eq!(tickets - amounts - whole, d("1.86"));
        bank.trigger(json!({ "what": word, "dispute": disputed["id"] })).await;
        bank.apply_until(&house, &process, "charge.dispute.closed").await;
        assert_eq!(told(&house).await[0], after);
        let mut tx = house.tx().await;
        let (taken, tax) = ticketing::store::disputes::taken_of(&mut tx, order.id).await.unwrap();
        let expected = if word == "dispute_won" { ("0.00", "0.00") } else { ("22.50", "1.86") };
        assert_eq!((taken, tax), (d(expected.0), d(expected.1)));
    }
    house.end().await;
}

#[tokio::test]
async fn a_refund_that_failed_carries_nothing_back_until_it_is_tried_again() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    tell(&house, 1, Some("21")).await;
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], "pm_card_refundFail").await;
    let failed = give_back_tickets(&process, order.id, None).await.unwrap();
    ticketing::use_cases::refund::send(&process.inventory, &bank.providers.test, process.reseller, failed.id)
        .await
        .unwrap();
    assert_eq!(told(&house).await, ["0.00", "0.00", "0.00"]);
    bank.advance().await;
    bank.apply_until(&house, &process, "refund.failed").await;
    assert_eq!(told(&house).await, ["1.74", "1.74", "0.00"]);
    let mut tx = house.tx().await;
    let again = ticketing::use_cases::retry_refund::retry_refund(&mut tx, failed.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((again.state, again.ticket_tax), (RefundState::Pending, Some(d("1.74"))));
    assert_eq!(told(&house).await, ["0.00", "0.00", "0.00"]);
    house.end().await;
}

#[tokio::test]
async fn what_is_given_back_at_the_provider_carries_its_tax_back_too() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    tell(&house, 1, Some("9")).await;
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await;
    let charge = house.payments(order.id).await.remove(0).provider_intent.unwrap();
    bank.trigger(json!({ "what": "refund", "charge": charge, "amount": 500 })).await;
    bank.apply(&house, &process, "refund.created").await;
    assert_eq!(told(&house).await, ["1.24", "1.65", "0.41"]);
    bank.trigger(json!({ "what": "refund", "charge": charge })).await;
    bank.apply(&house, &process, "refund.created").await;
    assert_eq!(told(&house).await, ["0.00", "1.65", "1.65"]);
    house.end().await;
}

#[tokio::test]
async fn a_ticket_never_carries_more_than_its_own_tax_back() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    tell(&house, 1, Some("9")).await;
    let order = bank.sold(&house, &process, vec![house.stage().any(3)], "pm_card_visa").await;
    // Of 30.00 2.48: 0.83, 0.83 and 0.82. With 20.00 go 1.65, so that 0.83 are left.
    give_back(&process, order.id, "20.00").await.unwrap();
    give_back_tickets(&process, order.id, Some(vec![3])).await.unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(carried(&house, order.id).await, [some("1.65"), some("0.82")]);
    house.end().await;
}
