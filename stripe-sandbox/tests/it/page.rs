//! The payment page, as a browser without scripts uses it.

use reqwest::Method;

use crate::world::{Answer, World, text};

const BACK: &str = "https://shop.example/thanks?order=1";

async fn open(world: &World, id: &str, secret: &str) -> Answer {
    let request = world.request(Method::GET, &format!("/pay/{id}"));
    world.send(request.query(&[("client_secret", secret), ("return_url", BACK)])).await
}

async fn pay(world: &World, id: &str, secret: &str, card: [&str; 3]) -> Answer {
    let [number, expiry, cvc] = card;
    let form = [
        ("client_secret", secret),
        ("return_url", BACK),
        ("number", number),
        ("expiry", expiry),
        ("cvc", cvc),
        ("name", "Ada <Lovelace>"),
    ];
    world.send(world.request(Method::POST, &format!("/pay/{id}")).form(&form)).await
}

#[tokio::test]
async fn a_buyer_is_declined_tries_again_and_goes_back_to_the_shop() {
    let world = World::new().await;
    let intent = world.intent().await;
    let (id, secret) = (text(&intent, "id"), text(&intent, "client_secret"));
    let page = open(&world, id, secret).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("EUR 100.00") && page.text.contains("Two tickets"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");

    let wrong = pay(&world, id, secret, ["4242424242424241", "12/34", "123"]).await;
    assert_eq!(wrong.status, 402);
    assert!(wrong.text.contains("Your card number is incorrect."));
    let declined = pay(&world, id, secret, ["4000 0000 0000 9995", "12/34", "123"]).await;
    assert_eq!(declined.status, 402);
    assert!(declined.text.contains("Your card has insufficient funds."));
    assert!(declined.text.contains("Ada &lt;Lovelace&gt;"), "the name may stay");
    assert!(!declined.text.contains("9995"), "the card may not");

    let paid = pay(&world, id, secret, ["4242 4242 4242 4242", "1234", "123"]).await;
    assert_eq!(paid.status, 303);
    let location = paid.headers["location"].to_str().unwrap().to_owned();
    let done = world.send(world.request(Method::GET, &location)).await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("Payment successful"));
    let back = format!(
        "https://shop.example/thanks?order=1&amp;payment_intent={id}&amp;payment_intent_client_secret={secret}&amp;redirect_status=succeeded"
    );
    assert!(done.text.contains(&back), "{}", done.text);
    let path = format!("/v1/payment_intents/{id}?expand[]=latest_charge");
    let charge = world.get(&path).await.ok()["latest_charge"].clone();
    assert_eq!(charge["billing_details"]["name"], "Ada <Lovelace>");
    assert_eq!(charge["payment_method_details"]["card"]["last4"], "4242");
}

#[tokio::test]
async fn the_page_needs_the_secret_and_leads_to_web_pages_only() {
    let world = World::new().await;
    let intent = world.intent().await;
    let (id, secret) = (text(&intent, "id"), text(&intent, "client_secret"));
    assert_eq!(open(&world, id, "wrong").await.status, 404);
    assert_eq!(pay(&world, id, "wrong", ["4242424242424242", "12/34", "123"]).await.status, 404);
    assert_eq!(open(&world, "pi_unknown", secret).await.status, 404);
    let request = world.request(Method::GET, &format!("/pay/{id}"));
    let script = world.send(request.query(&[("client_secret", secret), ("return_url", "javascript:alert(1)")])).await;
    assert_eq!(script.status, 200);
    assert!(!script.text.contains("javascript:"));
}
