//! The routes, their description, and what wraps them all.

use std::time::Duration;

use axum::{
    BoxError, Router,
    error_handling::HandleErrorLayer,
    http::{HeaderName, Method, Uri, header},
    middleware,
    response::IntoResponse as _,
    routing::{get, post},
};
use foundation::{Code, Refusal};
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer, load_shed::LoadShedLayer, timeout::TimeoutLayer};
use tower_http::cors::{self, CorsLayer};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Required,
    ResponseBuilder,
    path::{Operation, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Ref, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    catalogue, operations,
    v1::{
        api_keys, balance, cancellations, credits, disputes, events, holds, orders, payments, payout_settings, payouts,
        performances, promotions, public, quotes, refunds, reports, reschedulings, reseller, resellers,
        settlement_schedule, settlements, shows, support_cases, test_clock, tickets, venues, webhook_endpoints,
    },
    web::{Problem, problem, telemetry},
};

/// The whole API over these cells.
pub fn router(app: App) -> Router {
    let in_flight = app.settings.max_in_flight;
    let timeout = app.settings.request_timeout;
    // Outermost first. The limit sheds instead of queueing: who waits in line times out anyway, and slows all others.
    let guards = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(shed))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(in_flight))
        .layer(TimeoutLayer::new(timeout));
    let wrong_method = || async {
        problem::of_refusal(&Refusal::new(Code::MethodNotAllowed, "This address does not know that method."))
    };
    // Outside the guards: a browser lets a page read why it was refused, and asks without a key before it calls.
    let (v1, _) = described().split_for_parts();
    let v1 = v1.method_not_allowed_fallback(wrong_method).layer(guards.clone()).layer(browsers());
    let callbacks = Router::new().route("/callbacks/stripe/{cell}", post(operations::callbacks::stripe)).layer(guards);
    v1.merge(callbacks)
        .route("/healthz", get(operations::health::healthz))
        .route("/readyz", get(operations::health::readyz))
        .route("/metrics", get(operations::health::metrics))
        .route("/openapi.json", get(|| async { axum::Json(openapi()) }))
        .fallback(|address: Uri| async move { problem::of_refusal(&problem::nowhere(address.path())) })
        .method_not_allowed_fallback(wrong_method)
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(|_| {
            problem::of_refusal(&Refusal::new(Code::Internal, "Something went wrong on our side."))
        }))
        .layer(middleware::from_fn(telemetry::wrap))
        .with_state(app)
}

/// What browsers are told about pages of other origins (CORS): they may call, with the key that they were given, and read
/// what answers say in headers. No origin is named, because a key says more than an origin; cookies are of no use here.
fn browsers() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static("idempotent-replayed"),
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("request-id"),
        ])
        // As long as browsers believe it.
        .max_age(Duration::from_hours(2))
}

async fn shed(error: BoxError) -> axum::response::Response {
    let code = if error.is::<tower::timeout::error::Elapsed>() { Code::RequestTimeout } else { Code::Busy };
    let detail = "The platform is at its limit; try again, with the same key.";
    problem::of_refusal(&Refusal::new(code, detail).with_retry_after(Duration::from_secs(1))).into_response()
}

/// The description of the API (OpenAPI 3.1).
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = described().into_openapi();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_of(item) {
            describe(path, method, operation);
        }
    }
    let (webhooks, data) = catalogue::webhooks();
    document.webhooks = Some(webhooks);
    if let Some(components) = &mut document.components {
        components.schemas.extend(data);
        let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
        Problem::schemas(&mut schemas);
        components.schemas.extend(schemas);
    }
    document
}

fn operations_of(item: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", item.get.as_mut()),
        ("post", item.post.as_mut()),
        ("patch", item.patch.as_mut()),
        ("delete", item.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

/// Adds what holds for every operation: the headers of its method, and the form of a refusal.
fn describe(path: &str, method: &str, operation: &mut Operation) {
    let header = match method {
        "post" if operation.security.is_none() => {
            Some(("Idempotency-Key", "A value of your own; the same when you try again."))
        }
        "patch" | "delete" => Some((
            "If-Match",
            "The ETag of the object as you read it; several with commas between; or `*` for any version.",
        )),
        _ => None,
    };
    if let Some((name, description)) = header {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    }
    let refused = ResponseBuilder::new()
        .description("Refused; `code` says why.")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        )
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refused));
    // One name for one endpoint, from its address, for generated clients.
    let words = path.trim_start_matches("/v1/").replace(['/', '{', '}', '-', '.'], "_");
    let name: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    operation.operation_id = Some(format!("{method}_{}", name.join("_")));
}

