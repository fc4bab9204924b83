//! The OpenAPI document as the tests that walk it read it.

use serde_json::Value;

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// The parameters of the path, in order.
    pub(crate) ids: Vec<String>,
    /// The names of all its parameters.
    pub(crate) parameters: Vec<String>,
    /// Whether it wants an Idempotency-Key.
    pub(crate) keyed: bool,
    /// Whether it wants If-Match.
    pub(crate) versioned: bool,
    /// Whether it wants no API key.
    pub(crate) open: bool,
}

pub(crate) fn document() -> Value {
    serde_json::to_value(platform_api::openapi()).unwrap()
}

pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let header = |name: &str| {
                let parameters = operation["parameters"].as_array();
                parameters.is_some_and(|all| {
                    all.iter().any(|p| p["name"] == name && p["in"] == "header" && p["required"] == true)
                })
            };
            all.push(Operation {
                id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.clone(),
                ids: path
                    .split('/')
                    .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                    .map(str::to_owned)
                    .collect(),
                parameters: operation["parameters"]
                    .as_array()
                    .map(|all| all.iter().filter_map(|p| p["name"].as_str().map(str::to_owned)).collect())
                    .unwrap_or_default(),
                path: path.clone(),
                keyed: header("Idempotency-Key"),
                versioned: header("If-Match"),
                open: operation["security"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one == &serde_json::json!({}))),
            });
        }
    }
    assert!(all.len() > 40, "the document has lost its operations");
    all
}
