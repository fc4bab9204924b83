//! The errors a person makes: each is told with its status, its code and where it is, and nothing has changed. Here are those
//! in what is to be sold, in an account and in an update, and how a mistake is made.

use serde_json::{Value, json};

use crate::{
    app::{TestApp, settings},
    client::{Answer, Client},
    theatre::{eur, performance_body, show_body, venue_body},
};

/// Where the caller is told that the fault is.
fn pointers(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

/// A mistake: a name, its path, its body, and what it is answered: status, code, pointer (none where it is no field's).
pub(crate) type Mistake = (&'static str, String, Value, u16, &'static str, Option<&'static str>);

#[track_caller]
pub(crate) fn told(name: &str, answer: &Answer, status: u16, code: &str, pointer: Option<&str>) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &Value::from(code)), "{name}: {}", answer.text);
    if let Some(pointer) = pointer {
        assert!(
            pointers(answer).iter().any(|told| told == pointer),
            "{name} is not told at {pointer}: {}",
            answer.text
        );
    }
    assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{name}: {}", answer.text);
}

pub(crate) async fn make(app: &TestApp, client: &Client, mistakes: Vec<Mistake>) {
    for (name, path, body, status, code, pointer) in mistakes {
        let before = app.counts().await;
        let answer = client.post(&path, body).await;
        told(name, &answer, status, code, pointer);
        assert_eq!(app.counts().await, before, "{name} has changed something");
    }
}

/// The body with another value at this place.
pub(crate) fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(all) => all[field.parse::<usize>().unwrap()] = value,
        object => object[field] = value,
    }
    body
}

