//! Webhooks of the running platform, verified by the library that the standard's authors give to receivers.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    house::House,
    line::Line,
    program::{PATIENCE, Program, stagedoor},
    shop::{Shop, id, order_of},
};

pub(crate) type Delivery = (HeaderMap, Bytes);

/// A reseller's endpoint: its address, and what arrives there beside the ping that it answers.
pub(crate) async fn endpoint() -> (String, mpsc::UnboundedReceiver<Delivery>) {
    async fn take(State(desk): State<mpsc::UnboundedSender<Delivery>>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let event: Value = serde_json::from_slice(&body).unwrap();
        if event["type"] != "endpoint.pinged" {
            // A test that has seen enough waits for no more.
            let _ = desk.send((headers, body));
        }
        StatusCode::NO_CONTENT
    }
    let (desk, deliveries) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/webhooks", post(take)).with_state(desk)).into_future());
    (url, deliveries)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_of_the_line_is_verified_by_the_official_library() {
    let line = Line::open().await;
    let (api, _dispatch) = (line.first_api(), line.dispatch());
    let shop = Shop::open(api.url()).await;
    let house = House::open(&shop, 1, 10).await;
    let (url, mut deliveries) = endpoint().await;
    let types = ["order.created", "order.paid"];
    let endpoint = shop.post("/v1/webhook_endpoints", json!({ "url": url, "event_types": types })).await.done();
    let hold = shop.post("/v1/holds", json!({ "items": [house.floor.any(2)] })).await.done();
    let order = shop.post("/v1/orders", order_of(&hold)).await.done();
    let payment = shop.post(&format!("/v1/orders/{}/payments", id(&order)), json!({})).await.done();
    assert_eq!(shop.pay(&line.sandbox, &payment, "pm_card_visa").await, 200);

    let webhook = Webhook::new(endpoint["secret"].as_str().unwrap()).unwrap();
    let mut received: Vec<Value> = Vec::new();
    while received.len() < types.len() {
        let next = tokio::time::timeout(PATIENCE, deliveries.recv()).await;
        let (headers, body) = next.unwrap_or_else(|_| panic!("only {received:#?} came")).unwrap();
        webhook.verify(&body, &headers).unwrap();
        let forged = [&body[..], b" "].concat();
        assert!(webhook.verify(&forged, &headers).is_err(), "one byte more is another body");
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(headers["webhook-id"].to_str().unwrap(), id(&event));
        received.push(event);
    }
    // Two deliveries may overtake each other; the positions tell the order of what happened.
    received.sort_by_key(|event| event["position"].as_i64());
    assert_eq!(received.iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>(), types);
    let log = shop.get("/v1/events?limit=100").await;
    for event in received {
        assert!(log["data"].as_array().unwrap().contains(&event), "the log has it word for word: {event:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_makes_events_happen_and_has_them_forwarded_and_sent_again() {
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let line = Line::open().await;
    let (api, _dispatch) = (line.first_api(), line.dispatch());
    let shop = Shop::open(api.url()).await;
    let here = std::env::temp_dir();
    let (url, mut forwarded) = endpoint().await;
    let mut listen = stagedoor(&here);
    listen.args(["listen", "--forward-to", &url, "--secret", SECRET, "--event", "order.paid"]).args(shop.access());
    let listening = Program::start(listen);
    listening.tells("Forwarding what happens from now on");

    let (url, mut pushed) = endpoint().await;
    let endpoint =
        shop.post("/v1/webhook_endpoints", json!({ "url": url, "event_types": ["order.paid"] })).await.done();
    let run = |arguments: &[&str]| {
        let done = stagedoor(&here).args(arguments).args(shop.access()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    run(&["trigger", "order.paid"]);
    let by = Webhook::new(SECRET).unwrap();
    let (headers, body) = tokio::time::timeout(PATIENCE, forwarded.recv()).await.expect("it is forwarded").unwrap();
    by.verify(&body, &headers).unwrap();
    let (_, first) = tokio::time::timeout(PATIENCE, pushed.recv()).await.expect("it is pushed").unwrap();
    let event: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(event, serde_json::from_slice::<Value>(&body).unwrap());

    run(&["events", "resend", id(&event), "--endpoint", id(&endpoint)]);
    let (_, again) = tokio::time::timeout(PATIENCE, pushed.recv()).await.expect("it is sent again").unwrap();
    assert_eq!(first, again);
    for kind in ["payment.failed", "refund.created", "hold.released", "show.deleted"] {
        run(&["trigger", kind]);
    }
}
