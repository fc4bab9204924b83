//! Whole purchases over HTTP: one call holds a ticket, orders it, has its payment confirmed and gets the ticket, with journal and
//! event. Beside it the same call as most people would write it: a transaction per step, a row per thing. The provider's answers are
//! recorded from the sandbox once and replayed to both.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    ROUND, ROUNDS,
    load::{Load, Request, median},
    platform::Platform,
    report::Comparison,
    sandbox,
};

/// Buyers at once.
const BUYERS: usize = 256;

const TABLES: &str = "
    drop table if exists naive_orders, naive_tickets, naive_journals, naive_entries, naive_balances, naive_events;
    create table naive_orders (id uuid primary key, hold_id uuid not null, state text not null, items jsonb not null, total numeric not null,
        intent text);
    create table naive_tickets (id uuid primary key, order_id uuid not null);
    create table naive_journals (id uuid primary key, source text not null unique, at timestamptz not null);
    create table naive_entries (id bigint generated always as identity primary key, journal_id uuid not null, account text not null,
        amount numeric not null);
    create table naive_balances (account text primary key, balance numeric not null);
    insert into naive_balances values ('clearing', 0), ('pending', 0), ('fee', 0), ('tax', 0);
    create table naive_events (position bigint generated always as identity primary key, type text not null, data jsonb not null)";

/// Both, in turn.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    let (ours, naive) = (Request::purchase(platform), Request::naive_purchase(platform));
    let rush = Load::rush(BUYERS, ROUND);
    // Statements are planned anew the first times that a connection has them, which a standing process has behind it.
    for warm in [&ours, &naive] {
        rush.run(platform.address, warm).await?;
    }
    let (mut bought, mut naives) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bought.push(rush.run(platform.address, &ours).await?);
        naives.push(rush.run(platform.address, &naive).await?);
    }
    let mut owner = PgConnection::connect(&platform.owner_url).await?;
    let unpaid: i64 =
        sqlx::query_scalar("select count(*) from orders where state <> 'paid'").fetch_one(&mut owner).await?;
    owner.close().await?;
    anyhow::ensure!(unpaid == 0, "{unpaid} of the orders were not paid");
    let (bought, naive) = (median(&bought), median(&naives));
    let other = "the same purchase with one transaction per step, c=256";
    Ok(vec![
        Comparison::plain(other, naive.rate, "purchases/s"),
        Comparison::ratio(
            "whole purchases over HTTP in one call, the provider's answers replayed, c=256",
            bought.rate,
            "purchases/s",
            other,
            naive.rate,
            "≥ 20",
        ),
        Comparison::latency("purchase of those, p99", bought.p99, "none set"),
    ])
}

/// What the provider answers to a payment made and to one confirmed, once and for all.
struct Recorded {
    created: String,
    confirmed: String,
    intent: String,
    charge: String,
}

/// A provider that gives the recorded answers, each time with another payment's and charge's name. Gives its address.
pub(crate) async fn replay(sandbox: std::net::SocketAddr) -> anyhow::Result<String> {
    let recorded = Arc::new(record(sandbox).await?);
    let router = Router::new()
        .route("/v1/payment_intents", post(create))
        .route("/v1/payment_intents/{intent}/confirm", post(confirm))
        .with_state(recorded);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn record(sandbox: std::net::SocketAddr) -> anyhow::Result<Recorded> {
    let http = reqwest::Client::new();
    let ask = async |path: &str, form: &[(&str, &str)]| {
        let request = http.post(format!("http://{sandbox}{path}")).bearer_auth(sandbox::KEY).form(form);
        anyhow::Ok(request.send().await?.error_for_status()?.text().await?)
    };
    let made = [("amount", "5000"), ("currency", "eur"), ("automatic_payment_methods[enabled]", "true")];
    let created = ask("/v1/payment_intents", &made).await?;
    let name = |text: &str, of: &str| -> anyhow::Result<String> {
        let object: Value = serde_json::from_str(text)?;
        Ok(object[of].as_str().with_context(|| format!("the sandbox gave no {of}"))?.to_owned())
    };
    let intent = name(&created, "id")?;
    let paid = [("payment_method", "pm_card_visa"), ("return_url", "https://bench.example/")];
    let confirmed = ask(&format!("/v1/payment_intents/{intent}/confirm"), &paid).await?;
    let charge = name(&confirmed, "latest_charge")?;
    Ok(Recorded { created, confirmed, intent, charge })
}

async fn create(State(recorded): State<Arc<Recorded>>) -> String {
    recorded.created.replace(&recorded.intent, &format!("pi_{}", Uuid::new_v4().simple()))
}

async fn confirm(State(recorded): State<Arc<Recorded>>, Path(intent): Path<String>) -> String {
    let charge = intent.replacen("pi_", "ch_", 1);
    recorded.confirmed.replace(&recorded.intent, &intent).replace(&recorded.charge, &charge)
}

#[derive(Clone)]
struct Naive {
    pool: PgPool,
    http: reqwest::Client,
    provider: String,
}

/// The comparison's route and tables.
pub(crate) async fn router(url: &str, provider: &str) -> anyhow::Result<Router> {
    let mut conn = PgConnection::connect(url).await?;
    sqlx::raw_sql(TABLES).execute(&mut conn).await?;
    conn.close().await?;
    let pool = PgPoolOptions::new().max_connections(12).test_before_acquire(false).connect(url).await?;
    let naive = Naive { pool, http: reqwest::Client::new(), provider: provider.to_owned() };
    Ok(Router::new().route("/naive/purchases", post(purchase)).with_state(naive))
}

async fn purchase(State(naive): State<Naive>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    match bought(&naive, &body).await {
        Ok(answer) => (StatusCode::CREATED, Json(answer)),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))),
    }
}

