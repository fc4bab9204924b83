//! Live streams: what a browser that looks at tickets is told, in whichever process it is, and when a stream ends.

use std::time::Duration;

use foundation::event;
use platform_api::{ApiSettings, StreamLimits};
use serde_json::{Value, json};

use crate::{
    app::{Reseller, TestApp, settings},
    client::{Client, send, text},
    theatre::{Theatre, id},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// An open stream.
struct Stream {
    response: reqwest::Response,
    unread: String,
}

/// An event as a browser has it.
#[derive(Debug)]
struct Told {
    kind: String,
    id: String,
    data: Value,
}

impl Stream {
    async fn open(call: reqwest::RequestBuilder) -> Self {
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self { response, unread: String::new() }
    }

    /// The next event or comment as it was sent; none at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap()?;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Told> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                let found = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                found.unwrap_or_default().to_owned()
            };
            let data = field("data");
            if !data.is_empty() {
                return Some(Told {
                    kind: field("event"),
                    id: field("id"),
                    data: serde_json::from_str(&data).unwrap(),
                });
            }
        }
    }

    /// The next event of this kind.
    async fn next_of(&mut self, kind: &str) -> Told {
        loop {
            let told = self.next().await.unwrap_or_else(|| panic!("it ended before {kind}"));
            if told.kind == kind {
                return told;
            }
        }
    }

    /// Waits until the ticket is said to be so.
    async fn until(&mut self, ticket: &str, state: &str) {
        loop {
            let told = self.next_of("tickets").await;
            if told.data["tickets"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one == &json!({ "id": ticket, "state": state }))
            {
                return;
            }
        }
    }

    /// Waits for its end.
    async fn end(&mut self) {
        while self.block().await.is_some() {}
    }
}

fn own(theatre: &Theatre) -> String {
    format!("/v1/performances/{}/stream", theatre.performance)
}

fn public(reseller: &Reseller, theatre: &Theatre) -> String {
    format!("/v1/public/eu/{}{}", reseller.id, own(theatre).trim_start_matches("/v1"))
}

async fn seats(theatre: &Theatre, client: &Client, many: usize) -> Vec<String> {
    theatre.tickets(client, &format!("section=Stalls&limit={many}")).await.iter().map(id).collect()
}

async fn purchased(app: &TestApp, reseller: &Reseller) -> Vec<Value> {
    app.settle().await;
    let log = event::after(&mut app.cell().tenant(reseller.id).await.unwrap(), 0, 1_000).await.unwrap().events;
    log.into_iter().filter(|event| event.kind == "ticket.purchased").map(|event| event.data).collect()
}

