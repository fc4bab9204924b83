//! `POST /v1/shows`

use axum::http::StatusCode;
use foundation::{Currency, Instant, Result};
use serde::Deserialize;
use ticketing::{
    rules::{self, show::NewShow},
    use_cases::create_show::create_show,
};
use utoipa::ToSchema;

use super::{ShowState, ShowView, Visibility};
use crate::{
    v1::performances::NewPerformanceBody,
    web::{Allowed, Answer, Keyed, scope::ShowsWrite},
};

/// A show to create, with its performances and all their tickets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewShow)]
pub(crate) struct NewShowBody {
    #[schema(example = "Hamlet")]
    title: String,
    #[serde(default)]
    description: String,
    currency: Currency,
    /// `public` unless said.
    visibility: Option<Visibility>,
    /// Until then a public show answers as missing to whoever has no secret key; at once unless said.
    public_from: Option<Instant>,
    /// `published` unless said.
    state: Option<ShowState>,
    /// Whom tickets are for, by name.
    ticket_types: Vec<String>,
    #[serde(default)]
    performances: Vec<NewPerformanceBody>,
}

impl NewShowBody {
    fn read(self) -> Result<NewShow, foundation::Refusal> {
        let performances = self.performances.into_iter().enumerate();
        Ok(NewShow {
            title: self.title,
            description: self.description,
            currency: self.currency,
            visibility: self.visibility.map_or(rules::show::Visibility::Public, Into::into),
            public_from: self.public_from,
            state: self.state.map_or(rules::show::ShowState::Published, Into::into),
            ticket_types: self.ticket_types,
            performances: performances.map(|(i, p)| p.read(&format!("/performances/{i}"))).collect::<Result<_, _>>()?,
        })
    }
}

/// Creates a show with its performances and up to 100,000 tickets, in one go or not at all.
#[utoipa::path(post, path = "/v1/shows", tag = "Shows", request_body = NewShowBody, responses((status = 201, body = ShowView)))]
pub(crate) async fn create(allowed: Allowed<ShowsWrite>, Keyed { key, body }: Keyed<NewShowBody>) -> Answer {
    let mut call = allowed.begin(key).await?;
    let show = create_show(&mut call.tx, &body.read()?).await?;
    let version = show.version;
    call.finish(StatusCode::CREATED, &ShowView::from(show), Some(version)).await
}
