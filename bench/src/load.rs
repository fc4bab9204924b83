//! The load: connections that are kept, each sending a request, waiting for its answer, and sending the next. The client is as
//! thin as HTTP/1.1 allows, because its own cost is paid by the machine that is measured.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use foundation::id::{OfferId, PerformanceId};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::platform::Platform;

/// Stands in a body for whoever buys this time, in as many letters.
const BUYER: &str = "the-buyer-of-this-very-purchase-";

/// A request that is sent over and over; each time with a key of its own.
#[derive(Clone)]
pub(crate) struct Request {
    head: String,
    body: String,
    /// The status that counts as done.
    expected: &'static [u8],
}

impl Request {
    fn post(path: &str, headers: &str, body: String, expected: &'static [u8]) -> Self {
        let headers = format!("content-type: application/json\r\n{headers}");
        Self::of("POST", path, &headers, body, expected)
    }

    /// A list or a thing read with the reseller's key.
    pub(crate) fn get(key: &str, path: &str) -> Self {
        let headers = format!("authorization: Bearer {key}\r\n");
        Self::of("GET", path, &headers, String::new(), b"HTTP/1.1 200")
    }

    fn of(method: &str, path: &str, headers: &str, body: String, expected: &'static [u8]) -> Self {
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {length}\r\n{headers}");
        Self { head, body, expected }
    }

    /// A POST of about the same size that does nothing.
    pub(crate) fn noop(platform: &Platform) -> Self {
        Self::post("/noop", "", Self::hold_body(platform), b"HTTP/1.1 201")
    }

    /// A GET of about the size of an availability that does nothing.
    pub(crate) fn noop_get() -> Self {
        Self::of("GET", "/noop", "", String::new(), b"HTTP/1.1 200")
    }

    /// What can be had of the performance, as anyone may ask.
    pub(crate) fn availability(platform: &Platform) -> Self {
        let (reseller, performance) = (platform.reseller, &platform.performance);
        let path = format!("/v1/public/eu/{reseller}/performances/{performance}/availability");
        Self::of("GET", &path, "", String::new(), b"HTTP/1.1 200")
    }

    /// A hold of one place.
    pub(crate) fn hold(platform: &Platform) -> Self {
        let headers = format!("authorization: Bearer {}\r\n", platform.key);
        Self::post("/v1/holds", &headers, Self::hold_body(platform), b"HTTP/1.1 201")
    }

