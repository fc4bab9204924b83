//! Webhooks: what the dispatcher delivers and records, beside a bare loop that posts the same bodies to the same receivers with
//! the same number of requests under way; and how long a sale's webhook takes from the commit to its first byte.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use foundation::{
    Cell, Mode, Money,
    event::{self, NewEvent},
    id::{OrderId, PerformanceId, ResellerId, TicketId},
    sequencer,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tenancy::webhook_endpoints::{self, NewEndpoint, PayloadVersion, Rules};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use webhooks_dispatcher::{Dispatcher, DispatcherSettings, Origin};

use crate::{platform, report::Comparison};

/// Endpoints of the reseller, the most that one has, and the requests under way to each.
const ENDPOINTS: usize = 16;
const PER_ENDPOINT: usize = 16;
/// Events of one round; each goes to every endpoint.
const EVENTS: usize = 2_500;
const ROUNDS: usize = 3;
/// Sales a second, and for how long, for the latency.
const SALES: u32 = 1_000;
const SALES_FOR: u32 = 5;
/// Sales that commit at once: what is left of the connections for requests beside the dispatcher's four.
const CLERKS: usize = 4;
const BARE: &str = "bare reqwest loop posting the same bodies, c=256";

type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

/// Measures all of it on this cell.
pub(crate) async fn measure(cell: &Cell, owner_url: &str, reseller: ResellerId) -> anyhow::Result<Vec<Comparison>> {
    let mut receivers = Vec::new();
    for _ in 0..ENDPOINTS {
        receivers.push(receiver(Arrivals::default()).await?);
    }
    for address in &receivers {
        endpoint(cell, owner_url, reseller, *address).await?;
    }
    let settings = DispatcherSettings {
        allow_private_addresses: true,
        per_endpoint: PER_ENDPOINT,
        workers: ENDPOINTS * PER_ENDPOINT,
        ..DispatcherSettings::default()
    };
    let dispatcher = Dispatcher::new(cell.clone(), settings)?;
    dispatcher.run_once().await?;
    let (mut bare, mut delivered, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_loop(&receivers).await?);
        write(cell, reseller, EVENTS).await?;
        sequencer::place_all(cell).await?;
        let begun = Instant::now();
        delivered.push(dispatcher.run_once().await? as f64 / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        write(cell, reseller, EVENTS).await?;
        whole.push(dispatcher.run_once().await? as f64 / begun.elapsed().as_secs_f64());
    }
    let (sold, p99) = first_bytes(cell, owner_url, dispatcher).await?;
    let (bare, delivered, whole) = (median(bare), median(delivered), median(whole));
    let (claimed, written) = (
        "webhook deliveries from the claim to the recorded outcome, 16 endpoints",
        "webhook deliveries from the writing of the event to the recorded outcome, 16 endpoints",
    );
    Ok(vec![
        Comparison::plain(BARE, bare, "requests/s"),
        Comparison::ratio(claimed, delivered, "deliveries/s", BARE, bare, "≥ 0.5"),
        Comparison::ratio(written, whole, "deliveries/s", "Svix server 1.100 on such a machine", 1_220.0, "≥ 10"),
        Comparison::plain("sales that were committed beside it, of 1,000/s asked for", sold, "sales/s"),
        Comparison::latency("commit of one of these sales to the first byte of its webhook, p99", p99, "< 250 ms"),
    ])
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

async fn endpoint(cell: &Cell, owner_url: &str, reseller: ResellerId, address: SocketAddr) -> anyhow::Result<()> {
    let rules = Rules { event_types: &[], allow_private: true, own_hosts: &[] };
    let new = NewEndpoint { url: format!("http://{address}/"), ..NewEndpoint::default() };
    let mut tx = cell.tenant(reseller).await?;
    let (endpoint, _) = webhook_endpoints::create(&mut tx, &rules, new).await?;
    tx.commit().await?;
    // Its ping is sent with the rest; that it was answered is told here, so that the measurement begins at once.
    let mut owner = PgConnection::connect(owner_url).await?;
    sqlx::query("update webhook_endpoints set verified_at = clock_timestamp() where endpoint_id = $1")
        .bind(endpoint.id)
        .execute(&mut owner)
        .await?;
    Ok(())
}

/// The event of a sale as ticketing writes it.
fn sale(order: OrderId) -> anyhow::Result<NewEvent> {
    let total = Money::new(Decimal::from(50), "EUR".parse()?)?;
    let item = |no: u8| {
        json!({ "no": no, "performance_id": PerformanceId::new(), "ticket_id": TicketId::new(), "total": total,
                "credential": "issued" })
    };
    let data = json!({
        "id": order, "state": "paid", "reference": "web-1001", "hold_id": "hold_0192f0c1000070008000000000000001",
        "total": total, "pay_by": "2027-03-01T10:15:00Z", "paid_at": "2027-03-01T10:02:11Z", "items": [item(1), item(2)],
    });
    Ok(NewEvent::of("order.paid", "order", order, 1, data))
}

async fn write(cell: &Cell, reseller: ResellerId, events: usize) -> anyhow::Result<()> {
    let mut left = events;
    while left > 0 {
        let page = left.min(250);
        let events = (0..page).map(|_| sale(OrderId::new())).collect::<anyhow::Result<Vec<_>>>()?;
        let mut tx = cell.tenant(reseller).await?;
        event::append(&mut tx, &events).await?;
        tx.commit().await?;
        left -= page;
    }
    Ok(())
}

/// Posts bodies like ours to the receivers, as many at once as the dispatcher, and does nothing else. Requests a second.
async fn bare_loop(receivers: &[SocketAddr]) -> anyhow::Result<f64> {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(PER_ENDPOINT).build()?;
    let data: Value = sale(OrderId::new())?.data;
    let logged = event::LoggedEvent {
        position: 1,
        event_id: foundation::id::EventId::new(),
        kind: "order.paid".to_owned(),
        object_type: "order".to_owned(),
        object_id: OrderId::new().uuid(),
        sequence: Some(1),
        version: Some(1),
        occurred_at: foundation::Instant::from_micros(0),
        data,
    };
    let body = webhooks_dispatcher::payload(&logged, Origin { region: "eu", mode: Mode::Test }, PayloadVersion::V1);
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    let each = EVENTS / PER_ENDPOINT;
    for address in receivers {
        for _ in 0..PER_ENDPOINT {
            let (client, url, body) = (client.clone(), format!("http://{address}/"), body.clone());
            tasks.spawn(async move {
                for _ in 0..each {
                    client.post(&url).header("webhook-id", "bare").body(body.clone()).send().await?.bytes().await?;
                }
                Ok::<_, reqwest::Error>(())
            });
        }
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((each * PER_ENDPOINT * receivers.len()) as f64 / begun.elapsed().as_secs_f64())
}

/// The sales a second of a reseller with one endpoint, each in a transaction of its own, and the 99th of a hundred times from a
/// commit to the first byte of its webhook.
async fn first_bytes(cell: &Cell, owner_url: &str, dispatcher: Dispatcher) -> anyhow::Result<(f64, Duration)> {
    let reseller = platform::registered(cell).await?.reseller.id;
    let arrivals = Arrivals::default();
    endpoint(cell, owner_url, reseller, receiver(Arc::clone(&arrivals)).await?).await?;
    dispatcher.run_once().await?;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(dispatcher.run(shutdown.clone()));
    let clerks = Arc::new(Semaphore::new(CLERKS));
    let mut sales: JoinSet<anyhow::Result<(OrderId, Instant)>> = JoinSet::new();
    let mut every = tokio::time::interval(Duration::from_secs(1) / SALES);
    let begun = Instant::now();
    for _ in 0..SALES * SALES_FOR {
        every.tick().await;
        let (cell, clerk) = (cell.clone(), Arc::clone(&clerks).acquire_owned().await?);
        sales.spawn(async move {
            let order = OrderId::new();
            let mut tx = cell.tenant(reseller).await?;
            event::append(&mut tx, &[sale(order)?]).await?;
            tx.commit().await?;
            drop(clerk);
            Ok((order, Instant::now()))
        });
    }
    let mut committed = Vec::new();
    while let Some(sale) = sales.join_next().await {
        committed.push(sale??);
    }
    let sold = committed.len() as f64 / begun.elapsed().as_secs_f64();
    let mut times = Vec::new();
    for (order, at) in committed {
        let arrived = loop {
            if let Some(arrived) = arrivals.lock().unwrap_or_else(PoisonError::into_inner).get(&order.to_string()) {
                break *arrived;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        times.push(arrived.saturating_duration_since(at));
    }
    shutdown.cancel();
    running.await?;
    times.sort();
    Ok((sold, times[times.len() * 99 / 100]))
}

/// A receiver as thin as HTTP/1.1 allows, which notes when each order first came.
async fn receiver(arrivals: Arrivals) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&arrivals)));
        }
    });
    Ok(address)
}

async fn answer(mut stream: TcpStream, arrivals: Arrivals) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(8_192);
    loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        let at = Instant::now();
        while let Some(end) = request(&buffer) {
            note(&buffer[..end], at, &arrivals);
            buffer.drain(..end);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
        }
    }
}

/// Where the first request ends, once all of it is there.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse::<usize>().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}

fn note(request: &[u8], at: Instant, arrivals: &Arrivals) {
    const MARK: &[u8] = br#""data":{"id":""#;
    // PostgreSQL keeps an object's members by their length, so the id is not always first.
    const OTHER: &[u8] = br#""id":"ord_"#;
    let found = request.windows(MARK.len()).position(|part| part == MARK).map(|nth| nth + MARK.len());
    let found = found.or_else(|| request.windows(OTHER.len()).position(|part| part == OTHER).map(|nth| nth + 6));
    let id = found.and_then(|nth| std::str::from_utf8(request.get(nth..nth + 36)?).ok());
    if let Some(id) = id {
        let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.entry(id.to_owned()).or_insert(at);
    }
}
