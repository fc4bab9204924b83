//! A reseller's own system: it speaks the API as anyone does. It must never know more than its key lets it.

use std::{sync::Once, time::Duration};

use reqwest::Client;
use serde_json::{Value, json};

/// How long something that happens by itself may take.
const SOON: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often a request is sent again while the platform is busy.
const BUSY_AT_MOST: usize = 1_200;

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub(crate) fn done(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {:#}", self.status, self.body);
        self.body
    }

    /// The code of a refusal; nothing of a success.
    pub(crate) fn code(&self) -> Option<&str> {
        self.body["code"].as_str().filter(|_| self.status >= 400)
    }

    /// Whether the same request is to be sent again, under the same key: the platform is busy, was too slow, or is still at work on it.
    fn says_again(&self) -> bool {
        matches!(self.code(), Some("busy" | "request_timeout" | "idempotency_key_in_use"))
    }
}

/// An HTTP client of the tests.
pub(crate) fn http() -> Client {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    Client::builder().no_proxy().build().unwrap()
}

/// A reseller's environment at one process of the platform. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shop {
    http: Client,
    api: String,
    key: String,
}

impl Shop {
    pub(crate) fn new(api: String, key: String) -> Self {
        Self { http: http(), api, key }
    }

    /// Opens an account in the region `eu` and gives its test environment.
    pub(crate) async fn open(api: String) -> Self {
        let form = json!({
            "name": "Stage Left", "email": "hello@stageleft.example", "country": "NL", "currency": "EUR",
            "legal_name": "Stage Left B.V.", "address": "Damrak 1, Amsterdam",
        });
        let opened = http().post(format!("{api}/v1/regions/eu/resellers")).json(&form).send().await.unwrap();
        let opened = answer(opened).await.unwrap().done();
        Self::new(api, opened["test"]["secret_key"].as_str().unwrap().to_owned())
    }

    /// Where the API is and the key, as arguments of the program.
    pub(crate) fn access(&self) -> [String; 4] {
        ["--api".to_owned(), self.api.clone(), "--key".to_owned(), self.key.clone()]
    }

    /// The same environment at another process.
    pub(crate) fn at(&self, api: String) -> Self {
        Self { api, ..self.clone() }
    }

    /// A POST under a fresh key, sent again under the same one for as long as the platform is busy, as the contract says.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        for _ in 0..BUSY_AT_MOST {
            let answer = self.send(path, &body, &key).await.unwrap();
            if !answer.says_again() {
                return answer;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("{path}: busy for ever");
    }

    /// A POST under a fresh key, sent once, which may find no process to answer it.
    pub(crate) async fn try_post(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        self.send(path, &body, &uuid::Uuid::new_v4().to_string()).await
    }

    async fn send(&self, path: &str, body: &Value, key: &str) -> Result<Answer, reqwest::Error> {
        let call = self.http.post(format!("{}{path}", self.api)).bearer_auth(&self.key);
        answer(call.header("idempotency-key", key).json(body).send().await?).await
    }

    /// Reads what must be there.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.look(path).await.done()
    }

    /// Reads it, or is refused; asks again for as long as the platform is busy.
    pub(crate) async fn look(&self, path: &str) -> Answer {
        for _ in 0..BUSY_AT_MOST {
            let call = self.http.get(format!("{}{path}", self.api)).bearer_auth(&self.key);
            let answer = answer(call.send().await.unwrap()).await.unwrap();
            if !answer.says_again() {
                return answer;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("{path}: busy for ever");
    }

    /// All of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}?limit=100{cursor}")).await;
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return all };
            cursor = format!("&cursor={next}");
        }
    }

    /// Pays a payment at the sandbox, as the buyer; gives the sandbox's status.
    pub(crate) async fn pay(&self, sandbox: &str, payment: &Value, card: &str) -> u16 {
        let body = json!({ "payment_intent": payment["provider_payment"], "payment_method": card });
        self.http.post(format!("{sandbox}/_sandbox/pay")).json(&body).send().await.unwrap().status().as_u16()
    }

    /// Holds, orders and starts the payment of any so many tickets; gives order and payment.
    pub(crate) async fn order(&self, on_sale: &OnSale, quantity: u32) -> (Value, Value) {
        let hold = self.post("/v1/holds", json!({ "items": [on_sale.any(quantity)] })).await.done();
        let order = self.post("/v1/orders", order_of(&hold)).await.done();
        let payment = self.post(&format!("/v1/orders/{}/payments", id(&order)), json!({})).await.done();
        (order, payment)
    }

    /// Buys any so many tickets; gives the paid order.
    pub(crate) async fn buy(&self, sandbox: &str, on_sale: &OnSale, quantity: u32) -> Value {
        let (order, payment) = self.order(on_sale, quantity).await;
        assert_eq!(self.pay(sandbox, &payment, "pm_card_visa").await, 200);
        self.becomes(&format!("/v1/orders/{}", id(&order)), "paid").await
    }

    /// Waits until the object is in this state.
    pub(crate) async fn becomes(&self, path: &str, state: &str) -> Value {
        eventually(&format!("{path} is {state}"), async || {
            let object = self.get(path).await;
            (object["state"] == state).then_some(object)
        })
        .await
    }
}

/// Looks again and again until it is there, and fails when it takes too long.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(SOON, looking).await.unwrap_or_else(|_| panic!("it never came to this: {what}"))
}

async fn answer(response: reqwest::Response) -> Result<Answer, reqwest::Error> {
    let status = response.status().as_u16();
    let text = response.text().await?;
    Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}

/// The order of a hold, with everything that it needs to be paid. Each hold has a buyer of its own: nobody may have many tickets.
pub(crate) fn order_of(hold: &Value) -> Value {
    json!({ "hold_id": id(hold), "buyer": { "name": "Ada Lovelace", "email": format!("{}@example.com", id(hold)) } })
}

/// An object's id.
pub(crate) fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object:#}"))
}

/// A performance and an offer of it.
#[derive(Debug, Clone)]
pub(crate) struct OnSale {
    pub(crate) performance: String,
    pub(crate) offer: String,
}

impl OnSale {
    /// Any so many tickets under the offer.
    pub(crate) fn any(&self, quantity: u32) -> Value {
        json!({ "performance_id": self.performance, "offer_id": self.offer, "quantity": quantity })
    }

    /// This ticket under the offer.
    pub(crate) fn ticket(&self, ticket: &str) -> Value {
        json!({ "performance_id": self.performance, "offer_id": self.offer, "ticket_id": ticket })
    }
}
