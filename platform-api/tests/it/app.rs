//! The platform as its callers see it: the real router over real HTTP, a database of its own, the payment sandbox whose
//! callbacks come back to it. Background work is done when a test asks for it, so nothing here waits for time.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use accounting::{Adjustment, Pot, Reason};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use foundation::{
    Cell,
    id::{AdjustmentId, ResellerId},
    sequencer,
    throttle::{Rate, Throttle},
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use platform_api::{ApiSettings, App, CellServices, Region, StreamLimits};
use serde_json::{Value, json};
use stripe_sandbox::{Account, Config, Fee};
use testkit::Database;
use ticketing::{
    inventory::Inventory,
    lanes::{LaneSettings, Lanes},
    provider::{Provider, ProviderSettings, Providers},
    use_cases::expire,
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
};
use tokio_util::sync::CancellationToken;

use crate::client::{Client, text};

/// How long a payment that is being decided keeps its tickets.
const SLOW: Duration = Duration::from_secs(86_400);

/// Where the region `us` is said to be served.
pub(crate) const ELSEWHERE: &str = "https://us.stagedoor.example";
/// How far away the provider's fee is; only the sandbox's moved clock reaches it.
pub(crate) const FEE_DELAY: u64 = 3_600;
/// The account of the test environments; that of the live ones is like it.
const PROVIDER_KEY: &str = "sk_test_test";
/// A failing test ends after this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// One process that serves the database.
pub(crate) struct Process {
    pub(crate) base: String,
    services: CellServices,
}

/// A database, the processes that serve it, and the payment provider.
pub(crate) struct TestApp {
    pub(crate) db: Database,
    pub(crate) processes: Vec<Process>,
    pub(crate) http: reqwest::Client,
    pub(crate) settings: ApiSettings,
    provider: String,
    /// Every callback that was answered: its type and the status.
    callbacks: Mutex<mpsc::UnboundedReceiver<(String, u16)>>,
    heard: mpsc::UnboundedSender<(String, u16)>,
}

/// A reseller with its first keys.
pub(crate) struct Reseller {
    pub(crate) id: ResellerId,
    pub(crate) live_id: ResellerId,
    /// The test environment's secret key.
    pub(crate) test: Client,
    pub(crate) live: Client,
    pub(crate) publishable: Client,
}

/// Limits out of every test's way.
pub(crate) fn settings() -> ApiSettings {
    ApiSettings {
        trusted_proxies: Vec::new(),
        metrics_from: vec!["127.0.0.0/8".parse().unwrap()],
        body_limit: 64 << 10,
        bulk_body_limit: 1 << 20,
        request_timeout: Duration::from_secs(20),
        max_in_flight: 256,
        key_rate: Rate { per_second: 100_000, burst: 100_000 },
        client_rate: Rate { per_second: 100_000, burst: 100_000 },
        hold_default: Duration::from_secs(900),
        hold_max: Duration::from_secs(3_600),
        payable_for: Duration::from_secs(900),
        allow_private_webhooks: false,
        streams: StreamLimits { all: 100, per_key: 100, per_client: 100 },
        stream_pulse: Duration::from_secs(15),
    }
}

fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).clone()
}

impl TestApp {
    /// Makes this much available to the reseller, of the platform's own money.
    pub(crate) async fn give(&self, reseller: &Reseller, amount: &str) {
        let given = Adjustment {
            adjustment: AdjustmentId::new(),
            order: None,
            currency: "EUR".parse().unwrap(),
            amount: amount.parse().unwrap(),
            reason: Reason::Goodwill,
        };
        let mut tx = self.db.cell().tenant(reseller.id).await.unwrap();
        accounting::post(&mut tx, &given.journal(Pot::Available).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn start() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: ApiSettings) -> Self {
        static CRYPTO: OnceLock<()> = OnceLock::new();
        crate::log::listen();
        CRYPTO.get_or_init(|| rustls::crypto::ring::default_provider().install_default().unwrap());
        let (heard, callbacks) = mpsc::unbounded_channel();
        let db = Database::create().await;
        let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = format!("http://{}", sandbox.local_addr().unwrap());
        let callback_url = format!("http://{}/callbacks/stripe/{}", api.local_addr().unwrap(), db.cell().name());
        tokio::spawn(stripe_sandbox::serve(sandbox, sandbox_config(&callback_url), std::future::pending()));
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let cell = db.cell().clone();
        let mut app =
            Self { db, processes: Vec::new(), http, settings, provider, callbacks: Mutex::new(callbacks), heard };
        app.serve(api, cell);
        app
    }

    /// A second process on the same database: its own connections, memory and lanes.
    pub(crate) async fn second_process(&mut self) {
        self.process_on(self.db.second_cell()).await;
    }

    /// One more process, on this cell.
    pub(crate) async fn process_on(&mut self, cell: Cell) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.serve(listener, cell);
    }

