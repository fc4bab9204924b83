//! What operators do, and what is left of it in the audit log.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use foundation::{Code, Error, id::ResellerId};
use tenancy::authenticate;
use testkit::Database;

use crate::desk::{account, ada, get, interface, post, send};

#[tokio::test]
async fn suspending_refuses_the_keys_at_once_and_is_recorded() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let one = format!("/regions/eu/resellers/{}", live.reseller.id);
    assert!(authenticate(db.cell(), &live.secret_key).await.is_ok());

    let (status, shown) = post(&interface, &ada, &format!("{one}/suspend"), r#"{"reason":"unpaid invoices"}"#).await;
    assert_eq!((status, &shown["state"]), (StatusCode::OK, &"suspended".into()));
    let refused = authenticate(&db.second_cell(), &live.secret_key).await;
    assert!(matches!(refused, Err(Error::Refused(refusal)) if refusal.code == Code::ResellerSuspended));

    let (status, shown) = post(&interface, &ada, &format!("{one}/reinstate"), r#"{"reason":"paid"}"#).await;
    assert_eq!((status, &shown["state"]), (StatusCode::OK, &"active".into()));
    assert!(authenticate(&db.second_cell(), &live.secret_key).await.is_ok());

    let (_, audit) = get(&interface, &ada, &format!("{one}/audit")).await;
    let acts: Vec<_> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["operator", "act", "reason"].map(|field| entry[field].as_str().unwrap()))
        .collect();
    assert_eq!(acts, [["ada", "reseller.reinstated", "paid"], ["ada", "reseller.suspended", "unpaid invoices"]]);
}

#[tokio::test]
async fn an_act_without_a_reason_is_not_done() {
    let db = Database::create().await;
    let (interface, ada, live) = (interface(&[&db]), ada(&db).await, account(&db).await.live);
    let one = format!("/regions/eu/resellers/{}", live.reseller.id);
    let wrong = [
        (r#"{"reason":" "}"#, StatusCode::UNPROCESSABLE_ENTITY, "invalid_field"),
        ("{}", StatusCode::UNPROCESSABLE_ENTITY, "invalid_field"),
        (r#"["unpaid"]"#, StatusCode::UNPROCESSABLE_ENTITY, "invalid_field"),
        ("", StatusCode::BAD_REQUEST, "invalid_request"),
        (r#"{"reason":"unpaid","until":"tomorrow"}"#, StatusCode::BAD_REQUEST, "unknown_field"),
    ];
    for act in ["suspend", "reinstate"] {
        for (body, status, code) in wrong {
            let answered = post(&interface, &ada, &format!("{one}/{act}"), body).await;
            assert_eq!((answered.0, answered.1["code"].as_str().unwrap()), (status, code), "{body}");
        }
    }
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(16 * 1024));
    let (status, problem) = post(&interface, &ada, &format!("{one}/suspend"), &long).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &"body_too_large".into()));
    let form = Request::post(format!("{one}/suspend"))
        .header("authorization", format!("Bearer {ada}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let (status, _) = send(&interface, form.body(Body::from("reason=unpaid")).unwrap()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    assert!(authenticate(db.cell(), &live.secret_key).await.is_ok());
    let (_, audit) = get(&interface, &ada, &format!("{one}/audit")).await;
    assert_eq!(audit["data"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    let db = Database::create().await;
    let (interface, ada) = (interface(&[&db]), ada(&db).await);
    let nobody = ResellerId::new();
    for path in [format!("/regions/eu/resellers/{nobody}"), "/regions/eu/resellers/42".to_owned(), "/else".to_owned()] {
        let (status, problem) = get(&interface, &ada, &path).await;
        assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &"not_found".into()), "{path}");
    }
    let (status, _) =
        post(&interface, &ada, &format!("/regions/eu/resellers/{nobody}/suspend"), r#"{"reason":"unpaid"}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, problem) = post(&interface, &ada, "/regions/eu/resellers", "{}").await;
    assert_eq!((status, &problem["code"]), (StatusCode::METHOD_NOT_ALLOWED, &"method_not_allowed".into()));
}
