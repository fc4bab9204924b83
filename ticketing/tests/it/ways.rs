//! The ways to pay: on the provider's page, confirmed from the server, with the buyer's bank in between; and what a buyer is told
//! when a try fails.

use foundation::Code;
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    provider::Standing,
    rules::{
        order::{Order, OrderState},
        payment::{Method, Payment, PaymentState, ProviderId, Way, WebAddress},
    },
    use_cases::{cancel_order::Ending, update_buyer::update_buyer},
};

use crate::{
    bank::Bank,
    house::{House, code, places},
    process::Process,
};

fn back() -> WebAddress {
    WebAddress::parse("https://shop.example/back", "/return_url").unwrap()
}

pub(crate) fn page() -> Way {
    Way::Page { return_url: back() }
}

fn confirm(card: &str) -> Way {
    Way::Confirm { payment_method: ProviderId::parse(card.to_owned(), "/").unwrap(), return_url: back() }
}

async fn scene() -> (House, Process, Bank, Order) {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(2)]).await;
    (house, process, bank, order)
}

async fn missing(house: &House, order: &Order) -> Vec<&'static str> {
    let payments = house.payments(order.id).await;
    house.order(order.id).await.missing(payments.last()).into_iter().map(|missing| missing.code).collect()
}

async fn paid(house: &House, order: &Order) -> bool {
    house.order(order.id).await.state == OrderState::Paid
}

#[tokio::test]
async fn on_the_providers_page_a_declined_buyer_tries_again_and_has_paid() {
    let (house, process, mut bank, order) = scene().await;
    let payment = bank.pay_by(&process, order.id, &page()).await.unwrap();
    assert_eq!((payment.method, payment.state), (Method::Page, PaymentState::RequiresPayment));
    assert!(payment.page_url.as_ref().unwrap().starts_with("http"), "{payment:?}");
    assert_eq!((&payment.provider_intent, &payment.client_secret), (&None, &None), "the page has no payment yet");
    assert_eq!(bank.pay_by(&process, order.id, &page()).await.unwrap(), payment, "asked again, the same page");
    bank.pay_on_page(&payment, "pm_card_chargeDeclinedInsufficientFunds").await;
    bank.apply_until(&house, &process, "payment_intent.payment_failed").await;
    let declined = house.payments(order.id).await.remove(0);
    assert_eq!(declined.decline.as_ref().unwrap().code, "insufficient_funds");
    assert_eq!(missing(&house, &order).await, ["payment_declined"]);
    bank.pay_on_page(&payment, "pm_card_visa").await;
    bank.apply_until(&house, &process, "payment_intent.succeeded").await;
    assert!(paid(&house, &order).await);
    assert_eq!((missing(&house, &order).await.len(), bank.count("payment_intents").await), (0, 1));
    house.end().await;
}

#[tokio::test]
async fn a_page_left_open_is_closed_at_the_deadline_and_its_tickets_are_free() {
    let (house, process, bank, order) = scene().await;
    let payment = bank.pay_by(&process, order.id, &page()).await.unwrap();
    house.ahead(std::time::Duration::from_secs(901)).await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!((house.order(order.id).await.state, house.claimed().await), (OrderState::Expired, 0));
    bank.pay_on_page(&payment, "pm_card_visa").await;
    assert_eq!(bank.count("charges").await, 0, "nobody can pay on it any more");
    house.end().await;
}

#[tokio::test]
async fn a_slow_payment_that_fails_on_the_page_leaves_the_order_payable_in_every_way() {
    for again in [page(), confirm("pm_card_visa"), Way::ClientSecret] {
        let (house, process, mut bank, order) = scene().await;
        let first = bank.pay_by(&process, order.id, &page()).await.unwrap();
        bank.pay_on_page(&first, "pm_card_sandboxProcessingFails").await;
        bank.apply_until(&house, &process, "payment_intent.processing").await;
        assert_eq!(house.order(order.id).await.state, OrderState::Processing);
        bank.advance().await;
        bank.apply_until(&house, &process, "payment_intent.payment_failed").await;
        assert_eq!(missing(&house, &order).await, ["payment_declined"]);
        let second = bank.pay_by(&process, order.id, &again).await.unwrap();
        assert_ne!(second.id, first.id, "the first page is closed");
        match again {
            Way::Page { .. } => bank.pay_on_page(&second, "pm_card_visa").await,
            Way::ClientSecret => bank.pay(&second, "pm_card_visa").await,
            Way::Confirm { .. } => {}
        }
        bank.apply_until(&house, &process, "payment_intent.succeeded").await;
        assert!(paid(&house, &order).await);
        house.end().await;
    }
}

