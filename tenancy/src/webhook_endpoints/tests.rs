//! The use cases against a real PostgreSQL, as the application's role.

use foundation::{Code, Error, Result, id::EndpointId, id::ResellerId, page::PageOf};
use testkit::Database;

use super::*;

const RULES: Rules<'static> =
    Rules { event_types: &["order.paid", "order.expired"], allow_private: false, own_hosts: &[] };

fn new_endpoint() -> NewEndpoint {
    NewEndpoint {
        url: "https://example.com/hook".to_owned(),
        event_types: vec!["order.paid".to_owned()],
        description: "ours".to_owned(),
        ..NewEndpoint::default()
    }
}

async fn made(db: &Database, reseller: ResellerId) -> Result<(Endpoint, FreshSecret)> {
    let mut tx = db.cell().tenant(reseller).await?;
    let made = create(&mut tx, &RULES, new_endpoint()).await?;
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
    assert!(secret.shown().unwrap().starts_with("whsec_"));
    assert_eq!(
        (endpoint.state, endpoint.version, endpoint.url.as_str()),
        (EndpointState::Enabled, 1, "https://example.com/hook")
    );

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    assert_eq!(get(&mut tx, endpoint.id).await.unwrap(), endpoint);
    let changes = EndpointChanges {
        event_types: Some(Vec::new()),
        state: Some(WantedState::Paused),
        ..EndpointChanges::default()
    };
    let changed = update(&mut tx, &RULES, endpoint.id, 1, changes.clone()).await.unwrap();
    assert_eq!(
        (changed.version, changed.state, changed.url, changed.description),
        (2, EndpointState::Paused, endpoint.url, endpoint.description)
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
    let sealed: Vec<u8> = sqlx::query_scalar("select secret_sealed from webhook_secrets where endpoint_id = $1")
        .bind(endpoint.id)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(db.cell().sealer().open(reseller, &sealed).unwrap(), secret.shown().unwrap().as_bytes());
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

async fn pings(db: &Database, reseller: ResellerId) -> usize {
    foundation::sequencer::place_all(db.cell()).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let log = foundation::event::after(&mut tx, 0, 100).await.unwrap().events;
    log.iter().filter(|event| event.kind == PINGED).count()
}

#[tokio::test]
async fn another_address_has_to_answer_a_ping_of_its_own() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let (endpoint, _) = made(&db, reseller).await.unwrap();
    assert_eq!((endpoint.verified_at, pings(&db, reseller).await), (None, 1));

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    verified(&mut tx, endpoint.id, "https://elsewhere.example/").await.unwrap();
    assert_eq!(get(&mut tx, endpoint.id).await.unwrap().verified_at, None, "it is not there that it answered");
    verified(&mut tx, endpoint.id, &endpoint.url).await.unwrap();
    assert!(get(&mut tx, endpoint.id).await.unwrap().verified_at.is_some());
    let same = EndpointChanges { url: Some(endpoint.url.clone()), ..EndpointChanges::default() };
    let unchanged = update(&mut tx, &RULES, endpoint.id, 2, same).await.unwrap();
    assert!(unchanged.verified_at.is_some() && unchanged.version == 2, "{unchanged:?}");
    assert_eq!(update(&mut tx, &RULES, endpoint.id, 2, EndpointChanges::default()).await.unwrap(), unchanged);
    let moved = EndpointChanges { url: Some("https://example.com/new".to_owned()), ..EndpointChanges::default() };
    assert_eq!(update(&mut tx, &RULES, endpoint.id, 2, moved).await.unwrap().verified_at, None);
    tx.commit().await.unwrap();
    assert_eq!(pings(&db, reseller).await, 2);
}

#[tokio::test]
async fn an_old_key_ends_after_its_overlap_and_there_are_never_more_than_four() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let (endpoint, first) = made(&db, reseller).await.unwrap();
    let live = async |tx: &mut foundation::TenantTx| store::live_secrets(tx, endpoint.id).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let (rotated, second) = rotate(&mut tx, endpoint.id, OVERLAP_DEFAULT).await.unwrap();
    assert_eq!(rotated.version, 2);
    assert_ne!(first, second);
    assert_eq!(live(&mut tx).await, 2);
    rotate(&mut tx, endpoint.id, OVERLAP_DEFAULT).await.unwrap();
    rotate(&mut tx, endpoint.id, OVERLAP_DEFAULT).await.unwrap();
    assert_eq!(live(&mut tx).await, 4);
    assert_eq!(code(rotate(&mut tx, endpoint.id, OVERLAP_DEFAULT).await), Code::TooManySecrets);
    let too_long = std::time::Duration::from_hours(7 * 24 + 1);
    assert_eq!(code(rotate(&mut tx, endpoint.id, too_long).await), Code::InvalidField);
    drop(tx);

    let mut tx = db.cell().tenant(reseller).await.unwrap();
    rotate(&mut tx, endpoint.id, OVERLAP_DEFAULT).await.unwrap();
    crate::advance_test_clock(&mut tx, OVERLAP_DEFAULT).await.unwrap();
    assert_eq!(live(&mut tx).await, 1);
    rotate(&mut tx, endpoint.id, std::time::Duration::ZERO).await.unwrap();
    assert_eq!(live(&mut tx).await, 1, "without an overlap the old key ends at once");
    assert_eq!(code(rotate(&mut tx, EndpointId::new(), OVERLAP_DEFAULT).await), Code::NotFound);
}

