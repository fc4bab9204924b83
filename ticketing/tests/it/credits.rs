//! Credit: given, redeemed in part and with a payment, kept for orders, given back, expired; never spent twice, and never more given
//! back than came.

use std::{sync::Arc, time::Duration};

use accounting::{Component, FeeRule, Payer, SalesFilter, Scope, sales_report, set_fee_rule};
use foundation::{
    Code, Error, Instant, Result,
    id::{CancellationId, FeeRuleId, OrderId},
};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    provider::Callback,
    rules::{
        cancellation::{Plan, Remedy},
        credit::{Credit, CreditCode, GivenAs},
        order::{Credential, Order, OrderState},
        payment::{Refund, RefundState},
    },
    store::{credits, disputes},
    use_cases::{
        cancel_performance::cancel_performance,
        give_credit::{NewCredit, give_credit},
        pay_with_credit::pay_with_credit,
        refund::{NewRefund, accept_refund, refund_as_credit},
        refund_amount::{NewAmountRefund, accept_amount_refund},
    },
};

use crate::{
    bank::{Bank, sent_anew},
    house::{House, at_once, code, eur, places},
    process::Process,
    ways::page,
};

const VISA: &str = "pm_card_visa";

/// Gives credit, and knows its code.
pub(crate) async fn given(house: &House, amount: &str, lasts: Option<Duration>) -> (Credit, CreditCode) {
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let new =
        NewCredit { amount: eur(amount), reason: "sorry".to_owned(), expires_at: lasts.map(|lasts| now.plus(lasts)) };
    let credit = give_credit(&mut tx, &new).await.unwrap();
    let code = credits::code(&mut tx, credit.id).await.unwrap();
    tx.commit().await.unwrap();
    (credit, code)
}

async fn pay(process: &Process, order: OrderId, code: &CreditCode) -> Result<Order> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let made = pay_with_credit(&mut tx, &process.inventory, order, code).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &made.changes);
    Ok(made.order)
}

/// From now on refunds of the orders there are give the fees back too.
async fn return_fees(house: &House) {
    let policy = "update orders set refund_policy = 'fees_returned'";
    sqlx::query(policy).execute(&mut house.db.as_owner().await).await.unwrap();
}

async fn give_back(process: &Process, order: OrderId, items: Option<Vec<i16>>, given_as: GivenAs) -> Result<Refund> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let new = NewRefund { order, items, reason: "cannot come".to_owned() };
    let (refund, changes) = match given_as {
        GivenAs::Money => accept_refund(&mut tx, &process.inventory, &new).await?,
        GivenAs::Credit => refund_as_credit(&mut tx, &process.inventory, &new).await?,
    };
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(refund)
}

async fn give_back_amount(process: &Process, order: OrderId, amount: &str, given_as: GivenAs) -> Result<Refund> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let new = NewAmountRefund { order, amount: eur(amount), given_as, reason: "the view was bad".to_owned() };
    let refund = accept_amount_refund(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(refund)
}

async fn left(house: &House, credit: &Credit) -> Decimal {
    credits::get(&mut house.tx().await, credit.id).await.unwrap().balance.amount()
}

async fn outstanding(house: &House) -> Decimal {
    credits::outstanding(&mut house.tx().await).await.unwrap().iter().map(|money| money.amount()).sum()
}

/// What went back: as money, and as credit.
async fn went_back(house: &House, order: OrderId) -> (Decimal, Decimal) {
    let refunds = house.refunds(order).await;
    let sum = |credit: bool| {
        let of =
            refunds.iter().filter(|refund| refund.credit.is_some() == credit && refund.state != RefundState::Failed);
        of.map(|refund| refund.amount.amount()).sum::<Decimal>()
    };
    (sum(false), sum(true))
}

/// An order of so many tickets at 10.00, paid with so much credit and a card.
async fn bought(house: &House, process: &Process, bank: &mut Bank, tickets: usize, by_credit: &str) -> Order {
    let (_, code) = given(house, by_credit, None).await;
    let order = process.ordered(vec![house.stage().any(tickets)]).await;
    pay(process, order.id, &code).await.unwrap();
    let payment = bank.start(process, order.id).await;
    bank.pay(&payment, VISA).await;
    bank.apply(house, process, "payment_intent.succeeded").await;
    house.order(order.id).await
}

