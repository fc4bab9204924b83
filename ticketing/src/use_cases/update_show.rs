//! Changes a show's own details.

use foundation::{Refusal, Result, TenantTx, event, id::ShowId, refusal::FieldErrors, version::IfVersion};
use serde_json::json;

use super::stale;
use crate::{
    rules::show::{Show, ShowState, Visibility, check_words},
    store::{claims, performances, shows},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct ShowChanges {
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Who may find it.
    pub visibility: Option<Visibility>,
    /// Published, or back to draft.
    pub state: Option<ShowState>,
}

/// Changes the show of this version.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field`, `tickets_in_use` when a show that sells is to be a draft again.
pub async fn update_show(
    tx: &mut TenantTx,
    id: ShowId,
    version: impl Into<IfVersion>,
    changes: ShowChanges,
) -> Result<Show> {
    shows::lock(tx, id).await?;
    let mut show = shows::get(tx, id).await?;
    if !version.into().admits(show.version) {
        return Err(stale().into());
    }
    let title = changes.title.unwrap_or_else(|| show.title.clone());
    let description = changes.description.unwrap_or_else(|| show.description.clone());
    let mut fields = FieldErrors::default();
    check_words(&mut fields, &title, &description);
    fields.done()?;
    let performances: Vec<_> = show.performances.iter().map(|p| p.id).collect();
    // The batches under way that have read it as published are waited for.
    performances::lock(tx, &performances, true).await?;
    if show.state == ShowState::Published && changes.state == Some(ShowState::Draft) {
        for performance in performances {
            if claims::any_ever(tx, performance).await? {
                let detail = "Tickets of it were held or sold; pause or close its performances instead.";
                return Err(Refusal::new(foundation::Code::TicketsInUse, detail).into());
            }
        }
    }
    show.title = title;
    show.description = description;
    show.visibility = changes.visibility.unwrap_or(show.visibility);
    show.state = changes.state.unwrap_or(show.state);
    if !shows::update(tx, show.version, &show).await? {
        return Err(stale().into());
    }
    show.version += 1;
    let data = json!({ "id": show.id, "state": show.state, "visibility": show.visibility });
    event::append(tx, &[event::NewEvent::of("show.updated", "show", show.id, show.version, data)]).await?;
    Ok(show)
}
