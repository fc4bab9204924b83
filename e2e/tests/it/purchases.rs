//! The whole purchase with each test card through HTTP: what order and payment say, that a good card sells after any refusal, and
//! that callbacks, webhooks and books agree about all of it in the end.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{
    house::House,
    line::Line,
    program::PATIENCE,
    shop::{Answer, OnSale, Shop, eventually, http, id, order_of},
    test_cards::{BANK_ACCOUNTS, CARDS, Story, Words},
    webhooks::endpoint,
};

const GOOD: &str = "pm_card_visa";
const NOT_SHOWN: Words =
    Words { code: "payment_intent_authentication_failure", advice: "may try again and confirm, or pay in another way" };

/// A purchase of one ticket, tried with one payment method.
#[derive(Clone)]
struct Purchase {
    shop: Shop,
    on_sale: OnSale,
    sandbox: String,
    /// The payment method's id, and how the buyer answers if the bank asks.
    method: String,
    proof: &'static str,
    story: Story,
}

/// An order and how many declines its webhooks tell.
type Told = (String, usize);

impl Purchase {
    async fn order(&self) -> Value {
        let hold = self.shop.post("/v1/holds", json!({ "items": [self.on_sale.any(1)] })).await.done();
        self.shop.post("/v1/orders", order_of(&hold)).await.done()
    }

    async fn now(&self, order: &Value) -> Value {
        self.shop.get(&format!("/v1/orders/{}", id(order))).await
    }

    async fn try_with(&self, order: &Value, method: &str) -> Answer {
        let body =
            json!({ "method": "confirm", "payment_method": method, "return_url": "https://shop.example/thanks" });
        self.shop.post(&format!("/v1/orders/{}/payments", id(order)), body).await
    }

    /// Buys; ends when the order is paid and all that follows has come.
    async fn made(self) -> Told {
        let order = self.order().await;
        let declines = match self.story {
            Story::Mistyped(code) => {
                // The method is the number: the widget tells the buyer, and there is nothing to pay with.
                assert_eq!(self.widget(&self.method).await.unwrap_err(), code, "{}", self.method);
                self.waits_for_the_buyer(&order, &[]).await;
                0
            }
            Story::Refused => {
                let refused = self.try_with(&order, &self.method).await;
                assert_eq!((refused.status, refused.code()), (422, Some("payment_refused")), "{refused:?}");
                self.waits_for_the_buyer(&order, &[]).await;
                0
            }
            _ => self.tried(&order).await,
        };
        if self.now(&order).await["state"] != "paid" {
            let payment = self.try_with(&order, GOOD).await.done();
            assert_eq!(payment["state"], "succeeded", "{payment:#}");
        }
        self.sold(&order).await;
        (id(&order).to_owned(), declines)
    }

    /// The first try; gives how often it was declined.
    async fn tried(&self, order: &Value) -> usize {
        let method = match self.method.strip_prefix("pm_") {
            Some(_) => self.method.clone(),
            None => self.widget(&self.method).await.unwrap(),
        };
        let payment = self.try_with(order, &method).await.done();
        assert_eq!(payment["amount"], order["total"]);
        match self.story {
            Story::Declined(words) => {
                assert_eq!(payment["state"], "requires_payment", "{payment:#}");
                self.declined(order, words).await
            }
            Story::Asked(then) => {
                assert_eq!(payment["state"], "requires_action", "{payment:#}");
                assert_eq!(payment["next_action"]["kind"], "redirect");
                assert!(payment["next_action"]["url"].as_str().unwrap().starts_with(&self.sandbox), "{payment:#}");
                self.waits_for_the_buyer(order, &["payment_confirmation"]).await;
                self.answers_the_bank(&payment).await;
                match then {
                    _ if self.proof == "fail" => self.declined(order, NOT_SHOWN).await,
                    Some(words) => self.declined(order, words).await,
                    None => self.is_paid(order).await,
                }
            }
            Story::Slow(then) => {
                assert_eq!(payment["state"], "processing", "{payment:#}");
                assert_eq!(self.now(order).await["state"], "processing");
                assert_eq!(self.try_with(order, GOOD).await.code(), Some("order_locked"));
                let control = json!({ "paused": false });
                self.control("callbacks", control).await;
                match then {
                    Some(words) => self.declined(order, words).await,
                    None => self.is_paid(order).await,
                }
            }
            _ => {
                assert_eq!(payment["state"], "succeeded", "{} {payment:#}", self.method);
                0
            }
        }
    }

    async fn is_paid(&self, order: &Value) -> usize {
        self.shop.becomes(&format!("/v1/orders/{}", id(order)), "paid").await;
        0
    }

