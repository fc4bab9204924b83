//! `GET /v1/balance`

use foundation::Money;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, Reply, scope::FinanceRead};

/// What the platform owes the reseller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub(crate) struct BalanceView {
    /// One entry a currency.
    data: Vec<CurrencyBalanceView>,
    /// What buyers may still buy with, one amount a currency: you owe it to them, and it is in no balance.
    credit_outstanding: Vec<Money>,
}

/// What is owed in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrencyBalance)]
pub(crate) struct CurrencyBalanceView {
    /// Received and not yet payable.
    pending: Money,
    /// Payable.
    available: Money,
    /// Kept back for what buyers' banks may still take; payable later.
    reserved: Money,
}

/// Reads the balance, from the ledger.
#[utoipa::path(get, path = "/v1/balance", tag = "Finance", responses((status = 200, body = BalanceView)))]
pub(crate) async fn get(allowed: Allowed<FinanceRead>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let balances = accounting::balance(&mut tx).await?;
    let credit_outstanding = ticketing::store::credits::outstanding(&mut tx).await?;
    let entry = |b: accounting::Balance| CurrencyBalanceView {
        pending: Money::rounded(b.pending, b.currency),
        available: Money::rounded(b.available, b.currency),
        reserved: Money::rounded(b.reserved, b.currency),
    };
    Reply::ok(&BalanceView { data: balances.into_iter().map(entry).collect(), credit_outstanding })
}
