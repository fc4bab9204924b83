//! The payment provider: the real sandbox over HTTP, its callbacks received over HTTP, and the buyer who pays there.

use std::{
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use foundation::{Mode, Result, id::OrderId};
use serde_json::{Value, json};
use stripe_sandbox::{Account, Config, Fee};
use ticketing::{
    provider::{Callback, IntentState, Provider, ProviderSettings, Providers},
    rules::{
        order::Order,
        payment::{Payment, PaymentState, Way},
    },
    use_cases::{
        apply_callback::apply_callback,
        cancel_order::{Ending, end_order},
        expire::do_due,
        start_payment::start_payment,
    },
};
use tokio::{net::TcpListener, sync::mpsc};

use crate::{house::House, process::Process};

/// Far enough away that only a moved clock reaches it.
pub(crate) const DELAY: u64 = 3_600;
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a payment that is being decided keeps its tickets.
pub(crate) const SLOW: Duration = Duration::from_secs(86_400);

pub(crate) struct Bank {
    pub(crate) providers: Providers,
    base: String,
    http: reqwest::Client,
    callbacks: mpsc::UnboundedReceiver<(String, Bytes)>,
    /// Callbacks that came before the one that was waited for.
    kept: Vec<Callback>,
}

async fn take(State(desk): State<mpsc::UnboundedSender<(String, Bytes)>>, headers: HeaderMap, body: Bytes) {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    // A test that has ended waits for no more of them.
    let _ = desk.send((signature, body));
}

/// What every client of HTTP needs before it is made.
fn crypto() {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
}

fn providers_at(base: &str) -> Providers {
    crypto();
    let account = |mode: &str| {
        let settings = ProviderSettings {
            base_url: base.to_owned(),
            secret_key: format!("sk_test_{mode}"),
            publishable_key: format!("pk_test_{mode}"),
            callback_secret: format!("whsec_{mode}"),
        };
        Provider::new(&settings).unwrap()
    };
    Providers { live: account("live"), test: account("test") }
}

impl Bank {
    pub(crate) async fn open() -> Self {
        crypto();
        let (desk, callbacks) = mpsc::unbounded_channel();
        let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callbacks", receiver.local_addr().unwrap());
        let router = Router::new().route("/callbacks", post(take)).with_state(desk);
        tokio::spawn(axum::serve(receiver, router).into_future());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let account = |mode: &str| Account {
            secret_key: format!("sk_test_{mode}"),
            publishable_key: format!("pk_test_{mode}"),
            callback_url: Some(url.clone()),
            callback_secret: format!("whsec_{mode}"),
        };
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            accounts: vec![account("live"), account("test")],
            state_file: None,
            fee: Fee::default(),
            balance_transaction_delay: Duration::from_secs(DELAY),
        };
        tokio::spawn(stripe_sandbox::serve(listener, config, std::future::pending()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { providers: providers_at(&base), base, http, callbacks, kept: Vec::new() }
    }

    /// A provider that does not answer.
    pub(crate) async fn down() -> Providers {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        providers_at(&format!("http://{gone}"))
    }

    pub(crate) async fn call(&self, path: &str, body: Value) -> Value {
        let call = self.http.post(format!("{}{path}", self.base)).bearer_auth("sk_test_test").json(&body);
        call.send().await.unwrap().json().await.unwrap()
    }

    /// A call of the provider's own interface, which takes forms.
    pub(crate) async fn form(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let call = self.http.post(format!("{}{path}", self.base)).bearer_auth("sk_test_test").form(form);
        call.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// A complete account of a reseller's, with this bank account; gives its id.
    pub(crate) async fn connected(&self, iban: &str) -> String {
        let form = [
            ("type", "custom"),
            ("country", "DE"),
            ("capabilities[transfers][requested]", "true"),
            ("settings[payouts][schedule][interval]", "manual"),
            ("business_type", "individual"),
            ("business_profile[url]", "https://venue.example"),
            ("individual[first_name]", "Ada"),
            ("individual[last_name]", "Lovelace"),
            ("individual[email]", "ada@example.com"),
            ("individual[dob][day]", "1"),
            ("individual[dob][month]", "2"),
            ("individual[dob][year]", "1990"),
            ("tos_acceptance[date]", "1790000000"),
            ("tos_acceptance[ip]", "127.0.0.1"),
            ("external_account[object]", "bank_account"),
            ("external_account[country]", "DE"),
            ("external_account[currency]", "eur"),
            ("external_account[account_number]", iban),
        ];
        self.form("/v1/accounts", &form).await["id"].as_str().unwrap().to_owned()
    }

    /// The buyer pays with this card.
    pub(crate) async fn pay(&self, payment: &Payment, card: &str) {
        let secret = payment.client_secret.as_ref().unwrap();
        self.call("/_sandbox/pay", json!({ "payment_intent": secret, "payment_method": card })).await;
    }

    /// The buyer pays on the provider's page with this card.
    pub(crate) async fn pay_on_page(&self, payment: &Payment, card: &str) {
        let session = payment.provider_session.as_ref().unwrap();
        self.call("/_sandbox/pay", json!({ "checkout_session": session, "payment_method": card })).await;
    }

    /// The buyer at the bank's own page.
    pub(crate) async fn authenticate(&self, payment: &Payment, outcome: &str) {
        let intent = payment.provider_intent.as_ref().unwrap();
        self.call("/_sandbox/authenticate", json!({ "payment_intent": intent, "outcome": outcome })).await;
    }

    /// Has the next calls that match go wrong.
    pub(crate) async fn fault(&self, fault: Value) {
        self.call("/_sandbox/faults", fault).await;
    }

    /// Waits until so many calls are held.
    pub(crate) async fn held(&self, calls: usize) {
        let path = format!("{}/_sandbox/faults?held={calls}", self.base);
        let answer = self.http.get(path).bearer_auth("sk_test_test").send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// Lets go all calls that are held.
    pub(crate) async fn let_go(&self) {
        let path = format!("{}/_sandbox/faults", self.base);
        assert!(self.http.delete(path).bearer_auth("sk_test_test").send().await.unwrap().status().is_success());
    }

    /// Takes one fault away, and lets go the calls that it holds.
    pub(crate) async fn let_go_of(&self, fault: &Value) {
        let path = format!("{}/_sandbox/faults/{}", self.base, fault["id"].as_str().unwrap());
        assert!(self.http.delete(path).bearer_auth("sk_test_test").send().await.unwrap().status().is_success());
    }

    /// Does what somebody else does at the provider.
    pub(crate) async fn trigger(&self, what: Value) -> Value {
        self.call("/_sandbox/trigger", what).await
    }

    /// Applies every callback that comes until one of this type has been applied; gives that one.
    pub(crate) async fn apply_until(&mut self, house: &House, process: &Process, kind: &str) -> Callback {
        loop {
            let callback = self.next_callback(house).await;
            self.apply_this(process, &callback).await.unwrap();
            if callback.kind_text == kind {
                return callback;
            }
        }
    }

    /// Moves the provider's clock.
    pub(crate) async fn advance(&self) {
        self.call("/_sandbox/advance", json!({ "seconds": DELAY + 1 })).await;
    }

    /// How many there are of something at the provider.
    pub(crate) async fn count(&self, of: &str) -> u64 {
        let state = self.http.get(format!("{}/_sandbox/state", self.base)).send().await.unwrap();
        state.json::<Value>().await.unwrap()["accounts"]["pk_test_test"][of].as_u64().unwrap()
    }

    /// The next callback, verified.
    pub(crate) async fn next_callback(&mut self, house: &House) -> Callback {
        if !self.kept.is_empty() {
            return self.kept.remove(0);
        }
        let came = tokio::time::timeout(PATIENCE, self.callbacks.recv()).await;
        let (signature, body) = came.expect("no callback came").unwrap();
        let now = house.count("select extract(epoch from clock_timestamp())::bigint where $1::uuid is not null").await;
        self.providers.test.verify(&body, &signature, now).unwrap()
    }

    /// The next callback of this type; those of other types that come before it are kept.
    pub(crate) async fn callback(&mut self, house: &House, kind: &str) -> Callback {
        if let Some(at) = self.kept.iter().position(|callback| callback.kind_text == kind) {
            return self.kept.remove(at);
        }
        let mut others = std::mem::take(&mut self.kept);
        loop {
            let callback = self.next_callback(house).await;
            if callback.kind_text == kind {
                self.kept = others;
                return callback;
            }
            others.push(callback);
        }
    }

    /// Waits for it and applies it.
    pub(crate) async fn apply(&mut self, house: &House, process: &Process, kind: &str) -> Callback {
        let callback = self.callback(house, kind).await;
        self.apply_this(process, &callback).await.unwrap();
        callback
    }

    pub(crate) async fn apply_this(&self, process: &Process, callback: &Callback) -> Result<()> {
        apply_callback(&process.inventory, &self.providers, Mode::Test, callback).await
    }

    pub(crate) async fn start(&self, process: &Process, order: OrderId) -> Payment {
        let payment = self.pay_by(process, order, &Way::ClientSecret).await.unwrap();
        assert_eq!(payment.state, PaymentState::RequiresPayment);
        payment
    }

    /// Asks for the order's payment in this way.
    pub(crate) async fn pay_by(&self, process: &Process, order: OrderId, way: &Way) -> Result<Payment> {
        start_payment(&process.inventory, &self.providers.test, process.reseller, order, way).await
    }

    /// Creates the payment at the provider, and tells nobody of the answer.
    pub(crate) async fn create_there(&self, house: &House, payment: &Payment) -> IntentState {
        self.providers.test.create_intent(house.reseller, payment).await.unwrap()
    }

    /// Orders, pays, and applies what the provider says.
    pub(crate) async fn sold(
        &mut self,
        house: &House,
        process: &Process,
        wants: Vec<ticketing::rules::order::Want>,
        card: &str,
    ) -> Order {
        let order = process.ordered(wants).await;
        let payment = self.start(process, order.id).await;
        self.pay(&payment, card).await;
        self.apply(house, process, "payment_intent.succeeded").await;
        house.order(order.id).await
    }

    pub(crate) async fn due(&self, process: &Process) -> usize {
        do_due(&process.inventory, &self.providers, SLOW).await.unwrap()
    }

    pub(crate) async fn cancel(&self, process: &Process, order: OrderId) -> Result<Order> {
        end_order(&process.inventory, &self.providers.test, process.reseller, order, Ending::Cancel).await
    }
}

/// The same callback as the provider would send it as another event.
pub(crate) fn sent_anew(callback: &Callback) -> Callback {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    Callback { event: format!("evt_again_{}", COUNT.fetch_add(1, Ordering::Relaxed)), ..callback.clone() }
}