#[tokio::test]
async fn credit_pays_a_part_the_card_the_rest_and_each_gets_its_own_back() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (credit, by) = given(&house, "15.00", None).await;
    assert_eq!(outstanding(&house).await, eur("15.00").amount());
    let order = process.ordered(vec![house.stage().any(2)]).await;
    let typed = CreditCode::typed(&by.text().to_lowercase().replace('-', " "));
    let order = pay(&process, order.id, &typed).await.unwrap();
    assert_eq!((order.state, order.due()), (OrderState::AwaitingPayment, eur("5.00").amount()));
    assert_eq!((left(&house, &credit).await, outstanding(&house).await), (Decimal::ZERO, eur("15.00").amount()));
    assert_eq!(code(pay(&process, order.id, &by).await), Code::CodeUsed);
    let payment = bank.start(&process, order.id).await;
    assert_eq!(payment.amount, eur("5.00"));
    let (_, other) = given(&house, "1.00", None).await;
    assert_eq!(code(pay(&process, order.id, &other).await), Code::OrderLocked, "the buyer may be paying");
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(house.order(order.id).await.state, OrderState::Paid);
    assert_eq!(outstanding(&house).await, eur("1.00").amount());
    // The first ticket takes all the card's money back, the rest is credit.
    let first = give_back(&process, order.id, Some(vec![1]), GivenAs::Money).await.unwrap();
    assert_eq!((first.amount, first.credit, first.items), (eur("5.00"), None, vec![1]));
    let of_order = house.refunds(order.id).await;
    let second = of_order.iter().find(|refund| refund.credit.is_some()).unwrap();
    assert_eq!((second.amount, second.state, second.items.len()), (eur("5.00"), RefundState::Succeeded, 0));
    let rest = give_back(&process, order.id, None, GivenAs::Money).await.unwrap();
    assert_eq!((rest.amount, rest.payment, rest.items), (eur("10.00"), None, vec![2]));
    assert!(house.order(order.id).await.items.iter().all(|item| item.credential == Credential::Voided));
    assert_eq!(outstanding(&house).await, eur("16.00").amount());
    assert_eq!(went_back(&house, order.id).await, (eur("5.00").amount(), eur("15.00").amount()));
    let report = sales_report(&mut house.tx().await, &SalesFilter::default()).await.unwrap().totals.remove(0);
    let balance = accounting::balance(&mut house.tx().await).await.unwrap().remove(0);
    assert_eq!(report.net(), balance.pending + balance.available, "the report and the balance agree");
    house.end().await;
}

#[tokio::test]
async fn credit_that_is_enough_sells_at_once_and_what_it_bought_comes_back_as_credit() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let (credit, by) = given(&house, "25.00", None).await;
    let order = process.ordered(vec![house.stage().any(2)]).await;
    let order = pay(&process, order.id, &by).await.unwrap();
    assert_eq!((order.state, order.due()), (OrderState::Paid, Decimal::ZERO));
    let seen = process.inventory.availability(house.reseller, house.stage().id).await.unwrap();
    assert_eq!((seen.counts[0].kept.sold, seen.counts[0].kept.held), (2, 0));
    assert_eq!(left(&house, &credit).await, eur("5.00").amount());
    let back = give_back(&process, order.id, Some(vec![2]), GivenAs::Money).await.unwrap();
    assert_eq!((back.amount, back.state, back.payment), (eur("10.00"), RefundState::Succeeded, None));
    let mut tx = house.tx().await;
    let made = credits::get(&mut tx, back.credit.unwrap()).await.unwrap();
    assert_eq!((made.order, made.balance), (Some(order.id), eur("10.00")));
    let again = credits::code(&mut tx, made.id).await.unwrap();
    drop(tx);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    assert_eq!(pay(&process, order.id, &again).await.unwrap().state, OrderState::Paid);
    assert_eq!(code(pay(&process, order.id, &by).await), Code::OrderNotPayable);
    house.end().await;
}

#[tokio::test]
async fn an_order_that_ends_unpaid_gives_back_what_it_kept() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let (credit, by) = given(&house, "15.00", None).await;
    let order = process.ordered(vec![house.stage().any(2)]).await;
    pay(&process, order.id, &by).await.unwrap();
    let ended = bank.cancel(&process, order.id).await.unwrap();
    assert_eq!((ended.state, ended.by_credit), (OrderState::Cancelled, Decimal::ZERO));
    assert_eq!(left(&house, &credit).await, eur("15.00").amount());
    house.end().await;
}

