//! `POST /v1/regions/{region}/resellers`

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::IntoResponse as _,
};
use foundation::{Cell, Refusal, id::AccountId};
use serde::{Deserialize, Serialize};
use tenancy::{AccountForm, Environment, NewAccount};
use utoipa::ToSchema;

use crate::{
    app::App,
    v1::reseller::ResellerView,
    web::{Answer, Body, Path, Reply, caller::throttle_client},
};

/// An account to open, with who is billed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
pub(crate) struct NewAccountBody {
    #[schema(example = "Stage Left Tickets")]
    name: String,
    #[schema(example = "hello@stageleft.example")]
    email: String,
    /// ISO 3166 alpha-2, upper case.
    #[schema(example = "NL")]
    country: String,
    #[schema(example = "EUR")]
    currency: String,
    #[schema(example = "Stage Left Tickets B.V.")]
    legal_name: String,
    #[schema(example = "Damrak 1, 1012 LG Amsterdam")]
    address: String,
    tax_id: Option<String>,
}

/// The account with its two environments. The secret keys are shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Registered)]
pub(crate) struct RegisteredView {
    account_id: AccountId,
    /// Real money.
    live: EnvironmentView,
    /// The payment sandbox, and a clock that can be moved.
    test: EnvironmentView,
}

/// An environment with its first keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Environment)]
pub(crate) struct EnvironmentView {
    reseller: ResellerView,
    /// For your servers only; it is shown this once.
    secret_key: String,
    /// For browsers.
    publishable_key: String,
}

impl From<Environment> for EnvironmentView {
    fn from(environment: Environment) -> Self {
        Self {
            secret_key: environment.secret_key.expose().to_owned(),
            publishable_key: environment.publishable_key.expose().to_owned(),
            reseller: environment.reseller.into(),
        }
    }
}

/// The cell in which the account is opened. It is found before the body is read: what is meant for another region is not
/// taken in here.
pub(crate) struct OpensIn(Cell);

impl FromRequestParts<App> for OpensIn {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Reply> {
        let Path(region) = Path::<String>::from_request_parts(parts, app).await?;
        // New accounts go where there is room; with one cell that is the one.
        let first = app.served(&region)?.cells.first().ok_or_else(|| Refusal::missing("region"))?;
        throttle_client(parts, app, first).await?;
        Ok(Self(first.cell.clone()))
    }
}

/// Opens an account in a region. No key is needed; it gives the first ones.
#[utoipa::path(post, path = "/v1/regions/{region}/resellers", tag = "Account", params(("region" = String, Path, example = "eu")), request_body = NewAccountBody, responses((status = 201, body = RegisteredView)), security(()))]
pub(crate) async fn register(OpensIn(cell): OpensIn, Body(body): Body<NewAccountBody>) -> Answer {
    let form = AccountForm {
        name: body.name,
        email: body.email,
        country: body.country,
        currency: body.currency,
        legal_name: body.legal_name,
        address: body.address,
        tax_id: body.tax_id,
    };
    let registered = tenancy::register(&cell, &NewAccount::parse(form)?).await?;
    let view =
        RegisteredView { account_id: registered.account, live: registered.live.into(), test: registered.test.into() };
    Ok(Reply::raw((StatusCode::CREATED, axum::Json(view)).into_response()))
}
