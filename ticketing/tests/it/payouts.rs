//! What is available is paid out through the provider to the reseller's bank: never more than there is, and never twice.

use std::time::Duration;

use accounting::{Adjustment, Balance, HostingTerms, Pot, Reason, charge_hosting, hosting_terms, set_hosting_terms};
use foundation::{
    Code, Money,
    id::{AdjustmentId, PayoutId},
};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    rules::{
        order::Order,
        payout::{Every, Payout, PayoutState, Schedule},
    },
    store::{payout_settings, payouts},
    use_cases::{
        move_money::move_money,
        pay_out::{Wanted, pay_out},
        pay_out_by_schedule::pay_out_by_schedule,
        refund::{NewRefund, accept_refund},
        send_payout::send_payout,
        set_payout_schedule::set_payout_schedule,
    },
};

use crate::{
    bank::Bank,
    house::{House, at_once, code, eur, places},
    process::Process,
};

const DAY: Duration = Duration::from_secs(86_400);
/// When the money of a house's performance is due.
const AFTER: Duration = Duration::from_secs(33 * 86_400);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn all() -> Wanted {
    Wanted::All("EUR".parse().unwrap())
}

pub(crate) async fn available(house: &House) -> Decimal {
    let Balance { available, .. } = accounting::balance(&mut house.tx().await).await.unwrap().remove(0);
    available
}

/// A house whose reseller has an account at the provider with this bank account, and so much available: what one order of that many
/// tickets of 10.00 has brought, less 0.97 of fees a ticket, and with nothing of the provider's fee.
pub(crate) async fn earned(iban: &str, tickets: usize) -> (House, Process, Bank) {
    let (house, process, bank, _) = earned_by(iban, &[tickets]).await;
    (house, process, bank)
}