    /// A hold of the best seats for a party.
    pub(crate) fn best(platform: &Platform, (performance, offer): &(PerformanceId, OfferId), many: usize) -> Self {
        let headers = format!("authorization: Bearer {}\r\n", platform.key);
        let party = format!(r#"[{{"offer_id":"{offer}","quantity":{many}}}]"#);
        let body = format!(r#"{{"items":[{{"performance_id":"{performance}","choose":{{"party":{party}}}}}]}}"#);
        Self::post("/v1/holds", &headers, body, b"HTTP/1.1 201")
    }

    /// The same hold as most people write it.
    pub(crate) fn naive(platform: &Platform) -> Self {
        Self::post("/naive/holds", "", Self::hold_body(platform), b"HTTP/1.1 201")
    }

    /// A whole purchase in one call: held, ordered, paid at once.
    pub(crate) fn purchase(platform: &Platform) -> Self {
        let headers = format!("authorization: Bearer {}\r\n", platform.key);
        Self::post("/v1/orders", &headers, Self::purchase_body(platform), b"HTTP/1.1 201")
    }

    /// The same purchase as most people write it.
    pub(crate) fn naive_purchase(platform: &Platform) -> Self {
        Self::post("/naive/purchases", "", Self::purchase_body(platform), b"HTTP/1.1 201")
    }

    fn purchase_body(platform: &Platform) -> String {
        let (performance, offer) = (&platform.performance, &platform.offer);
        format!(
            r#"{{"items":[{{"performance_id":"{performance}","offer_id":"{offer}","quantity":1}}],"buyer":{{"name":"Ada","email":"{BUYER}@example.com"}},"payment":{{"method":"confirm","payment_method":"pm_card_visa","return_url":"https://bench.example/"}}}}"#
        )
    }

    /// A payment of the provider, created, confirmed and paid in one call.
    pub(crate) fn payment() -> Self {
        let headers = format!(
            "authorization: Bearer {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
            crate::sandbox::KEY
        );
        let body = "amount=5000&currency=eur&payment_method_types[]=card&payment_method=pm_card_visa&confirm=true";
        Self::of("POST", "/v1/payment_intents", &headers, body.to_owned(), b"HTTP/1.1 200")
    }

    fn hold_body(platform: &Platform) -> String {
        let (performance, offer) = (&platform.performance, &platform.offer);
        format!(r#"{{"items":[{{"performance_id":"{performance}","offer_id":"{offer}","quantity":1}}]}}"#)
    }

    fn bytes(&self) -> Vec<u8> {
        let key = uuid::Uuid::new_v4();
        let body = self.body.replace(BUYER, &key.simple().to_string());
        format!("{}idempotency-key: {key}\r\n\r\n{body}", self.head).into_bytes()
    }
}

/// How hard and how long.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) length: Duration,
    /// From one request of a connection to its next, if it takes its time; the connections' first ones are spread over it.
    pub(crate) every: Duration,
}

/// What came of a load.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// Done per second.
    pub(crate) rate: f64,
    /// The one in the middle.
    pub(crate) p50: Duration,
    /// The slowest but one in a hundred.
    pub(crate) p99: Duration,
}

/// The outcome in the middle.
pub(crate) fn median(outcomes: &[Outcome]) -> Outcome {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    sorted[sorted.len() / 2]
}

impl Load {
    /// As fast as answers come.
    pub(crate) fn rush(connections: usize, length: Duration) -> Self {
        Self { connections, length, every: Duration::ZERO }
    }

    /// Sends the request on all connections until the time is up, on each at least once.
    pub(crate) async fn run(self, address: SocketAddr, request: &Request) -> anyhow::Result<Outcome> {
        let began = Instant::now();
        let workers: Vec<_> = (0..self.connections)
            .map(|nth| {
                let first = began + self.every.mul_f64(nth as f64 / self.connections as f64);
                tokio::spawn(connection(address, request.clone(), first, self.every, began + self.length))
            })
            .collect();
        let mut times = Vec::new();
        for worker in workers {
            times.extend(worker.await??);
        }
        let took = began.elapsed();
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).copied().context("nothing was done")?;
        let p50 = times.get(times.len() / 2).copied().context("nothing was done")?;
        Ok(Outcome { rate: times.len() as f64 / took.as_secs_f64(), p50, p99 })
    }
}

async fn connection(
    address: SocketAddr,
    request: Request,
    first: Instant,
    every: Duration,
    until: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut due = first;
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        // Who had to wait for the last answer beyond the next one's time has waited since then.
        let sent = if every.is_zero() || Instant::now() < due {
            tokio::time::sleep_until(due.into()).await;
            Instant::now()
        } else {
            due
        };
        due += every;
        stream.write_all(&request.bytes()).await?;
        let answer = read_answer(&mut stream, &mut buffer).await?;
        anyhow::ensure!(
            answer.starts_with(request.expected),
            "an unexpected answer: {}",
            String::from_utf8_lossy(answer)
        );
        times.push(sent.elapsed());
        if Instant::now() >= until {
            return Ok(times);
        }
    }
}

async fn read_answer<'a>(stream: &mut TcpStream, buffer: &'a mut [u8]) -> anyhow::Result<&'a [u8]> {
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..]).await?;
        anyhow::ensure!(read > 0, "the server closed the connection, or the answer is longer than the buffer");
        length += read;
        if let Some(whole) = whole_length(&buffer[..length])?
            && length >= whole
        {
            return Ok(&buffer[..whole]);
        }
    }
}

fn whole_length(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = length.context("an answer without a length")?;
    Ok(Some(end + 4 + length.trim().parse::<usize>()?))
}
