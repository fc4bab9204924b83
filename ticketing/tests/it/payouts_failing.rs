//! Payouts that go wrong: refused, returned by the bank, answered by nobody, cut off anywhere. The money is never away twice, and what
//! has not arrived is available again.

use std::time::Duration;

use foundation::{Error, id::PayoutId};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    rules::payout::PayoutState,
    store::payout_settings,
    use_cases::{
        move_money::move_money,
        pay_out::{Wanted, pay_out},
        send_payout::send_payout,
    },
};

use crate::{
    bank::Bank,
    crashes::{WAITS_MAX, cut},
    house::{House, eur},
    payouts::{GOOD, all, available, earned, made, payout, sent},
    wire::Wire,
};

/// A bank account that is not there.
const NO_ACCOUNT: &str = "DE62370400440532013001";
const AFTER: Duration = Duration::from_secs(40 * 86_400);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Time passes until the bank has decided, and the worker does what is due each time.
async fn until_it_ends(house: &House, bank: &Bank, id: PayoutId, days: u32) -> PayoutState {
    for day in 1..=6 {
        bank.advance().await;
        house.ahead(AFTER + Duration::from_secs(86_400) * (days + day)).await;
        move_money(house.db.cell(), &bank.providers).await.unwrap();
        let state = payout(house, id).await.state;
        if matches!(state, PayoutState::Paid | PayoutState::Failed) {
            return state;
        }
    }
    panic!("it has not ended: {:?}", payout(house, id).await);
}

#[tokio::test]
async fn what_the_bank_does_not_take_comes_back_and_can_be_paid_out_again() {
    let (house, _, bank) = earned(NO_ACCOUNT, 3).await;
    let made = made(&house, all()).await.unwrap();
    assert_eq!(sent(&house, &bank, made.id).await.unwrap().state, PayoutState::InTransit);
    assert_eq!(until_it_ends(&house, &bank, made.id, 0).await, PayoutState::Failed);
    let failed = payout(&house, made.id).await;
    assert_eq!(failed.failure_code.as_deref(), Some("no_account"));
    assert!(failed.return_transaction.is_some());
    assert_eq!(available(&house).await, decimal("27.09"));
    assert_eq!(house.count("select count(*) from events where reseller_id = $1 and type = 'payout.failed'").await, 1);
    house.end().await;
    crate::payouts::made(&house, all()).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn what_the_provider_refuses_to_transfer_is_available_at_once() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let incomplete = bank.form("/v1/accounts", &[("type", "express"), ("country", "DE")]).await;
    let swap = "update payout_settings set provider_account = $2 where reseller_id = $1";
    let account = incomplete["id"].as_str().unwrap();
    sqlx::query(swap).bind(house.reseller).bind(account).execute(&mut house.db.as_owner().await).await.unwrap();
    let made = made(&house, all()).await.unwrap();
    let refused = sent(&house, &bank, made.id).await.unwrap();
    assert_eq!(refused.state, PayoutState::Failed);
    assert_eq!(refused.failure_code.as_deref(), Some("insufficient_capabilities_for_transfer"));
    assert_eq!((available(&house).await, bank.count("transfers").await), (decimal("27.09"), 0));
    house.end().await;
}

#[tokio::test]
async fn a_payout_whose_second_step_failed_is_taken_up_by_the_worker() {
    let (house, _, bank) = earned(GOOD, 3).await;
    bank.fault(json!({ "method": "POST", "path": "/v1/payouts", "when": "before", "answer": 500, "times": 3 })).await;
    let made = made(&house, all()).await.unwrap();
    assert!(matches!(sent(&house, &bank, made.id).await, Err(Error::Provider(_) | Error::Refused(_))));
    assert_eq!(payout(&house, made.id).await.state, PayoutState::InTransit, "transferred, and not paid out yet");
    house.end().await;
    assert_eq!(until_it_ends(&house, &bank, made.id, 0).await, PayoutState::Paid);
    house.end().await;
}

