//! What a show and a performance were, version by version.

use serde_json::{Value, json};

use crate::{app::TestApp, theatre::id};

#[tokio::test]
async fn an_objects_past_is_read_version_by_version_with_what_changed() {
    let app = TestApp::start().await;
    let (reseller, other) = (app.reseller().await, app.reseller().await);
    let client = &reseller.test;
    let theatre = reseller.theatre().await;
    let show = format!("/v1/shows/{}", theatre.show);
    for change in [json!({ "title": "Macbeth" }), json!({ "visibility": "hidden", "title": "Macbeth" })] {
        let etag = client.get(&show).await.etag().to_owned();
        client.patch(&show, &etag, change).await.ok(200);
    }
    let history = format!("{show}/history");
    let whole = client.get(&history).await.ok(200);
    let told = |entry: &Value| (entry["version"].clone(), entry["type"].clone(), entry["changed"].clone());
    let entries: Vec<_> = whole["data"].as_array().unwrap().iter().map(told).collect();
    let expected = [
        (json!(1), json!("show.created"), json!([])),
        (json!(2), json!("show.updated"), json!(["title"])),
        (json!(3), json!("show.updated"), json!(["visibility"])),
    ];
    assert_eq!(entries, expected);
    assert_eq!(
        (&whole["data"][0]["data"]["title"], &whole["data"][2]["data"]["title"]),
        (&json!("Hamlet"), &json!("Macbeth"))
    );
    let first = client.get(&format!("{history}?limit=1")).await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client.get(&format!("{history}?limit=1&cursor={cursor}")).await.ok(200);
    assert_eq!(second["data"][0], whole["data"][1], "what changed is told across pages too");
    let last =
        client.get(&format!("{history}?limit=1&cursor={}", second["next_cursor"].as_str().unwrap())).await.ok(200);
    assert_eq!((&last["data"][0], &last["next_cursor"]), (&whole["data"][2], &Value::Null));
    reseller.publishable.get(&history).await.refused(403, "forbidden");
    other.test.get(&history).await.refused(404, "not_found");
    let performance = format!("/v1/performances/{}", theatre.performance);
    let etag = client.get(&performance).await.etag().to_owned();
    client.patch(&performance, &etag, json!({ "state": "paused" })).await.ok(200);
    let past = client.get(&format!("{performance}/history")).await.ok(200);
    assert_eq!(past["data"][1]["changed"], json!(["state"]));
    let draft = json!({ "title": "Othello", "currency": "EUR", "state": "draft", "ticket_types": ["adult"] });
    let draft = format!("/v1/shows/{}", id(&client.post("/v1/shows", draft).await.ok(201)));
    let etag = client.get(&draft).await.etag().to_owned();
    client.delete(&draft, &etag).await;
    let past = client.get(&format!("{draft}/history")).await.ok(200);
    assert_eq!(past["data"][1]["type"], "show.deleted");
    app.verify(&[&reseller, &other]).await;
}
