//! Buyers in a real browser: they pay, are declined and try again, prove who they are, fail to, or go away. At a desktop and on a phone.

use std::path::Path;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use testkit::browser::Browser;
use tokio::net::TcpListener;

use crate::world::{World, text};

const VISA: &str = "4242 4242 4242 4242";
const DECLINED: &str = "4000 0000 0000 9995";
/// What only the bank's page has.
const BANK: &str = "form[action^='/3d-secure/']";

const SECURE: &str = "4000 0027 6000 3184";

/// Where buyers come from and go back to, on a site of its own.
async fn shop() -> String {
    let page = |text: &'static str| get(move || async move { Html(format!("<h1 id=shop>{text}</h1>")) });
    let router = Router::new().route("/thanks", page("Thank you")).route("/cart", page("Your cart"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://localhost:{port}")
}

struct Scene<'a> {
    world: &'a World,
    browser: &'a Browser,
    shop: &'a str,
}

impl Scene<'_> {
    async fn session(&self, more: &[(&str, &str)]) -> Value {
        let success = format!("{}/thanks?session={{CHECKOUT_SESSION_ID}}", self.shop);
        let cancel = format!("{}/cart", self.shop);
        let form = [
            ("mode", "payment"),
            ("success_url", &success),
            ("cancel_url", &cancel),
            ("branding_settings[display_name]", "The Globe Theatre"),
            ("payment_intent_data[description]", "Hamlet · Saturday 21 November, 19:30"),
            ("line_items[0][price_data][currency]", "eur"),
            ("line_items[0][price_data][unit_amount]", "4500"),
            ("line_items[0][price_data][product_data][name]", "Stalls, adult"),
            ("line_items[0][price_data][product_data][description]", "Row F, seats 12 and 13"),
            ("line_items[0][quantity]", "2"),
            ("line_items[1][price_data][currency]", "eur"),
            ("line_items[1][price_data][unit_amount]", "250"),
            ("line_items[1][price_data][product_data][name]", "Booking fee"),
        ];
        self.world.post("/v1/checkout/sessions", &[&form, more].concat()).await.ok()
    }

    async fn now(&self, session: &Value) -> Value {
        self.world.get(&format!("/v1/checkout/sessions/{}", text(session, "id"))).await.ok()
    }

    async fn card(&self, number: &str) {
        self.browser.fill(&[("#number", number), ("#expiry", "12/34"), ("#cvc", "123")]).await;
    }

    /// Ends in the shop, with the session paid.
    async fn thanked(&self, session: &Value) {
        let address = format!("{}/thanks?session={}", self.shop, text(session, "id"));
        self.browser.arrive("#shop", &address).await;
        assert_eq!(self.browser.text("#shop").await, "Thank you");
        assert_eq!(self.now(session).await["payment_status"], "paid");
    }

    async fn declined_then_paid(&self) {
        let session = self.session(&[]).await;
        self.browser.open(text(&session, "url")).await;
        assert!(self.browser.text(".order").await.contains("The Globe Theatre"));
        assert!(self.browser.text(".total").await.contains("EUR 92.50"));
        self.browser.picture("checkout").await;
        self.browser.fill(&[("#email", "ada@example.com"), ("#name", "Ada Lovelace")]).await;
        self.card(DECLINED).await;
        self.browser.press("Pay EUR 92.50").await;
        assert!(self.browser.text("[role=alert]").await.contains("Your card has insufficient funds."));
        assert_eq!(self.browser.value("#name").await, "Ada Lovelace", "who pays may stay");
        assert_eq!(self.browser.value("#email").await, "ada@example.com");
        assert_eq!(self.browser.value("#number").await, "", "with what may not");
        self.browser.picture("declined").await;
        self.card(VISA).await;
        self.browser.press("Pay EUR 92.50").await;
        self.thanked(&session).await;
        let done = self.now(&session).await;
        assert_eq!(done["customer_details"]["email"], "ada@example.com");
        self.browser.open(text(&session, "url")).await;
        assert_eq!(self.browser.text("h1").await, "Payment successful", "there is nothing left to pay");
        self.browser.picture("paid").await;
    }

    async fn authenticated(&self) {
        let session = self.session(&[("customer_email", "ada@example.com")]).await;
        self.browser.open(text(&session, "url")).await;
        self.browser.fill(&[("#name", "Ada Lovelace")]).await;
        self.card(SECURE).await;
        self.browser.press("Pay").await;
        self.browser.arrive(BANK, &format!("{}/3d-secure/", self.world.base)).await;
        assert!(self.browser.text("main").await.contains("The Globe Theatre wants to charge EUR 92.50"));
        self.browser.picture("bank").await;
        self.browser.press("Fail authentication").await;
        self.browser.arrive("[role=alert]", text(&session, "url")).await;
        assert!(self.browser.text("[role=alert]").await.contains("unable to authenticate"));
        self.browser.picture("not-authenticated").await;
        self.card(SECURE).await;
        self.browser.press("Pay").await;
        self.browser.press("Complete authentication").await;
        self.thanked(&session).await;
    }

    async fn gone_away_and_come_back(&self) {
        let session = self.session(&[("customer_email", "ada@example.com")]).await;
        self.browser.open(text(&session, "url")).await;
        self.browser.fill(&[("#name", "Ada Lovelace")]).await;
        self.card(SECURE).await;
        self.browser.press("Pay").await;
        self.browser.arrive(BANK, &format!("{}/3d-secure/", self.world.base)).await;
        self.browser.open(text(&session, "url")).await;
        assert!(self.browser.text("[role=alert]").await.contains("still waits"));
        assert_eq!(self.now(&session).await["status"], "open");
        self.browser.picture("unfinished").await;
        self.browser.click("[role=alert] a").await;
        self.browser.press("Complete authentication").await;
        self.thanked(&session).await;
    }

    async fn given_up(&self) {
        let session = self.session(&[]).await;
        self.browser.open(text(&session, "url")).await;
        self.browser.click(".back").await;
        self.browser.arrive("#shop", &format!("{}/cart", self.shop)).await;
        let path = format!("/v1/checkout/sessions/{}/expire", text(&session, "id"));
        self.world.post(&path, &[]).await.ok();
        self.browser.back().await;
        self.browser.open(text(&session, "url")).await;
        assert_eq!(self.browser.text("h1").await, "This page has expired");
        self.browser.picture("expired").await;
        self.browser.arrive("#shop", &format!("{}/cart", self.shop)).await;
    }

    async fn debited(&self) {
        let types = [("payment_method_types[0]", "card"), ("payment_method_types[1]", "sepa_debit")];
        let session = self.session(&types).await;
        self.browser.open(text(&session, "url")).await;
        self.browser.click("details:nth-of-type(2) summary").await;
        let iban = "DE89 3704 0044 0532 0130 00";
        let fields = [("#debit-email", "ada@example.com"), ("#iban", iban), ("#debit-name", "Ada Lovelace")];
        self.browser.fill(&fields).await;
        self.browser.picture("debit").await;
        self.browser.press("Pay").await;
        self.browser.arrive("#shop", &format!("{}/thanks", self.shop)).await;
        let done = self.now(&session).await;
        assert_eq!((&done["status"], &done["payment_status"]), (&json!("complete"), &json!("unpaid")));
    }

    /// The page of a single payment, and the bank's page as the shop's own site opens it.
    async fn without_a_session(&self) {
        let intent = self.world.intent().await;
        let (id, secret) = (text(&intent, "id"), text(&intent, "client_secret"));
        let (base, shop) = (&self.world.base, self.shop);
        self.browser.open(&format!("{base}/pay/{id}?client_secret={secret}&return_url={shop}/thanks?order=1")).await;
        self.browser.picture("pay").await;
        self.browser.fill(&[("#name", "Ada Lovelace")]).await;
        self.card(SECURE).await;
        self.browser.press("Pay EUR 100.00").await;
        self.browser.press("Complete authentication").await;
        let back = format!("{shop}/thanks?order=1&payment_intent={id}&payment_intent_client_secret={secret}");
        assert!(self.browser.arrive("#shop", &back).await.ends_with("redirect_status=succeeded"));

        for (button, end) in [("Complete authentication", "succeeded"), ("Fail authentication", "failed")] {
            let intent = self.world.intent().await;
            let path = format!("/v1/payment_intents/{}/confirm", text(&intent, "id"));
            let back = format!("{shop}/thanks");
            let form = [("payment_method", "pm_card_threeDSecure2Required"), ("return_url", &back)];
            let asked = self.world.post(&path, &form).await.ok();
            self.browser.open(text(&asked["next_action"]["redirect_to_url"], "url")).await;
            self.browser.press(button).await;
            let arrived = self.browser.arrive("#shop", &back).await;
            assert!(arrived.ends_with(&format!("redirect_status={end}")), "{arrived}");
        }
    }

    async fn play(&self) {
        self.declined_then_paid().await;
        self.authenticated().await;
        self.gone_away_and_come_back().await;
        self.given_up().await;
        self.debited().await;
        self.without_a_session().await;
    }
}

#[tokio::test]
async fn buyers_find_their_way_at_a_desktop_and_on_a_phone() {
    let world = World::new().await;
    let shop = shop().await;
    Browser::play(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripe-sandbox-pages"), async |browser| {
        for (width, height) in [(1280, 900), (390, 844)] {
            browser.resize(width, height).await;
            Scene { world: &world, browser, shop: &shop }.play().await;
        }
    })
    .await;
}
