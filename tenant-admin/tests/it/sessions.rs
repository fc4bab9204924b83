//! Who gets in.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tenant_admin::session_token;
use testkit::Database;
use tower::ServiceExt as _;

use crate::desk::{HOUR, account, ada, get, interface, now, operator_key, send};

#[tokio::test]
async fn every_address_but_the_health_check_needs_a_session() {
    let db = Database::create().await;
    let interface = interface(&[&db]);
    let id = account(&db).await.live.reseller.id;
    let one = format!("/regions/eu/resellers/{id}");
    let requests = [
        Request::get("/regions/eu/books"),
        Request::get("/regions/eu/books/resellers"),
        Request::get("/regions/eu/resellers"),
        Request::get(&one),
        Request::get(format!("{one}/audit")),
        Request::post(format!("{one}/suspend")),
        Request::post(format!("{one}/reinstate")),
    ];
    for request in requests {
        let (status, problem) = send(&interface, request.body(Body::empty()).unwrap()).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &"credentials_missing".into()));
    }
    let (status, _) = send(&interface, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_key_an_ended_session_and_rubbish_are_refused() {
    let db = Database::create().await;
    let interface = interface(&[&db]);
    let now = now(db.cell()).await;
    let key = operator_key("eu");
    let wrong = [
        session_token("another key altogether, also long enough", "ada", "eu", HOUR, now).unwrap(),
        session_token(&key, "ada", "eu", HOUR, now - 3601).unwrap(),
        "rubbish".to_owned(),
        String::new(),
    ];
    for token in wrong {
        let (status, problem) = get(&interface, &token, "/regions/eu/resellers").await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &"credentials_invalid".into()), "{token}");
    }
    let (status, _) = get(&interface, &ada(&db).await, "/regions/eu/resellers").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_opens_its_own_region_only() {
    let (eu, us) = (Database::create_in("eu").await, Database::create_in("us").await);
    let interface = interface(&[&eu, &us]);
    let americas = ada(&us).await;
    let american = account(&us).await.live.reseller.id;
    let european = account(&eu).await.live.reseller.id;

    let (status, problem) = get(&interface, &americas, "/regions/eu/resellers").await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &"forbidden".into()));
    let (status, _) = get(&interface, &americas, "/regions/asia/resellers").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    // A reseller of the other region is a missing one.
    let (status, _) = get(&interface, &americas, &format!("/regions/us/resellers/{european}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = get(&interface, &americas, &format!("/regions/us/resellers/{american}")).await;
    assert_eq!(status, StatusCode::OK);

    // One region's key cannot mint a session for another, nor for a region that is not served here.
    for region in ["eu", "asia"] {
        let forged = session_token(&operator_key("us"), "ada", region, HOUR, now(us.cell()).await).unwrap();
        let (status, problem) = get(&interface, &forged, &format!("/regions/{region}/resellers")).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &"credentials_invalid".into()));
    }
}

/// The texts speak of what the caller has: a session, and no API key.
#[tokio::test]
async fn a_refusal_speaks_of_sessions_and_names_the_request() {
    let (eu, us) = (Database::create_in("eu").await, Database::create_in("us").await);
    let interface = interface(&[&eu, &us]);
    for (token, status) in [("", 401), ("rubbish", 401), (ada(&us).await.as_str(), 403)] {
        let request = Request::get("/regions/eu/resellers").header("authorization", format!("Bearer {token}"));
        let response = interface.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
        let id = response.headers()["request-id"].to_str().unwrap().to_owned();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(problem["request_id"], *id);
        assert!(id.starts_with("req_"), "{id}");
        let said = format!("{} {}", problem["title"], problem["detail"]).to_lowercase();
        assert!(!said.contains("key"), "{said}");
    }
}