#[tokio::test]
async fn a_slow_payment_that_fails_on_the_page_and_is_not_heard_of_ends_at_the_deadline() {
    let (house, process, bank, order) = scene().await;
    let payment = bank.pay_by(&process, order.id, &page()).await.unwrap();
    bank.pay_on_page(&payment, "pm_card_sandboxProcessingFails").await;
    bank.advance().await;
    house.ahead(std::time::Duration::from_secs(901)).await;
    assert_eq!(bank.due(&process).await, 1);
    assert_eq!((house.order(order.id).await.state, house.claimed().await), (OrderState::Expired, 0));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_called_off_while_it_is_made_is_refused_as_that() {
    let (house, process, bank, order) = scene().await;
    bank.fault(json!({ "method": "POST", "path": "/v1/payment_intents", "hold": true })).await;
    let paying = {
        let (process, providers, id) = (process.clone(), bank.providers.clone(), order.id);
        let start = ticketing::use_cases::start_payment::start_payment;
        tokio::spawn(async move {
            start(&process.inventory, &providers.test, process.reseller, id, &confirm("pm_card_visa")).await
        })
    };
    bank.held(1).await;
    assert_eq!(bank.cancel(&process, order.id).await.unwrap().state, OrderState::Cancelled);
    bank.let_go().await;
    assert_eq!(code(paying.await.unwrap()), Code::OrderNotPayable);
    assert_eq!((bank.count("charges").await, house.claimed().await), (0, 0));
    assert_eq!(standing_there(&house, &bank, &order).await, Standing::Cancelled, "nothing stays open there");
    house.end().await;
}

/// Where the order's only payment stands at the provider.
async fn standing_there(house: &House, bank: &Bank, order: &Order) -> Standing {
    let intent = house.payments(order.id).await.remove(0).provider_intent.unwrap();
    bank.providers.test.intent(&intent).await.unwrap().standing
}

#[tokio::test]
async fn a_payment_called_off_before_it_was_made_and_never_answered_is_cancelled_once_it_is_heard_of() {
    let (house, process, mut bank, order) = scene().await;
    let down = Bank::down().await;
    let start = ticketing::use_cases::start_payment::start_payment;
    start(&process.inventory, &down.test, process.reseller, order.id, &Way::ClientSecret).await.unwrap_err();
    let lost = house.payments(order.id).await.remove(0);
    assert_eq!(bank.cancel(&process, order.id).await.unwrap().state, OrderState::Cancelled);
    // The request was under way all the while, and the process that sent it is gone.
    bank.create_there(&house, &lost).await;
    bank.apply(&house, &process, "payment_intent.created").await;
    assert_eq!(standing_there(&house, &bank, &order).await, Standing::Cancelled);
    house.end().await;
}

#[tokio::test]
async fn a_payment_whose_creation_failed_at_the_provider_can_be_made_anew_at_once() {
    for (way, path) in [(page(), "/v1/checkout/sessions"), (Way::ClientSecret, "/v1/payment_intents")] {
        let (house, process, mut bank, order) = scene().await;
        // It is made there, but the answer is an error, and under the same key it stays one.
        bank.fault(json!({ "method": "POST", "path": path, "when": "after", "answer": 500 })).await;
        bank.pay_by(&process, order.id, &way).await.unwrap_err();
        let payment = bank.pay_by(&process, order.id, &way).await.unwrap();
        match way {
            Way::Page { .. } => bank.pay_on_page(&payment, "pm_card_visa").await,
            _ => bank.pay(&payment, "pm_card_visa").await,
        }
        bank.apply_until(&house, &process, "payment_intent.succeeded").await;
        assert!(paid(&house, &order).await);
        assert_eq!(bank.count("charges").await, 1);
        house.end().await;
    }
}

#[tokio::test]
async fn who_is_to_come_back_to_another_place_gets_another_page() {
    let (house, process, mut bank, order) = scene().await;
    let first = bank.pay_by(&process, order.id, &page()).await.unwrap();
    let elsewhere = WebAddress::parse("https://shop.example/elsewhere", "/return_url").unwrap();
    let second = bank.pay_by(&process, order.id, &Way::Page { return_url: elsewhere }).await.unwrap();
    assert_ne!((second.id, &second.page_url), (first.id, &first.page_url));
    bank.pay_on_page(&first, "pm_card_visa").await;
    assert_eq!(bank.count("charges").await, 0, "nobody can pay on the first any more");
    bank.pay_on_page(&second, "pm_card_visa").await;
    bank.apply_until(&house, &process, "payment_intent.succeeded").await;
    assert!(paid(&house, &order).await);
    house.end().await;
}

#[tokio::test]
async fn a_payment_confirmed_from_the_server_is_paid_by_the_answer() {
    let (house, process, mut bank, order) = scene().await;
    let payment = bank.pay_by(&process, order.id, &confirm("pm_card_visa")).await.unwrap();
    assert_eq!(payment.state, PaymentState::Succeeded);
    assert!(paid(&house, &order).await, "without any callback");
    let sold = house.order(order.id).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(house.order(order.id).await, sold);
    house.end().await;
}

#[tokio::test]
async fn each_decline_leaves_the_order_payable_and_says_what_to_do() {
    let (house, process, bank, order) = scene().await;
    for (card, said, advice) in [
        ("pm_card_chargeDeclined", "generic_decline", "another card"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", "ask it"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "another one"),
        ("pm_card_chargeDeclinedLostCard", "lost_card", "another one"),
        ("pm_card_chargeDeclinedStolenCard", "stolen_card", "another one"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "mistyped"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "in a moment"),
        ("pm_card_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded", "ask it"),
        ("pm_card_chargeDeclinedFraudulent", "fraudulent", "another one"),
    ] {
        let payment = bank.pay_by(&process, order.id, &confirm(card)).await.unwrap();
        assert_eq!(payment.state, PaymentState::RequiresPayment, "{card}");
        let decline = payment.decline.unwrap();
        assert_eq!(decline.code, said, "{card}");
        assert!(decline.advice().contains(advice), "{card}: {}", decline.advice());
        let now = house.order(order.id).await;
        assert_eq!((now.state, missing(&house, &order).await), (OrderState::AwaitingPayment, vec!["payment_declined"]));
    }
    let failures = "select count(*) from events where reseller_id = $1 and type = 'payment.failed'";
    assert_eq!((house.count(failures).await, house.claimed().await), (9, 2));
    bank.pay_by(&process, order.id, &confirm("pm_card_visa")).await.unwrap();
    assert!(paid(&house, &order).await);
    house.end().await;
}

#[tokio::test]
async fn the_buyers_bank_may_want_to_see_the_buyer() {
    for (outcome, ends) in [("complete", PaymentState::Succeeded), ("fail", PaymentState::RequiresPayment)] {
        let (house, process, mut bank, order) = scene().await;
        let payment = bank.pay_by(&process, order.id, &confirm("pm_card_authenticationRequired")).await.unwrap();
        assert_eq!(payment.state, PaymentState::RequiresAction);
        assert!(payment.action_url.as_ref().unwrap().starts_with("http"));
        assert_eq!(
            house.order(order.id).await.state,
            OrderState::AwaitingPayment,
            "the buyer may still go another way"
        );
        assert_eq!(missing(&house, &order).await, ["payment_confirmation"]);
        // The buyer may confirm in the browser as well, and the payment says how it was asked for last.
        assert_eq!(payment.method, Method::Confirm);
        let in_browser = bank.pay_by(&process, order.id, &Way::ClientSecret).await.unwrap();
        assert_eq!((in_browser.id, in_browser.method), (payment.id, Method::ClientSecret));
        bank.authenticate(&payment, outcome).await;
        let last = if outcome == "fail" { "payment_intent.payment_failed" } else { "payment_intent.succeeded" };
        bank.apply_until(&house, &process, last).await;
        assert_eq!(house.payments(order.id).await[0].state, ends);
        if outcome == "fail" {
            assert_eq!(missing(&house, &order).await, ["payment_declined"]);
            bank.pay_by(&process, order.id, &confirm("pm_card_visa")).await.unwrap();
        }
        assert!(paid(&house, &order).await);
        house.end().await;
    }
}

#[tokio::test]
async fn a_buyer_who_walks_away_from_the_bank_can_come_back_and_pay_otherwise() {
    let (house, process, mut bank, order) = scene().await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_threeDSecure2Required").await;
    bank.apply_until(&house, &process, "payment_intent.requires_action").await;
    assert_eq!(missing(&house, &order).await, ["payment_confirmation"]);
    assert_eq!(house.order(order.id).await.due(), order.total);
    let confirmed = bank.pay_by(&process, order.id, &confirm("pm_card_visa")).await.unwrap();
    assert_eq!((confirmed.id, confirmed.method), (payment.id, Method::Confirm));
    assert!(paid(&house, &order).await);
    assert_eq!(house.order(order.id).await.due(), Decimal::ZERO, "after it is paid nothing is due");
    assert_eq!(bank.count("payment_intents").await, 1);
    house.end().await;
}

#[tokio::test]
async fn another_way_to_pay_cancels_the_first_before_there_is_a_second() {
    let (house, process, mut bank, order) = scene().await;
    let first = bank.start(&process, order.id).await;
    let second = bank.pay_by(&process, order.id, &page()).await.unwrap();
    assert_eq!((second.attempt, second.method), (2, Method::Page));
    let states: Vec<PaymentState> =
        house.payments(order.id).await.iter().map(|payment: &Payment| payment.state).collect();
    assert_eq!(states, [PaymentState::Cancelled, PaymentState::RequiresPayment]);
    bank.pay(&first, "pm_card_visa").await;
    assert_eq!(bank.count("charges").await, 0, "the first cannot be paid any more");
    bank.apply(&house, &process, "payment_intent.canceled").await;
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment);
    bank.pay_on_page(&second, "pm_card_visa").await;
    bank.apply_until(&house, &process, "payment_intent.succeeded").await;
    assert!(paid(&house, &order).await);
    house.end().await;
}

#[tokio::test]
async fn a_payment_method_that_is_none_is_refused_and_the_order_is_as_before() {
    let (house, process, bank, order) = scene().await;
    let refused = bank.pay_by(&process, order.id, &confirm("pm_nothing")).await;
    assert_eq!(code(refused), Code::PaymentRefused);
    assert_eq!(house.order(order.id).await.state, OrderState::AwaitingPayment);
    bank.pay_by(&process, order.id, &confirm("pm_card_visa")).await.unwrap();
    assert!(paid(&house, &order).await);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_provider_is_deciding_every_change_to_the_order_is_refused() {
    let (house, process, bank, order) = scene().await;
    bank.start(&process, order.id).await;
    bank.fault(json!({ "method": "POST", "path": "/v1/payment_intents/*/confirm", "hold": true })).await;
    let paying = {
        let (process, providers, id) = (process.clone(), bank.providers.clone(), order.id);
        let start = ticketing::use_cases::start_payment::start_payment;
        tokio::spawn(async move {
            start(&process.inventory, &providers.test, process.reseller, id, &confirm("pm_card_visa")).await
        })
    };
    bank.held(1).await;
    let now = house.order(order.id).await;
    assert_eq!(now.state, OrderState::Processing);
    for way in [Way::ClientSecret, page(), confirm("pm_card_visa")] {
        assert_eq!(code(bank.pay_by(&process, order.id, &way).await), Code::OrderLocked);
    }
    let end = ticketing::use_cases::cancel_order::end_order;
    let cancelled = end(&process.inventory, &bank.providers.test, process.reseller, order.id, Ending::Cancel).await;
    assert_eq!(code(cancelled), Code::OrderLocked);
    let mut tx = house.tx().await;
    let renamed = update_buyer(&mut tx, order.id, now.version, now.buyer.clone()).await;
    assert_eq!(code(renamed), Code::OrderLocked);
    drop(tx);
    bank.let_go().await;
    assert_eq!(paying.await.unwrap().unwrap().state, PaymentState::Succeeded);
    assert!(paid(&house, &order).await);
    house.end().await;
}
