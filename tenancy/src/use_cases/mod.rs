//! What can be done: one verb a file, one transaction each, committed by whoever opened it. Only [`register`] and
//! [`authenticate`] open their own, because they begin before there is a tenant to speak of.

pub(crate) mod advance_test_clock;
pub(crate) mod authenticate;
pub(crate) mod create_key;
pub(crate) mod create_shop_key;
pub(crate) mod get_key;
pub(crate) mod get_reseller;
mod issue;
pub(crate) mod list_audit;
pub(crate) mod list_keys;
pub(crate) mod record;
pub(crate) mod register;
pub(crate) mod reinstate;
pub(crate) mod revoke_key;
pub(crate) mod rotate_key;
pub(crate) mod suspend;
pub(crate) mod tenants_after;
pub(crate) mod update_reseller;

use foundation::event::NewEvent;
use serde_json::json;

use crate::Reseller;

/// The event of a reseller as it now is: no name, no address.
fn reseller_event(kind: &'static str, reseller: &Reseller) -> NewEvent {
    let data = json!({
        "id": reseller.id, "account_id": reseller.account, "mode": reseller.mode, "state": reseller.state,
    });
    NewEvent::of(kind, "reseller", reseller.id, reseller.version, data)
}