#[tokio::test]
async fn what_is_left_at_its_time_is_the_resellers_again_but_not_what_an_order_keeps() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let minute = Duration::from_secs(60);
    let (_, unused) = given(&house, "15.00", Some(minute)).await;
    let (_, spare) = given(&house, "17.00", Some(minute)).await;
    let order = process.ordered(vec![house.stage().any(2)]).await;
    pay(&process, order.id, &spare).await.unwrap();
    house.ahead(minute).await;
    assert_eq!(code(pay(&process, order.id, &unused).await), Code::CodeInvalid);
    assert_eq!(bank.due(&process).await, 1, "the one that nobody keeps");
    assert_eq!(outstanding(&house).await, eur("17.00").amount());
    bank.cancel(&process, order.id).await.unwrap();
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!((outstanding(&house).await, bank.due(&process).await), (Decimal::ZERO, 0));
    let balance = accounting::balance(&mut house.tx().await).await.unwrap().remove(0);
    assert_eq!(balance.pending + balance.available, Decimal::ZERO, "all of it is back");
    let told = "select count(*) from events where reseller_id = $1 and type = 'credit.expired'
                and data -> 'expired' ->> 'amount' in ('15.00', '17.00')";
    assert_eq!(house.count(told).await, 2, "and it is told how much that was");
    house.end().await;
}

#[tokio::test]
async fn the_providers_page_asks_for_what_is_left() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (_, by) = given(&house, "15.00", None).await;
    let order = process.ordered(vec![house.stage().any(2)]).await;
    pay(&process, order.id, &by).await.unwrap();
    let payment = bank.pay_by(&process, order.id, &page()).await.unwrap();
    assert_eq!(payment.amount, eur("5.00"));
    bank.pay_on_page(&payment, VISA).await;
    bank.apply_until(&house, &process, "payment_intent.succeeded").await;
    let paid = house.payments(order.id).await.remove(0);
    assert_eq!((house.order(order.id).await.state, paid.received), (OrderState::Paid, Some(eur("5.00"))));
    house.end().await;
}

#[tokio::test]
async fn what_is_no_credit_of_this_reseller_and_currency_is_refused() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    assert_eq!(code(pay(&process, order.id, &CreditCode::typed("0000-0000")).await), Code::CodeInvalid);
    let give = async |mut tx: foundation::TenantTx, currency: &str| {
        let amount = foundation::Money::new(Decimal::TEN, currency.parse().unwrap()).unwrap();
        let credit =
            give_credit(&mut tx, &NewCredit { amount, reason: String::new(), expires_at: None }).await.unwrap();
        let code = credits::code(&mut tx, credit.id).await.unwrap();
        tx.commit().await.unwrap();
        code
    };
    let dollar = foundation::Money::new(Decimal::TEN, "USD".parse().unwrap()).unwrap();
    let new = NewCredit { amount: dollar, reason: String::new(), expires_at: None };
    assert_eq!(code(give_credit(&mut house.tx().await, &new).await), Code::CurrencyMismatch, "nobody could spend it");
    house.another_show(dollar, 5).await;
    let dollars = give(house.tx().await, "USD").await;
    assert_eq!(code(pay(&process, order.id, &dollars).await), Code::CurrencyMismatch);
    let others = house.db.cell().tenant(house.db.reseller().await).await.unwrap();
    let anothers = give(others, "EUR").await;
    assert_eq!(code(pay(&process, order.id, &anothers).await), Code::CodeInvalid);
    house.end().await;
}

#[tokio::test]
async fn an_order_without_any_fee_that_was_paid_with_credit_is_in_books_and_report() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let nothing = Component::per_ticket(Decimal::ZERO, Decimal::ZERO, Payer::Reseller);
    let mut tx = house.tx().await;
    let rule = FeeRule::new(FeeRuleId::new(), vec![nothing], 21.into()).unwrap();
    set_fee_rule(&mut tx, Scope::default(), &rule).await.unwrap();
    tx.commit().await.unwrap();
    let (_, by) = given(&house, "20.00", None).await;
    let order = process.ordered(vec![house.stage().any(2)]).await;
    assert_eq!(pay(&process, order.id, &by).await.unwrap().state, OrderState::Paid);
    let total = sales_report(&mut house.tx().await, &SalesFilter::default()).await.unwrap().totals.remove(0);
    assert_eq!((total.figures.tickets_sold, total.figures.gross), (2, eur("20.00").amount()));
    assert_eq!(total.net(), Decimal::ZERO, "what it was given for is what it bought");
    give_back(&process, order.id, Some(vec![1]), GivenAs::Money).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn money_given_back_as_credit_does_not_go_back_a_second_time() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let first = give_back(&process, order.id, Some(vec![1]), GivenAs::Credit).await.unwrap();
    assert_eq!((first.amount, first.state), (eur("10.00"), RefundState::Succeeded));
    assert_eq!(first.payment, Some(house.payments(order.id).await[0].id), "it is of the payment's money");
    assert_eq!(outstanding(&house).await, eur("10.00").amount());
    assert_eq!(code(give_back_amount(&process, order.id, "10.01", GivenAs::Money).await), Code::NothingToRefund);
    give_back_amount(&process, order.id, "4.00", GivenAs::Credit).await.unwrap();
    let money = give_back(&process, order.id, None, GivenAs::Money).await.unwrap();
    assert_eq!((money.amount, money.credit), (eur("6.00"), None));
    for given_as in [GivenAs::Money, GivenAs::Credit] {
        assert_eq!(code(give_back_amount(&process, order.id, "0.01", given_as).await), Code::NothingToRefund);
    }
    assert_eq!(went_back(&house, order.id).await, (eur("6.00").amount(), eur("14.00").amount()));
    house.end().await;
}

