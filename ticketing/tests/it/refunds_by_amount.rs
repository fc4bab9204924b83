//! Money given back by amount: the tickets stay good, and never more goes back than came.

use std::sync::Arc;

use foundation::{Code, Result, id::OrderId};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    rules::{
        credit::GivenAs,
        order::{Credential, Order},
        payment::{Refund, RefundState},
    },
    store::disputes,
    use_cases::{
        refund::{NewRefund, accept_refund, send},
        refund_amount::{NewAmountRefund, accept_amount_refund},
        retry_refund::retry_refund,
    },
};

use crate::{
    bank::{Bank, sent_anew},
    house::{House, at_once, code, eur, places},
    lanes::refusal,
    process::Process,
};

async fn sold(card: &str) -> (House, Process, Bank, Order) {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], card).await;
    (house, process, bank, order)
}

pub(crate) async fn give_back(process: &Process, order: OrderId, amount: &str) -> Result<Refund> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let new =
        NewAmountRefund { order, amount: eur(amount), given_as: GivenAs::Money, reason: "the view was bad".to_owned() };
    let refund = accept_amount_refund(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(refund)
}

pub(crate) async fn give_back_tickets(process: &Process, order: OrderId, items: Option<Vec<i16>>) -> Result<Refund> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let new = NewRefund { order, items, reason: String::new() };
    let (refund, changes) = accept_refund(&mut tx, &process.inventory, &new).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(refund)
}

async fn pending(house: &House) -> Decimal {
    accounting::balance(&mut house.tx().await).await.unwrap().iter().map(|balance| balance.pending).sum()
}

#[tokio::test]
async fn an_amount_goes_back_and_the_tickets_stay_good() {
    let (house, process, bank, order) = sold("pm_card_visa").await;
    let before = pending(&house).await;
    let refund = give_back(&process, order.id, "7.50").await.unwrap();
    let sent = send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await.unwrap();
    assert_eq!((sent.state, sent.amount, sent.items.len()), (RefundState::Succeeded, eur("7.50"), 0));
    assert_eq!(pending(&house).await, before - eur("7.50").amount(), "the fees are kept");
    let report = accounting::sales_report(&mut house.tx().await, &accounting::SalesFilter::default()).await.unwrap();
    assert_eq!(report.totals[0].amount_refunds, Some(eur("7.50").amount()));
    assert_eq!((report.totals[0].other, report.totals[0].net()), (Some(Decimal::ZERO), pending(&house).await));
    assert!(house.order(order.id).await.items.iter().all(|item| item.credential == Credential::Issued));
    let refused = refusal(give_back(&process, order.id, "12.51").await);
    assert_eq!(refused.code, Code::NothingToRefund);
    assert_eq!(refused.alternatives.unwrap()["refundable"], json!({ "amount": "12.50", "currency": "EUR" }));
    // The tickets go back for what is left of their price.
    let rest = give_back_tickets(&process, order.id, None).await.unwrap();
    assert_eq!((rest.amount, rest.items), (eur("12.50"), vec![1, 2]));
    assert_eq!(code(give_back(&process, order.id, "0.01").await), Code::NothingToRefund);
    house.end().await;
}

#[tokio::test]
async fn what_is_no_amount_of_the_order_is_refused() {
    let (house, process, _bank, order) = sold("pm_card_visa").await;
    for amount in ["0.00", "-1.00"] {
        assert_eq!(code(give_back(&process, order.id, amount).await), Code::InvalidField, "{amount}");
    }
    let usd = foundation::Money::new(Decimal::ONE, "USD".parse().unwrap()).unwrap();
    for (amount, reason, expected) in
        [(usd, "", Code::CurrencyMismatch), (eur("1.00"), "late_payment", Code::InvalidField)]
    {
        let new = NewAmountRefund { order: order.id, amount, given_as: GivenAs::Money, reason: reason.to_owned() };
        assert_eq!(code(accept_amount_refund(&mut house.tx().await, &new).await), expected);
    }
    let unpaid = process.ordered(vec![house.stage().any(1)]).await;
    assert_eq!(code(give_back(&process, unpaid.id, "1.00").await), Code::OrderNotPaid);
    house.end().await;
}

