//! A venue's layouts over HTTP: drafted, imported, exported, published, withdrawn; and the slips in them.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    client::{Client, text},
    mistakes::{told, with},
    theatre::{id, layout_body, venue_body},
};

async fn venue(client: &Client) -> String {
    id(&client.post("/v1/venues", venue_body()).await.ok(201))
}

async fn plan_of(client: &Client, layouts: &str, layout: &Value, version: &Value) -> Value {
    let path = format!("{layouts}/{}/versions/{}", id(layout), id(version));
    client.get(&path).await.ok(200)["plan"].clone()
}

#[tokio::test]
async fn a_layout_is_drafted_published_and_changed_into_a_new_version() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let layouts = format!("/v1/venues/{}/layouts", venue(client).await);
    let created = client.post(&layouts, layout_body("Concert")).await.ok(201);
    let first = &created["open"];
    assert_eq!((&first["number"], text(&first["state"]), &created["published"]), (&json!(1), "draft", &Value::Null));
    assert_eq!((&first["seats"], &first["places"]), (&json!(22), &json!(20)));
    let path = format!("{layouts}/{}", id(&created));
    let published =
        client.post(&format!("{path}/versions/{}/publish", id(first)), json!({})).await.ok(200)["layout"].clone();
    assert_eq!((text(&published["published"]["state"]), &published["open"]), ("published", &Value::Null));
    assert_eq!(id(&published["published"]), id(first));
    // What is exported is imported as it is; a draft that is changed has another id, and what is published stays.
    let mut plan = plan_of(client, &layouts, &created, first).await;
    plan["sections"][0]["rows"][0]["seats"][0]["attributes"] = json!(["wheelchair"]);
    let etag = client.get(&path).await.etag().to_owned();
    let changed = client.patch(&path, &etag, json!({ "plan": plan })).await;
    let second = changed.ok(200)["open"].clone();
    assert_eq!((&second["number"], text(&second["state"])), (&json!(2), "draft"));
    let again = client.patch(&path, changed.etag(), json!({ "plan": plan })).await.ok(200);
    assert_eq!(again["open"]["number"], json!(2));
    assert_ne!(id(&again["open"]), id(&second), "what a version's id stands for never changes");
    assert_eq!(plan_of(client, &layouts, &created, &again["open"]).await, plan);
    assert_ne!(plan_of(client, &layouts, &created, first).await, plan);
    client.get(&format!("{path}/versions/{}", id(&second))).await.refused(404, "not_found");
    // A version is published once, and one that was given up never.
    let withdraw = format!("{path}/versions/{}/withdraw", id(&again["open"]));
    assert_eq!(client.post(&withdraw, json!({})).await.ok(200)["open"], Value::Null);
    for version in [id(first), id(&again["open"])] {
        for verb in ["publish", "withdraw"] {
            let path = format!("{path}/versions/{version}/{verb}");
            client.post(&path, json!({})).await.refused(409, "layout_in_force");
        }
    }
    let versions = client.get(&format!("{path}/versions")).await.ok(200);
    let told: Vec<&str> = versions["data"].as_array().unwrap().iter().map(|version| text(&version["state"])).collect();
    assert_eq!(told, ["withdrawn", "published"], "newest first");
    client.post(&layouts, layout_body("Concert")).await.refused(409, "name_taken");
    assert_eq!(client.get(&layouts).await.ok(200)["data"].as_array().unwrap().len(), 1);
    app.settle().await;
    let events = client.get("/v1/events?after=0&limit=100").await.ok(200);
    let told: Vec<&str> = events["data"].as_array().unwrap().iter().map(|event| text(&event["type"])).collect();
    assert_eq!(told, ["layout.created", "layout.published", "layout.updated", "layout.updated", "layout.withdrawn"]);
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn a_table_of_seats_is_imported_whole_or_not_at_all() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let layouts = format!("/v1/venues/{}/layouts", venue(client).await);
    let created = client.post(&layouts, layout_body("Concert")).await.ok(201);
    let path = format!("{layouts}/{}", id(&created));
    let table = "section,row,seat,x,y,attributes\r\nBox 1,A,1,900,600,wheelchair\r\nBox 1,A,2,955,600,companion\r\nChairs,Z,9,0,300,\r\n";
    let imported = client.post(&format!("{path}/import"), json!({ "csv": table })).await.ok(200);
    let plan = plan_of(client, &layouts, &created, &imported["open"]).await;
    let names: Vec<&str> = plan["sections"].as_array().unwrap().iter().map(|section| text(&section["name"])).collect();
    assert_eq!(names, ["Stalls", "Chairs", "Box 1"], "what the table does not name stays");
    assert_eq!(plan["sections"][1]["rows"], json!([{ "label": "Z", "seats": [{ "label": "9", "x": 0, "y": 300 }] }]));
    assert_eq!(plan["sections"][2]["rows"][0]["seats"][1]["attributes"], json!(["companion"]));
    let before = (app.counts().await, client.get(&path).await.text);
    for (broken, named) in [
        (table.replace("955", "9.55"), "row 3, column x"),
        (table.replace("Chairs,Z,9,0", "Chairs,,9,0"), "row 4, column row"),
        (format!("{table}Chairs,Z,9"), "row 5: has 3 columns instead of 6"),
        ("seat\n1\n".to_owned(), "row 1, column section"),
        (table.replace("Box 1,A,2", "Box 1,A,1"), "row 3, column seat: seat `1` of row `A` in `Box 1` is there twice"),
        (table.replace("955,600", "900,600"), "row 3, column x: with its y it is where seat `1` of row `A` in `Box 1`"),
        (table.replace("955,600", "55,600"), "row 3, column x: with its y it is where seat `1` of row `A` in `Stalls`"),
        (table.replace("955,600", "955,-1000001"), "row 3, column y: must be within"),
        (table.replace("Chairs", "Floor"), "row 4, column section: `Floor` is an area"),
    ] {
        let refused = client.post(&format!("{path}/import"), json!({ "csv": broken })).await;
        let problem = refused.refused(422, "csv_invalid");
        assert!(text(&problem["errors"][0]["detail"]).starts_with(named), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/csv");
    }
    assert_eq!((app.counts().await, client.get(&path).await.text), before, "nothing of a broken table is imported");
    app.verify(&[&reseller]).await;
}

