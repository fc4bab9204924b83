//! A house with something on sale: a performance with numbered seats and a floor without.

use serde_json::json;

use crate::shop::{OnSale, Shop, id};

/// What is on sale.
pub(crate) struct House {
    /// Numbered seats.
    pub(crate) seats: OnSale,
    /// Places without a number.
    pub(crate) floor: OnSale,
    /// The seats' tickets; neighbours stand beside each other.
    pub(crate) seat_tickets: Vec<String>,
    /// How many tickets there are in all.
    pub(crate) size: usize,
}

impl House {
    /// Puts four rows of so many seats and so many places on sale.
    pub(crate) async fn open(shop: &Shop, seats_in_row: usize, places: usize) -> Self {
        let venue =
            json!({ "name": "Royal Theatre", "city": "Amsterdam", "country": "NL", "time_zone": "Europe/Amsterdam" });
        let venue = shop.post("/v1/venues", venue).await.done();
        let rows: Vec<_> =
            ["A", "B", "C", "D"].iter().map(|row| json!({ "label": row, "seats": seats_in_row })).collect();
        let tier = |name: &str, amount: &str| json!({ "name": name, "prices": [{ "ticket_type": "adult", "price": { "amount": amount, "currency": "EUR" } }] });
        let performance = json!({
            "venue_id": id(&venue), "starts_at": "2040-05-01T19:30:00Z", "ends_at": "2040-05-01T22:30:00Z",
            "price_tiers": [tier("seats", "50.00"), tier("floor", "20.00")],
            "tickets": [
                { "section": "Stalls", "price_tier": "seats", "rows": rows },
                { "section": "Floor", "price_tier": "floor", "places": places },
            ],
        });
        let show =
            json!({ "title": "Hamlet", "currency": "EUR", "ticket_types": ["adult"], "performances": [performance] });
        let show = shop.post("/v1/shows", show).await.done();
        let performance = id(&show["performances"][0]).to_owned();
        let offers = shop.get(&format!("/v1/performances/{performance}")).await["offers"].clone();
        let on_sale = |tier: &str| {
            let offer = offers.as_array().unwrap().iter().find(|offer| offer["price_tier"] == tier).unwrap();
            OnSale { performance: performance.clone(), offer: id(offer).to_owned() }
        };
        let tickets = shop.all(&format!("/v1/performances/{performance}/tickets")).await;
        let seated = tickets.iter().filter(|ticket| ticket["section"] == "Stalls");
        Self {
            seats: on_sale("seats"),
            floor: on_sale("floor"),
            seat_tickets: seated.map(|ticket| id(ticket).to_owned()).collect(),
            size: tickets.len(),
        }
    }

    /// How many tickets can be held now, as the process behind this shop sees it.
    pub(crate) async fn available(&self, shop: &Shop) -> usize {
        let availability = shop.get(&format!("/v1/performances/{}/availability", self.floor.performance)).await;
        usize::try_from(availability["available"].as_u64().unwrap()).unwrap()
    }
}