#[tokio::test]
async fn an_amount_goes_back_as_money_while_there_is_any_and_then_as_credit() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bought(&house, &process, &mut bank, 2, "15.00").await;
    return_fees(&house).await;
    for (amount, after) in [("3.00", ("3.00", "0.00")), ("4.00", ("5.00", "2.00")), ("13.00", ("5.00", "15.00"))] {
        give_back_amount(&process, order.id, amount, GivenAs::Money).await.unwrap();
        assert_eq!(went_back(&house, order.id).await, (eur(after.0).amount(), eur(after.1).amount()));
    }
    assert_eq!(code(give_back_amount(&process, order.id, "0.01", GivenAs::Money).await), Code::NothingToRefund);
    let balance = accounting::balance(&mut house.tx().await).await.unwrap().remove(0);
    assert_eq!(
        balance.pending + balance.available,
        -eur("15.00").amount(),
        "all fees are returned; what it gave away first is given away still"
    );
    house.end().await;
}

#[tokio::test]
async fn a_part_of_a_ticket_given_back_as_credit_does_not_stop_the_rest_where_fees_are_returned() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bought(&house, &process, &mut bank, 2, "15.00").await;
    return_fees(&house).await;
    for item in [1, 2] {
        give_back(&process, order.id, Some(vec![item]), GivenAs::Money).await.unwrap();
    }
    assert_eq!(went_back(&house, order.id).await, (eur("5.00").amount(), eur("15.00").amount()));
    house.end().await;
}

#[tokio::test]
async fn a_code_stands_in_the_database_sealed_and_is_sealed_anew_with_the_cells_new_key() {
    let house = House::with(places(5)).await;
    let (credit, by) = given(&house, "15.00", None).await;
    for table in ["credits", "events", "journals"] {
        let sql = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let rows: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut house.db.as_owner().await).await.unwrap();
        let hex = by.text().bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(!rows.contains(by.text()) && !rows.contains(&hex), "{table}");
    }
    let with = |key: u8, previous: Option<u8>| {
        let mut settings = house.db.settings();
        (settings.sealing_key, settings.previous_sealing_key) = ([key; 32], previous.map(|key| [key; 32]));
        foundation::Cell::open(&settings).unwrap()
    };
    let stranger = with(9, None);
    let mut tx = stranger.tenant(house.reseller).await.unwrap();
    assert!(credits::code(&mut tx, credit.id).await.is_err() && credits::reseal(&mut tx, None, 10).await.is_err());
    drop(tx);
    let changed = with(8, Some(7));
    let mut tx = changed.tenant(house.reseller).await.unwrap();
    assert_eq!(credits::reseal(&mut tx, None, 10).await.unwrap(), (1, Some(credit.id)));
    assert_eq!(credits::reseal(&mut tx, Some(credit.id), 10).await.unwrap(), (0, None));
    tx.commit().await.unwrap();
    let alone = with(8, None);
    let mut tx = alone.tenant(house.reseller).await.unwrap();
    assert_eq!(credits::code(&mut tx, credit.id).await.unwrap(), by);
    assert_eq!(credits::lock_by_code(&mut tx, &by).await.unwrap().map(|found| found.id), Some(credit.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_orders_at_once_never_spend_more_than_the_credit() {
    let house = House::with(places(64)).await;
    let process = Arc::new(Process::first(&house));
    let (credit, by) = given(&house, "95.00", None).await;
    let mut orders = Vec::new();
    for _ in 0..64 {
        orders.push(process.ordered(vec![house.stage().any(1)]).await.id);
    }
    let paying = orders.into_iter().map(|order| {
        let (process, code) = (process.clone(), by.clone());
        async move { pay(&process, order, &code).await }
    });
    let outcomes = at_once(paying.collect::<Vec<_>>()).await;
    let paid = outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(|o| o.state == OrderState::Paid)).count();
    let part = outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(|o| !o.due().is_zero())).count();
    assert_eq!((paid, part), (9, 1), "nine whole, and the last five euros");
    assert_eq!(left(&house, &credit).await, Decimal::ZERO);
    house.end().await;
}

