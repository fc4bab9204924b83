//! The platform under load: its real router with all its rules on, over one cell on a durable PostgreSQL of its own.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use foundation::{
    Cell, Money,
    cell::CellSettings,
    id::ResellerId,
    schema,
    throttle::{Rate, Throttle},
};
use local_postgres::Cluster;
use platform_api::{ApiSettings, App, CellServices, Region, StreamLimits};
use rust_decimal::Decimal;
use sqlx::{Connection as _, PgConnection};
use tenancy::{AccountForm, Environment, NewAccount};
use ticketing::{
    inventory::Inventory,
    lanes::{LaneSettings, Lanes},
    provider::{Provider, ProviderSettings, Providers},
    rules::{
        offer::NewPriceTier,
        performance::NewPerformance,
        show::{NewShow, ShowState, Visibility},
        tickets::{NewTickets, NewTicketsKind},
        times::GivenTimes,
        venue::NewVenue,
    },
    store::{offers, venues},
    use_cases::{
        add_tickets::add_tickets,
        create_show::create_show,
        update_show::{ShowChanges, update_show},
    },
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{naive, purchases, report::Comparison, sandbox, webhooks};

/// The places of the hot performance: more than all rounds can hold.
pub(crate) const PLACES: u32 = 800_000;
const PLACES_PER_CALL: u32 = 100_000;

/// A running platform.
pub(crate) struct Platform {
    pub(crate) address: SocketAddr,
    pub(crate) cell: Cell,
    pub(crate) reseller: ResellerId,
    pub(crate) key: String,
    pub(crate) performance: String,
    pub(crate) offer: String,
    pub(crate) owner_url: String,
    cluster: Cluster,
    /// The payment sandbox beside it.
    pub(crate) sandbox: SocketAddr,
    stop: CancellationToken,
}

impl Platform {
    /// Starts it in this directory; what an earlier run left there is reused as a server and dropped as data.
    pub(crate) async fn start(home: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(home)?;
        let settings = local_postgres::Settings { home: home.to_owned(), port: free_port().await? };
        let cluster = tokio::task::spawn_blocking(move || Cluster::ensure(settings)).await??;
        let mut owner = PgConnection::connect(&cluster.url("postgres")).await?;
        schema::ensure_roles(&mut owner, "bench").await?;
        sqlx::query("drop database if exists bench with (force)").execute(&mut owner).await?;
        sqlx::query("create database bench").execute(&mut owner).await?;
        owner.close().await?;
        let owner_url = cluster.url("bench");
        let mut owner = PgConnection::connect(&owner_url).await?;
        schema::MIGRATOR.run(&mut owner).await?;
        owner.close().await?;
        naive::prepare(&owner_url).await?;
        let cell = Cell::open(&cell_settings(&cluster))?;
        let (reseller, key, performance, offer) = on_sale(&cell).await?;
        let mut owner = PgConnection::connect(&owner_url).await?;
        sqlx::query("vacuum analyze").execute(&mut owner).await?;
        owner.close().await?;
        let stop = CancellationToken::new();
        let sandbox = sandbox::start(home, stop.clone()).await?;
        let provider = purchases::replay(sandbox).await?;
        let naives = naive::router(&owner_url).await?.merge(purchases::router(&owner_url, &provider).await?);
        let router = app(cell.clone(), provider, &stop)?.merge(naives);
        let listener = platform_api::listen((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = listener.local_addr()?;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(Self { address, cell, reseller, key, performance, offer, owner_url, cluster, sandbox, stop })
    }

    /// Measures webhooks alone, in the same cell.
    pub(crate) async fn webhooks(&self) -> anyhow::Result<Vec<Comparison>> {
        println!("Webhooks …");
        webhooks::measure(&self.cell, &self.owner_url, self.reseller).await
    }

    /// Stops it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        Ok(tokio::task::spawn_blocking(move || self.cluster.stop()).await??)
    }
}

async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}

fn cell_settings(cluster: &Cluster) -> CellSettings {
    let url = |role: &str| format!("postgres://{role}:bench@{}:{}/bench", cluster.host(), cluster.port());
    CellSettings {
        name: "eu-1".to_owned(),
        region: "eu".to_owned(),
        legal_entity: None,
        database_url: url(schema::APP_ROLE),
        worker_database_url: url(schema::WORKER_ROLE),
        request_connections: 8,
        lane_connections: 4,
        worker_connections: 6,
        sealing_key: [1; 32],
        previous_sealing_key: None,
    }
}

/// The test environment of a new account.
pub(crate) async fn registered(cell: &Cell) -> anyhow::Result<Environment> {
    let form = AccountForm {
        name: "Bench".to_owned(),
        email: "bench@example.com".to_owned(),
        country: "NL".to_owned(),
        currency: "EUR".to_owned(),
        legal_name: "Bench".to_owned(),
        address: "Street 1".to_owned(),
        tax_id: None,
    };
    Ok(tenancy::register(cell, &NewAccount::parse(form)?).await?.test)
}

async fn on_sale(cell: &Cell) -> anyhow::Result<(ResellerId, String, String, String)> {
    let registered = registered(cell).await?;
    let mut tx = cell.tenant(registered.reseller.id).await?;
    let text = |text: &str| text.to_owned();
    let venue =
        NewVenue { name: text("Field"), city: text("Town"), country: text("NL"), time_zone: text("Europe/Amsterdam") };
    let venue = venues::insert(&mut tx, &venue).await?;
    let starts_at = tx.now().await?.plus(Duration::from_secs(30 * 86_400));
    let price = Money::new(Decimal::from(50), "EUR".parse()?)?;
    let performance = NewPerformance {
        venue: venue.id,
        times: GivenTimes {
            starts_at: Some(starts_at.into()),
            ends_at: Some((starts_at.plus(Duration::from_secs(3_600))).into()),
            ..GivenTimes::default()
        },
        layout: None,
        price_tiers: vec![NewPriceTier { name: text("floor"), prices: vec![(text("adult"), price).into()] }],
        tickets: Vec::new(),
    };
    let new = NewShow {
        title: text("Rush"),
        description: String::new(),
        currency: price.currency(),
        visibility: Visibility::Public,
        public_from: None,
        state: ShowState::Draft,
        ticket_types: vec![text("adult")],
        performances: vec![performance],
    };
    let show = create_show(&mut tx, &new).await?;
    let performance = show.performances.first().ok_or_else(|| anyhow::anyhow!("the show has no performance"))?.id;
    for _ in 0..PLACES / PLACES_PER_CALL {
        let tickets = NewTickets {
            section: text("Floor"),
            price_tier: text("floor"),
            kind: NewTicketsKind::Places(PLACES_PER_CALL),
        };
        add_tickets(&mut tx, performance, &[tickets]).await?;
    }
    // There are more tickets than one request creates, and what is published has some.
    let published = ShowChanges { state: Some(ShowState::Published), ..ShowChanges::default() };
    update_show(&mut tx, show.id, show.version, published).await?;
    let offer = offers::of_performance(&mut tx, performance)
        .await?
        .first()
        .map(|offer| offer.id.to_string())
        .unwrap_or_default();
    tx.commit().await?;
    Ok((registered.reseller.id, registered.secret_key.expose().to_owned(), performance.to_string(), offer))
}

fn app(cell: Cell, provider_url: String, stop: &CancellationToken) -> anyhow::Result<axum::Router> {
    let inventory = Inventory::new(cell.clone());
    let settings = LaneSettings { lanes: 2, batch: 256, queue: 8_192 };
    let (lanes, _) = Lanes::open(inventory.clone(), settings, platform_api::render_hold, stop.clone());
    let provider = Provider::new(&ProviderSettings {
        base_url: provider_url,
        secret_key: "sk_test_bench".to_owned(),
        publishable_key: "pk_test_bench".to_owned(),
        callback_secret: "whsec_bench".to_owned(),
    })?;
    let services = CellServices {
        throttle: Arc::new(Throttle::new(cell.clone())),
        cell,
        inventory,
        lanes,
        providers: Providers { live: provider.clone(), test: provider },
    };
    // No limit that the load would meet; the throttle itself is on, as in production.
    let rate = Rate { per_second: 1_000_000, burst: 2_000_000 };
    let settings = ApiSettings {
        trusted_proxies: Vec::new(),
        metrics_from: Vec::new(),
        body_limit: 262_144,
        bulk_body_limit: 16_777_216,
        request_timeout: Duration::from_secs(30),
        max_in_flight: 4_096,
        key_rate: rate,
        client_rate: rate,
        hold_default: Duration::from_secs(900),
        hold_max: Duration::from_secs(3_600),
        payable_for: Duration::from_secs(900),
        allow_private_webhooks: false,
        streams: StreamLimits { all: 10_000, per_key: 10_000, per_client: 10_000 },
        stream_pulse: Duration::from_secs(15),
    };
    let region = Region { base_url: "http://localhost".to_owned(), cells: vec![services] };
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    Ok(platform_api::router(App::new(settings, HashMap::from([("eu".to_owned(), region)]), metrics)))
}
