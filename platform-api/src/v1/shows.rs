//! `/v1/shows`

pub(crate) mod buyer_limit;
pub(crate) mod cancel;
pub(crate) mod cancellation;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod interests;
pub(crate) mod list;
pub(crate) mod performances;
pub(crate) mod questions;
pub(crate) mod ticket_types;
pub(crate) mod update;

use foundation::{
    Currency, Instant,
    id::{ShowId, TicketTypeId},
};
use serde::{Deserialize, Serialize};
use ticketing::rules::{
    self,
    show::{Show, TicketType},
};
use utoipa::ToSchema;

use super::performances::PerformanceView;

/// Who may find a show without a key.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// Anyone, once it is published.
    Public,
    /// The reseller's own systems only.
    Hidden,
}

/// Whether a show can be seen and sold.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShowState {
    /// In the making: nothing of it is sold.
    Draft,
    /// Sold in its performances' sale windows.
    Published,
}

impl From<Visibility> for rules::show::Visibility {
    fn from(wire: Visibility) -> Self {
        match wire {
            Visibility::Public => Self::Public,
            Visibility::Hidden => Self::Hidden,
        }
    }
}

impl From<ShowState> for rules::show::ShowState {
    fn from(wire: ShowState) -> Self {
        match wire {
            ShowState::Draft => Self::Draft,
            ShowState::Published => Self::Published,
        }
    }
}

/// A production, with its dates.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Show)]
pub(crate) struct ShowView {
    id: ShowId,
    title: String,
    description: String,
    /// Everything of it is sold in this currency.
    currency: Currency,
    state: ShowState,
    visibility: Visibility,
    /// From when on anyone may find it, if it is public; null: at once.
    public_from: Option<Instant>,
    /// Whom its tickets are for.
    ticket_types: Vec<TicketTypeView>,
    /// Its dated occurrences, in the order of their start.
    performances: Vec<PerformanceView>,
    created_at: Instant,
    /// Counts its changes; also the ETag.
    version: i64,
}

/// Whom a ticket is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketType)]
pub(crate) struct TicketTypeView {
    id: TicketTypeId,
    #[schema(example = "adult")]
    name: String,
}

impl From<TicketType> for TicketTypeView {
    fn from(TicketType { id, name }: TicketType) -> Self {
        Self { id, name }
    }
}

impl From<Show> for ShowView {
    fn from(show: Show) -> Self {
        Self {
            id: show.id,
            title: show.title,
            description: show.description,
            currency: show.currency,
            state: match show.state {
                rules::show::ShowState::Draft => ShowState::Draft,
                rules::show::ShowState::Published => ShowState::Published,
            },
            visibility: match show.visibility {
                rules::show::Visibility::Public => Visibility::Public,
                rules::show::Visibility::Hidden => Visibility::Hidden,
            },
            public_from: show.public_from,
            ticket_types: show.ticket_types.into_iter().map(TicketTypeView::from).collect(),
            performances: show.performances.into_iter().map(PerformanceView::from).collect(),
            created_at: show.created_at,
            version: show.version,
        }
    }
}
