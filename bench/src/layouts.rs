//! Layouts: a hundred thousand seated tickets made in one call, beside PostgreSQL's own COPY of the same rows into a table with the same
//! keys; and the pictures of an arena and of a hall of 20,000 seats, beside one element a seat, on the server and in a browser.

use std::{
    fmt::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::{platform::Platform, report::Comparison};

const ROUNDS: usize = 3;
const SECTIONS: u32 = 100;
const ROWS: u32 = 20;
const SEATS: u32 = 50;
const TICKETS: u32 = SECTIONS * ROWS * SEATS;

/// Measures both.
pub(crate) async fn measure(platform: &Platform, directory: &Path) -> anyhow::Result<Vec<Comparison>> {
    let reseller = Reseller { http: reqwest::Client::new(), platform };
    let venue = json!({ "name": "Bowl", "city": "Town", "country": "NL", "time_zone": "Europe/Amsterdam" });
    let venue = reseller.post("/v1/venues", &venue).await?;
    let venue = id(&venue)?;
    let mut all = bulk(&reseller, venue).await?;
    let arena = (testkit::shapes::arena(), json!({ "floor": "seated" }));
    all.extend(picture(&reseller, venue, "an arena", arena, directory).await?);
    all.extend(picture(&reseller, venue, "20,000 seats", (field(20), json!({})), directory).await?);
    Ok(all)
}

struct Reseller<'a> {
    http: reqwest::Client,
    platform: &'a Platform,
}

impl Reseller<'_> {
    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let call = self.http.post(format!("http://{}{path}", self.platform.address)).bearer_auth(&self.platform.key);
        let answer = call.header("idempotency-key", uuid::Uuid::new_v4().to_string()).json(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        anyhow::ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let call = self.http.get(format!("http://{}{path}", self.platform.address)).bearer_auth(&self.platform.key);
        Ok(call.send().await?.error_for_status()?.text().await?)
    }

    /// A layout in force. Gives its id.
    async fn layout(&self, venue: &str, name: &str, plan: Value) -> anyhow::Result<String> {
        let layouts = format!("/v1/venues/{venue}/layouts");
        let made = self.post(&layouts, &json!({ "name": name, "plan": plan })).await?;
        let (layout, draft) = (id(&made)?, id(&made["open"])?);
        self.post(&format!("{layouts}/{layout}/versions/{draft}/publish"), &json!({})).await?;
        Ok(layout.to_owned())
    }

    /// A draft show with a performance on this layout that has no tickets yet. Gives the performance.
    async fn performance(&self, venue: &str, layout: &str, choices: Value) -> anyhow::Result<String> {
        let show = json!({
            "title": "Bulk", "currency": "EUR", "state": "draft", "ticket_types": ["adult"],
            "performances": [{
                "venue_id": venue, "starts_at": "2035-05-01T18:00:00Z", "ends_at": "2035-05-01T21:00:00Z",
                "layout": { "layout_id": layout, "choices": choices },
                "price_tiers": [{ "name": "all", "prices": [{ "ticket_type": "adult", "price": { "amount": "50.00", "currency": "EUR" } }] }],
            }],
        });
        let show = self.post("/v1/shows", &show).await?;
        Ok(id(&show["performances"][0])?.to_owned())
    }
}

fn id(object: &Value) -> anyhow::Result<&str> {
    object["id"].as_str().with_context(|| format!("no id in {object}"))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

async fn bulk(reseller: &Reseller<'_>, venue: &str) -> anyhow::Result<Vec<Comparison>> {
    println!("{TICKETS} seated tickets in one call …");
    let layout = reseller.layout(venue, "Bulk", field(SECTIONS)).await?;
    let wanted = |n: u32| json!({ "section": format!("S{n}"), "price_tier": "all" });
    let tickets = json!({ "tickets": (0..SECTIONS).map(wanted).collect::<Vec<_>>() });
    let mut owner = PgConnection::connect(&reseller.platform.owner_url).await?;
    sqlx::raw_sql(
        "create table copied (like tickets including all);
         alter table copied add foreign key (reseller_id, performance_id, price_tier_id) references price_tiers",
    )
    .execute(&mut owner)
    .await?;
    let (mut made, mut copied) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let performance = reseller.performance(venue, &layout, json!({})).await?;
        let start = Instant::now();
        let answer = reseller.post(&format!("/v1/performances/{performance}/tickets"), &tickets).await?;
        made.push(start.elapsed());
        anyhow::ensure!(answer["created"] == TICKETS, "{answer}");
        copied.push(copy(&mut owner, &performance).await?);
    }
    owner.close().await?;
    let rate = |time: Duration| f64::from(TICKETS) / time.as_secs_f64();
    let copy = "COPY of the same rows into a table with the same keys";
    Ok(vec![
        Comparison::plain(copy, rate(median(copied.clone())), "rows/s"),
        Comparison::ratio(
            "100,000 seated tickets of a layout made in one call over HTTP",
            rate(median(made)),
            "tickets/s",
            copy,
            rate(median(copied)),
            "≥ 0.5",
        ),
    ])
}