#[tokio::test]
async fn who_looks_at_a_ticket_is_told_that_it_goes_and_the_reseller_how_many_looked_whichever_processes_they_are_in() {
    let mut app = TestApp::start().await;
    app.second_process().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let seats = seats(&theatre, client, 3).await;
    // A buyer with the shop's page, one at another process, one with a publishable key who looks at another ticket too.
    let path = |tickets: &str| format!("{}?tickets={tickets}", public(&reseller, &theatre));
    let mut here = Stream::open(app.anyone().call("get", &path(&seats[0]))).await;
    let mut there = Stream::open(app.at_second(&app.anyone()).call("get", &path(&seats[0]))).await;
    let keyed = format!("{}?tickets={},{}", own(&theatre), seats[0], seats[1]);
    let mut key = Stream::open(app.at_second(&reseller.publishable).call("get", &keyed)).await;
    for stream in [&mut here, &mut there, &mut key] {
        let first = stream.next().await.unwrap();
        assert_eq!((first.kind.as_str(), &first.data["available"]), ("snapshot", &json!(40)));
        assert_eq!(
            (&first.data["total"], &first.data["unavailable"]),
            (&Value::Null, &Value::Null),
            "only public fields"
        );
        stream.until(&seats[0], "available").await;
    }
    app.tell_looking().await;
    let order = theatre.order(client, json!([theatre.seat(&seats[0]), theatre.seat(&seats[2])])).await;
    app.settle().await;
    for stream in [&mut here, &mut there, &mut key] {
        stream.until(&seats[0], "held").await;
    }
    app.pay(&order["payments"][0], "pm_card_visa").await;
    assert_eq!(app.callback("payment_intent.succeeded").await, 200);
    app.settle().await;
    for stream in [&mut here, &mut there, &mut key] {
        stream.until(&seats[0], "sold").await;
    }
    let bought = |ticket: &str, looking: u32| {
        json!({ "id": ticket, "performance_id": theatre.performance, "order_id": id(&order), "looking": looking,
                "looking_at_performance": 3 })
    };
    let expected = [bought(&seats[0], 3), bought(&seats[2], 0)];
    assert_eq!(purchased(&app, &reseller).await, expected);
    let delete = format!("/v1/performances/{}/tickets/delete", theatre.performance);
    client.post(&delete, json!({ "ticket_ids": [seats[1]] })).await.ok(200);
    app.settle().await;
    key.until(&seats[1], "deleted").await;
    drop((here, there, key));
    assert_eq!(purchased(&app, &reseller).await, expected, "once");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_has_changed_is_told_alone_and_after_a_break_it_goes_on_where_it_was() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let mut stream = Stream::open(client.call("get", &own(&theatre))).await;
    let first = stream.next().await.unwrap();
    assert_eq!((first.kind.as_str(), &first.data["total"]), ("snapshot", &json!(40)), "a secret key is told why");
    assert_eq!(first.data, client.get(&own(&theatre).replace("stream", "availability")).await.ok(200));
    theatre.hold(client, json!([{ "performance_id": theatre.performance, "offer_id": theatre.adult, "quantity": 2, "section": "Floor" }])).await;
    let next = stream.next().await.unwrap();
    assert_eq!((next.kind.as_str(), &next.data["available"]), ("availability", &json!(38)));
    let sections = next.data["sections"].as_array().unwrap();
    assert_eq!((sections.len(), &sections[0]["section"]), (1, &json!("Floor")), "{next:?}");
    assert_ne!(next.id, first.id);
    let again = |last: &str| client.call("get", &own(&theatre)).header("last-event-id", last);
    let mut anew = Stream::open(again(&first.id)).await;
    let snapshot = anew.next().await.unwrap();
    assert_eq!((snapshot.kind.as_str(), &snapshot.id, &snapshot.data["available"]), ("snapshot", &next.id, &json!(38)));
    let mut on = Stream::open(again(&next.id)).await;
    theatre.hold(client, json!([theatre.adults(1)])).await;
    let told = on.next().await.unwrap();
    assert_eq!((told.kind.as_str(), &told.data["available"]), ("availability", &json!(37)), "no snapshot before");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn what_is_hidden_or_anothers_is_not_streamed_and_what_becomes_hidden_ends() {
    let app = TestApp::start().await;
    let (reseller, other) = (app.reseller().await, app.reseller().await);
    let (client, theatre, theirs) = (&reseller.test, reseller.theatre().await, other.theatre().await);
    let foreign = &seats(&theirs, &other.test, 1).await[0];
    client.get(&format!("{}?tickets={foreign}", own(&theatre))).await.refused(404, "not_found");
    client.get(&format!("{}?tickets=tkt_1", own(&theatre))).await.refused(422, "invalid_field");
    app.anyone().get(&public(&other, &theatre)).await.refused(404, "not_found");
    let mut buyer = Stream::open(app.anyone().call("get", &public(&reseller, &theatre))).await;
    let mut shop = Stream::open(reseller.publishable.call("get", &own(&theatre))).await;
    let mut office = Stream::open(client.call("get", &own(&theatre))).await;
    let show = format!("/v1/shows/{}", theatre.show);
    let seen = client.get(&show).await;
    client.patch(&show, seen.etag(), json!({ "visibility": "hidden" })).await.ok(200);
    app.settle().await;
    buyer.end().await;
    shop.end().await;
    app.anyone().get(&public(&reseller, &theatre)).await.refused(404, "not_found");
    reseller.publishable.get(&own(&theatre)).await.refused(404, "not_found");
    theatre.hold(client, json!([theatre.adults(1)])).await;
    assert_eq!(office.next_of("availability").await.data["available"], 39, "who may see it goes on");
    app.verify(&[&reseller, &other]).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_key_and_with_its_process_and_says_meanwhile_that_it_is_alive() {
    let app = TestApp::with(ApiSettings { stream_pulse: Duration::from_millis(20), ..settings() }).await;
    let reseller = app.reseller().await;
    let (client, theatre) = (&reseller.test, reseller.theatre().await);
    let body = json!({ "kind": "restricted", "name": "board", "scopes": ["shows:read"] });
    let key = client.post("/v1/api_keys", body).await.ok(201);
    let mut revoked = Stream::open(app.with_key(text(&key["secret"])).call("get", &own(&theatre))).await;
    let mut stopped = Stream::open(app.anyone().call("get", &public(&reseller, &theatre))).await;
    for stream in [&mut revoked, &mut stopped] {
        assert_eq!(stream.next().await.unwrap().kind, "snapshot");
        assert_eq!(stream.block().await.as_deref(), Some(": "), "a sign of life");
    }
    client.post(&format!("/v1/api_keys/{}/revoke", id(&key)), json!({})).await.ok(200);
    revoked.end().await;
    assert_eq!(stopped.block().await.as_deref(), Some(": "), "who needs no key goes on");
    app.close_streams();
    stopped.end().await;
    app.anyone().get(&public(&reseller, &theatre)).await.refused(503, "busy");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn there_are_no_more_streams_than_may_be_of_a_process_a_key_and_a_client_and_who_leaves_makes_room() {
    let with = |all, per_key, per_client| {
        let streams = StreamLimits { all, per_key, per_client };
        TestApp::with(ApiSettings { streams, ..settings() })
    };
    for (limits, status, code) in
        [((1, 9, 9), 503, "busy"), ((9, 1, 9), 429, "too_many_streams"), ((9, 9, 1), 429, "too_many_streams")]
    {
        let app = with(limits.0, limits.1, limits.2).await;
        let reseller = app.reseller().await;
        let theatre = reseller.theatre().await;
        let open = Stream::open(reseller.publishable.call("get", &own(&theatre))).await;
        let refused = reseller.publishable.get(&own(&theatre)).await;
        refused.refused(status, code);
        assert_eq!(refused.header("retry-after"), "10");
        drop(open);
        // The connection is closed by now; that the process has seen it is waited for.
        let mut answer = send(reseller.publishable.call("get", &own(&theatre))).await;
        let begun = std::time::Instant::now();
        while answer.status != 200 {
            assert!(begun.elapsed() < PATIENCE, "who has left still counts");
            answer = send(reseller.publishable.call("get", &own(&theatre))).await;
        }
        app.verify(&[&reseller]).await;
    }
}
