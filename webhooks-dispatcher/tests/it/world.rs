//! A reseller with endpoints, and the means to make events happen and to look at the queue.

use std::time::Duration;

use foundation::{
    Instant,
    event::{self, NewEvent},
    id::{EventId, OrderId, ResellerId, ShowId},
    sequencer,
};
use serde_json::json;
use tenancy::webhook_endpoints::{self, Endpoint, EndpointChanges, NewEndpoint, Rules};
use testkit::Database;
use webhooks_dispatcher::{Dispatcher, DispatcherSettings};

use crate::receiver::Receiver;

pub(crate) const RULES: Rules<'static> =
    Rules { event_types: &["endpoint.disabled", "order.paid", "order.expired"], allow_private: true, own_hosts: &[] };

pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) reseller: ResellerId,
}

/// A delivery as it stands in the queue.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Queued {
    pub(crate) state: String,
    pub(crate) attempts: i32,
    /// How far off it is.
    pub(crate) due_in_ms: i64,
}

/// An attempt as it was recorded.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Attempted {
    pub(crate) attempt: i32,
    pub(crate) status: Option<i32>,
    pub(crate) error: Option<String>,
    pub(crate) answer_head: String,
}

/// What tests use: private addresses, and enough patience for a slow machine.
pub(crate) fn settings() -> DispatcherSettings {
    DispatcherSettings {
        allow_private_addresses: true,
        timeout: Duration::from_secs(60),
        ..DispatcherSettings::default()
    }
}

impl World {
    pub(crate) async fn create() -> Self {
        // The first test to come here wins; the others find it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let db = Database::create().await;
        let reseller = db.reseller().await;
        Self { db, reseller }
    }

    pub(crate) fn dispatcher(&self) -> Dispatcher {
        self.dispatcher_with(settings())
    }

    pub(crate) fn dispatcher_with(&self, settings: DispatcherSettings) -> Dispatcher {
        Dispatcher::new(self.db.second_cell(), settings).unwrap()
    }

    /// An endpoint at this address for these types, which has answered its ping, with its secret.
    pub(crate) async fn endpoint(&self, url: &str, event_types: &[&str]) -> (Endpoint, String) {
        let event_types = event_types.iter().map(|&t| t.to_owned()).collect();
        self.endpoint_like(NewEndpoint { url: url.to_owned(), event_types, ..NewEndpoint::default() }).await
    }

    /// The same of any form.
    pub(crate) async fn endpoint_like(&self, new: NewEndpoint) -> (Endpoint, String) {
        self.endpoint_in(self.reseller, new).await
    }

    /// An endpoint of another reseller.
    pub(crate) async fn endpoint_of(&self, reseller: ResellerId, url: &str) {
        self.endpoint_in(reseller, NewEndpoint { url: url.to_owned(), ..NewEndpoint::default() }).await;
    }

    async fn endpoint_in(&self, reseller: ResellerId, new: NewEndpoint) -> (Endpoint, String) {
        let (endpoint, secret) = self.unverified_in(reseller, new).await;
        sequencer::place_all(self.db.cell()).await.unwrap();
        let mut owner = self.db.as_owner().await;
        sqlx::query("update webhook_endpoints set verified_at = clock_timestamp() where endpoint_id = $1")
            .bind(endpoint.id)
            .execute(&mut owner)
            .await
            .unwrap();
        // As if the ping had been sent before.
        sqlx::query("update webhook_lanes set position = position + 1, seen = seen + 1 where endpoint_id = $1")
            .bind(endpoint.id)
            .execute(&mut owner)
            .await
            .unwrap();
        (endpoint, secret)
    }

    /// An endpoint that was just made. What has no shared secret gives its public key.
    pub(crate) async fn unverified(&self, new: NewEndpoint) -> (Endpoint, String) {
        self.unverified_in(self.reseller, new).await
    }

    async fn unverified_in(&self, reseller: ResellerId, new: NewEndpoint) -> (Endpoint, String) {
        let mut tx = self.db.cell().tenant(reseller).await.unwrap();
        let (endpoint, secret) = webhook_endpoints::create(&mut tx, &RULES, new).await.unwrap();
        tx.commit().await.unwrap();
        let shown = secret.shown().unwrap_or_else(|| &endpoint.public_keys[0]).to_owned();
        (endpoint, shown)
    }

