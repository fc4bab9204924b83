//! `/v1/balance`, `/v1/transfers` and `/v1/payouts`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::Call;
use crate::error::Error;
use crate::funds::{CreatePayout, CreateTransfer, Reverse};
use crate::list::Page;
use crate::objects::payout::{Payout, Status};
use crate::objects::transfer::{Reversal, Transfer};
use crate::server::Sandbox;

const TRANSFERS: &str = "/v1/transfers";
const PAYOUTS: &str = "/v1/payouts";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/balance", get(balance))
        .route("/v1/payouts", get(payouts).post(create_payout))
        .route("/v1/payouts/{id}", get(payout).post(update_payout))
        .route("/v1/payouts/{id}/cancel", post(cancel_payout))
        .route("/v1/transfers", get(transfers).post(create_transfer))
        .route("/v1/transfers/{id}", get(transfer).post(update_transfer))
        .route("/v1/transfers/{id}/reversals", get(reversals).post(reverse))
        .route("/v1/transfers/{id}/reversals/{reversal}", get(reversal).post(update_reversal))
}

async fn balance(mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, context| Ok(book.balances.to_json(context.now())))
}

async fn create_payout(mut call: Call) -> Result<Response, Error> {
    let wanted = CreatePayout::parse(call.take_params())?;
    call.execute(|book, context| book.create_payout(context, wanted)).await
}

async fn payouts(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (status, destination) = (params.choice("status", Status::parse)?, params.filled("destination")?);
    params.finish()?;
    call.read_book(|book, _| {
        page.of_table(&book.payouts, PAYOUTS, |payout: &Payout| {
            let fits = status.is_none_or(|status| payout.status == status)
                && destination.as_ref().is_none_or(|bank| payout.destination == *bank);
            fits.then(|| payout.to_json())
        })
    })
}

async fn payout(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| book.payout(&id).map(Payout::to_json))
}

async fn update_payout(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let metadata = params.metadata()?;
    params.finish()?;
    call.execute(|book, context| book.update_payout(context, &id, metadata.as_ref())).await
}

async fn cancel_payout(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute(|book, context| book.cancel_payout(context, &id)).await
}

async fn create_transfer(mut call: Call) -> Result<Response, Error> {
    let wanted = CreateTransfer::parse(call.take_params())?;
    call.execute_as_platform(|book, context| book.create_transfer(context, wanted)).await
}

async fn transfers(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (destination, group) = (params.filled("destination")?, params.filled("transfer_group")?);
    params.finish()?;
    call.read_as_platform(|book, _| {
        page.of_table(&book.transfers, TRANSFERS, |transfer: &Transfer| {
            let fits = destination.as_ref().is_none_or(|account| transfer.destination == *account)
                && group.as_ref().is_none_or(|group| transfer.transfer_group.as_ref() == Some(group));
            fits.then(|| book.transfer_json(transfer))
        })
    })
}

async fn transfer(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| Ok(book.transfer_json(book.transfer(&id)?)))
}

async fn update_transfer(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let (description, metadata) = (params.string("description")?, params.metadata()?);
    params.finish()?;
    call.execute_as_platform(|book, context| book.update_transfer(context, &id, description, metadata.as_ref())).await
}

async fn reverse(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let wanted = Reverse::parse(call.take_params())?;
    call.execute_as_platform(|book, context| book.reverse_transfer(context, &id, &wanted)).await
}

async fn reversals(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    params.finish()?;
    call.read_as_platform(|book, _| {
        let url = format!("{TRANSFERS}/{id}/reversals");
        let ids = &book.transfer(&id)?.reversals;
        page.of_ids(&book.reversals, ids, &url, |reversal: &Reversal| Some(reversal.to_json()))
    })
}

async fn reversal(Path((id, reversal)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| book.reversal(&id, &reversal).map(Reversal::to_json))
}

async fn update_reversal(Path((id, reversal)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let metadata = params.metadata()?;
    params.finish()?;
    call.execute_as_platform(|book, _| book.update_reversal(&id, &reversal, metadata.as_ref())).await
}