async fn bought(naive: &Naive, body: &Value) -> anyhow::Result<Value> {
    let (hold, order) = (Uuid::new_v4(), Uuid::new_v4());
    let mut tx = naive.pool.begin().await?;
    let _: i64 =
        sqlx::query_scalar("select remaining from naive_counter where id = 1 for update").fetch_one(&mut *tx).await?;
    sqlx::query("update naive_counter set remaining = remaining - 1 where id = 1").execute(&mut *tx).await?;
    sqlx::query("insert into naive_hold values ($1, $2, clock_timestamp() + interval '15 minutes')")
        .bind(hold)
        .bind(&body["items"])
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    let mut tx = naive.pool.begin().await?;
    sqlx::query("insert into naive_orders values ($1, $2, 'awaiting_payment', $3, 50)")
        .bind(order)
        .bind(hold)
        .bind(&body["items"])
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    let made = naive.http.post(format!("{}v1/payment_intents", naive.provider)).form(&[("amount", "5000")]).send();
    let made: Value = made.await?.error_for_status()?.json().await?;
    let intent = made["id"].as_str().context("a payment without a name")?;
    let confirm = format!("{}v1/payment_intents/{intent}/confirm", naive.provider);
    let said: Value = naive.http.post(confirm).send().await?.error_for_status()?.json().await?;
    anyhow::ensure!(said["status"] == "succeeded", "the payment is {}", said["status"]);
    paid(naive, order, intent).await?;
    Ok(json!({ "id": order, "state": "paid", "items": body["items"] }))
}

/// The last step: the order is paid, its ticket, journal and event are there.
async fn paid(naive: &Naive, order: Uuid, intent: &str) -> Result<(), sqlx::Error> {
    let mut tx = naive.pool.begin().await?;
    let journal = Uuid::new_v4();
    sqlx::query("update naive_orders set state = 'paid', intent = $2 where id = $1")
        .bind(order)
        .bind(intent)
        .execute(&mut *tx)
        .await?;
    sqlx::query("insert into naive_tickets values ($1, $2)").bind(Uuid::new_v4()).bind(order).execute(&mut *tx).await?;
    sqlx::query("insert into naive_journals values ($1, $2, now())")
        .bind(journal)
        .bind(format!("sale:{order}"))
        .execute(&mut *tx)
        .await?;
    let lines = [("clearing", 5_000), ("pending", -4_661), ("fee", -280), ("tax", -59)];
    for (account, cents) in lines {
        sqlx::query("insert into naive_entries (journal_id, account, amount) values ($1, $2, $3)")
            .bind(journal)
            .bind(account)
            .bind(Decimal::new(cents, 2))
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("insert into naive_events (type, data) values ('order.paid', $1)")
        .bind(json!({ "id": order }))
        .execute(&mut *tx)
        .await?;
    for (account, cents) in lines {
        sqlx::query("update naive_balances set balance = balance + $2 where account = $1")
            .bind(account)
            .bind(Decimal::new(cents, 2))
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}