/// How long PostgreSQL takes to copy the tickets of a performance into the empty table, index upkeep and foreign key included.
async fn copy(owner: &mut PgConnection, performance: &str) -> anyhow::Result<Duration> {
    let performance = uuid::Uuid::parse_str(performance.trim_start_matches("perf_"))?;
    sqlx::raw_sql("truncate copied").execute(&mut *owner).await?;
    let columns = "reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal";
    let out = format!("copy (select {columns} from tickets where performance_id = '{performance}') to stdout");
    let mut rows = Vec::new();
    {
        use futures_util::TryStreamExt as _;
        let mut stream = owner.copy_out_raw(&out).await?;
        while let Some(bytes) = stream.try_next().await? {
            rows.extend_from_slice(&bytes);
        }
    }
    let start = Instant::now();
    let mut copy = owner.copy_in_raw(&format!("copy copied ({columns}) from stdin")).await?;
    copy.send(rows).await?;
    anyhow::ensure!(copy.finish().await? == u64::from(TICKETS), "not all rows were copied");
    Ok(start.elapsed())
}

/// A plan of so many sections of a thousand seats.
fn field(sections: u32) -> Value {
    let seat = |s: u32, r: u32, n: u32| json!({ "label": n.to_string(), "x": s % 10 * 3_000 + n * 50, "y": s / 10 * 3_000 + r * 90 });
    let row = |s: u32, r: u32| json!({ "label": (r + 1).to_string(), "seats": (1..=SEATS).map(|n| seat(s, r, n)).collect::<Vec<_>>() });
    let section = |s: u32| json!({ "name": format!("S{s}"), "rows": (0..ROWS).map(|r| row(s, r)).collect::<Vec<_>>() });
    json!({ "sections": (0..sections).map(section).collect::<Vec<_>>() })
}

async fn picture(
    reseller: &Reseller<'_>,
    venue: &str,
    name: &str,
    (plan, choices): (Value, Value),
    directory: &Path,
) -> anyhow::Result<Vec<Comparison>> {
    println!("The picture of {name} …");
    let layout = reseller.layout(venue, name, plan.clone()).await?;
    let performance = reseller.performance(venue, &layout, choices).await?;
    let sections = plan["sections"].as_array().context("the plan has sections")?;
    let wanted = sections.iter().filter(|section| section["name"] != "Courtside");
    let wanted: Vec<Value> = wanted.map(|section| json!({ "section": section["name"], "price_tier": "all" })).collect();
    let created =
        reseller.post(&format!("/v1/performances/{performance}/tickets"), &json!({ "tickets": wanted })).await?;
    println!("It has {} seats …", created["created"]);
    let path = format!("/v1/performances/{performance}/seat-map.svg");
    let mut measured = Vec::new();
    let mut drawn = String::new();
    for (detail, query) in [("every seat", "?detail=seats"), ("sections", "")] {
        let mut times = Vec::new();
        for _ in 0..11 {
            let start = Instant::now();
            let svg = reseller.get(&format!("{path}{query}")).await?;
            times.push(start.elapsed());
            if !query.is_empty() {
                drawn = svg;
            }
        }
        measured.push(Comparison::latency(format!("seat map of {name}, {detail}"), median(times), "< 150 ms"));
    }
    let naive = one_element_a_seat(&plan)?;
    let size = |text: &str| f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX)) / 1_000.0;
    measured.push(Comparison::ratio(
        format!("the picture of {name}"),
        size(&drawn),
        "kB",
        "one element with a title a seat",
        size(&naive),
        "≤ 0.5",
    ));
    let empty = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    // The first start reads the browser from the disk.
    shown(directory, empty)?;
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (Some(empty), Some(drawn), Some(naive)) =
            (shown(directory, empty)?, shown(directory, &drawn)?, shown(directory, &naive)?)
        else {
            println!("Chromium is not installed: the picture is not measured in a browser.");
            return Ok(measured);
        };
        ours.push(drawn.saturating_sub(empty));
        others.push(naive.saturating_sub(empty));
    }
    let ms = |times: Vec<Duration>| median(times).as_secs_f64() * 1_000.0;
    measured.push(Comparison::ratio(
        "the same in Chromium, beyond an empty one",
        ms(ours),
        "ms",
        "one element with a title a seat",
        ms(others),
        "≤ 0.5",
    ));
    Ok(measured)
}

/// What most people would draw: each seat by itself.
fn one_element_a_seat(plan: &Value) -> anyhow::Result<String> {
    let mut svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-7000 -6500 14000 13000\">".to_owned();
    for section in plan["sections"].as_array().context("the plan has sections")? {
        for row in section["rows"].as_array().into_iter().flatten() {
            for seat in row["seats"].as_array().into_iter().flatten() {
                let (x, y) = (&seat["x"], &seat["y"]);
                write!(
                    svg,
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"22\" fill=\"#0b62c4\"><title>{}, row {}, seat {}: available</title></circle>",
                    section["name"], row["label"], seat["label"]
                )?;
            }
        }
    }
    svg.push_str("</svg>");
    Ok(svg)
}

/// How long a browser takes to start, show a picture and keep a photograph of it; nothing without a browser.
fn shown(directory: &Path, svg: &str) -> anyhow::Result<Option<Duration>> {
    let (file, photograph) = (directory.join("seat-map.svg"), directory.join("seat-map.png"));
    std::fs::write(&file, svg)?;
    let start = Instant::now();
    let status = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900"])
        .arg(format!("--screenshot={}", photograph.display()))
        .arg(format!("file://{}", file.display()))
        .stderr(std::process::Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(Some(start.elapsed())),
        Ok(status) => anyhow::bail!("chromium ended with {status}"),
        Err(_) => Ok(None),
    }
}
