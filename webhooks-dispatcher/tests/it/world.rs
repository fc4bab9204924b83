//! A reseller with endpoints, and the means to make events happen and to look at the queue.

use std::time::Duration;

use foundation::{
    Instant,
    event::{self, NewEvent},
    id::{OrderId, ResellerId},
};
use serde_json::json;
use tenancy::webhook_endpoints::{self, Endpoint, NewEndpoint, Rules};
use testkit::Database;
use webhooks_dispatcher::{Dispatcher, DispatcherSettings};

pub(crate) const RULES: Rules<'static> = Rules { event_types: &["order.paid", "order.expired"], allow_private: true };

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

    /// An endpoint at this address for these types, with its secret.
    pub(crate) async fn endpoint(&self, url: &str, event_types: &[&str]) -> (Endpoint, String) {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        let new = NewEndpoint {
            url: url.to_owned(),
            event_types: event_types.iter().map(|&t| t.to_owned()).collect(),
            description: String::new(),
        };
        let made = webhook_endpoints::create(&mut tx, self.db.cell().sealer(), &RULES, new).await.unwrap();
        tx.commit().await.unwrap();
        made
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

    /// Makes everything pending due and every lease run out, as if days had passed.
    pub(crate) async fn let_time_pass(&self) {
        let mut owner = self.db.as_owner().await;
        sqlx::query("update deliveries set due_at = '-infinity', leased_until = '-infinity' where state = 'pending'")
            .execute(&mut owner)
            .await
            .unwrap();
    }

    pub(crate) async fn queue(&self) -> Vec<Queued> {
        let mut owner = self.db.as_owner().await;
        sqlx::query_as(
            "select state, attempts, (extract(epoch from due_at - clock_timestamp()) * 1000)::bigint as due_in_ms
             from deliveries order by endpoint_id, position",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap()
    }

    pub(crate) async fn states(&self) -> Vec<String> {
        self.queue().await.into_iter().map(|queued| queued.state).collect()
    }

    pub(crate) async fn attempts(&self) -> Vec<Attempted> {
        let mut owner = self.db.as_owner().await;
        sqlx::query_as(
            "select attempt, status, error, answer_head from delivery_attempts order by endpoint_id, event_id, attempt",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap()
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