#[tokio::test]
async fn in_what_is_to_be_sold() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let show = |pointer: &str, value: Value| with(show_body(&theatre.venue), pointer, value);
    let first_price = "/performances/0/price_tiers/0/prices/0/price";
    let wrong_show = |name, pointer: &'static str, value: Value, status, code, at| -> Mistake {
        (name, "/v1/shows".to_owned(), show(pointer, value), status, code, at)
    };
    let usd = json!({ "amount": "49.90", "currency": "USD" });
    let tickets = "/performances/0/tickets/1/places";
    make(
        &app,
        &reseller.test,
        vec![
            wrong_show(
                "another currency",
                first_price,
                usd,
                422,
                "currency_mismatch",
                Some("/performances/0/price_tiers/0/prices/0/price/currency"),
            ),
            wrong_show(
                "a past date",
                "/performances/0/starts_at",
                json!("2020-05-01T18:00:00Z"),
                422,
                "invalid_field",
                Some("/performances/0/starts_at"),
            ),
            wrong_show(
                "an end before the start",
                "/performances/0/ends_at",
                json!("2031-05-01T17:00:00Z"),
                422,
                "invalid_field",
                Some("/performances/0/ends_at"),
            ),
            wrong_show("a negative price", first_price, eur("-1.00"), 422, "invalid_field", Some(first_price)),
            wrong_show(
                "a price with three decimals",
                first_price,
                eur("1.001"),
                422,
                "invalid_field",
                Some(first_price),
            ),
            wrong_show(
                "a price as a number",
                first_price,
                json!({ "amount": 49.9, "currency": "EUR" }),
                422,
                "invalid_field",
                Some("/performances/0/price_tiers/0/prices/0/price/amount"),
            ),
            wrong_show("no ticket", tickets, json!(0), 422, "invalid_field", Some(tickets)),
            wrong_show("ten million tickets", tickets, json!(10_000_000), 422, "too_many_tickets", None),
            wrong_show("more than any number", tickets, json!(99_999_999_999_u64), 422, "invalid_field", Some(tickets)),
            wrong_show("half a ticket", tickets, json!(1.5), 422, "invalid_field", Some(tickets)),
            wrong_show("an unknown field", "/colour", json!("red"), 400, "unknown_field", Some("/colour")),
            wrong_show(
                "an unknown field within",
                "/performances/0/colour",
                json!("red"),
                400,
                "unknown_field",
                Some("/performances/0/colour"),
            ),
            wrong_show("no title", "/title", json!(" "), 422, "invalid_field", Some("/title")),
            wrong_show("a title of a NUL", "/title", json!("Ham\0let"), 422, "invalid_field", None),
            wrong_show("a description of a NUL", "/description", json!("\0"), 422, "invalid_field", None),
        ],
    )
    .await;
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_the_parts_of_a_show() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let show = |pointer: &str, value: Value| with(show_body(&theatre.venue), pointer, value);
    let wrong_show = |name, pointer: &'static str, value: Value, status, code, at| -> Mistake {
        (name, "/v1/shows".to_owned(), show(pointer, value), status, code, at)
    };
    make(&app, &reseller.test, vec![
        wrong_show("a currency that is none", "/currency", json!("EURO"), 422, "invalid_field", Some("/currency")),
        wrong_show("an unknown ticket type", "/ticket_types", json!(["adult"]), 422, "invalid_field", Some("/performances/0/price_tiers/0/prices/1/ticket_type")),
        wrong_show("a ticket type twice", "/ticket_types", json!(["adult", "child", "adult"]), 422, "invalid_field", Some("/ticket_types/2")),
        wrong_show("rows and places", "/performances/0/tickets/0/places", json!(5), 422, "invalid_field", Some("/performances/0/tickets/0")),
        wrong_show("an inverted window", "/performances/0/on_sale_at", json!("2031-05-01T18:00:00Z"), 422, "invalid_field", Some("/performances/0/on_sale_at")),
        wrong_show("a time that clocks jump over", "/performances/0/starts_at", json!("2031-03-30T02:30:00"), 422, "local_time_missing", Some("/performances/0/starts_at")),
        wrong_show("a time that clocks show twice", "/performances/0/off_sale_at", json!("2030-10-27T02:30:00"), 422, "local_time_ambiguous", Some("/performances/0/off_sale_at")),
        wrong_show("nothing to sell", "/performances/0/tickets", json!([]), 422, "invalid_field", Some("/performances/0/tickets")),
        wrong_show("a time before any calendar", "/performances/0/on_sale_at", json!("-009000-01-01T00:00:00Z"), 422, "invalid_field", Some("/performances/0/on_sale_at")),
        wrong_show("a date without a time", "/performances/0/starts_at", json!("2031-05-01"), 422, "invalid_field", Some("/performances/0/starts_at")),
        ("an unknown time zone", "/v1/venues".to_owned(), with(venue_body(), "/time_zone", json!("Europe/Atlantis")), 422, "invalid_field", Some("/time_zone")),
        ("a country that is none", "/v1/venues".to_owned(), with(venue_body(), "/country", json!("ZZ")), 422, "invalid_field", Some("/country")),
        ("an unknown visibility", "/v1/shows".to_owned(), show("/visibility", json!("secret")), 422, "invalid_field", Some("/visibility")),
        ("a row twice", format!("/v1/performances/{}/tickets", theatre.performance),
            json!({ "tickets": [{ "section": "Stalls", "price_tier": "stalls", "rows": [{ "label": "A", "seats": 3 }] }] }), 422, "seat_twice", None),
        ("no tickets to add", format!("/v1/performances/{}/tickets", theatre.performance), json!({ "tickets": [] }), 422, "invalid_field", Some("/tickets")),
        ("a performance in the past", format!("/v1/shows/{}/performances", theatre.show),
            with(performance_body(&theatre.venue), "/starts_at", json!("2020-05-01T18:00:00Z")), 422, "invalid_field", Some("/starts_at")),
    ]).await;
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn with_a_live_key_the_clock_cannot_be_moved() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let before = app.counts().await;
    reseller.live.post("/v1/test_clock/advance", json!({ "seconds": 60 })).await.refused(403, "test_only");
    assert_eq!(app.counts().await, before);
}