#[tokio::test]
async fn where_fees_are_returned_the_parts_come_to_the_whole_fee_to_the_cent() {
    let (house, process, _bank, order) = sold("pm_card_visa").await;
    let mut tx = house.tx().await;
    let reseller = tx.reseller();
    sqlx::query("update orders set refund_policy = 'fees_returned' where reseller_id = $1")
        .bind(reseller)
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for (amount, left) in [("6.67", "12.03"), ("6.66", "6.03"), ("6.67", "0.00")] {
        give_back(&process, order.id, amount).await.unwrap();
        assert_eq!(pending(&house).await, eur(left).amount(), "after {amount}");
    }
    assert_eq!(code(give_back_tickets(&process, order.id, Some(vec![1])).await), Code::NothingToRefund);
    house.end().await;
}

#[tokio::test]
async fn a_refund_that_failed_is_tried_again_for_what_is_left() {
    let (house, process, bank, order) = sold("pm_card_refundFail").await;
    let failed = give_back(&process, order.id, "15.00").await.unwrap();
    send(&process.inventory, &bank.providers.test, process.reseller, failed.id).await.unwrap();
    let mut bank = bank;
    bank.advance().await;
    bank.apply_until(&house, &process, "refund.failed").await;
    let other = give_back(&process, order.id, "10.00").await.unwrap();
    let mut tx = house.tx().await;
    let again = retry_refund(&mut tx, failed.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((again.amount, other.state), (eur("10.00"), RefundState::Pending));
    assert_eq!(code(give_back(&process, order.id, "0.01").await), Code::NothingToRefund);
    house.end().await;
}

#[tokio::test]
async fn sixty_four_at_once_never_give_back_more_than_came() {
    for _ in 0..3 {
        let (house, process, mut bank, order) = sold("pm_card_visa").await;
        let charge = house.payments(order.id).await.remove(0).provider_intent.unwrap();
        bank.trigger(json!({ "what": "dispute", "charge": charge, "amount": 500 })).await;
        let opened = bank.callback(&house, "charge.dispute.created").await;
        let desk = Arc::new((process, bank));
        let done = at_once((0..64).map(|i| {
            let (desk, opened, id) = (desk.clone(), sent_anew(&opened), order.id);
            async move {
                let (process, bank) = &*desk;
                match i % 4 {
                    0 => give_back(process, id, "3.00").await.is_ok(),
                    1 => give_back_tickets(process, id, Some(vec![1])).await.is_ok(),
                    2 => give_back_tickets(process, id, None).await.is_ok(),
                    _ => bank.apply_this(process, &opened).await.is_ok(),
                }
            }
        }))
        .await;
        assert!(done.iter().any(|done| *done));
        let dispute = disputes::list(&mut house.tx().await, Some(order.id), None, 10).await.unwrap().remove(0);
        let gone: Decimal = house.refunds(order.id).await.iter().map(|refund| refund.amount.amount()).sum();
        assert!(gone + dispute.money.own <= order.total, "{gone} and {}", dispute.money.own);
        house.end().await;
    }
}

#[tokio::test]
async fn a_failed_refund_of_a_ticket_is_tried_again_by_amount_once_fees_went_back_so() {
    let (house, process, mut bank, order) = sold("pm_card_refundFail").await;
    let policy = "update orders set refund_policy = 'fees_returned'";
    sqlx::query(policy).execute(&mut house.db.as_owner().await).await.unwrap();
    let failed = give_back_tickets(&process, order.id, Some(vec![1])).await.unwrap();
    send(&process.inventory, &bank.providers.test, process.reseller, failed.id).await.unwrap();
    bank.advance().await;
    bank.apply_until(&house, &process, "refund.failed").await;
    give_back(&process, order.id, "15.00").await.unwrap();
    let mut tx = house.tx().await;
    let again = retry_refund(&mut tx, failed.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((again.amount, again.items), (eur("5.00"), Vec::new()));
    assert_eq!(pending(&house).await, Decimal::ZERO, "all of the fees went back, and once");
    house.end().await;
}
