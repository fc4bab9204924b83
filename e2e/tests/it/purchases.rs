//! The whole purchase with each test card through HTTP, and that callbacks, webhooks and books agree about all of it in the end.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{
    house::House,
    line::Line,
    program::PATIENCE,
    purchase::{GOOD, Purchase},
    shop::{Shop, eventually, http, id},
    test_cards::{BANK_ACCOUNTS, CARDS, Story},
    webhooks::endpoint,
};

/// Every purchase: each card by its name and by its number, and where the bank asks, with a buyer who confirms and one who does not.
fn all(template: &Purchase) -> Vec<Purchase> {
    let names = |prefix: &'static str, names: &'static [&'static str], suffix: &'static str| {
        names.iter().map(move |name| format!("{prefix}{name}{suffix}"))
    };
    let mut all = Vec::new();
    for card in CARDS {
        let methods = names("pm_card_", card.names, "").chain(card.number.map(ToOwned::to_owned));
        all.extend(methods.map(|method| Purchase { method, story: card.story, ..template.clone() }));
    }
    let debits = names("pm_", BANK_ACCOUNTS.names, "_de");
    all.extend(debits.map(|method| Purchase { method, story: BANK_ACCOUNTS.story, ..template.clone() }));
    let asked: Vec<Purchase> = all.iter().filter(|one| matches!(one.story, Story::Asked(_))).cloned().collect();
    all.extend(asked.into_iter().map(|one| Purchase { proof: "fail", ..one }));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_test_card_goes_the_whole_way_and_callbacks_webhooks_and_books_agree() {
    let line = Line::open().await;
    let (api, _dispatch) = (line.first_api(), line.dispatch());
    let shop = Shop::open(api.url()).await;
    let house = House::open(&shop, 1, 150).await;
    let (url, mut deliveries) = endpoint().await;
    let wanted = json!({ "url": url, "event_types": ["order.paid", "payment.failed"] });
    let secret = shop.post("/v1/webhook_endpoints", wanted).await.done()["secret"].as_str().unwrap().to_owned();
    let template = Purchase {
        shop: shop.clone(),
        on_sale: house.floor.clone(),
        sandbox: line.sandbox.clone(),
        method: GOOD.to_owned(),
        proof: "complete",
        story: Story::Paid,
    };

    let (slow, others): (Vec<_>, Vec<_>) =
        all(&template).into_iter().partition(|one| matches!(one.story, Story::Slow(_)));
    let mut told = join_all(others.into_iter().map(Purchase::made)).await;
    for purchase in slow {
        // What the provider decides is told only when we have looked.
        purchase.control("callbacks", json!({ "paused": true })).await;
        told.push(purchase.made().await);
    }

    let expected: BTreeMap<String, usize> = told.into_iter().collect();
    let orders = expected.len();
    eventually("all callbacks have come", async || {
        let state: Value =
            http().get(format!("{}/_sandbox/state", line.sandbox)).send().await.unwrap().json().await.unwrap();
        let ours = &state["accounts"]["pk_test_test"];
        assert_eq!((&ours["payment_intents"], &ours["callbacks"]["given_up"]), (&json!(orders), &json!(0)));
        (ours["callbacks"]["waiting"] == 0).then_some(())
    })
    .await;

    let log = eventually("every order's payment is in the log", async || {
        let log = told_by_the_log(&shop).await;
        (log.values().filter(|event| event["type"] == "order.paid").count() >= orders).then_some(log)
    })
    .await;
    let mut declines: BTreeMap<String, usize> = BTreeMap::new();
    for event in log.values() {
        let data = &event["data"];
        match event["type"].as_str().unwrap() {
            "order.paid" => *declines.entry(id(data).to_owned()).or_default() += 0,
            _ => *declines.entry(data["order_id"].as_str().unwrap().to_owned()).or_default() += 1,
        }
    }
    assert_eq!(declines, expected, "each order was paid once and told each decline once");
    let webhook = Webhook::new(&secret).unwrap();
    let mut received = BTreeSet::new();
    while received.len() < log.len() {
        let next = tokio::time::timeout(PATIENCE, deliveries.recv()).await;
        let (headers, body) = next.unwrap_or_else(|_| panic!("only {} of {} came", received.len(), log.len())).unwrap();
        webhook.verify(&body, &headers).unwrap();
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(log.get(id(&event)), Some(&event));
        received.insert(id(&event).to_owned());
    }

    let (gross, fees) = at_the_provider(&line, orders).await;
    let totals = eventually("the provider's fees are booked", async || {
        // Of payments and of disputes, whose money it takes with a fee.
        let disputes = sum(&transactions(&line, "adjustment").await, "fee");
        let totals = shop.get("/v1/reports/sales").await["totals"][0].clone();
        (cents(&totals["provider_fees"]) == fees + disputes).then_some(totals)
    })
    .await;
    assert_eq!((&totals["tickets_sold"], cents(&totals["gross"])), (&json!(orders), gross), "{totals:#}");
    line.verified();
}

/// The events of the log that the endpoint is told, by their ids.
async fn told_by_the_log(shop: &Shop) -> BTreeMap<String, Value> {
    let (mut told, mut after) = (BTreeMap::new(), json!(0));
    loop {
        let page = shop.get(&format!("/v1/events?after={after}&limit=100")).await;
        for event in page["data"].as_array().unwrap() {
            if matches!(event["type"].as_str(), Some("order.paid" | "payment.failed")) {
                told.insert(id(event).to_owned(), event.clone());
            }
        }
        if page["next_after"] == after {
            return told;
        }
        after = page["next_after"].clone();
    }
}

/// What so many payments brought at the provider and what it kept of them, in cents, once it has settled them all.
async fn at_the_provider(line: &Line, payments: usize) -> (i64, i64) {
    let all = eventually("the provider has settled every payment", async || {
        let all = transactions(line, "charge").await;
        (all.len() >= payments).then_some(all)
    })
    .await;
    assert_eq!(all.len(), payments, "no order was paid twice");
    (sum(&all, "amount"), sum(&all, "fee"))
}

/// The provider's balance transactions of a type.
async fn transactions(line: &Line, kind: &str) -> Vec<Value> {
    let (mut all, mut after): (Vec<Value>, String) = (Vec::new(), String::new());
    loop {
        let url = format!("{}/v1/balance_transactions?type={kind}&limit=100{after}", line.sandbox);
        let page = http().get(url).bearer_auth("sk_test_test").send().await.unwrap();
        let page: Value = page.json().await.unwrap();
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["has_more"] == false {
            return all;
        }
        after = format!("&starting_after={}", id(all.last().unwrap()));
    }
}

fn sum(transactions: &[Value], of: &str) -> i64 {
    transactions.iter().map(|transaction| transaction[of].as_i64().unwrap()).sum()
}

/// An amount of the API in cents.
fn cents(money: &Value) -> i64 {
    money["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}
