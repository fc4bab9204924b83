//! `/v1/accounts`, `/v1/account` and `/v1/account_links`: the platform's connected accounts.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::call::Call;
use crate::connect::{Change, Create, CreateLink, NewBankAccount};
use crate::error::Error;
use crate::list::Page;
use crate::objects::account::Account;
use crate::objects::bank_account::BankAccount;
use crate::server::Sandbox;

const URL: &str = "/v1/accounts";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/account", get(own))
        .route("/v1/account_links", post(create_link))
        .route("/v1/accounts", get(list).post(create))
        .route("/v1/accounts/{id}", get(retrieve).post(update).delete(delete))
        .route("/v1/accounts/{id}/capabilities", get(capabilities))
        .route("/v1/accounts/{id}/capabilities/{name}", get(capability).post(update_capability))
        .route("/v1/accounts/{id}/external_accounts", get(banks).post(create_bank))
        .route("/v1/accounts/{id}/external_accounts/{bank}", get(retrieve_bank).post(update_bank).delete(delete_bank))
}

async fn own(mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_own_account()
}

async fn create(mut call: Call) -> Result<Response, Error> {
    let wanted = Create::parse(call.take_params())?;
    call.execute_as_platform(|book, context| book.create_account(context, wanted)).await
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    params.finish()?;
    call.read_as_platform(|book, _| {
        page.of_table(&book.accounts, URL, |account: &Account| (!account.deleted).then(|| book.account_json(account)))
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| Ok(book.account_json(book.connected_account(&id, "account")?)))
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let change = Change::parse(call.take_params())?;
    call.execute_as_platform(|book, context| book.update_account(context, &id, change)).await
}

async fn delete(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute_as_platform(|book, _| book.delete_account(&id)).await
}

async fn capabilities(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| {
        let names = book.connected_account(&id, "account")?.capabilities.keys();
        let data = names.map(|name| book.capability(&id, name)).collect::<Result<Vec<Value>, Error>>()?;
        Ok(json!({"object": "list", "data": data, "has_more": false, "url": format!("{URL}/{id}/capabilities")}))
    })
}

async fn capability(Path((id, name)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| book.capability(&id, &name))
}

async fn update_capability(Path((id, name)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let requested = params.boolean("requested")?;
    params.finish()?;
    let capabilities = requested.map(|requested| (name.clone(), requested)).into_iter().collect();
    let change = Change { capabilities, ..Change::default() };
    call.execute_as_platform(|book, context| {
        book.update_account(context, &id, change)?;
        book.capability(&id, &name)
    })
    .await
}

async fn banks(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    params.ignore(&["object"]);
    params.finish()?;
    call.read_as_platform(|book, _| {
        book.connected_account(&id, "account")?;
        let banks: Vec<&BankAccount> = book.bank_accounts_of(&id).collect();
        let place = |wanted: &str| banks.iter().position(|bank| bank.id == wanted);
        let url = format!("{URL}/{id}/external_accounts");
        let row = |place: usize| banks.get(place).copied();
        page.cut(banks.len(), place, row, |bank| bank.created, &url, |bank| Some(bank.to_json(Some(&id))))
    })
}

async fn create_bank(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let fields = params.nested("external_account")?.ok_or_else(|| Error::missing_parameter("external_account"))?;
    let new = NewBankAccount::parse(fields)?;
    let is_default = params.boolean("default_for_currency")?.unwrap_or(false);
    params.finish()?;
    call.execute_as_platform(|book, context| book.create_bank_account(context, &id, new, is_default)).await
}

async fn retrieve_bank(Path((id, bank)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| Ok(book.bank_account_of(&id, &bank)?.to_json(Some(&id))))
}

async fn update_bank(Path((id, bank)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let is_default = params.boolean("default_for_currency")?.unwrap_or(false);
    let metadata = params.metadata()?;
    params.finish()?;
    call.execute_as_platform(|book, context| {
        book.update_bank_account(context, &id, &bank, is_default, metadata.as_ref())
    })
    .await
}

async fn delete_bank(Path((id, bank)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute_as_platform(|book, context| book.delete_bank_account(context, &id, &bank)).await
}

async fn create_link(mut call: Call) -> Result<Response, Error> {
    let wanted = CreateLink::parse(call.take_params())?;
    call.execute_as_platform(|book, context| book.create_account_link(context, wanted)).await
}
