//! Buyers in a real browser on the provider's page, of orders of the running platform: they pay, are declined and try again, prove
//! who they are, fail to, go away and come back, or come too late. At a desktop and on a phone.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{Router, http::StatusCode, response::Html, routing::get};
use serde_json::{Value, json};
use testkit::browser::Browser;
use tokio::net::TcpListener;

use crate::{
    house::House,
    line::Line,
    shop::{OnSale, Shop, eventually, http, id, order_of},
};

/// What only the bank's page has.
const BANK: &str = "form[action^='/3d-secure/']";

/// What is slow at the provider waits until its clock is moved.
const SETTLES_AFTER: Duration = Duration::from_secs(3_600);

/// Where buyers come back to, on a site of its own.
struct Window {
    /// A page that thanks them.
    thanks: String,
    /// An answer without a page, which leaves them where they are: what is shown there for a moment can be read in peace.
    stay: String,
}

async fn shop_window() -> Window {
    let thanks = get(async || Html("<h1 id=shop>Thank you</h1>"));
    let router = Router::new().route("/thanks", thanks).route("/stay", get(async || StatusCode::NO_CONTENT));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(axum::serve(listener, router).into_future());
    Window { thanks: format!("{site}/thanks"), stay: format!("{site}/stay") }
}

struct Scene<'a> {
    line: &'a Line,
    shop: &'a Shop,
    on_sale: &'a OnSale,
    browser: &'a Browser,
    window: &'a Window,
}

