//! Tenancy: resellers and their environments, API keys, the test clock, what operators do, webhook endpoints.
//!
//! Three places: `rules/` is pure, `use_cases/` has one verb a file, `store/` is the SQL. It knows no HTTP, names no face, and
//! never keeps a key's secret: only its hash.

mod rules;
mod store;
pub mod support_cases;
mod use_cases;
pub mod webhook_endpoints;

pub use rules::{
    account::{AccountForm, NewAccount},
    api_key::{ApiKey, NewKey},
    audit::AuditEntry,
    caller::Caller,
    key_text::{KeyKind, KeyText, NotAKey},
    mail::{Mail, MailChanges, NotATicketUrl, NotAWaitingUrl, TicketUrl, WaitingUrl},
    notice::Notice,
    reseller::{Reseller, ResellerChanges, ResellerState},
    scope::{NotAScope, Scope, ScopeSet},
};
pub use use_cases::{
    advance_test_clock::advance_test_clock,
    authenticate::authenticate,
    create_key::create_key,
    create_shop_key::create_shop_key,
    get_key::get_key,
    get_reseller::get_reseller,
    list_audit::list_audit,
    list_keys::list_keys,
    record::record,
    register::{Environment, Registered, register},
    reinstate::reinstate,
    revoke_key::revoke_key,
    rotate_key::rotate_key,
    suspend::suspend,
    tenants_after::tenants_after,
    update_reseller::update_reseller,
};