#[tokio::test]
async fn of_a_key_pair_the_public_half_is_shown_for_as_long_as_it_signs() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let new = NewEndpoint { signature: Signature::V1a, ..new_endpoint() };
    let (endpoint, key) = create(&mut tx, &RULES, new).await.unwrap();
    assert_eq!((key.shown(), endpoint.public_keys.len()), (None, 1));
    let (rotated, _) = rotate(&mut tx, endpoint.id, OVERLAP_DEFAULT).await.unwrap();
    assert_eq!(rotated.public_keys[1], endpoint.public_keys[0], "the newest stands first");
    crate::advance_test_clock(&mut tx, OVERLAP_DEFAULT).await.unwrap();
    assert_eq!(get(&mut tx, endpoint.id).await.unwrap().public_keys, rotated.public_keys[..1]);
}

#[tokio::test]
async fn who_disables_tells_by_event_and_mail_once() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let (endpoint, _) = made(&db, reseller).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let reason = DisabledReason::Gone;
    assert!(!disable(&mut tx, endpoint.id, "https://elsewhere.example/", reason, None).await.unwrap(), "it has moved");
    assert!(disable(&mut tx, endpoint.id, &endpoint.url, reason, None).await.unwrap());
    assert!(!disable(&mut tx, endpoint.id, &endpoint.url, reason, None).await.unwrap(), "it is disabled already");
    let disabled = get(&mut tx, endpoint.id).await.unwrap();
    assert_eq!((disabled.state, disabled.disabled_reason), (EndpointState::Disabled, Some(reason)));
    let enabled = EndpointChanges { state: Some(WantedState::Enabled), ..EndpointChanges::default() };
    let enabled = update(&mut tx, &RULES, endpoint.id, disabled.version, enabled).await.unwrap();
    assert_eq!((enabled.state, enabled.disabled_reason), (EndpointState::Enabled, None));
    tx.commit().await.unwrap();
    let told: (i64, i64) = sqlx::query_as(
        "select (select count(*) from events where type = 'endpoint.disabled'),
                (select count(*) from mail_outbox where kind = 'endpoint_disabled' and to_reseller
                                                    and recipient = 'test@example.com')",
    )
    .fetch_one(&mut db.as_owner().await)
    .await
    .unwrap();
    assert_eq!(told, (1, 1));
}

#[tokio::test]
async fn headers_are_sealed_and_only_their_names_are_shown() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let headers = std::collections::BTreeMap::from([("Authorization".to_owned(), "Bearer hush".to_owned())]);
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let new = NewEndpoint { headers: headers.clone(), ..new_endpoint() };
    let (endpoint, _) = create(&mut tx, &RULES, new).await.unwrap();
    assert_eq!(endpoint.header_names, ["Authorization"]);
    tx.commit().await.unwrap();
    let sealed: Vec<u8> = sqlx::query_scalar("select headers_sealed from webhook_endpoints")
        .fetch_one(&mut db.as_owner().await)
        .await
        .unwrap();
    assert!(!sealed.windows(4).any(|bytes| bytes == b"hush"));
    assert_eq!(open_headers(db.cell().sealer(), reseller, &sealed).unwrap(), headers);
}

#[tokio::test]
async fn after_the_sealing_key_was_changed_everything_is_sealed_anew() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    made(&db, reseller).await.unwrap();
    let with = |key: u8, previous: Option<u8>| {
        let mut settings = db.settings();
        settings.sealing_key = [key; 32];
        settings.previous_sealing_key = previous.map(|key| [key; 32]);
        foundation::Cell::open(&settings).unwrap()
    };
    let stranger = with(9, None);
    assert!(reseal(&mut stranger.tenant(reseller).await.unwrap()).await.is_err(), "it opens with neither key");
    let changed = with(8, Some(7));
    let mut tx = changed.tenant(reseller).await.unwrap();
    assert_eq!(reseal(&mut tx).await.unwrap(), 2, "a signing key and the headers");
    tx.commit().await.unwrap();
    let alone = with(8, None);
    assert_eq!(reseal(&mut alone.tenant(reseller).await.unwrap()).await.unwrap(), 2, "the new key opens all of it");
}