/// Every operation of the API, with its description.
fn described() -> OpenApiRouter<App> {
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key: `sk_…` (secret), `rk_…` (restricted) or `pk_…` (publishable)."))
        .build();
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Stagedoor")
                .version("1")
                .description(Some(
                    "The ticketing platform's API for resellers. Times are RFC 3339 in UTC, money is a decimal string with its \
                     currency, lists are cursor pages, refusals are RFC 9457 problems with a stable `code`.",
                ))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build())),
        )
        .components(Some(ComponentsBuilder::new().security_scheme("api_key", SecurityScheme::Http(key)).build()))
        .security(Some([SecurityRequirement::new("api_key", Vec::<String>::new())]))
        .build();
    OpenApiRouter::with_openapi(document)
        .merge(of_the_account())
        .merge(of_shows())
        .merge(of_sales())
        .merge(for_anyone())
}

/// Resellers, their keys, and what they are told.
fn of_the_account() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(resellers::register::register))
        .routes(routes!(reseller::get::get, reseller::update::update))
        .routes(routes!(api_keys::list::list, api_keys::create::create))
        .routes(routes!(api_keys::get::get))
        .routes(routes!(api_keys::revoke::revoke))
        .routes(routes!(api_keys::rotate::rotate))
        .routes(routes!(webhook_endpoints::list::list, webhook_endpoints::create::create))
        .routes(routes!(
            webhook_endpoints::get::get,
            webhook_endpoints::update::update,
            webhook_endpoints::delete::delete
        ))
        .routes(routes!(webhook_endpoints::ping::ping))
        .routes(routes!(webhook_endpoints::rotate::rotate))
        .routes(routes!(webhook_endpoints::replay::replay))
        .routes(routes!(webhook_endpoints::deliveries::list::list))
        .routes(routes!(webhook_endpoints::deliveries::get::get))
        .routes(routes!(webhook_endpoints::deliveries::resend::resend))
        .routes(routes!(events::list::list))
        .routes(routes!(events::get::get))
        .routes(routes!(support_cases::list::list, support_cases::open::open))
        .routes(routes!(support_cases::get::get))
        .routes(routes!(support_cases::messages::list, support_cases::messages::write))
        .routes(routes!(support_cases::close::close))
        .routes(routes!(test_clock::advance::advance))
}

