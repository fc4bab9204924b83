//! The catalogue as the `webhooks` of the API's description (OpenAPI 3.1).

use serde_json::json;
use utoipa::openapi::{
    Content, ContentBuilder, HttpMethod, Paths, PathsBuilder, RefOr, Required, ResponseBuilder, Schema,
    path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItem},
    request_body::RequestBodyBuilder,
    schema::{AllOfBuilder, ObjectBuilder, Ref, Type},
};

use super::{CATALOGUE, EventType};

/// Every type as a webhook, and the schemas that they refer to.
pub(crate) fn webhooks() -> (Paths, Vec<(String, RefOr<Schema>)>) {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    let mut paths = PathsBuilder::new();
    for event in CATALOGUE {
        if !schemas.iter().any(|(name, _)| name == event.data.name) {
            schemas.push((event.data.name.to_owned(), (event.data.schema)()));
            (event.data.within)(&mut schemas);
        }
        paths = paths.path(event.name, webhook(event));
    }
    (paths.build(), schemas)
}

fn webhook(event: &EventType) -> PathItem {
    let header = |name: &str, description: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build()
    };
    let taken =
        ResponseBuilder::new().description("Taken. Anything else is tried again later; 410 disables the endpoint.");
    let operation = OperationBuilder::new()
        .tag("Events")
        .operation_id(Some(format!("webhook_{}", event.name.replace('.', "_"))))
        .summary(Some(event.name))
        .description(Some(format!("It is written when {}.", event.when)))
        .parameter(header("webhook-id", "The event's id, the same at every try: drop what you have had."))
        .parameter(header("webhook-timestamp", "When this try was sent, in seconds since 1970."))
        .parameter(header("webhook-signature", "Signatures by Standard Webhooks, with spaces between."))
        .request_body(Some(
            RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", body(event)).build(),
        ))
        .response("2XX", taken)
        .build();
    PathItem::new(HttpMethod::Post, operation)
}

/// The envelope with this type and its data.
fn body(event: &EventType) -> Content {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([event.name])).build();
    let of_type = ObjectBuilder::new().property("type", kind).property("data", Ref::from_schema_name(event.data.name));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Event")).item(of_type).build();
    ContentBuilder::new().schema(Some(Schema::AllOf(schema))).example(Some(example(event))).build()
}

fn example(event: &EventType) -> serde_json::Value {
    json!({
        "id": "evt_0192f0c1000070008000000000000001",
        "type": event.name,
        "api_version": "v1",
        "timestamp": "2027-03-01T10:02:11Z",
        "mode": "test",
        "region": "eu",
        "position": 1042,
        "object_type": event.object,
        "sequence": 3,
        "version": 3,
        "data": event.example(),
    })
}