    /// Changes an endpoint as its owner would.
    pub(crate) async fn change(&self, endpoint: &Endpoint, changes: EndpointChanges) -> Endpoint {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        let now = webhook_endpoints::get(&mut tx, endpoint.id).await.unwrap();
        let changed = webhook_endpoints::update(&mut tx, &RULES, endpoint.id, now.version, changes).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    pub(crate) async fn read(&self, endpoint: &Endpoint) -> Endpoint {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        webhook_endpoints::get(&mut tx, endpoint.id).await.unwrap()
    }

    /// Commits one event per type, in order.
    pub(crate) async fn emit(&self, kinds: &[&'static str]) {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        let events: Vec<NewEvent> = kinds
            .iter()
            .map(|kind| {
                NewEvent::of(kind, "order", OrderId::new(), 1, json!({"total": {"amount": "49.90", "currency": "EUR"}}))
            })
            .collect();
        event::append(&mut tx, &events).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Commits one event of each reseller that has an endpoint; gives their ids, in the order of the endpoints, with the times of
    /// the commits.
    pub(crate) async fn emit_to_all(&self) -> Vec<(String, tokio::time::Instant)> {
        let mut owner = self.db.as_owner().await;
        let resellers: Vec<ResellerId> =
            sqlx::query_scalar("select reseller_id from webhook_endpoints order by endpoint_id")
                .fetch_all(&mut owner)
                .await
                .unwrap();
        let mut ids = Vec::new();
        for reseller in resellers {
            let mut tx = self.db.cell().tenant(reseller).await.unwrap();
            let order = OrderId::new();
            event::append(&mut tx, &[NewEvent::of("order.paid", "order", order, 1, json!({}))]).await.unwrap();
            let id: EventId =
                sqlx::query_scalar("select event_id from events where reseller_id = $1 and object_id = $2")
                    .bind(reseller)
                    .bind(order)
                    .fetch_one(tx.conn())
                    .await
                    .unwrap();
            tx.commit().await.unwrap();
            ids.push((id.to_string(), tokio::time::Instant::now()));
        }
        ids
    }

    /// Commits an event of a show.
    pub(crate) async fn emit_of_show(&self, kind: &'static str, show: ShowId) {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        event::append(&mut tx, &[NewEvent::of(kind, "show", show, 1, json!({ "id": show }))]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// So much time passes by the tenant's clock, and whatever a stopped process had leased is free.
    pub(crate) async fn let_pass(&self, span: Duration) {
        let mut owner = self.db.as_owner().await;
        sqlx::query(
            "insert into test_clocks as c (reseller_id, ahead) values ($1, $2 * interval '1 second')
             on conflict (reseller_id) do update set ahead = c.ahead + excluded.ahead",
        )
        .bind(self.reseller)
        .bind(i64::try_from(span.as_secs()).unwrap())
        .execute(&mut owner)
        .await
        .unwrap();
        sqlx::query("update webhook_lanes set leased_until = '-infinity'").execute(&mut owner).await.unwrap();
    }

    /// Time passes until the next retry is due; a second if none is.
    pub(crate) async fn let_time_pass(&self) {
        let mut owner = self.db.as_owner().await;
        let millis: i64 = sqlx::query_scalar(
            "select coalesce((extract(epoch from min(d.due_at - clock_timestamp() - coalesce(c.ahead, interval '0'))) * 1000)::bigint, 0)
             from deliveries d left join test_clocks c on c.reseller_id = d.reseller_id where d.state = 'pending'",
        )
        .fetch_one(&mut owner)
        .await
        .unwrap();
        let span = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        self.let_pass(span + Duration::from_secs(1)).await;
    }

    pub(crate) async fn queue(&self) -> Vec<Queued> {
        let mut owner = self.db.as_owner().await;
        sqlx::query_as(
            "select d.state, d.attempts,
                    (extract(epoch from d.due_at - clock_timestamp() - coalesce(c.ahead, interval '0')) * 1000)::bigint as due_in_ms
             from deliveries d left join test_clocks c on c.reseller_id = d.reseller_id order by d.endpoint_id, d.position",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap()
    }

    pub(crate) async fn states(&self) -> Vec<String> {
        self.queue().await.into_iter().map(|queued| queued.state).collect()
    }

    /// How many deliveries were taken.
    pub(crate) async fn delivered(&self) -> usize {
        let mut owner = self.db.as_owner().await;
        let count: i64 = sqlx::query_scalar("select count(*) from deliveries where state = 'delivered'")
            .fetch_one(&mut owner)
            .await
            .unwrap();
        usize::try_from(count).unwrap()
    }

    pub(crate) async fn attempts(&self) -> Vec<Attempted> {
        let mut owner = self.db.as_owner().await;
        sqlx::query_as(
            "select attempt, status, error, answer_head from (
                 select endpoint_id, position, attempts as attempt, status, error, answer_head from deliveries where attempts > 0
                 union all
                 select endpoint_id, position, attempt, status, error, answer_head from delivery_attempts) a
             order by endpoint_id, position, attempt",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap()
    }

    /// Waits until a transaction for requests waits for a lock, and ends its connection.
    pub(crate) async fn break_off_who_waits(&self) {
        let mut owner = self.db.as_owner().await;
        let broken_off = "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock' and application_name = 'stagedoor requests'";
        let begun = tokio::time::Instant::now();
        while sqlx::query_scalar::<_, i64>(broken_off).fetch_one(&mut owner).await.unwrap() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits");
        }
    }

    pub(crate) async fn execute(&self, statement: &'static str) {
        let mut owner = self.db.as_owner().await;
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }

    pub(crate) async fn now(&self) -> Instant {
        let mut owner = self.db.as_owner().await;
        sqlx::query_scalar("select clock_timestamp()").fetch_one(&mut owner).await.unwrap()
    }
}

/// The types that came, in the order in which they came.
pub(crate) fn kinds(receiver: &Receiver) -> Vec<String> {
    receiver.all().iter().map(|one| one.json()["type"].as_str().unwrap().to_owned()).collect()
}

/// The positions that came, in the order in which they came.
pub(crate) fn positions(receiver: &Receiver) -> Vec<i64> {
    receiver.all().iter().map(|one| one.json()["position"].as_i64().unwrap()).collect()
}
