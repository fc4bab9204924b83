//! `stagedoor trigger`: makes an event happen in a test environment, by doing through the API what leads to it: with real objects,
//! so that whatever a receiver reads about them afterwards is there.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::api::{Access, Api};
use crate::process::tell;

/// What is to happen.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The type of event.
    event: String,
    #[command(flatten)]
    access: Access,
}

/// What can be made happen.
const TYPES: [&str; 22] = [
    "hold.expired",
    "hold.released",
    "offer.price_changed",
    "order.cancelled",
    "order.created",
    "order.expired",
    "order.paid",
    "order.updated",
    "payment.cancelled",
    "payment.disputed",
    "payment.failed",
    "payment.fraud_warning",
    "payment.paid",
    "performance.created",
    "performance.updated",
    "refund.created",
    "refund.succeeded",
    "reseller.updated",
    "show.created",
    "show.deleted",
    "show.updated",
    "test_clock.advanced",
];

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let kind = arguments.event.as_str();
    anyhow::ensure!(TYPES.contains(&kind), "`{kind}` cannot be made happen from here; these can: {}", TYPES.join(", "));
    anyhow::ensure!(
        !arguments.access.key.contains("_live_"),
        "this makes shows, orders and letters; use a key of a test environment (sk_test_…)"
    );
    let stage = Stage { api: Api::open(arguments.access)? };
    let object = stage.play(kind).await?;
    tell(format_args!("{kind}: {}", object["id"].as_str().unwrap_or("done")));
    Ok(ExitCode::SUCCESS)
}

struct Stage {
    api: Api,
}

impl Stage {
    /// Does what leads to the event; gives the object that it is about, or leads to it.
    async fn play(&self, kind: &str) -> anyhow::Result<Value> {
        match kind {
            "show.created" | "performance.created" => self.show().await,
            "show.updated" => self.api.patch(&at("shows", &self.show().await?), json!({ "description": "New." })).await,
            "show.deleted" => {
                let show = self.show().await?;
                self.api.delete(&at("shows", &show)).await?;
                Ok(show)
            }
            "performance.updated" => {
                let performance = self.show().await?["performances"][0].clone();
                self.api.patch(&at("performances", &performance), json!({ "state": "paused" })).await
            }
            "offer.price_changed" => {
                let (performance, offer) = self.offer().await?;
                let path = format!("{}/offers/{}", at("performances", &performance), id(&offer));
                let price = json!({ "amount": "55.00", "currency": offer["price"]["currency"] });
                self.api.patch(&path, json!({ "price": price })).await
            }
            "hold.released" => self.api.post(&format!("{}/release", at("holds", &self.hold().await?)), json!({})).await,
            "hold.expired" => {
                let hold = self.hold().await?;
                self.advance(3_600).await?;
                Ok(hold)
            }
            "order.created" => self.order().await,
            "order.updated" => {
                let order = self.order().await?;
                self.api.patch(&at("orders", &order), json!({ "buyer": { "name": "Grace Hopper" } })).await
            }
            "order.cancelled" => {
                self.api.post(&format!("{}/cancel", at("orders", &self.order().await?)), json!({})).await
            }
            "payment.cancelled" => {
                let order = self.order().await?;
                self.api.post(&format!("{}/payments", at("orders", &order)), json!({})).await?;
                self.api.post(&format!("{}/cancel", at("orders", &order)), json!({})).await
            }
            "order.expired" => {
                let order = self.order().await?;
                self.advance(86_400).await?;
                Ok(order)
            }
            "order.paid" | "payment.paid" => self.paid("pm_card_visa").await,
            "payment.failed" => self.paid("pm_card_visa_chargeDeclined").await,
            "payment.disputed" => self.paid("pm_card_createDispute").await,
            "payment.fraud_warning" => self.paid("pm_card_createIssuerFraudRecord").await,
            "refund.created" | "refund.succeeded" => {
                let order = self.paid("pm_card_visa").await?;
                let path = format!("{}/refunds", at("orders", &order));
                self.api.post(&path, json!({ "reason": "triggered" })).await
            }
            "reseller.updated" => {
                let name = self.api.get("/v1/reseller").await?["name"].clone();
                self.api.patch("/v1/reseller", json!({ "name": name })).await
            }
            _ => self.advance(1).await,
        }
    }

    async fn advance(&self, seconds: u32) -> anyhow::Result<Value> {
        self.api.post("/v1/test_clock/advance", json!({ "seconds": seconds })).await
    }

    /// A published show with one performance of ten places, far in the future.
    async fn show(&self) -> anyhow::Result<Value> {
        let currency = self.api.get("/v1/reseller").await?["currency"].clone();
        let venue =
            json!({ "name": "Triggered", "city": "Amsterdam", "country": "NL", "time_zone": "Europe/Amsterdam" });
        let venue = self.api.post("/v1/venues", venue).await?;
        let price = json!({ "amount": "50.00", "currency": currency });
        let show = json!({
            "title": "Triggered", "currency": currency, "ticket_types": ["adult"],
            "performances": [{
                "venue_id": id(&venue), "starts_at": "2099-05-01T18:00:00Z", "ends_at": "2099-05-01T21:00:00Z",
                "price_tiers": [{ "name": "floor", "prices": [{ "ticket_type": "adult", "price": price }] }],
                "tickets": [{ "section": "Floor", "price_tier": "floor", "places": 10 }],
            }],
        });
        self.api.post("/v1/shows", show).await
    }

    async fn offer(&self) -> anyhow::Result<(Value, Value)> {
        let performance = self.show().await?["performances"][0].clone();
        let whole = self.api.get(&at("performances", &performance)).await?;
        Ok((performance, whole["offers"][0].clone()))
    }

    async fn hold(&self) -> anyhow::Result<Value> {
        let (performance, offer) = self.offer().await?;
        let item = json!({ "performance_id": id(&performance), "offer_id": id(&offer), "quantity": 1 });
        self.api.post("/v1/holds", json!({ "items": [item] })).await
    }

    async fn order(&self) -> anyhow::Result<Value> {
        let buyer = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
        self.api.post("/v1/orders", json!({ "hold_id": id(&self.hold().await?), "buyer": buyer })).await
    }

    /// An order that was paid, or was tried to be, with this card of the payment sandbox.
    async fn paid(&self, card: &str) -> anyhow::Result<Value> {
        let order = self.order().await?;
        let body = json!({ "method": "confirm", "payment_method": card, "return_url": "https://example.com/" });
        self.api.post(&format!("{}/payments", at("orders", &order)), body).await?;
        Ok(order)
    }
}

fn at(things: &str, object: &Value) -> String {
    format!("/v1/{things}/{}", id(object))
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_default()
}