/// The same by several orders.
pub(crate) async fn earned_by(iban: &str, orders: &[usize]) -> (House, Process, Bank, Vec<Order>) {
    let house = House::with(places(200)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut sold = Vec::new();
    for tickets in orders {
        sold.push(bank.sold(&house, &process, vec![house.stage().any(*tickets)], "pm_card_bypassPending").await);
    }
    // The provider's balance has the money an hour later.
    bank.advance().await;
    let account = bank.connected(iban).await;
    let mut tx = house.tx().await;
    payout_settings::lock(&mut tx).await.unwrap();
    payout_settings::set_account(&mut tx, &account).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(AFTER).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    (house, process, bank, sold)
}

/// Makes this much more available, of the platform's own money.
async fn given(house: &House, amount: &str) {
    let given = Adjustment {
        adjustment: AdjustmentId::new(),
        order: None,
        currency: "EUR".parse().unwrap(),
        amount: decimal(amount),
        reason: Reason::Goodwill,
    };
    let mut tx = house.tx().await;
    accounting::post(&mut tx, &given.journal(Pot::Available).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) const GOOD: &str = "DE89370400440532013000";

pub(crate) async fn made(house: &House, wanted: Wanted) -> foundation::Result<Payout> {
    let mut tx = house.tx().await;
    let payout = pay_out(&mut tx, wanted, false).await?;
    tx.commit().await?;
    Ok(payout)
}

pub(crate) async fn payout(house: &House, id: PayoutId) -> Payout {
    payouts::get(&mut house.tx().await, id).await.unwrap()
}

pub(crate) async fn sent(house: &House, bank: &Bank, id: PayoutId) -> foundation::Result<Payout> {
    send_payout(house.db.cell(), &bank.providers.test, house.reseller, id).await
}

#[tokio::test]
async fn a_payout_is_transferred_and_paid_to_the_bank_and_each_step_is_in_the_books() {
    let (house, process, mut bank) = earned(GOOD, 3).await;
    assert_eq!(available(&house).await, decimal("27.09"));
    let made = made(&house, Wanted::Amount(eur("20.00"))).await.unwrap();
    assert_eq!((made.state, available(&house).await), (PayoutState::Created, decimal("7.09")));
    house.end().await;
    let under_way = sent(&house, &bank, made.id).await.unwrap();
    assert_eq!(under_way.state, PayoutState::InTransit);
    house.end().await;
    // Two steps of the provider's clock: on its way, there.
    bank.advance().await;
    bank.advance().await;
    bank.apply_until(&house, &process, "payout.paid").await;
    let paid = payout(&house, made.id).await;
    assert_eq!(paid.state, PayoutState::Paid);
    assert!(paid.paid_at.is_some());
    assert_eq!(available(&house).await, decimal("7.09"));
    assert_eq!((bank.count("transfers").await, sent(&house, &bank, made.id).await.unwrap()), (1, paid));
    let told = "select count(*) from events where reseller_id = $1 and type in ('payout.created', 'payout.paid')";
    assert_eq!(house.count(told).await, 2);
    house.end().await;
}

#[tokio::test]
async fn the_worker_brings_a_payout_to_its_end_without_a_callback() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let made = made(&house, all()).await.unwrap();
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0, "whoever made it brings it on its way");
    house.ahead(AFTER + DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0);
    assert_eq!(payout(&house, made.id).await.state, PayoutState::InTransit);
    bank.advance().await;
    bank.advance().await;
    house.ahead(AFTER + 2 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(payout(&house, made.id).await.state, PayoutState::Paid);
    house.end().await;
}

#[tokio::test]
async fn no_more_than_is_available_is_paid_out_and_nothing_without_an_account() {
    let (house, _, _) = earned(GOOD, 3).await;
    for amount in ["27.10", "1000000.00"] {
        assert_eq!(code(made(&house, Wanted::Amount(eur(amount))).await), Code::BalanceInsufficient);
    }
    assert_eq!(made(&house, Wanted::Amount(eur("27.09"))).await.unwrap().amount, eur("27.09"));
    assert_eq!(code(made(&house, all()).await), Code::BalanceInsufficient, "nothing is left");
    let dollars = Money::new(decimal("1.00"), "USD".parse().unwrap()).unwrap();
    assert_eq!(code(made(&house, Wanted::Amount(dollars)).await), Code::BalanceInsufficient);
    house.end().await;
    let poor = House::with(places(5)).await;
    assert_eq!(code(made(&poor, all()).await), Code::PayoutAccountMissing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_payouts_of_everything_at_once_one_wins() {
    let (house, _, _) = earned(GOOD, 20).await;
    let (first, second) = (house.db.cell().clone(), house.db.second_cell());
    let reseller = house.reseller;
    let tries = (0..16).map(|nth| {
        let cell = if nth % 2 == 0 { first.clone() } else { second.clone() };
        async move {
            let mut tx = cell.tenant(reseller).await.unwrap();
            let made = pay_out(&mut tx, all(), false).await;
            if made.is_ok() {
                tx.commit().await.unwrap();
            }
            made
        }
    });
    let (won, lost): (Vec<_>, Vec<_>) = at_once(tries).await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 15));
    for lost in lost {
        assert_eq!(code(lost), Code::BalanceInsufficient);
    }
    assert_eq!((won[0].as_ref().unwrap().amount, available(&house).await), (eur("180.60"), Decimal::ZERO));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payouts_and_refunds_at_once_take_no_cent_twice() {
    let (house, process, _, orders) = earned_by(GOOD, &[20, 1, 1, 1, 1, 1, 1]).await;
    let before = available(&house).await;
    assert_eq!(before, decimal("234.78"));
    let (cell, reseller) = (house.db.cell().clone(), house.reseller);
    let paying = (0..12).map(|_| {
        let cell = cell.clone();
        async move {
            let mut tx = cell.tenant(reseller).await.unwrap();
            let made = pay_out(&mut tx, Wanted::Amount(eur("20.00")), false).await.ok()?;
            tx.commit().await.unwrap();
            Some(made.amount.amount())
        }
    });
    let refunding = orders[1..].iter().map(|order| {
        let order = order.id;
        let (cell, inventory) = (cell.clone(), process.inventory.clone());
        async move {
            let mut tx = cell.tenant(reseller).await.unwrap();
            let new = NewRefund { order, items: None, reason: String::new() };
            let (refund, _) = accept_refund(&mut tx, &inventory, &new).await.unwrap();
            tx.commit().await.unwrap();
            refund.amount.amount()
        }
    });
    let (paid, refunded) = tokio::join!(at_once(paying), at_once(refunding));
    let (paid, refunded): (Decimal, Decimal) = (paid.into_iter().flatten().sum(), refunded.into_iter().sum());
    assert_eq!((refunded, available(&house).await), (decimal("60.00"), before - paid - refunded));
    // A refund may take what is not there, because the buyer is owed it; a payout never.
    assert!(paid <= before, "{paid} of {before}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_workers_send_a_payout_once() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let made = made(&house, all()).await.unwrap();
    let (reseller, id) = (house.reseller, made.id);
    let sending = (0..6).map(|nth| {
        let cell = if nth % 2 == 0 { house.db.cell().clone() } else { house.db.second_cell() };
        let provider = bank.providers.test.clone();
        async move { send_payout(&cell, &provider, reseller, id).await.unwrap().state }
    });
    assert!(at_once(sending).await.into_iter().all(|state| state == PayoutState::InTransit));
    assert_eq!(bank.count("transfers").await, 1);
    house.end().await;
}

#[tokio::test]
async fn a_schedule_pays_out_on_its_days_once_and_no_less_than_its_minimum() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let set = async |every, on_day, minimum: &str| {
        let mut tx = house.tx().await;
        let schedule = Schedule::new(every, on_day, decimal(minimum)).unwrap();
        let seen = payout_settings::lock(&mut tx).await.unwrap().version;
        let set = set_payout_schedule(&mut tx, seen, &schedule).await.unwrap();
        assert_eq!(code(set_payout_schedule(&mut tx, seen, &schedule).await), Code::IfMatchStale);
        tx.commit().await.unwrap();
        set.next_at
    };
    let scheduled = "select count(*) from payouts where reseller_id = $1 and by_schedule";
    let next = set(Every::Daily, None, "27.00").await;
    let now = house.tx().await.now().await.unwrap();
    assert!(now < next && next.since(now) <= DAY);
    let early = pay_out_by_schedule(house.db.cell(), house.reseller).await.unwrap();
    assert_eq!(early, [], "it is not time, whoever looks");
    set(Every::Daily, None, "27.10").await;
    house.ahead(AFTER + DAY).await;
    move_money(house.db.cell(), &bank.providers).await.unwrap();
    assert_eq!(house.count(scheduled).await, 0, "27.09 are less than the minimum");
    given(&house, "0.01").await;
    move_money(house.db.cell(), &bank.providers).await.unwrap();
    assert_eq!(house.count(scheduled).await, 0, "it has looked today");
    house.ahead(AFTER + 2 * DAY).await;
    let (one, two) = (house.db.cell().clone(), house.db.second_cell());
    let looks = tokio::join!(move_money(&one, &bank.providers), move_money(&two, &bank.providers));
    assert!(looks.0.is_ok() && looks.1.is_ok());
    assert_eq!((house.count(scheduled).await, available(&house).await), (1, Decimal::ZERO));
    assert_eq!(set(Every::Manual, None, "0").await, foundation::Instant::NEVER);
    given(&house, "50.00").await;
    house.ahead(AFTER + 40 * DAY).await;
    move_money(house.db.cell(), &bank.providers).await.unwrap();
    assert_eq!(house.count(scheduled).await, 1);
    house.end().await;
}

#[tokio::test]
async fn onboarding_makes_one_account_and_gives_a_page_each_time() {
    let house = House::with(places(5)).await;
    let bank = Bank::open().await;
    let back = ticketing::rules::payment::WebAddress::parse("https://shop.example/back", "/return_url").unwrap();
    let onboard = ticketing::use_cases::onboard::onboard;
    let mut pages = Vec::new();
    for _ in 0..2 {
        let who = ("NL", "office@example.com");
        pages.push(onboard(house.db.cell(), &bank.providers.test, house.reseller, who, &back).await.unwrap().url);
    }
    assert_ne!(pages[0], pages[1], "a page is good once");
    let account = payout_settings::get(&mut house.tx().await).await.unwrap().account;
    assert!(account.is_some_and(|account| account.starts_with("acct_")));
    assert_eq!(bank.count("accounts").await, 1);
}

/// What is asked for at the provider names the payout, so that it is found again there.
#[tokio::test]
async fn what_the_bank_says_first_counts_and_old_news_changes_nothing() {
    let (house, process, mut bank) = earned(GOOD, 3).await;
    let made = made(&house, all()).await.unwrap();
    let under_way = sent(&house, &bank, made.id).await.unwrap();
    let there = under_way.provider_payout.unwrap();
    bank.trigger(json!({ "what": "payout_paid", "payout": there, "account": under_way.account })).await;
    let paid = bank.apply_until(&house, &process, "payout.paid").await;
    assert_eq!(payout(&house, made.id).await.state, PayoutState::Paid);
    // Days later the bank sends it back after all.
    bank.trigger(json!({ "what": "payout_failed", "payout": there, "account": under_way.account })).await;
    bank.apply_until(&house, &process, "payout.failed").await;
    assert_eq!(payout(&house, made.id).await.state, PayoutState::Returning);
    bank.apply_this(&process, &crate::bank::sent_anew(&paid)).await.unwrap();
    assert_eq!(payout(&house, made.id).await.state, PayoutState::Returning);
    house.end().await;
    assert_eq!(sent(&house, &bank, made.id).await.unwrap().state, PayoutState::Failed);
    assert_eq!(available(&house).await, decimal("27.09"));
    house.end().await;
}

#[tokio::test]
async fn who_is_suspended_is_not_paid_out_and_the_time_passes() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let mut tx = house.tx().await;
    let version = payout_settings::get(&mut tx).await.unwrap().version;
    set_payout_schedule(&mut tx, version, &Schedule::new(Every::Daily, None, Decimal::ZERO).unwrap()).await.unwrap();
    let set = "update resellers set state = $2 where reseller_id = $1";
    sqlx::query(set).bind(house.reseller).bind("suspended").execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(AFTER + DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0);
    assert_eq!(available(&house).await, decimal("27.09"));
    let mut tx = house.tx().await;
    sqlx::query(set).bind(house.reseller).bind("active").execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0, "its next time is a day later");
    house.ahead(AFTER + 2 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 1);
    assert_eq!(available(&house).await, Decimal::ZERO);
    house.end().await;
}