/// What is to be sold, where, and on which terms.
fn of_shows() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(venues::list::list, venues::create::create))
        .routes(routes!(venues::get::get, venues::update::update))
        .routes(routes!(venues::layouts::list::list, venues::layouts::create::create))
        .routes(routes!(venues::layouts::get::get, venues::layouts::update::update))
        .routes(routes!(venues::layouts::import::import))
        .routes(routes!(venues::layouts::versions::list::list))
        .routes(routes!(venues::layouts::versions::get::get))
        .routes(routes!(venues::layouts::versions::publish::publish))
        .routes(routes!(venues::layouts::versions::withdraw::withdraw))
        .routes(routes!(venues::tasks::list::list))
        .routes(routes!(shows::list::list, shows::create::create))
        .routes(routes!(shows::get::get, shows::update::update, shows::delete::delete))
        .routes(routes!(shows::buyer_limit::get::get, shows::buyer_limit::update::update))
        .routes(routes!(shows::questions::list::list, shows::questions::create::create))
        .routes(routes!(shows::questions::get::get, shows::questions::update::update))
        .routes(routes!(shows::performances::add))
        .routes(routes!(shows::ticket_types::add))
        .routes(routes!(shows::cancel::create))
        .routes(routes!(shows::cancellation::get))
        .routes(routes!(shows::history::list))
        .routes(routes!(performances::list::list))
        .routes(routes!(performances::get::get, performances::update::update, performances::delete::delete))
        .routes(routes!(performances::history::list))
        .routes(routes!(performances::extra_dates::add))
        .routes(routes!(performances::reprice::create))
        .routes(routes!(performances::reschedule::create))
        .routes(routes!(performances::cancel::create))
        .routes(routes!(cancellations::get::get))
        .routes(routes!(cancellations::orders::list))
        .routes(routes!(cancellations::decisions::create))
        .routes(routes!(reschedulings::get::get))
        .routes(routes!(reschedulings::orders::list))
        .routes(routes!(reschedulings::decisions::create))
        .routes(routes!(performances::availability::get))
        .routes(routes!(performances::stream::get))
        .routes(routes!(performances::blocks::list::list, performances::blocks::create::create))
        .routes(routes!(performances::blocks::get::get))
        .routes(routes!(performances::blocks::release::release))
        .routes(routes!(performances::buyer_limit::get::get, performances::buyer_limit::update::update))
        .routes(routes!(performances::seating::get::get, performances::seating::update::update))
        .routes(routes!(performances::waitlist::get::get, performances::waitlist::update::update))
        .routes(routes!(performances::capacity::get))
        .routes(routes!(performances::prices::list))
        .routes(routes!(performances::seat_map::get))
        .routes(routes!(performances::tickets::list::list, performances::tickets::create::create))
        .routes(routes!(performances::tickets::get::get))
        .routes(routes!(performances::tickets::delete::delete))
        .routes(routes!(performances::tickets::r#move::r#move))
        .routes(routes!(performances::price_tiers::add))
        .routes(routes!(performances::offers::create::create))
        .routes(routes!(performances::offers::get::get, performances::offers::update::update))
        .routes(routes!(performances::sale_rounds::list::list, performances::sale_rounds::create::create))
        .routes(routes!(performances::sale_rounds::get::get, performances::sale_rounds::update::update))
        .routes(routes!(performances::sale_rounds::guests::admit))
        .routes(routes!(performances::pools::list::list, performances::pools::create::create))
        .routes(routes!(performances::pools::get::get, performances::pools::update::update))
        .routes(routes!(promotions::list::list, promotions::create::create))
        .routes(routes!(promotions::get::get, promotions::update::update))
}

/// What is sold, and the money for it.
fn of_sales() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(holds::create::create))
        .routes(routes!(holds::get::get))
        .routes(routes!(holds::add::add))
        .routes(routes!(holds::remove::remove))
        .routes(routes!(holds::extend::extend))
        .routes(routes!(holds::release::release))
        .routes(routes!(performances::waitlist::entries::list::list, performances::waitlist::entries::create::create))
        .routes(routes!(performances::waitlist::entries::get::get))
        .routes(routes!(shows::interests::list::list, shows::interests::create::create))
        .routes(routes!(shows::interests::withdraw::withdraw))
        .routes(routes!(performances::waitlist::entries::leave::leave))
        .routes(routes!(quotes::create::create))
        .routes(routes!(orders::list::list, orders::create::create))
        .routes(routes!(orders::complimentary::create))
        .routes(routes!(orders::get::get, orders::update::update))
        .routes(routes!(orders::cancel::cancel))
        .routes(routes!(orders::payments::create))
        .routes(routes!(orders::receipt::get))
        .routes(routes!(orders::receipt_pdf::get))
        .routes(routes!(orders::refunds::create))
        .routes(routes!(orders::reinstate::reinstate))
        .routes(routes!(orders::items::transfer::transfer))
        .routes(routes!(orders::items::rename::rename))
        .routes(routes!(orders::items::exchange::exchange))
        .routes(routes!(orders::items::void::void))
        .routes(routes!(orders::items::owners::list))
        .routes(routes!(tickets::check_in::check_in))
        .routes(routes!(tickets::undo_check_in::undo))
        .routes(routes!(payments::get::get))
        .routes(routes!(refunds::get::get))
        .routes(routes!(refunds::retry::retry))
        .routes(routes!(credits::list::list, credits::create::create))
        .routes(routes!(credits::get::get))
        .routes(routes!(orders::credits::pay))
        .routes(routes!(disputes::list::list))
        .routes(routes!(disputes::get::get))
        .routes(routes!(disputes::evidence::submit))
        .routes(routes!(balance::get::get))
        .routes(routes!(payouts::list::list, payouts::create::create))
        .routes(routes!(payouts::get::get))
        .routes(routes!(payout_settings::get::get, payout_settings::update::update))
        .routes(routes!(payout_settings::onboarding::create))
        .routes(routes!(reports::forecast::get))
        .routes(routes!(reports::sales::get))
        .routes(routes!(settlement_schedule::get::get, settlement_schedule::update::update))
        .routes(routes!(settlements::list::list, settlements::close::close))
        .routes(routes!(settlements::open::get))
        .routes(routes!(settlements::open_rows::get))
        .routes(routes!(settlements::get::get))
        .routes(routes!(settlements::rows::get))
        .routes(routes!(settlements::statement::get))
        .routes(routes!(settlements::fee_invoice::get))
        .routes(routes!(settlements::credit_note::get))
}

/// What anyone may read.
fn for_anyone() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(public::shows::list))
        .routes(routes!(public::show::get))
        .routes(routes!(public::performances::list))
        .routes(routes!(public::venues::list))
        .routes(routes!(public::venue::get))
        .routes(routes!(public::availability::get))
        .routes(routes!(public::stream::get))
        .routes(routes!(public::prices::list))
        .routes(routes!(public::seat_map::get))
}
