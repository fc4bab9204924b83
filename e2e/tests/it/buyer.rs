//! One buyer in the rush, who does what buyers do, in an order that a seed decides. It must never do without an answer: every
//! act is noted with what it was told.

use std::sync::{Arc, Mutex, MutexGuard};

use rand::{RngExt as _, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    acknowledged::{Acknowledged, Cart, FOR_EVER, Life, ours, tickets},
    house::House,
    shop::{Shop, id, order_of},
};

/// How often a buyer tries.
const ROUNDS: usize = 8;
/// How often a buyer looks whether the payment has arrived before going away.
const LOOKS: usize = 20;

/// Refusals that are an honest answer to a hold, to a change of it, and to an order.
const TAKEN: &[&str] = &["seats_unavailable", "not_enough_tickets"];
const ENDED: &[&str] = &["expired", "hold_not_active"];
const TAKEN_OR_ENDED: &[&str] = &["seats_unavailable", "not_enough_tickets", "expired", "hold_not_active"];
const TOO_LATE: &[&str] = &["order_expired", "order_not_payable", "order_locked"];

pub(crate) struct Buyer {
    pub(crate) number: usize,
    /// The same shop at two processes.
    pub(crate) shops: [Shop; 2],
    pub(crate) house: Arc<House>,
    pub(crate) sandbox: String,
    pub(crate) random: StdRng,
    pub(crate) book: Arc<Mutex<Acknowledged>>,
}

impl Buyer {
    pub(crate) async fn shop(mut self) {
        for _ in 0..ROUNDS {
            self.move_clock().await;
            let wants = self.wants();
            let lasts = [10, 60, 300, 900][self.random.random_range(0..4)];
            let body = json!({ "items": wants, "expires_in_seconds": lasts });
            if let Some(hold) = self.ask("held", "/v1/holds", body, TAKEN).await {
                self.decide(Cart::of(&hold)).await;
            }
        }
    }

    /// Any of either kind, one seat by name, or two seats that overlap with others' pairs.
    fn wants(&mut self) -> Value {
        let (house, seats) = (self.house.clone(), self.house.seat_tickets.len());
        let seat = self.random.random_range(0..seats);
        let named = |seat: usize| house.seats.ticket(&house.seat_tickets[seat % seats]);
        match self.random.random_range(0..6) {
            0 | 1 => json!([house.floor.any(self.random.random_range(1..=3))]),
            2 => json!([house.seats.any(self.random.random_range(1..=2))]),
            3 => json!([named(seat)]),
            4 => json!([named(seat), named(seat + 1)]),
            _ => json!([named(seat + 1), named(seat), house.floor.any(1)]),
        }
    }

    async fn decide(&mut self, mut cart: Cart) {
        let act = self.random.random_range(0..20);
        let cart = match act {
            0..3 => return self.left(&cart),
            3..7 => return self.release(cart).await,
            7..9 => {
                let out = cart.had[0].ticket.clone();
                self.change(&mut cart, "shrunk", "remove", json!({ "ticket_ids": [out] }), ENDED).await;
                cart
            }
            9..12 => {
                let wants = self.wants();
                self.change(&mut cart, "grown", "add", json!({ "items": wants }), TAKEN_OR_ENDED).await;
                cart
            }
            12 => {
                self.change(&mut cart, "extended", "extend", json!({ "expires_in_seconds": 60 }), ENDED).await;
                cart
            }
            _ => cart,
        };
        match self.random.random_range(0..3) {
            _ if cart.had.is_empty() => {}
            0 if act < 13 => self.left(&cart),
            _ => self.order(cart).await,
        }
    }

    async fn release(&mut self, cart: Cart) {
        let (path, asked) = (format!("/v1/holds/{}/release", cart.hold), ours());
        match self.ask("released", &path, json!({}), ENDED).await {
            Some(_) => self.witness(cart.until(asked)),
            None => self.left(&cart),
        }
    }

    async fn change(&mut self, cart: &mut Cart, what: &'static str, verb: &str, body: Value, fair: &[&str]) {
        let (path, asked) = (format!("/v1/holds/{}/{verb}", cart.hold), ours());
        if let Some(hold) = self.ask(what, &path, body, fair).await {
            let out = cart.changed(&hold, asked);
            self.witness(out);
        }
    }