/// How far ahead of the real time the month ends that runs by the house's clock.
async fn end_of_month(house: &House) -> Duration {
    let left: f64 = sqlx::query_scalar(
        "select extract(epoch from (date_trunc('month', cell_now() at time zone 'UTC') + interval '1 month') at time zone 'UTC' - cell_now())::float8",
    )
    .fetch_one(house.tx().await.conn())
    .await
    .unwrap();
    AFTER + Duration::from_secs_f64(left)
}

#[tokio::test]
async fn a_month_that_has_ended_is_charged_by_the_terms_that_it_had() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let set = async |fee: Option<&str>| {
        let terms = fee.map(|fee| HostingTerms::new(eur(fee), Decimal::from(21)).unwrap());
        let mut tx = house.tx().await;
        set_hosting_terms(&mut tx, terms.as_ref()).await.unwrap();
        tx.commit().await.unwrap();
    };
    set(Some("9.00")).await;
    assert_eq!(available(&house).await, decimal("27.09"), "the month that runs has not ended");
    // Two months end before anyone looks, and then there are other terms.
    let end = end_of_month(&house).await;
    house.ahead(end + 32 * DAY).await;
    set(Some("1.00")).await;
    assert_eq!(available(&house).await, decimal("5.31"));
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0, "they are charged");
    // The month that ran then has the new ones, also where it ends before there are none.
    house.ahead(end + 62 * DAY).await;
    set(None).await;
    assert_eq!(available(&house).await, decimal("4.10"));
    house.end().await;
}

