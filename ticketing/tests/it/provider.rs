//! What the provider's answers mean when they are not the ones that were hoped for.

use axum::{Router, http::StatusCode, routing::any};
use foundation::{Code, Error};
use ticketing::provider::{Provider, ProviderError, ProviderSettings};
use tokio::net::TcpListener;

use crate::bank::Bank;

/// A provider in whose place something else answers, always the same.
async fn answering(status: u16, body: &'static str) -> Provider {
    drop(Bank::open().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let status = StatusCode::from_u16(status).unwrap();
    let router = Router::new().fallback(any(move || async move { (status, body) }));
    tokio::spawn(axum::serve(listener, router).into_future());
    let settings = ProviderSettings {
        base_url,
        secret_key: "sk_test_hidden".to_owned(),
        publishable_key: "pk_test_shown".to_owned(),
        callback_secret: "whsec_hidden".to_owned(),
    };
    Provider::new(&settings).unwrap()
}

#[tokio::test]
async fn what_it_refuses_for_good_is_told_with_its_reason() {
    let bank = Bank::open().await;
    let refused = bank.providers.test.intent("pi_nothing").await.unwrap_err();
    assert!(matches!(&refused, ProviderError::Refused { code, .. } if code == "resource_missing"), "{refused:?}");
    match Error::from(refused) {
        Error::Refused(refusal) => {
            assert_eq!(refusal.code, Code::PaymentRefused);
            assert!(refusal.detail.contains("pi_nothing"), "{refusal:?}");
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_may_pass_or_cannot_be_read_leaves_the_outcome_open() {
    let overloaded = r#"{"error":{"type":"api_error","message":"Too many requests."}}"#;
    for (status, body, told) in [
        (429, overloaded, "status 429: Too many requests."),
        (500, overloaded, "status 500"),
        (502, "<h1>Bad gateway</h1>", "status 502"),
        (403, "<h1>Blocked</h1>", "status 403"),
    ] {
        let error = answering(status, body).await.intent("pi_1").await.unwrap_err();
        let (ProviderError::Unreachable(why) | ProviderError::Failed(why)) = &error else { panic!("{error:?}") };
        assert!(why.contains(told), "{status}: {error:?}");
        assert!(matches!(Error::from(error), Error::Provider(_)));
    }
}

#[tokio::test]
async fn its_debug_form_has_no_secret() {
    let shown = format!("{:?}", answering(200, "").await);
    assert!(shown.contains("pk_test_shown") && !shown.contains("hidden"), "{shown}");
}
