//! `/v1/balance_transactions`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use crate::call::Call;
use crate::error::Error;
use crate::list::Page;
use crate::objects::balance_transaction::BalanceTransaction;
use crate::server::Sandbox;

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/v1/balance_transactions", get(list)).route("/v1/balance_transactions/{id}", get(retrieve))
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (kind, source, currency) = (params.filled("type")?, params.filled("source")?, params.filled("currency")?);
    params.finish()?;
    call.read_book(|book, context| {
        page.of_table(&book.balance_transactions, "/v1/balance_transactions", |transaction: &BalanceTransaction| {
            let fits = kind.as_ref().is_none_or(|kind| transaction.kind.as_str() == kind)
                && source.as_ref().is_none_or(|source| transaction.source == *source)
                && currency.as_ref().is_none_or(|currency| transaction.currency == *currency);
            fits.then(|| transaction.to_json(context.now()))
        })
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, context| {
        let missing = || Error::no_such("balance transaction", &id, "id");
        Ok(book.balance_transactions.get(&id).ok_or_else(missing)?.to_json(context.now()))
    })
}