#[tokio::test]
async fn in_a_registration() {
    let app = TestApp::start().await;
    let form = json!({ "name": "N", "email": "a@b.example", "country": "NL", "currency": "EUR", "legal_name": "N BV", "address": "S 1" });
    let anyone = app.anyone();
    make(
        &app,
        &anyone,
        vec![
            (
                "no e-mail address",
                "/v1/regions/eu/resellers".to_owned(),
                with(form.clone(), "/email", json!("a")),
                422,
                "invalid_field",
                Some("/email"),
            ),
            (
                "a country of three letters",
                "/v1/regions/eu/resellers".to_owned(),
                with(form.clone(), "/country", json!("NLD")),
                422,
                "invalid_field",
                Some("/country"),
            ),
            (
                "a country that is none",
                "/v1/regions/eu/resellers".to_owned(),
                with(form.clone(), "/country", json!("ZZ")),
                422,
                "invalid_field",
                Some("/country"),
            ),
            (
                "no currency",
                "/v1/regions/eu/resellers".to_owned(),
                with(form.clone(), "/currency", json!("XTS")),
                422,
                "invalid_field",
                Some("/currency"),
            ),
            (
                "a NUL",
                "/v1/regions/eu/resellers".to_owned(),
                with(form.clone(), "/name", json!("\0")),
                422,
                "invalid_field",
                None,
            ),
            (
                "a mode",
                "/v1/regions/eu/resellers".to_owned(),
                with(form.clone(), "/mode", json!("live")),
                400,
                "unknown_field",
                Some("/mode"),
            ),
            ("another region", "/v1/regions/us/resellers".to_owned(), form.clone(), 421, "region_elsewhere", None),
            ("no region", "/v1/regions/mars/resellers".to_owned(), form, 421, "region_elsewhere", None),
        ],
    )
    .await;
}

#[tokio::test]
async fn in_a_webhooks_address_in_development_too() {
    let app = TestApp::with(platform_api::ApiSettings { allow_private_webhooks: true, ..settings() }).await;
    let reseller = app.reseller().await;
    let endpoint = |url: &str| json!({ "url": url });
    let closed = ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/"];
    let named = ["http://metadata.google.internal/", "http://instance-data/"];
    let mistake = |url| {
        ("a link-local address", "/v1/webhook_endpoints".to_owned(), endpoint(url), 422, "invalid_field", Some("/url"))
    };
    make(&app, &reseller.test, closed.into_iter().chain(named).map(mistake).collect()).await;
    reseller.test.post("/v1/webhook_endpoints", endpoint("http://127.0.0.1:1/hook")).await.ok(201);
}