    async fn order(&mut self, cart: Cart) {
        let (body, asked) = (order_of(&json!({ "id": cart.hold })), ours());
        let Some(order) = self.ask("ordered", "/v1/orders", body, ENDED).await else { return self.left(&cart) };
        let held: Vec<&str> = cart.had.iter().map(|had| had.ticket.as_str()).collect();
        if tickets(&order) != held {
            self.book.lock().unwrap().wrong.push(format!("{} was made of {held:?}: {order:#}", cart.hold));
        }
        match self.random.random_range(0..8) {
            0 => self.witness(cart.until(asked)),
            1 | 2 => {
                let (path, later) = (format!("/v1/orders/{}/cancel", id(&order)), ours());
                let cancelled = self.ask("cancelled", &path, json!({}), TOO_LATE).await;
                self.witness(cart.until(if cancelled.is_some() { later } else { asked }));
            }
            _ => self.pay(id(&order), cart, asked).await,
        }
    }

    /// Pays an order that was asked for at that time.
    async fn pay(&mut self, order: &str, cart: Cart, ordered: i64) {
        let (path, asked) = (format!("/v1/orders/{order}/payments"), ours());
        let Some(payment) = self.ask("payment started", &path, json!({}), TOO_LATE).await else {
            return self.witness(cart.until(ordered));
        };
        if self.random.random_ratio(1, 4) {
            self.shops[0].pay(&self.sandbox, &payment, "pm_card_chargeDeclined").await;
        }
        if self.random.random_ratio(1, 8) {
            let path = format!("/v1/orders/{order}/cancel");
            self.ask("cancelled while payable", &path, json!({}), TOO_LATE).await;
        }
        self.shops[0].pay(&self.sandbox, &payment, "pm_card_visa").await;
        let path = format!("/v1/orders/{order}");
        for _ in 0..LOOKS {
            let seen = self.any_shop().look(&path).await;
            match (seen.code(), seen.body["state"].as_str()) {
                (None, Some("paid")) => return self.paid(&seen.body, cart).await,
                (None, Some("awaiting_payment" | "processing")) => {}
                (None, Some("cancelled" | "expired")) => break,
                _ => self.book.lock().unwrap().wrong.push(format!("buyer {}: {path}: {seen:?}", self.number)),
            }
        }
        self.witness(cart.until(asked));
    }

    async fn paid(&mut self, order: &Value, cart: Cart) {
        self.note("paid").paid.entry(id(order).to_owned()).or_default();
        let body = match self.random.random_range(0..4) {
            0 => return self.witness(cart.until(FOR_EVER)),
            1 => json!({}),
            _ => json!({ "items": [1] }),
        };
        let (path, asked) = (format!("/v1/orders/{}/refunds", id(order)), ours());
        let refund = self.ask("refunded", &path, body, &[]).await.unwrap_or_else(|| json!({ "items": [] }));
        let given_back: Vec<i64> = refund["items"].as_array().unwrap().iter().map(|no| no.as_i64().unwrap()).collect();
        // An order's items are numbered from 1, in the order of the hold's.
        let mut lives = cart.until(FOR_EVER);
        for no in &given_back {
            lives[usize::try_from(no - 1).unwrap()].until = asked;
        }
        self.witness(lives);
        self.book.lock().unwrap().paid.entry(id(order).to_owned()).or_default().extend(given_back);
    }

    /// Now and then time passes for all.
    async fn move_clock(&mut self) {
        let seconds = match self.random.random_range(0..400) {
            0 => 901,
            1..8 => self.random.random_range(1..30),
            _ => return,
        };
        self.ask("clock moved", "/v1/test_clock/advance", json!({ "seconds": seconds }), &[]).await;
    }

    /// Asks one of the two processes; gives what was done, or nothing for a refusal that is fair.
    async fn ask(&mut self, what: &'static str, path: &str, body: Value, fair: &[&str]) -> Option<Value> {
        let answer = self.any_shop().post(path, body.clone()).await;
        let mut book = self.book.lock().unwrap();
        match answer.code() {
            None if answer.status < 300 => {
                *book.done.entry(what).or_default() += 1;
                return Some(answer.body);
            }
            Some(code) if fair.contains(&code) => *book.done.entry("refused").or_default() += 1,
            _ => book.wrong.push(format!("buyer {}: {path} {body}: {} {}", self.number, answer.status, answer.body)),
        }
        None
    }

    fn any_shop(&mut self) -> Shop {
        self.shops[self.random.random_range(0..2)].clone()
    }

    /// Nobody ended it.
    fn left(&self, cart: &Cart) {
        self.note("left").natural.extend(cart.natural());
    }

    fn witness(&self, lives: Vec<Life>) {
        self.book.lock().unwrap().witnessed.extend(lives);
    }

    fn note(&self, what: &'static str) -> MutexGuard<'_, Acknowledged> {
        let mut book = self.book.lock().unwrap();
        *book.done.entry(what).or_default() += 1;
        book
    }
}
