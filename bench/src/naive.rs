//! What most people would write: a hold is a transaction that locks the performance's counter, and a row. And what the database
//! does at best: a durable insert of one row, from several connections.

use std::time::{Duration, Instant};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

/// The tables of the comparison, beside the platform's own.
pub(crate) async fn prepare(url: &str) -> anyhow::Result<()> {
    let mut conn = PgConnection::connect(url).await?;
    sqlx::raw_sql(
        "drop table if exists naive_counter, naive_hold, naive_insert;
         create table naive_counter (id int primary key, remaining bigint not null);
         insert into naive_counter values (1, 1000000000);
         create table naive_hold (id uuid primary key, items jsonb not null, expires_at timestamptz not null);
         create table naive_insert (id uuid primary key, at timestamptz not null)",
    )
    .execute(&mut conn)
    .await?;
    Ok(conn.close().await?)
}

/// The routes of the comparison.
pub(crate) async fn router(url: &str) -> anyhow::Result<Router> {
    let pool = PgPoolOptions::new().max_connections(32).test_before_acquire(false).connect(url).await?;
    Ok(Router::new().route("/noop", post(noop).get(noop_get)).route("/naive/holds", post(hold)).with_state(pool))
}

async fn noop(Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let id = Uuid::new_v4();
    let answer = json!({ "id": id, "state": "active", "items": body["items"], "expires_at": "2030-01-01T00:00:00Z" });
    (StatusCode::CREATED, Json(answer))
}

/// About as much as the availability of one performance says.
async fn noop_get() -> Json<Value> {
    let part = json!({ "section": "Floor", "price_tier_id": Uuid::nil(), "numbered": false, "available": 1, "largest_party": 1 });
    Json(json!({
        "performance_id": Uuid::nil(), "status": "available", "on_sale_at": "2030-01-01T00:00:00Z", "sequence": 1, "available": 1,
        "largest_party": 1, "sections": [part], "offers": [part],
    }))
}

async fn hold(State(pool): State<PgPool>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    match hold_one(&pool, &body).await {
        Ok(answer) => (StatusCode::CREATED, Json(answer)),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))),
    }
}

async fn hold_one(pool: &PgPool, body: &Value) -> Result<Value, sqlx::Error> {
    let id = Uuid::new_v4();
    let mut tx = pool.begin().await?;
    let _: i64 =
        sqlx::query_scalar("select remaining from naive_counter where id = 1 for update").fetch_one(&mut *tx).await?;
    sqlx::query("update naive_counter set remaining = remaining - 1 where id = 1").execute(&mut *tx).await?;
    sqlx::query("insert into naive_hold values ($1, $2, clock_timestamp() + interval '15 minutes')")
        .bind(id)
        .bind(&body["items"])
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(json!({ "id": id, "state": "active", "items": body["items"] }))
}

/// Single-row durable inserts per second.
pub(crate) async fn durable_inserts(url: &str, connections: u32, length: Duration) -> anyhow::Result<f64> {
    let began = Instant::now();
    let workers: Vec<_> = (0..connections).map(|_| tokio::spawn(inserts(url.to_owned(), began + length))).collect();
    let mut total = 0_u32;
    for worker in workers {
        total += worker.await??;
    }
    Ok(f64::from(total) / began.elapsed().as_secs_f64())
}

async fn inserts(url: String, until: Instant) -> Result<u32, sqlx::Error> {
    let mut conn = PgConnection::connect(&url).await?;
    let mut done = 0;
    while Instant::now() < until {
        sqlx::query("insert into naive_insert values ($1, clock_timestamp())")
            .bind(Uuid::new_v4())
            .execute(&mut conn)
            .await?;
        done += 1;
    }
    conn.close().await?;
    Ok(done)
}
