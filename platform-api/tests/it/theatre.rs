//! A theatre with something to sell, and what its reseller does every day.

use serde_json::{Value, json};

use crate::{
    app::{Reseller, TestApp},
    client::{Client, text},
};

/// One show with one performance: two rows of ten seats (`A`, `B`) and twenty places to stand.
pub(crate) struct Theatre {
    pub(crate) venue: String,
    pub(crate) show: String,
    pub(crate) performance: String,
    /// The offer at 49.90.
    pub(crate) adult: String,
    /// The offer at 25.00.
    pub(crate) child: String,
}

pub(crate) fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

pub(crate) fn venue_body() -> Value {
    json!({ "name": "Royal Theatre", "city": "Amsterdam", "country": "NL", "time_zone": "Europe/Amsterdam" })
}

/// A layout with a section of two rows of ten seats (`Stalls`) and a floor that is stood on by twenty or seated by two.
pub(crate) fn layout_body(name: &str) -> Value {
    let row = |label: &str, seats: u32, y: u32| {
        let seat = |n: u32| json!({ "label": n.to_string(), "x": n * 55, "y": y });
        json!({ "label": label, "seats": (1..=seats).map(seat).collect::<Vec<_>>() })
    };
    let corner = |x: u32, y: u32| json!({ "x": x, "y": y });
    json!({ "name": name, "plan": {
        "focal_point": corner(300, 0),
        "sections": [
            { "name": "Stalls", "rows": [row("A", 10, 600), row("B", 10, 700)] },
            { "name": "Chairs", "rows": [row("A", 2, 300)] }],
        "areas": [{ "name": "Floor", "capacity": 20, "outline": [corner(0, 100), corner(600, 100), corner(600, 500), corner(0, 500)] }],
        "alternatives": [{ "name": "floor", "options": [
            { "name": "standing", "contains": ["Floor"] }, { "name": "seated", "contains": ["Chairs"] }] }] } })
}

pub(crate) fn performance_body(venue: &str) -> Value {
    json!({
        "venue_id": venue, "starts_at": "2031-05-01T18:00:00Z", "ends_at": "2031-05-01T21:00:00Z",
        "price_tiers": [{ "name": "stalls", "prices": [
            { "ticket_type": "adult", "price": eur("49.90") }, { "ticket_type": "child", "price": eur("25.00") }] }],
        "tickets": [
            { "section": "Stalls", "price_tier": "stalls", "rows": [{ "label": "A", "seats": 10 }, { "label": "B", "seats": 10 }] },
            { "section": "Floor", "price_tier": "stalls", "places": 20 }],
    })
}

/// A performance on this layout: its stalls and its floor, all of both.
pub(crate) fn laid_out_body(venue: &str, layout: &str) -> Value {
    let mut body = performance_body(venue);
    body["layout"] = json!({ "layout_id": layout, "choices": { "floor": "standing" } });
    body["tickets"] =
        json!([{ "section": "Stalls", "price_tier": "stalls" }, { "section": "Floor", "price_tier": "stalls" }]);
    body
}

pub(crate) fn show_body(venue: &str) -> Value {
    json!({ "title": "Hamlet", "description": "A play.", "currency": "EUR", "ticket_types": ["adult", "child"],
            "performances": [performance_body(venue)] })
}

pub(crate) fn buyer() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com" })
}

/// The id in an answer's body.
#[track_caller]
pub(crate) fn id(object: &Value) -> String {
    text(&object["id"]).to_owned()
}

impl Reseller {
    pub(crate) async fn theatre(&self) -> Theatre {
        Theatre::open(&self.test).await
    }
}

impl Theatre {
    pub(crate) async fn open(client: &Client) -> Self {
        let venue = id(&client.post("/v1/venues", venue_body()).await.ok(201));
        let show = client.post("/v1/shows", show_body(&venue)).await.ok(201);
        let performance = id(&show["performances"][0]);
        let whole = client.get(&format!("/v1/performances/{performance}")).await.ok(200);
        let offer = |of: &str| {
            let offers = whole["offers"].as_array().unwrap().iter();
            id(offers.clone().find(|offer| offer["ticket_type"] == of).unwrap())
        };
        Self { venue, show: id(&show), adult: offer("adult"), child: offer("child"), performance }
    }

