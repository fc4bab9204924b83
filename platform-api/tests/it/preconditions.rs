//! Changing by PATCH and DELETE: never without the version, never on a stale one. The walk is the document's.

use crate::{
    app::TestApp,
    client::{Answer, send},
    document::operations,
    scenes::Scene,
};

#[tokio::test]
async fn every_change_names_the_version_it_was_decided_on() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let scene = Scene::set(&app, &reseller).await;
    let mut changes: Vec<_> = operations().into_iter().filter(|operation| operation.versioned).collect();
    // What is deleted is changed before.
    changes.sort_by_key(|operation| operation.method == "delete");
    for operation in changes {
        let (path, body, name) = (scene.path(&operation), scene.body(&operation), &operation.id);
        let before = client.get(&path).await;
        let etag = before.etag().to_owned();
        assert_eq!(etag, format!("\"{}\"", before.ok(200)["version"]), "{name}");
        let change = |if_match: Option<&str>| {
            let call = client.call(&operation.method, &path);
            let call = if_match.iter().fold(call, |call, etag| call.header("if-match", *etag));
            if body.is_null() { call } else { call.json(&body) }
        };
        let counts = app.counts().await;
        send(change(None)).await.refused(428, "if_match_missing");
        let weak = format!("W/{etag}");
        // A weak ETag matches nothing (RFC 9110, 13.1.1).
        for stale in ["\"0\"", "\"999\"", &weak, "\"x\"", "\"998\", \"999\"", "\"a,b\""] {
            send(change(Some(stale))).await.refused(412, "if_match_stale");
        }
        for malformed in ["1", "", "\"", "\"1", "1\"", "w/\"1\"", "\"1\" \"2\"", "*, \"1\"", ",", "\"a\"b\""] {
            let problem = send(change(Some(malformed))).await.refused(400, "invalid_request");
            assert!(problem["detail"].as_str().unwrap().contains("If-Match"), "{malformed}: {problem}");
        }
        assert_eq!((client.get(&path).await.text, app.counts().await), (before.text, counts), "{name}");
        let changed = send(change(Some(&etag))).await;
        if operation.method == "delete" {
            assert_eq!((changed.status, changed.text.as_str()), (204, ""), "{name}");
            client.get(&path).await.refused(404, "not_found");
            send(change(Some(&etag))).await.refused(404, "not_found");
            continue;
        }
        changed.ok(200);
        assert_ne!(changed.etag(), etag, "{name}");
        let after = client.get(&path).await;
        assert_eq!(after.etag(), changed.etag(), "{name}");
        let fields = body.as_object().unwrap();
        for (field, value) in fields.iter().filter(|(_, value)| !value.is_object()) {
            assert_eq!(&after.json()[field], value, "{name}");
        }
        // The version that was right is stale now, and two who read the same cannot both change it.
        send(change(Some(&etag))).await.refused(412, "if_match_stale");
    }
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_star_or_a_list_with_the_version_in_it_matches() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let scene = Scene::set(&app, &reseller).await;
    let mut changes: Vec<_> = operations().into_iter().filter(|operation| operation.versioned).collect();
    changes.sort_by_key(|operation| operation.method == "delete");
    for operation in changes {
        let (path, body, name) = (scene.path(&operation), scene.body(&operation), &operation.id);
        let change = |if_match: &str| {
            let call = client.call(&operation.method, &path).header("if-match", if_match);
            send(if body.is_null() { call } else { call.json(&body) })
        };
        if operation.method == "delete" {
            assert_eq!(change("*").await.status, 204, "{name}");
            change("*").await.refused(404, "not_found");
            continue;
        }
        let etag = client.get(&path).await.etag().to_owned();
        let changed = change(&format!("\"0\" ,, W/\"7\",{etag}")).await;
        changed.ok(200);
        let before = version(&changed);
        // Of many at once none is stale: whatever version there is, it is meant.
        let all = futures_util::future::join_all((0..8).map(|_| change("*"))).await;
        assert!(all.iter().all(|answer| answer.status == 200), "{name}: {all:?}");
        // What is so already is said once more: that is no change, and the version stays.
        assert!(all.iter().all(|answer| version(answer) == before), "{name}: {all:?}");
        assert_eq!(version(&client.get(&path).await), before, "{name}");
    }
    app.verify(&[&reseller]).await;
}

fn version(answer: &Answer) -> i64 {
    answer.etag().trim_matches('"').parse().unwrap()
}

#[tokio::test]
async fn of_many_changes_with_a_star_each_is_answered_with_the_version_that_it_made() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let scene = Scene::set(&app, &reseller).await;
    let show = operations().into_iter().find(|operation| operation.id == "patch_shows_show_id").unwrap();
    let path = scene.path(&show);
    let before = version(&client.get(&path).await);
    let change = |nth: i64| client.patch(&path, "*", serde_json::json!({ "title": format!("The {nth}th title") }));
    let all = futures_util::future::join_all((1..=8).map(change)).await;
    let mut versions: Vec<i64> = all.iter().map(version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=8).map(|nth| before + nth).collect::<Vec<_>>(), "{all:?}");
    let last = client.get(&path).await;
    let its = all.iter().find(|answer| version(answer) == before + 8).unwrap();
    assert_eq!(last.json()["title"], its.json()["title"]);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_stale() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let scene = Scene::set(&app, &reseller).await;
    for operation in operations().into_iter().filter(|operation| operation.method == "patch") {
        let path = scene.path(&operation);
        let etag = client.get(&path).await.etag().to_owned();
        let once = || client.patch(&path, &etag, scene.body(&operation));
        let answers = futures_util::future::join_all((0..8).map(|_| once())).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412], "{}: {answers:?}", operation.id);
    }
    app.verify(&[&reseller]).await;
}