/// Whether it was done; it may be refused, and nothing else.
fn done<T: std::fmt::Debug>(outcome: &Result<T>) -> bool {
    assert!(matches!(outcome, Ok(_) | Err(Error::Refused(_))), "{outcome:?}");
    outcome.is_ok()
}

/// What one of many does to the same order.
async fn one_of_many(nth: usize, desk: &(Process, Bank), order: OrderId, opened: &Callback) -> bool {
    let (process, bank) = desk;
    let item = i16::try_from(nth % 10).unwrap() + 1;
    match nth % 8 {
        0 => done(&give_back(process, order, Some(vec![item]), GivenAs::Money).await),
        1 => done(&give_back(process, order, Some(vec![item]), GivenAs::Credit).await),
        2 => done(&give_back_amount(process, order, "7.00", GivenAs::Money).await),
        3 => done(&give_back_amount(process, order, "7.00", GivenAs::Credit).await),
        4 => done(&give_back(process, order, Some(vec![1, 2, 3]), GivenAs::Credit).await),
        5 => done(&bank.apply_this(process, opened).await),
        6 => done(&bank.cancel(process, order).await),
        _ => done(&cancel_all(process, order).await),
    }
}

/// Cancels the order's performance, and carries that out as far as it goes.
async fn cancel_all(process: &Process, order: OrderId) -> Result<()> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let of = ticketing::store::orders::get(&mut tx, order).await?.items[0].held.performance;
    let plan = Plan { offered: vec![Remedy::Refund], replacement: None, default: None, decide_by: None };
    let made: Option<CancellationId> = cancel_performance(&mut tx, of, &plan, false).await?.1.map(|made| made.id);
    tx.commit().await?;
    let id = made.expect("no dry run");
    while ticketing::use_cases::carry_out_cancellation::carry_out_cancellation(&process.inventory, process.reseller, id)
        .await?
        > 0
    {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_refunds_disputes_cancellations_and_vouchers_at_once_never_pay_out_more_than_came() {
    for round in 0..4 {
        let house = House::with(places(10)).await;
        let (process, mut bank) = (Process::first(&house), Bank::open().await);
        let order = bought(&house, &process, &mut bank, 10, "40.00").await;
        let captured = house.payments(order.id).await.remove(0);
        assert_eq!(captured.received, Some(eur("60.00")));
        let intent = captured.provider_intent.unwrap();
        bank.trigger(json!({ "what": "dispute", "charge": intent, "amount": 1500 })).await;
        let opened = bank.callback(&house, "charge.dispute.created").await;
        let desk = Arc::new((process, bank));
        let done = at_once((0..64_usize).map(|nth| {
            let (desk, opened, id) = (desk.clone(), sent_anew(&opened), order.id);
            async move { one_of_many(nth + round, &desk, id, &opened).await }
        }))
        .await;
        let refunds = house.refunds(order.id).await;
        assert!(done.iter().filter(|done| **done).count() > 1 && !refunds.is_empty());
        let of = |payment: bool| -> Decimal {
            let these = refunds.iter().filter(|refund| refund.payment.is_some() == payment);
            these.map(|refund| refund.amount.amount()).sum()
        };
        let dispute = disputes::list(&mut house.tx().await, Some(order.id), None, 10).await.unwrap().remove(0);
        assert!(of(true) + dispute.money.own <= eur("60.00").amount(), "{} and {}", of(true), dispute.money.own);
        assert!(of(false) <= eur("40.00").amount(), "{}", of(false));
        let as_credit: Decimal =
            refunds.iter().filter(|refund| refund.credit.is_some()).map(|refund| refund.amount.amount()).sum();
        assert_eq!(outstanding(&house).await, as_credit, "each cent of it is somebody's voucher");
        house.end().await;
    }
}

#[tokio::test]
async fn a_credit_without_an_end_is_never_due() {
    let house = House::with(places(1)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let (credit, _) = given(&house, "15.00", None).await;
    house.ahead(Duration::from_secs(20 * 365 * 86_400)).await;
    while bank.due(&process).await > 0 {}
    assert_eq!(left(&house, &credit).await, eur("15.00").amount());
    assert!(credits::get(&mut house.tx().await, credit.id).await.unwrap().created_at > Instant::LONG_AGO);
    house.end().await;
}