    fn serve(&mut self, listener: TcpListener, cell: Cell) {
        let base = format!("http://{}", listener.local_addr().unwrap());
        let services = services(cell, &self.provider);
        let regions = HashMap::from([
            ("eu".to_owned(), Region { base_url: base.clone(), cells: vec![services.clone()] }),
            ("us".to_owned(), Region { base_url: ELSEWHERE.to_owned(), cells: Vec::new() }),
        ]);
        let router = platform_api::router(App::new(self.settings.clone(), regions, metrics()))
            .layer(middleware::from_fn_with_state(self.heard.clone(), hear));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
        self.processes.push(Process { base, services });
    }

    pub(crate) fn cell(&self) -> &Cell {
        &self.processes[0].services.cell
    }

    /// A caller of the first process without a key.
    pub(crate) fn anyone(&self) -> Client {
        Client::new(self.http.clone(), &self.processes[0].base, None)
    }

    /// The same, with this text as its key.
    pub(crate) fn with_key(&self, key: &str) -> Client {
        Client::new(self.http.clone(), &self.processes[0].base, Some(key.to_owned()))
    }

    /// The same caller at the second process.
    pub(crate) fn at_second(&self, client: &Client) -> Client {
        client.at(&self.processes[1].base)
    }

    /// A reseller that has just registered.
    pub(crate) async fn reseller(&self) -> Reseller {
        let form = json!({
            "name": "Stage Left", "email": "hello@stageleft.example", "country": "NL", "currency": "EUR",
            "legal_name": "Stage Left B.V.", "address": "Damrak 1, Amsterdam",
        });
        let opened = self.anyone().post("/v1/regions/eu/resellers", form).await.ok(201);
        let key = |environment: &str, kind: &str| self.with_key(text(&opened[environment][kind]));
        let id = |environment: &str| text(&opened[environment]["reseller"]["id"]).parse().unwrap();
        Reseller {
            id: id("test"),
            live_id: id("live"),
            test: key("test", "secret_key"),
            live: key("live", "secret_key"),
            publishable: key("test", "publishable_key"),
        }
    }

    /// Does what runs in the background elsewhere: events get their positions, memory follows, what is due is done.
    pub(crate) async fn settle(&self) {
        for _ in 0..2 {
            sequencer::place_all(self.cell()).await.unwrap();
            accounting::seal_all(self.cell()).await.unwrap();
            accounting::close_due(self.cell()).await.unwrap();
            for process in &self.processes {
                process.services.inventory.catch_up().await.unwrap();
            }
            expire::do_due(&self.processes[0].services.inventory, &self.processes[0].services.providers, SLOW)
                .await
                .unwrap();
        }
    }

    /// Every process tells how many look on live.
    pub(crate) async fn tell_looking(&self) {
        for process in &self.processes {
            process.services.inventory.tell_looking().await;
        }
    }

    /// The first process stops: its live streams end.
    pub(crate) fn close_streams(&self) {
        self.processes[0].services.inventory.close_streams();
    }

    /// The buyer pays with this card; gives the provider's answer.
    pub(crate) async fn pay(&self, payment: &Value, card: &str) -> Value {
        let body = json!({ "payment_intent": text(&payment["client_secret"]), "payment_method": card });
        self.sandbox("/_sandbox/pay", body).await
    }