impl Scene<'_> {
    /// One call reserves, prices and makes the page; the buyer opens it. Gives the order.
    async fn at_the_till(&self, back: &str) -> Value {
        // Each time another buyer, for nobody may have many tickets.
        static BUYERS: AtomicU32 = AtomicU32::new(1);
        let email = format!("ada{}@example.com", BUYERS.fetch_add(1, Ordering::Relaxed));
        let order = json!({
            "items": [self.on_sale.any(2)],
            "buyer": { "name": "Ada Lovelace", "email": email },
            "payment": { "method": "page", "return_url": back },
        });
        let order = self.shop.post("/v1/orders", order).await.done();
        self.browser.open(page(&order)).await;
        order
    }

    async fn now(&self, order: &Value) -> Value {
        self.shop.get(&format!("/v1/orders/{}", id(order))).await
    }

    async fn pays_with(&self, number: &str) {
        let fields = [("#number", number), ("#expiry", "12/34"), ("#cvc", "123"), ("#name", "Ada Lovelace")];
        self.browser.fill(&fields).await;
        self.browser.press("Pay EUR ").await;
    }

    /// The buyer is back in the shop, and the order is paid.
    async fn is_back_and_has_paid(&self, order: &Value) {
        let address = self.browser.arrive("#shop", &self.window.thanks).await;
        assert_eq!(address, self.window.thanks);
        self.has_paid(order).await;
    }

    /// The order is paid, by the page's one payment.
    async fn has_paid(&self, order: &Value) {
        let paid = self.shop.becomes(&format!("/v1/orders/{}", id(order)), "paid").await;
        assert_eq!(paid["missing"], json!([]));
        assert!(paid["items"].as_array().unwrap().iter().all(|item| item["credential"] == "issued"), "{paid:#}");
        let payments = paid["payments"].as_array().unwrap();
        assert_eq!(payments.len(), 1, "{paid:#}");
        assert_eq!((&payments[0]["state"], &payments[0]["page_url"]), (&json!("succeeded"), &Value::Null));
    }

    /// Waits until the reseller is told why the buyer has not paid.
    async fn says(&self, order: &Value, missing: &str, why: &str) {
        eventually(&format!("the order says {missing}: {why}"), async || {
            let now = self.now(order).await;
            assert_eq!(now["state"], "awaiting_payment", "{now:#}");
            let said = &now["missing"][0];
            (said["code"] == missing && said["detail"].as_str()?.contains(why)).then_some(())
        })
        .await;
    }

    async fn paid_at_once(&self) {
        let hold = self.shop.post("/v1/holds", json!({ "items": [self.on_sale.any(2)] })).await.done();
        let order = self.shop.post("/v1/orders", order_of(&hold)).await.done();
        let way = json!({ "method": "page", "return_url": self.window.thanks });
        let payment = self.shop.post(&format!("/v1/orders/{}/payments", id(&order)), way).await.done();
        let page = payment["page_url"].as_str().unwrap();
        self.browser.open(page).await;
        let total = format!("EUR {}", order["total"]["amount"].as_str().unwrap());
        assert!(self.browser.text(".total").await.contains(&total), "the page asks for the order's total");
        assert!(
            self.browser.text(".known").await.contains(order["buyer"]["email"].as_str().unwrap()),
            "what the shop knows is not asked again"
        );
        self.browser.picture("to-pay").await;
        self.pays_with("4242 4242 4242 4242").await;
        self.is_back_and_has_paid(&order).await;
    }

    async fn declined_and_declined_and_paid(&self) {
        let order = self.at_the_till(&self.window.thanks).await;
        for (number, told, code) in [
            ("4000 0000 0000 0002", "Your card was declined.", "generic_decline"),
            ("4000 0000 0000 9995", "Your card has insufficient funds.", "insufficient_funds"),
            ("4000 0000 0000 0069", "Your card has expired.", "expired_card"),
            ("4000 0000 0000 0127", "Your card's security code is incorrect.", "incorrect_cvc"),
        ] {
            self.pays_with(number).await;
            self.browser.notices(told).await;
            self.says(&order, "payment_declined", &format!("{told} ({code})")).await;
        }
        self.browser.picture("declined").await;
        self.pays_with("4242 4242 4242 4241").await;
        self.browser.notices("Your card number is incorrect.").await;
        self.pays_with("4242 4242 4242 4242").await;
        self.is_back_and_has_paid(&order).await;
    }

    async fn not_authenticated_and_then_authenticated(&self) {
        let order = self.at_the_till(&self.window.thanks).await;
        for number in ["4000 0000 0000 3220", "4000 0027 6000 3184"] {
            self.pays_with(number).await;
            self.browser.arrive(BANK, &format!("{}/3d-secure/", self.line.sandbox)).await;
            self.says(&order, "payment_confirmation", "back to the payment's page_url").await;
            self.browser.picture("bank").await;
            self.browser.press("Fail authentication").await;
            self.browser.notices("We are unable to authenticate your payment method.").await;
            self.says(&order, "payment_declined", "payment_intent_authentication_failure").await;
        }
        self.browser.picture("not-authenticated").await;
        self.pays_with("4000 0000 0000 3220").await;
        self.browser.press("Complete authentication").await;
        self.is_back_and_has_paid(&order).await;
    }

    async fn authenticated_and_declined_all_the_same(&self) {
        let order = self.at_the_till(&self.window.thanks).await;
        self.pays_with("4000 0084 0000 1629").await;
        self.browser.press("Complete authentication").await;
        self.browser.notices("Your card was declined.").await;
        self.says(&order, "payment_declined", "(generic_decline)").await;
        self.pays_with("4242 4242 4242 4242").await;
        self.is_back_and_has_paid(&order).await;
    }

    async fn gone_away_and_come_back(&self) {
        let order = self.at_the_till(&self.window.thanks).await;
        self.pays_with("4000 0027 6000 3184").await;
        self.browser.arrive(BANK, &format!("{}/3d-secure/", self.line.sandbox)).await;
        self.browser.open(&self.window.thanks).await;
        self.says(&order, "payment_confirmation", "back to the payment's page_url").await;
        let now = self.now(&order).await;
        self.browser.open(page(&now)).await;
        self.browser.notices("Your bank still waits for your confirmation.").await;
        self.browser.picture("unfinished").await;
        self.browser.click("[role=alert] a").await;
        self.browser.press("Complete authentication").await;
        self.is_back_and_has_paid(&order).await;
    }

    /// No card that can be typed takes its time, so the buyer's other device pays.
    async fn under_way_and_paid(&self) {
        let order = self.at_the_till(&self.window.stay).await;
        let session = &order["payments"][0]["provider_session"];
        self.tell("pay", json!({ "checkout_session": session, "payment_method": "pm_card_sandboxProcessing" })).await;
        self.shop.becomes(&format!("/v1/orders/{}", id(&order)), "processing").await;
        self.browser.open(page(&order)).await;
        self.browser.notices("Payment under way").await;
        self.browser.picture("under-way").await;
        self.tell("advance", json!({ "seconds": SETTLES_AFTER.as_secs() })).await;
        self.has_paid(&order).await;
        self.browser.open(page(&order)).await;
        self.browser.notices("Payment successful").await;
        self.browser.picture("paid").await;
    }

    async fn tell(&self, what: &str, body: Value) {
        let call = http().post(format!("{}/_sandbox/{what}", self.line.sandbox)).json(&body);
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    }

    async fn too_late(&self, house: &House) {
        let before = house.available(self.shop).await;
        let order = self.at_the_till(&self.window.stay).await;
        self.shop.post("/v1/test_clock/advance", json!({ "seconds": 901 })).await.done();
        let ended = self.shop.becomes(&format!("/v1/orders/{}", id(&order)), "expired").await;
        let payment = &ended["payments"][0];
        assert_eq!((&payment["state"], &payment["page_url"]), (&json!("cancelled"), &Value::Null));
        // The page is still open before the buyer.
        self.pays_with("4242 4242 4242 4242").await;
        self.browser.notices("This page has expired").await;
        assert!(self.browser.text("main").await.contains("The time to pay is over. Nothing was charged."));
        self.browser.picture("too-late").await;
        self.browser.open(page(&order)).await;
        self.browser.notices("This page has expired").await;
        assert_eq!(self.now(&order).await, ended);
        eventually("its tickets are free", async || (house.available(self.shop).await == before).then_some(())).await;
    }

    async fn play(&self, house: &House) {
        self.paid_at_once().await;
        self.declined_and_declined_and_paid().await;
        self.not_authenticated_and_then_authenticated().await;
        self.authenticated_and_declined_all_the_same().await;
        self.gone_away_and_come_back().await;
        self.under_way_and_paid().await;
        self.too_late(house).await;
    }
}

/// Where the order's newest payment is paid.
fn page(order: &Value) -> &str {
    let payments = order["payments"].as_array().unwrap();
    payments.last().unwrap()["page_url"].as_str().unwrap_or_else(|| panic!("no page in {order:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn buyers_pay_on_the_providers_page_at_a_desktop_and_on_a_phone() {
    let line = Line::settling_after(SETTLES_AFTER).await;
    let (api, _dispatch) = (line.first_api(), line.dispatch());
    let shop = Shop::open(api.url()).await;
    let house = House::open(&shop, 1, 50).await;
    let window = shop_window().await;
    Browser::play(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("payment-pages"), async |browser| {
        for (width, height) in [(1280, 900), (390, 844)] {
            browser.resize(width, height).await;
            let scene = Scene { line: &line, shop: &shop, on_sale: &house.floor, browser, window: &window };
            scene.play(&house).await;
        }
    })
    .await;
    line.verified();
}
