//! A purchase that is tried with one payment method: what its order and its payment say at every step, until it is paid with a good
//! card at the latest. It must never know more than the reseller and the buyer.

use serde_json::{Value, json};

use crate::{
    shop::{Answer, OnSale, Shop, eventually, http, id, order_of},
    test_cards::{Story, Words},
};

/// A card that is paid with whatever was tried before.
pub(crate) const GOOD: &str = "pm_card_visa";
const NOT_SHOWN: Words =
    Words { code: "payment_intent_authentication_failure", advice: "may try again and confirm, or pay in another way" };

/// A purchase of one ticket, tried with one payment method.
#[derive(Clone)]
pub(crate) struct Purchase {
    pub(crate) shop: Shop,
    pub(crate) on_sale: OnSale,
    pub(crate) sandbox: String,
    /// The payment method's id, and how the buyer answers if the bank asks.
    pub(crate) method: String,
    pub(crate) proof: &'static str,
    pub(crate) story: Story,
}

/// An order and how many declines its webhooks tell.
pub(crate) type Told = (String, usize);

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
    pub(crate) async fn made(self) -> Told {
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

    /// Tells the sandbox what the world outside does.
    pub(crate) async fn control(&self, what: &str, body: Value) {
        let call = http().post(format!("{}/_sandbox/{what}", self.sandbox)).bearer_auth("sk_test_test").json(&body);
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    }
}