    pub(crate) async fn sandbox(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.provider)).bearer_auth(PROVIDER_KEY).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// An object as the provider has it in the account of the test environments.
    pub(crate) async fn at_provider(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.provider)).bearer_auth(PROVIDER_KEY);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Waits until a callback of this type was answered, and gives the status.
    pub(crate) async fn callback(&self, kind: &str) -> u16 {
        let mut callbacks = self.callbacks.lock().await;
        loop {
            let next = tokio::time::timeout(PATIENCE, callbacks.recv()).await;
            let (came, status) = next.unwrap_or_else(|_| panic!("no {kind} came")).unwrap();
            if came == kind {
                return status;
            }
        }
    }

    /// An event that was asked to be sent to this endpoint, as if that had answered its ping.
    pub(crate) async fn sent_to(&self, client: &Client, endpoint: &str) -> String {
        sequencer::place_all(self.cell()).await.unwrap();
        let id: foundation::id::EndpointId = endpoint.parse().unwrap();
        sqlx::query("update webhook_endpoints set verified_at = clock_timestamp() where endpoint_id = $1")
            .bind(id)
            .execute(&mut self.db.as_owner().await)
            .await
            .unwrap();
        let log = client.get("/v1/events?limit=1").await.ok(200);
        let event = text(&log["data"][0]["id"]);
        let resend = format!("/v1/webhook_endpoints/{endpoint}/deliveries/{event}/resend");
        client.post(&resend, json!({})).await.ok(200);
        event.to_owned()
    }

    /// How many rows each table has that a request may write, over all tenants.
    pub(crate) async fn counts(&self) -> Vec<(String, i64)> {
        const TABLES: [&str; 23] = [
            "tenants",
            "resellers",
            "api_keys",
            "venues",
            "shows",
            "ticket_types",
            "performances",
            "price_tiers",
            "offers",
            "tickets",
            "claims",
            "holds",
            "orders",
            "order_items",
            "payments",
            "refunds",
            "journals",
            "mail_outbox",
            "webhook_endpoints",
            "deliveries",
            "events",
            "idempotency_keys",
            "test_clocks",
        ];
        let all = TABLES.map(|table| format!("select '{table}', count(*) from {table}")).join(" union all ");
        // By name: a plan that counts in parallel gives them in whichever order they are done.
        let all = format!("{all} order by 1");
        let mut owner = self.db.as_owner().await;
        sqlx::query_as(sqlx::AssertSqlSafe(all)).fetch_all(&mut owner).await.unwrap()
    }

    /// Nothing that must always be true is broken for these tenants.
    pub(crate) async fn verify(&self, tenants: &[&Reseller]) {
        self.settle().await;
        for id in tenants.iter().flat_map(|reseller| [reseller.id, reseller.live_id]) {
            let mut tx = self.cell().tenant(id).await.unwrap();
            for checked in ticketing::verify::checks(&mut tx).await.unwrap() {
                assert!(checked.violations.is_empty(), "{}: {:?}", checked.invariant, checked.violations);
            }
            for event in foundation::event::after(&mut tx, 0, 10_000).await.unwrap().events {
                let kind = platform_api::catalogue::find(&event.kind);
                let kind = kind.unwrap_or_else(|| panic!("{} is not in the catalogue of events", event.kind));
                assert_eq!((kind.object, kind.check(&event.data)), (event.object_type.as_str(), Ok(())), "{event:?}");
            }
        }
    }
}

fn sandbox_config(callback_url: &str) -> Config {
    let account = |mode: &str| Account {
        secret_key: format!("sk_test_{mode}"),
        publishable_key: format!("pk_test_{mode}"),
        callback_url: Some(callback_url.to_owned()),
        callback_secret: format!("whsec_{mode}"),
    };
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        accounts: vec![account("live"), account("test")],
        state_file: None,
        fee: Fee::default(),
        balance_transaction_delay: Duration::from_secs(FEE_DELAY),
    }
}

fn services(cell: Cell, provider: &str) -> CellServices {
    let inventory = Inventory::new(cell.clone());
    let lanes = LaneSettings { lanes: 2, batch: 64, queue: 10_000 };
    let (lanes, _) = Lanes::open(inventory.clone(), lanes, platform_api::render_hold, CancellationToken::new());
    let account = |mode: &str| {
        let settings = ProviderSettings {
            base_url: provider.to_owned(),
            secret_key: format!("sk_test_{mode}"),
            publishable_key: format!("pk_test_{mode}"),
            callback_secret: format!("whsec_{mode}"),
        };
        Provider::new(&settings).unwrap()
    };
    CellServices {
        throttle: Arc::new(Throttle::new(cell.clone())),
        cell,
        inventory,
        lanes,
        providers: Providers { live: account("live"), test: account("test") },
    }
}

/// Tells the test of each callback once it has been answered.
async fn hear(State(heard): State<mpsc::UnboundedSender<(String, u16)>>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/callbacks/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    let kind = serde_json::from_slice::<Value>(&bytes).ok().and_then(|v| v["type"].as_str().map(str::to_owned));
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    // A test that has ended listens no more.
    let _ = heard.send((kind.unwrap_or_default(), response.status().as_u16()));
    response
}