#[tokio::test]
async fn in_an_update() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    theatre.hold(client, json!([theatre.adults(1)])).await;
    let (show, performance) =
        (format!("/v1/shows/{}", theatre.show), format!("/v1/performances/{}", theatre.performance));
    let offer = format!("{performance}/offers/{}", theatre.adult);
    let long = "x".repeat(10_001);
    let (show, performance, offer) = (show.as_str(), performance.as_str(), offer.as_str());
    let cases = [
        ("an unknown field", show, json!({ "colour": "red" }), 400, "unknown_field", Some("/colour")),
        ("the currency of a show", show, json!({ "currency": "USD" }), 400, "unknown_field", Some("/currency")),
        ("an empty title", show, json!({ "title": "" }), 422, "invalid_field", Some("/title")),
        ("a title of two lines", show, json!({ "title": "a\nb" }), 422, "invalid_field", Some("/title")),
        ("a title's NUL", show, json!({ "title": "a\0b" }), 422, "invalid_field", None),
        ("an endless description", show, json!({ "description": long }), 422, "invalid_field", Some("/description")),
        ("a draft that sells", show, json!({ "state": "draft" }), 409, "tickets_in_use", None),
        (
            "another date of what was held",
            performance,
            json!({ "starts_at": "2031-05-02T18:00:00Z", "ends_at": "2031-05-02T21:00:00Z" }),
            409,
            "tickets_in_use",
            None,
        ),
        (
            "an inverted window",
            performance,
            json!({ "on_sale_at": "2031-05-01T18:00:00Z" }),
            422,
            "invalid_field",
            Some("/off_sale_at"),
        ),
        (
            "a price in another currency",
            offer,
            json!({ "price": { "amount": "5", "currency": "USD" } }),
            422,
            "currency_mismatch",
            None,
        ),
        ("a negative price", offer, json!({ "price": eur("-0.01") }), 422, "invalid_field", Some("/price")),
        ("nobody's account", "/v1/reseller", json!({ "email": "x" }), 422, "invalid_field", Some("/email")),
        ("another country", "/v1/reseller", json!({ "country": "DE" }), 400, "unknown_field", Some("/country")),
    ];
    let read = async || {
        let mut all = Vec::new();
        for path in [show, performance, offer, "/v1/reseller"] {
            all.push(client.get(path).await.text);
        }
        all
    };
    let before = (read().await, app.counts().await);
    for (name, path, body, status, code, pointer) in cases {
        let etag = client.get(path).await.etag().to_owned();
        told(name, &client.patch(path, &etag, body).await, status, code, pointer);
        assert_eq!((read().await, app.counts().await), before, "{name}");
    }
    let etag = client.get(show).await.etag().to_owned();
    client.delete(show, &etag).await.refused(409, "tickets_in_use");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_how_buyers_are_written_to() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let cases = [
        ("a language that no letter has", "language", json!("de"), 422, "invalid_field"),
        ("an open address of tickets", "ticket_url", json!("http://shop.example.com/{order_id}"), 422, "invalid_field"),
        ("no address to answer to", "reply_to", json!("help"), 422, "invalid_field"),
        ("a sender of two lines", "sender_name", json!("a\nBcc: b@example.com"), 422, "invalid_field"),
        ("a sender's colour", "colour", json!("red"), 400, "unknown_field"),
    ];
    let before = client.get("/v1/reseller").await;
    for (name, field, value, status, code) in cases {
        let refused = client.patch("/v1/reseller", before.etag(), json!({ "mail": { (field): value } })).await;
        told(name, &refused, status, code, Some(&format!("/mail/{field}")));
        assert_eq!(client.get("/v1/reseller").await.text, before.text, "{name}");
    }
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn who_deletes_what_was_held_is_told_to_cancel_to_archive_or_to_block() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    theatre.hold(client, json!([theatre.adults(40)])).await;
    let (show, performance) =
        (format!("/v1/shows/{}", theatre.show), format!("/v1/performances/{}", theatre.performance));
    let before = app.counts().await;
    let section = json!({ "section": "Floor" });
    let refused = [
        (client.delete(&show, "*").await, "POST /v1/shows/{show_id}/cancel"),
        (client.delete(&performance, "*").await, "POST /v1/performances/{performance_id}/cancel"),
        (
            client.post(&format!("{performance}/tickets/delete"), section).await,
            "POST /v1/performances/{performance_id}/cancel",
        ),
    ];
    assert_eq!(app.counts().await, before);
    let there: Vec<String> = crate::document::operations()
        .iter()
        .map(|operation| format!("{} {}", operation.method.to_uppercase(), operation.path))
        .collect();
    for (answer, cancel) in refused {
        let problem = answer.refused(409, "tickets_in_use");
        let detail = problem["detail"].as_str().unwrap();
        for way in [cancel, "POST /v1/performances/{performance_id}/blocks", "archived by itself"] {
            assert!(detail.contains(way), "{way}: {detail}");
        }
        // Whatever operation is named is one.
        let words: Vec<&str> = detail.split_whitespace().map(|word| word.trim_end_matches(['.', ',', ':'])).collect();
        for pair in words.windows(2).filter(|pair| pair[1].starts_with("/v1/")) {
            assert!(there.contains(&pair.join(" ")), "{pair:?}: {detail}");
        }
    }
    app.verify(&[&reseller]).await;
}