/// Each call of a payout, failing in each way, before the provider has done its work and after.
#[tokio::test]
async fn whatever_a_call_of_the_provider_comes_to_the_money_is_away_once() {
    let (house, _, bank) = earned(NO_ACCOUNT, 60).await;
    let before = available(&house).await;
    let calls = ["/v1/transfers", "/v1/payouts", "/v1/payouts/*", "/v1/transfers/*/reversals"];
    let mut nth: u32 = 0;
    for path in calls {
        for failure in [json!({ "answer": 500 }), json!({ "answer": 429 }), json!({ "cut": true })] {
            for when in ["before", "after"] {
                for times in [1, 4] {
                    nth += 1;
                    let mut fault = json!({ "path": path, "when": when, "times": times });
                    fault.as_object_mut().unwrap().extend(failure.as_object().unwrap().clone());
                    bank.fault(fault).await;
                    let made = made(&house, Wanted::Amount(eur("9.99"))).await.unwrap();
                    let _ = sent(&house, &bank, made.id).await;
                    // The bank refuses it at the second step of the clock, so that what is fetched back meets the fault too.
                    bank.advance().await;
                    bank.advance().await;
                    house.ahead(AFTER + Duration::from_secs(86_400) * (nth * 10)).await;
                    move_money(house.db.cell(), &bank.providers).await.unwrap();
                    bank.let_go().await;
                    let ended = until_it_ends(&house, &bank, made.id, nth * 10).await;
                    assert_eq!(ended, PayoutState::Failed, "{path} {failure} {when} {times}");
                }
            }
        }
    }
    assert_eq!((bank.count("transfers").await, available(&house).await), (u64::from(nth), before));
    house.end().await;
}

/// Made and sent, by a process that dies after each of its waits in turn; then the worker.
#[tokio::test]
async fn a_payout_cut_at_any_wait_arrives_once_or_was_never_made() {
    let (house, _, bank) = earned(GOOD, 100).await;
    let wire = Wire::to(&house).await;
    let (cell, reseller, provider) = (wire.cell(&house), house.reseller, bank.providers.test.clone());
    let mut before = available(&house).await;
    for waits in 1..WAITS_MAX {
        house.ahead(AFTER + Duration::from_secs(86_400) * 10 * u32::try_from(waits).unwrap()).await;
        let working = async {
            let mut tx = cell.tenant(reseller).await?;
            let payout = pay_out(&mut tx, Wanted::Amount(eur("0.01")), false).await?;
            tx.commit().await?;
            send_payout(&cell, &provider, reseller, payout.id).await
        };
        let whole: Option<foundation::Result<_>> = cut(waits, working).await;
        let open = "select payout_id from payouts where reseller_id = $1 and state <> 'paid'";
        let left: Vec<PayoutId> =
            sqlx::query_scalar(open).bind(reseller).fetch_all(&mut house.db.as_owner().await).await.unwrap();
        assert!(left.len() <= 1, "cut after {waits}: {left:?}");
        for id in left {
            let days = 10 * u32::try_from(waits).unwrap();
            assert_eq!(until_it_ends(&house, &bank, id, days).await, PayoutState::Paid, "cut after {waits}");
            before -= decimal("0.01");
        }
        assert_eq!(available(&house).await, before, "cut after {waits}");
        if whole.is_some() {
            assert!(waits > 15, "too few places to be cut at: {waits}");
            let made = house.count("select count(*) from payouts where reseller_id = $1").await;
            assert_eq!(bank.count("transfers").await, u64::try_from(made).unwrap());
            return house.end().await;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test]
async fn the_first_account_that_is_noted_stays() {
    let (house, _, _) = earned(GOOD, 1).await;
    let mut tx = house.tx().await;
    let before = payout_settings::get(&mut tx).await.unwrap();
    payout_settings::set_account(&mut tx, "acct_another").await.unwrap();
    assert_eq!(payout_settings::get(&mut tx).await.unwrap(), before);
}
