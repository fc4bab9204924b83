//! Changes a show's own details.

use foundation::{Instant, Refusal, Result, TenantTx, event, id::ShowId, refusal::FieldErrors, version::IfVersion};

use super::{create_show::show_event, keep_apart::keep_apart, stale};
use crate::{
    rules::show::{Show, ShowState, Visibility, check_words},
    store::{claims, layouts, performances, shows, tickets},
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
    /// From when on anyone may find it; none: at once.
    pub public_from: Option<Option<Instant>>,
    /// Published, or back to draft.
    pub state: Option<ShowState>,
}

/// Changes the show of this version. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field`, `tickets_in_use` when a show that sells is to be a draft again, `performances_overlap` when it is
/// published.
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
    let publishes = show.state == ShowState::Draft && changes.state == Some(ShowState::Published);
    if publishes {
        let used = show.performances.iter().filter_map(|performance| Some(performance.manifest.as_ref()?.layout));
        layouts::lock(tx, &used.collect::<Vec<_>>()).await?;
    }
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
    if publishes {
        may_be_published(tx, &show).await?;
    }
    let before = show.clone();
    show.title = title;
    show.description = description;
    show.visibility = changes.visibility.unwrap_or(show.visibility);
    show.public_from = changes.public_from.unwrap_or(show.public_from);
    show.state = changes.state.unwrap_or(show.state);
    if show == before {
        return Ok(show);
    }
    if !shows::update(tx, show.version, &show).await? {
        return Err(stale().into());
    }
    show.version += 1;
    if publishes {
        for performance in shows::get(tx, id).await?.performances {
            keep_apart(tx, &performance, "").await?;
        }
    }
    event::append(tx, &[show_event("show.updated", &show)]).await?;
    Ok(show)
}

/// Refuses to publish what has nothing to sell, naming each performance.
async fn may_be_published(tx: &mut TenantTx, show: &Show) -> Result<()> {
    let mut fields = FieldErrors::default();
    for id in tickets::performances_without(tx, show.id).await? {
        fields.check(false, "/state", format!("cannot be published: {id} has no tickets yet"));
    }
    Ok(fields.done()?)
}