    /// Waits until the order says that the try was declined, why, and what the buyer can do.
    async fn declined(&self, order: &Value, Words { code, advice }: Words) -> usize {
        let what = format!("{} is declined: {code}", self.method);
        let now = eventually(&what, async || {
            let now = self.now(order).await;
            (now["missing"][0]["code"] == "payment_declined").then_some(now)
        })
        .await;
        let decline = &now["payments"][0]["decline"];
        assert_eq!(decline["code"], code, "{now:#}");
        assert!(decline["advice"].as_str().unwrap().contains(advice), "{decline:#}");
        let detail = now["missing"][0]["detail"].as_str().unwrap();
        for part in [decline["message"].as_str().unwrap(), code, decline["advice"].as_str().unwrap()] {
            assert!(detail.contains(part), "{detail}");
        }
        self.waits_for_the_buyer(order, &["payment_declined"]).await;
        1
    }

    async fn waits_for_the_buyer(&self, order: &Value, missing: &[&str]) {
        let now = self.now(order).await;
        assert_eq!(now["state"], "awaiting_payment", "{} {now:#}", self.method);
        let said: Vec<&Value> = now["missing"].as_array().unwrap().iter().map(|missing| &missing["code"]).collect();
        assert_eq!(said, missing, "{}", self.method);
        assert_eq!(now["items"][0]["credential"], "none");
    }

    /// The order is paid once and nothing is missing; what comes later has come.
    async fn sold(&self, order: &Value) {
        let now = self.now(order).await;
        assert_eq!((&now["state"], &now["missing"]), (&json!("paid"), &json!([])), "{} {now:#}", self.method);
        let payments = now["payments"].as_array().unwrap();
        assert_eq!(payments.len(), 1, "every try was on the same payment: {now:#}");
        assert_eq!((&payments[0]["state"], &payments[0]["amount"]), (&json!("succeeded"), &now["total"]));
        let path = format!("/v1/orders/{}", id(order));
        match self.story {
            Story::Refunded(state) => {
                let refund = json!({ "items": [1], "reason": "cannot come" });
                let refund = self.shop.post(&format!("{path}/refunds"), refund).await.done();
                self.shop.becomes(&format!("/v1/refunds/{}", id(&refund)), state).await;
            }
            Story::Disputed(state, reason) => {
                let dispute = self.follows(order, "disputes").await;
                assert_eq!((&dispute["state"], &dispute["reason"]), (&json!(state), &json!(reason)), "{dispute:#}");
                assert_eq!(dispute["amount"], now["total"]);
            }
            Story::Warned => {
                self.follows(order, "fraud_warnings").await;
            }
            _ => assert_eq!(now["items"][0]["credential"], "issued", "{now:#}"),
        }
    }

    /// Waits for the one thing that the order then has in this list; its ticket lets nobody in until that is over.
    async fn follows(&self, order: &Value, list: &str) -> Value {
        let now = eventually(&format!("{} has {list}", self.method), async || {
            let now = self.now(order).await;
            (now[list].as_array().unwrap().len() == 1).then_some(now)
        })
        .await;
        assert_eq!(now["items"][0]["credential"], "suspended", "{now:#}");
        now[list][0].clone()
    }

    /// What the provider's widget does with a typed card in the buyer's browser; gives the method's id, or the error's code.
    async fn widget(&self, number: &str) -> Result<String, String> {
        let form = [
            ("key", "pk_test_test"),
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2034"),
            ("card[cvc]", "123"),
        ];
        let answer = http().post(format!("{}/v1/payment_methods", self.sandbox)).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        match answer["error"]["code"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(id(&answer).to_owned()),
        }
    }

    async fn answers_the_bank(&self, payment: &Value) {
        self.control("authenticate", json!({ "payment_intent": payment["provider_payment"], "outcome": self.proof }))
            .await;
    }

    async fn control(&self, what: &str, body: Value) {
        let call = http().post(format!("{}/_sandbox/{what}", self.sandbox)).bearer_auth("sk_test_test").json(&body);
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    }
}

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
        let totals = shop.get("/v1/reports/sales").await["totals"][0].clone();
        (cents(&totals["provider_fees"]) == fees).then_some(totals)
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
        let (mut all, mut after): (Vec<Value>, String) = (Vec::new(), String::new());
        loop {
            let url = format!("{}/v1/balance_transactions?type=charge&limit=100{after}", line.sandbox);
            let page = http().get(url).bearer_auth("sk_test_test").send().await.unwrap();
            let page: Value = page.json().await.unwrap();
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            if page["has_more"] == false {
                break;
            }
            after = format!("&starting_after={}", id(all.last().unwrap()));
        }
        (all.len() >= payments).then_some(all)
    })
    .await;
    assert_eq!(all.len(), payments, "no order was paid twice");
    let sum = |of: &str| all.iter().map(|transaction| transaction[of].as_i64().unwrap()).sum();
    (sum("amount"), sum("fee"))
}

/// An amount of the API in cents.
fn cents(money: &Value) -> i64 {
    money["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}
