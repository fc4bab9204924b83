//! Changes an endpoint.

use std::collections::BTreeMap;

use foundation::{Code, Refusal, Result, TenantTx, id::EndpointId, version::IfVersion};

use super::{Endpoint, EndpointChanges, EndpointState, Rules, WantedState, get, headers, ping, store};

/// Changes what is given, if the endpoint still is as the caller read it. Another address is sent a ping and gets nothing else
/// until it has answered. Where nothing changes, nothing is written.
///
/// # Errors
/// `invalid_field`, `not_found`, `if_match_stale` when its version is not the one that was read, or the database's.
pub async fn update(
    tx: &mut TenantTx,
    rules: &Rules<'_>,
    id: EndpointId,
    version: impl Into<IfVersion>,
    changes: EndpointChanges,
) -> Result<Endpoint> {
    let version = version.into();
    rules.check_changes(&changes)?;
    let before = get(tx, id).await?;
    if version.admits(before.version) && changes_nothing(&before, &changes) {
        return Ok(before);
    }
    let sealed = match &changes.headers {
        Some(wanted) => Some(headers::seal(&tx.sealer().clone(), tx.reseller(), wanted)?),
        None => None,
    };
    if !store::update(tx, id, &version, &changes, sealed.as_deref()).await? {
        let current = get(tx, id).await?;
        let detail = format!("The endpoint is at version {}; read it again and decide anew.", current.version);
        return Err(Refusal::new(Code::IfMatchStale, detail).into());
    }
    let after = get(tx, id).await?;
    if after.url != before.url {
        ping::append(tx, &after).await?;
    }
    Ok(after)
}

/// Headers that are given are a change: their values are sealed and not compared. So is to enable what fails: its five days begin anew.
fn changes_nothing(before: &Endpoint, changes: &EndpointChanges) -> bool {
    fn same<T: PartialEq>(wanted: Option<&T>, is: &T) -> bool {
        wanted.is_none_or(|wanted| wanted == is)
    }
    let state = match changes.state {
        None => true,
        Some(WantedState::Enabled) => before.state == EndpointState::Enabled && before.failing_since.is_none(),
        Some(WantedState::Paused) => before.state == EndpointState::Paused,
    };
    let no_headers = |wanted: &BTreeMap<_, _>| wanted.is_empty() && before.header_names.is_empty();
    state
        && same(changes.url.as_ref(), &before.url)
        && same(changes.event_types.as_ref(), &before.event_types)
        && same(changes.show_ids.as_ref(), &before.show_ids)
        && same(changes.ordered.as_ref(), &before.ordered)
        && same(changes.max_per_second.as_ref(), &before.max_per_second)
        && same(changes.description.as_ref(), &before.description)
        && changes.headers.as_ref().is_none_or(no_headers)
}
