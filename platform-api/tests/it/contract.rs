//! The contract: the committed description is the code's, it is whole, and the router serves it and nothing else.

use crate::{
    app::TestApp,
    client::send,
    document::{document, operations},
};

#[test]
fn the_committed_description_is_the_codes() {
    let generated = format!("{}\n", platform_api::openapi().to_pretty_json().unwrap());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk-spec/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == generated,
        "sdk-spec/openapi.json is not what the code describes: cargo run -p stagedoor -- openapi > sdk-spec/openapi.json"
    );
}

#[test]
fn every_operation_is_described_whole() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["security"], serde_json::json!([{ "api_key": [] }]));
    assert_eq!(document["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
    assert!(document["components"]["schemas"]["Problem"].is_object());
    let mut seen = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(!id.is_empty() && seen.insert(id.to_owned()), "{at}: id `{id}`");
            assert!(operation["summary"].is_string(), "{at} has no summary");
            assert!(operation["tags"].is_array(), "{at} has no tag");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{at}");
            let good = operation["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2'));
            assert_eq!(good.count(), 1, "{at}");
        }
    }
}

#[test]
fn scopes_are_described_as_they_are_written() {
    let described: Vec<tenancy::Scope> =
        serde_json::from_value(document()["components"]["schemas"]["Scope"]["enum"].clone()).unwrap();
    assert_eq!(described, tenancy::Scope::ALL);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &serde_json::Value, document: &serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(|r| r.as_str()) {
                    assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
                }
                fields.values().for_each(|field| walk(field, document));
            }
            serde_json::Value::Array(all) => all.iter().for_each(|one| walk(one, document)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

/// The operations without a key, each for a reason of its own.
#[test]
fn only_these_operations_need_no_key() {
    let open: Vec<String> =
        operations().into_iter().filter(|operation| operation.open).map(|operation| operation.id).collect();
    let mut expected = vec![
        // Gives the first keys.
        "post_regions_region_resellers",
        // What anyone may read.
        "get_public_region_reseller_id_shows",
        "get_public_region_reseller_id_shows_show_id",
        "get_public_region_reseller_id_venues",
        "get_public_region_reseller_id_venues_venue_id",
        "get_public_region_reseller_id_performances",
        "get_public_region_reseller_id_performances_performance_id_availability",
        "get_public_region_reseller_id_performances_performance_id_prices",
        "get_public_region_reseller_id_performances_performance_id_seat_map_svg",
        "get_public_region_reseller_id_performances_performance_id_stream",
    ];
    expected.sort_unstable();
    let mut open: Vec<&str> = open.iter().map(String::as_str).collect();
    open.sort_unstable();
    assert_eq!(open, expected);
}

#[test]
fn what_changes_something_wants_a_key_or_a_version() {
    for operation in operations() {
        let (keyed, versioned) = match operation.method.as_str() {
            "post" => (!operation.open, false),
            "patch" | "delete" => (false, true),
            _ => (false, false),
        };
        assert_eq!((operation.keyed, operation.versioned), (keyed, versioned), "{}", operation.id);
    }
}

#[tokio::test]
async fn every_operation_is_served() {
    let app = TestApp::start().await;
    for operation in operations() {
        // Ids that cannot be read: a served route asks for the key first, or finds no such object.
        let path =
            operation.ids.iter().fold(operation.path.clone(), |path, id| path.replace(&format!("{{{id}}}"), "x"));
        let answer = send(app.anyone().call(&operation.method, &path)).await;
        assert_ne!(answer.status, 405, "{}", operation.id);
        assert!(!answer.text.contains("There is nothing at"), "{} is not served: {}", operation.id, answer.text);
        if !operation.open {
            answer.refused(401, "credentials_missing");
        }
    }
}

/// The document is made from the very `routes!` that are served, so a path can only be served undocumented if it is added with
/// `.route(`; the router has those for what is not the reseller's, and none of them is below /v1.
#[test]
fn no_route_below_v1_is_undocumented() {
    let router = include_str!("../../src/router.rs");
    let by_hand: Vec<&str> = router.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1)).collect();
    assert_eq!(by_hand, ["/callbacks/stripe/{cell}", "/healthz", "/readyz", "/metrics", "/openapi.json"]);
}