    /// Another performance of the show, with the layout `Standing` of the venue: its stalls and its floor, all of both.
    pub(crate) async fn laid_out(&self, client: &Client) -> String {
        self.laid_out_as(client, layout_body("Standing")).await
    }

    /// The same with this layout.
    pub(crate) async fn laid_out_as(&self, client: &Client, layout: Value) -> String {
        let layouts = format!("/v1/venues/{}/layouts", self.venue);
        let layout = client.post(&layouts, layout).await.ok(201);
        let draft = id(&layout["open"]);
        client.post(&format!("{layouts}/{}/versions/{draft}/publish", id(&layout)), json!({})).await.ok(200);
        let body = laid_out_body(&self.venue, &id(&layout));
        id(&client.post(&format!("/v1/shows/{}/performances", self.show), body).await.ok(201))
    }

    /// Any so many adults.
    pub(crate) fn adults(&self, quantity: u32) -> Value {
        json!({ "performance_id": self.performance, "offer_id": self.adult, "quantity": quantity })
    }

    pub(crate) fn children(&self, quantity: u32) -> Value {
        json!({ "performance_id": self.performance, "offer_id": self.child, "quantity": quantity })
    }

    /// This ticket for an adult.
    pub(crate) fn seat(&self, ticket: &str) -> Value {
        json!({ "performance_id": self.performance, "offer_id": self.adult, "ticket_id": ticket })
    }

    /// The tickets of the performance as listed with this query.
    pub(crate) async fn tickets(&self, client: &Client, query: &str) -> Vec<Value> {
        let page = client.get(&format!("/v1/performances/{}/tickets?{query}", self.performance)).await.ok(200);
        page["data"].as_array().unwrap().clone()
    }

    pub(crate) async fn available(&self, client: &Client) -> Value {
        client.get(&format!("/v1/performances/{}/availability", self.performance)).await.ok(200)["available"].clone()
    }

    pub(crate) async fn hold(&self, client: &Client, items: Value) -> Value {
        client.post("/v1/holds", json!({ "items": items })).await.ok(201)
    }

    /// An order with its payment, by one call.
    pub(crate) async fn order(&self, client: &Client, items: Value) -> Value {
        let body = json!({ "items": items, "buyer": buyer(), "payment": {} });
        client.post("/v1/orders", body).await.ok(201)
    }

    /// A paid order.
    pub(crate) async fn sold(&self, app: &TestApp, client: &Client, items: Value) -> Value {
        self.sold_to(app, client, items, "pm_card_visa").await
    }

    /// A paid order, paid with this card.
    pub(crate) async fn sold_to(&self, app: &TestApp, client: &Client, items: Value, card: &str) -> Value {
        let order = self.order(client, items).await;
        app.pay(&order["payments"][0], card).await;
        assert_eq!(app.callback("payment_intent.succeeded").await, 200);
        let order = client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200);
        assert_eq!(order["state"], "paid", "{order}");
        order
    }

    /// A refund that the buyer's bank did not take.
    pub(crate) async fn failed_refund(&self, app: &TestApp, client: &Client, items: Value) -> Value {
        let order = self.sold_to(app, client, items, "pm_card_refundFail").await;
        let refund = client.post(&format!("/v1/orders/{}/refunds", id(&order)), json!({})).await.ok(201);
        app.sandbox("/_sandbox/advance", json!({ "seconds": 3601 })).await;
        assert_eq!(app.callback("refund.failed").await, 200);
        refund
    }

    /// A paid order whose payment the buyer's bank wants back.
    pub(crate) async fn disputed(&self, app: &TestApp, client: &Client, items: Value) -> Value {
        let order = self.sold(app, client, items).await;
        let payment = text(&order["payments"][0]["provider_payment"]);
        app.sandbox("/_sandbox/trigger", json!({ "what": "dispute", "charge": payment })).await;
        assert_eq!(app.callback("charge.dispute.created").await, 200);
        client.get(&format!("/v1/orders/{}", id(&order))).await.ok(200)
    }
}
