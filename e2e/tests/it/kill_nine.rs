//! `stagedoor start` is killed, stopped and started again: what was acknowledged stays.

use serde_json::json;

use crate::{
    platform::Platform,
    shop::{OnSale, id},
};

#[tokio::test(flavor = "multi_thread")]
async fn start_survives_kill_nine_and_goes_on_where_it_was() {
    let platform = Platform::new();
    let running = platform.start();
    let demo = platform.demo();
    let postgres = platform.place.postgres();
    assert!(postgres.is_some());
    let arena = &demo["regions"]["eu"]["arena"];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let on_sale = OnSale { performance: text(&arena["performance_id"]), offer: text(&arena["offers"][0]["id"]) };
    let shop = platform.demo_shop();
    let paid = shop.buy(&platform.sandbox(), &on_sale, 2).await;
    let (open, payment) = shop.order(&on_sale, 1).await;

    running.dies();
    assert_eq!(platform.place.postgres(), postgres, "PostgreSQL goes on without us");
    let running = platform.start();
    assert_eq!(platform.place.postgres(), postgres, "the server that was left running is taken over");
    assert_eq!(platform.demo(), demo, "the same keys and ids");
    assert_eq!(shop.all("/v1/shows").await.len(), 2, "the demo was not loaded twice");
    assert_eq!(shop.get(&format!("/v1/orders/{}", id(&paid))).await, paid);
    // The payment that was open when the process died can still be made, at a sandbox that remembers it.
    assert_eq!(shop.pay(&platform.sandbox(), &payment, "pm_card_visa").await, 200);
    shop.becomes(&format!("/v1/orders/{}", id(&open)), "paid").await;
    shop.buy(&platform.sandbox(), &on_sale, 2).await;

    platform.stop(running);
    assert_eq!(platform.place.postgres(), None, "Ctrl-C stops PostgreSQL too");
    let running = platform.start();
    assert_eq!(platform.demo(), demo);
    assert_eq!(shop.get(&format!("/v1/orders/{}", id(&paid))).await, paid);
    let refund = shop.post(&format!("/v1/orders/{}/refunds", id(&paid)), json!({})).await.done();
    shop.becomes(&format!("/v1/refunds/{}", id(&refund)), "succeeded").await;
    platform.stop(running);
}