#[tokio::test]
async fn a_month_of_the_shop_is_charged_once_when_it_has_ended() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let mut tx = house.tx().await;
    let terms = HostingTerms::new(eur("9.00"), Decimal::from(21)).unwrap();
    set_hosting_terms(&mut tx, Some(&terms)).await.unwrap();
    assert_eq!(hosting_terms(&mut tx).await.unwrap(), Some(terms));
    assert!(!charge_hosting(&mut tx).await.unwrap(), "whoever asks: the month that runs has not ended");
    tx.commit().await.unwrap();
    let end = end_of_month(&house).await;
    let minute = Duration::from_secs(60);
    for (ahead, done, left) in [
        (end - minute, 0, "27.09"),
        (end + minute, 1, "16.20"),
        (end + 2 * minute, 0, "16.20"),
        // Two months later: two more, one look each.
        (end + 62 * DAY, 1, "5.31"),
        (end + 62 * DAY, 1, "-5.58"),
        (end + 62 * DAY, 0, "-5.58"),
    ] {
        house.ahead(ahead).await;
        assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), done, "{left}");
        assert_eq!(available(&house).await, decimal(left));
    }
    let mut tx = house.tx().await;
    set_hosting_terms(&mut tx, None).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(end + 200 * DAY).await;
    assert_eq!(move_money(house.db.cell(), &bank.providers).await.unwrap(), 0);
    house.end().await;
}
