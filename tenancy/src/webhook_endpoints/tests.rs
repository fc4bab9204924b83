//! The use cases against a real PostgreSQL, as the application's role.

use foundation::{Code, Error, Result, id::EndpointId, id::ResellerId, page::PageOf};
use testkit::Database;

use super::*;

const RULES: Rules<'static> = Rules { event_types: &["order.paid", "order.expired"], allow_private: false };

fn new_endpoint() -> NewEndpoint {
    NewEndpoint {
        url: "https://example.com/hook".to_owned(),
        event_types: vec!["order.paid".to_owned()],
        description: "ours".to_owned(),
    }
}

async fn made(db: &Database, reseller: ResellerId) -> Result<(Endpoint, String)> {
    let mut tx = db.cell().tenant(reseller).await?;
    let made = create(&mut tx, db.cell().sealer(), &RULES, new_endpoint()).await?;
    tx.commit().await?;
    Ok(made)
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    match result {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn an_endpoint_is_made_shown_changed_and_deleted() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let (endpoint, secret) = made(&db, reseller).await.unwrap();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(
        (endpoint.state, endpoint.version, endpoint.url.as_str()),
        (EndpointState::Enabled, 1, "https://example.com/hook")
    );

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(get(&mut tx, endpoint.id).await.unwrap(), endpoint);
    let changes = EndpointChanges {
        event_types: Some(Vec::new()),
        state: Some(EndpointState::Disabled),
        ..EndpointChanges::default()
    };
    let changed = update(&mut tx, &RULES, endpoint.id, 1, changes.clone()).await.unwrap();
    assert_eq!(
        (changed.version, changed.state, changed.url, changed.description),
        (2, EndpointState::Disabled, endpoint.url, endpoint.description)
    );
    assert!(changed.event_types.is_empty());
    assert_eq!(code(update(&mut tx, &RULES, endpoint.id, 1, changes).await), Code::IfMatchStale);
    assert_eq!(code(delete(&mut tx, endpoint.id, 1).await), Code::IfMatchStale);
    delete(&mut tx, endpoint.id, 2).await.unwrap();
    assert_eq!(code(delete(&mut tx, endpoint.id, 2).await), Code::NotFound);
    assert_eq!(code(get(&mut tx, endpoint.id).await), Code::NotFound);
}

#[tokio::test]
async fn the_secret_is_sealed_for_its_tenant() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let (endpoint, secret) = made(&db, reseller).await.unwrap();
    let mut owner = db.as_owner().await;
    let sealed: Vec<u8> = sqlx::query_scalar("select secret_sealed from webhook_endpoints where endpoint_id = $1")
        .bind(endpoint.id)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(db.cell().sealer().open(reseller, &sealed).unwrap(), secret.as_bytes());
    assert!(db.cell().sealer().open(ResellerId::new(), &sealed).is_err());
}

#[tokio::test]
async fn another_tenants_endpoint_is_a_missing_one() {
    let db = Database::create().await;
    let (reseller, other) = (db.reseller().await, db.reseller().await);
    let (endpoint, _) = made(&db, reseller).await.unwrap();
    let mut tx = db.cell().tenant(other).await.unwrap();
    assert_eq!(code(get(&mut tx, endpoint.id).await), Code::NotFound);
    assert_eq!(code(update(&mut tx, &RULES, endpoint.id, 1, EndpointChanges::default()).await), Code::NotFound);
    assert_eq!(code(delete(&mut tx, endpoint.id, 1).await), Code::NotFound);
    assert!(list(&mut tx, &PageOf { after: None, limit: 20 }).await.unwrap().items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_holds_when_many_are_made_at_once() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    for _ in 1..ENDPOINTS_MAX {
        made(&db, reseller).await.unwrap();
    }
    let (a, b, c, d) = tokio::join!(made(&db, reseller), made(&db, reseller), made(&db, reseller), made(&db, reseller));
    let refused: Vec<_> = [a, b, c, d].into_iter().filter_map(Result::err).map(|e| code::<()>(Err(e))).collect();
    assert_eq!(refused, [Code::EndpointLimit; 3]);
}

#[tokio::test]
async fn pages_go_through_all_endpoints_once() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    for _ in 0..5 {
        made(&db, reseller).await.unwrap();
    }
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let (mut seen, mut cursor) = (Vec::<EndpointId>::new(), None::<String>);
    loop {
        let page = list(&mut tx, &PageOf::parse(Some(2), cursor.as_deref()).unwrap()).await.unwrap();
        seen.extend(page.items.iter().map(|endpoint| endpoint.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted());
}
