//! Pages of other origins in a browser: they may call the API with a publishable key, and read what it answers.

use crate::{
    app::{TestApp, settings},
    client::{Answer, Client, send},
    document::operations,
};

const SHOP: &str = "https://shop.example";

async fn preflight(anyone: &Client, path: &str, method: &str) -> Answer {
    let call = anyone.call("options", path).header("origin", SHOP).header("access-control-request-method", method);
    let wanted = "authorization,content-type,idempotency-key,if-match,if-none-match";
    send(call.header("access-control-request-headers", wanted)).await
}

fn lists(answer: &Answer, header: &str, wanted: &[&str]) {
    let given = answer.header(header).to_ascii_lowercase();
    for name in wanted {
        assert!(given.split(',').any(|one| one.trim() == *name), "{name} is not in {header}: {answer:?}");
    }
}

#[tokio::test]
async fn every_operation_may_be_asked_for_from_another_origin() {
    let app = TestApp::start().await;
    let anyone = app.anyone();
    for operation in operations() {
        let path =
            operation.ids.iter().fold(operation.path.clone(), |path, id| path.replace(&format!("{{{id}}}"), "x"));
        let answer = preflight(&anyone, &path, &operation.method.to_uppercase()).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{}", operation.id);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{}", operation.id);
        assert_eq!(answer.header("access-control-max-age"), "7200");
        // With cookies the API has nothing to do: a key is sent by whoever has it.
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        lists(&answer, "access-control-allow-methods", &[&operation.method]);
        let headers = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"];
        lists(&answer, "access-control-allow-headers", &headers);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_reads_answers_and_refusals() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let theatre = reseller.theatre().await;
    let from_a_page = |client: &Client, path: &str| send(client.call("get", path).header("origin", SHOP));
    let browser = &reseller.publishable;
    let show = format!("/v1/shows/{}", theatre.show);
    let public = format!("/v1/public/eu/{}/shows", reseller.id);
    for (answer, status) in [
        (from_a_page(browser, &show).await, 200),
        (from_a_page(browser, &format!("/v1/performances/{}/availability", theatre.performance)).await, 200),
        (from_a_page(&app.anyone(), &public).await, 200),
        (from_a_page(browser, "/v1/orders").await, 403),
        (from_a_page(&app.anyone(), "/v1/orders").await, 401),
        (from_a_page(browser, "/v1/shows/show_1").await, 404),
        (send(browser.call("put", "/v1/shows").header("origin", SHOP)).await, 405),
    ] {
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, "*"), "{answer:?}");
        let exposed = ["etag", "retry-after", "request-id", "ratelimit", "ratelimit-policy", "idempotent-replayed"];
        lists(&answer, "access-control-expose-headers", &exposed);
    }
    let busy = TestApp::with(platform_api::ApiSettings { max_in_flight: 0, ..settings() }).await;
    let answer = from_a_page(&busy.anyone(), &public).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, "*"), "{answer:?}");
    assert_eq!(preflight(&busy.anyone(), "/v1/orders", "POST").await.status, 200, "no place is taken by a question");
}

/// What is not the resellers' API is no page's business.
#[tokio::test]
async fn what_operators_look_at_is_closed_to_pages() {
    let app = TestApp::start().await;
    for path in ["/metrics", "/readyz", "/healthz", "/callbacks/stripe/eu-1"] {
        let answer = send(app.anyone().call("get", path).header("origin", SHOP)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}