#[tokio::test]
async fn in_a_layout() {
    let app = TestApp::start().await;
    let reseller = app.reseller().await;
    let client = &reseller.test;
    let layouts = format!("/v1/venues/{}/layouts", venue(client).await);
    let before = app.counts().await;
    for (place, value, code) in [
        ("/plan/areas/0/capacity", json!(-1), "invalid_field"),
        ("/plan/areas/0/capacity", json!(0), "invalid_field"),
        ("/plan/areas/0/capacity", json!(1.5), "invalid_field"),
        ("/plan/sections/0/maximum", json!(-5), "invalid_field"),
        ("/plan/sections/0/rows/0/seats/0/x", json!(1e12), "invalid_field"),
        ("/plan/sections/0/rows/1/seats/3/label", json!("1"), "seat_twice"),
        ("/plan/alternatives/0/options/1/contains/0", json!("Floor"), "alternatives_overlap"),
        ("/plan/alternatives/0/options/1/contains/0", json!("Roof"), "invalid_field"),
        ("/plan/sections/1/name", json!("Stalls"), "invalid_field"),
        ("/name", json!(""), "invalid_field"),
    ] {
        let answer = client.post(&layouts, with(layout_body("Concert"), place, value)).await;
        told(place, &answer, 422, code, Some(place));
    }
    let unknown = client.post(&layouts, with(layout_body("Concert"), "/plan/balcony", json!(1))).await;
    told("an unknown part", &unknown, 400, "unknown_field", Some("/plan/balcony"));
    assert_eq!(app.counts().await, before);
    app.verify(&[&reseller]).await;
}
