//! `GET /v1/performances/{performance_id}/stream`

use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, request::Parts},
    response::{IntoResponse as _, Sse, sse::Event},
};
use foundation::{
    Error, Refusal,
    id::{PerformanceId, TicketId},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use ticketing::{
    inventory::{Looking, News, States, content_of},
    rules::tickets::TicketStock,
};
use tokio::{sync::mpsc, time};
use utoipa::{IntoParams, ToSchema};

use super::availability::{AvailabilityView, Sees, view};
use crate::{
    app::App,
    web::{
        Allowed, Answer, Path, Query, Reply,
        caller::still_allowed,
        scope::ShowsRead,
        streams::{Slot, Streams},
    },
};

/// The most tickets that one stream tells of.
const TICKETS_MAX: usize = 50;
/// What is told of a ticket that is there no more.
const DELETED: &str = "deleted";
/// How many events wait for a reader.
const QUEUE: usize = 8;
/// How long they wait; a reader that takes nothing for so long is cut off.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// The ids of tickets that the viewer looks at, with commas between; 50 at most.
    #[param(example = "tkt_0192f0c1000070008000000000000001")]
    tickets: Option<String>,
}

impl StreamQuery {
    /// The tickets, each once.
    pub(crate) fn tickets(&self) -> Result<Vec<TicketId>, Refusal> {
        let given = self.tickets.as_deref().unwrap_or_default();
        let mut tickets = BTreeSet::new();
        for text in given.split(',').filter(|text| !text.is_empty()) {
            let ticket =
                text.parse().map_err(|_| Refusal::field("tickets", "is ids of tickets with commas between"))?;
            tickets.insert(ticket);
            if tickets.len() > TICKETS_MAX {
                return Err(Refusal::field("tickets", format!("names more than {TICKETS_MAX} tickets")));
            }
        }
        Ok(tickets.into_iter().collect())
    }
}

/// What an event `tickets` says: how it is now with tickets that the viewer looks at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamTickets)]
pub(crate) struct TicketsView {
    performance_id: PerformanceId,
    tickets: Vec<TicketStateView>,
}

/// How it is with a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamTicket)]
pub(crate) struct TicketStateView {
    id: TicketId,
    /// `available`; `held` (in a hold or an unpaid order); `sold`; `blocked` (kept off sale); `allocated` (free, but kept for one seller); `waitlist` (free, but for those who wait); `deleted` (there is no such ticket any more).
    #[schema(value_type = String, example = "held")]
    state: &'static str,
}

/// Streams what becomes of a performance, as server-sent events: `snapshot` (its availability), then `availability` (the same with
/// those sections and offers only that have changed) and `tickets` (how it is with the tickets looked at, when it is otherwise), ten
/// times a second at most. After a break `Last-Event-ID` goes on without a snapshot if nothing has changed.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/stream", tag = "Performances", params(("performance_id" = PerformanceId, Path), StreamQuery), responses((status = 200, description = "Events `snapshot` and `availability` (Availability), `tickets` (StreamTickets).", body = String, content_type = "text/event-stream")))]
pub(crate) async fn get(
    State(app): State<App>,
    allowed: Allowed<ShowsRead>,
    Path(id): Path<PerformanceId>,
    Query(query): Query<StreamQuery>,
    parts: Parts,
) -> Answer {
    let slot = Streams::enter(&app, &parts, &allowed.caller.key.to_string())?;
    let key = (allowed.caller.reseller, id);
    let (looking, now) = allowed.services.inventory.look_at(key, query.tickets()?).await?;
    let sees = Sees::of(&allowed.caller);
    open(Viewer { app, parts, with_key: true, id, sees, slot }, looking, &now)
}

/// Who looks, and as what they were let in.
pub(crate) struct Viewer {
    pub(crate) app: App,
    pub(crate) parts: Parts,
    /// Whether they showed a key.
    pub(crate) with_key: bool,
    pub(crate) id: PerformanceId,
    pub(crate) sees: Sees,
    pub(crate) slot: Slot,
}

impl Viewer {
    /// Whether they would still be let in. What cannot be read now is asked again at the next pulse.
    async fn is_welcome(&self) -> bool {
        !self.with_key || !matches!(still_allowed::<ShowsRead>(&self.parts, &self.app).await, Err(Error::Refused(_)))
    }
}

/// The stream, for this route and the public one.
pub(crate) fn open(viewer: Viewer, looking: Looking, now: &News) -> Answer {
    if viewer.sees == Sees::Public && !now.seen.public {
        return Err(Refusal::missing("performance").into());
    }
    let (events, mut queue) = mpsc::channel(QUEUE);
    let (telling, first) = Telling::begin(&viewer, now, &viewer.parts.headers);
    tokio::spawn(tell(viewer, telling, first, looking, events));
    let body = stream::poll_fn(move |context| queue.poll_recv(context).map(|event| event.map(Ok::<Event, Infallible>)));
    // Signs of life are sent by who tells, and the key is looked at with each of them.
    Ok(Reply::raw(Sse::new(body).into_response()))
}

/// Tells a viewer what is new until they go, are no longer let in, take nothing, or there is nothing more.
async fn tell(
    viewer: Viewer,
    mut telling: Telling,
    first: Vec<Event>,
    mut looking: Looking,
    events: mpsc::Sender<Event>,
) {
    let mut pulse = time::interval(viewer.app.settings.stream_pulse);
    pulse.tick().await;
    let mut next = Some(first);
    while let Some(some) = next {
        for event in some {
            if !sent(&events, event, PATIENCE).await {
                return;
            }
        }
        next = tokio::select! {
            news = looking.next() => news.and_then(|news| telling.tell(&news)),
            _ = pulse.tick() => viewer.is_welcome().await.then(|| vec![Event::default().comment("")]),
            () = events.closed() => None,
        };
    }
}

/// Whether the reader took it in time.
async fn sent(events: &mpsc::Sender<Event>, event: Event, patience: Duration) -> bool {
    events.send_timeout(event, patience).await.is_ok()
}

/// What a viewer was told last.
struct Telling {
    id: PerformanceId,
    sees: Sees,
    tickets: Vec<TicketId>,
    /// The content of the availability.
    content: String,
    states: States,
}

impl Telling {
    /// What is said first: how it is, unless that is what they know.
    fn begin(viewer: &Viewer, now: &News, headers: &HeaderMap) -> (Self, Vec<Event>) {
        let known = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(content_of).unwrap_or_default();
        let (content, tickets) = (known.to_owned(), now.states.keys().copied().collect());
        let mut telling = Self { id: viewer.id, sees: viewer.sees, tickets, content, states: States::new() };
        // When this process stops not everybody comes again in the same moment.
        let retry = Duration::from_millis(1_000 + viewer.slot.nth % 100 * 40);
        let mut first = vec![Event::default().retry(retry).comment("")];
        first.extend(telling.tell(now).unwrap_or_default());
        (telling, first)
    }

    /// What is new to them; none when they may not see it any more.
    fn tell(&mut self, news: &News) -> Option<Vec<Event>> {
        if self.sees == Sees::Public && !news.seen.public {
            return None;
        }
        let (mark, content) = (&news.seen.mark, news.seen.content());
        let mut events = Vec::new();
        if self.content != content {
            let follows = news.before.as_ref().is_some_and(|before| before.content() == self.content);
            let delta = if follows { self.delta(news) } else { None };
            let (kind, text) = match delta {
                Some(delta) => ("availability", delta),
                None => ("snapshot", self.snapshot(news)?),
            };
            events.push(Event::default().event(kind).id(mark).data(text));
            content.clone_into(&mut self.content);
        }
        let other: Vec<TicketId> = self.tickets.iter().copied().filter(|id| self.is_other(*id, news)).collect();
        if !other.is_empty() {
            let state = |id: TicketId| {
                let state = news.states.get(&id)?.map_or(DELETED, TicketStock::as_str);
                Some(TicketStateView { id, state })
            };
            let tickets = other.iter().copied().filter_map(state).collect();
            let text = serde_json::to_string(&TicketsView { performance_id: self.id, tickets }).ok()?;
            events.push(Event::default().event("tickets").id(mark).data(text));
            self.states.extend(other.into_iter().filter_map(|id| Some((id, *news.states.get(&id)?))));
        }
        Some(events)
    }

    fn is_other(&self, ticket: TicketId, news: &News) -> bool {
        news.states.get(&ticket).is_some_and(|state| self.states.get(&ticket) != Some(state))
    }

    /// The text of a snapshot: the same for all who see as much.
    fn snapshot(&self, news: &News) -> Option<Arc<str>> {
        news.text(self.sees as usize * 2, || text(&view(self.id, news.seen.clone(), self.sees)))
    }

    /// The text of what is other than before: the same for all who see as much.
    fn delta(&self, news: &News) -> Option<Arc<str>> {
        news.text(self.sees as usize * 2 + 1, || {
            let before = view(self.id, news.before.clone()?, self.sees);
            text(&view(self.id, news.seen.clone(), self.sees).since(&before)?)
        })
    }
}

fn text(view: &AvailabilityView) -> Option<String> {
    serde_json::to_string(view).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_cut_off() {
        let (events, queue) = mpsc::channel(1);
        let soon = Duration::from_millis(1);
        assert!(sent(&events, Event::default(), soon).await);
        assert!(!sent(&events, Event::default(), soon).await, "the queue is full and stays so");
        drop(queue);
        assert!(!sent(&events, Event::default(), PATIENCE).await, "nobody is there");
    }

    #[test]
    fn tickets_are_named_once_and_no_more_than_fifty() {
        let tickets = |text: String| StreamQuery { tickets: Some(text) }.tickets();
        let ids: Vec<String> = (0..=TICKETS_MAX).map(|_| TicketId::new().to_string()).collect();
        assert_eq!(tickets(format!("{},{}", ids[0], ids[0])).map(|ids| ids.len()).unwrap(), 1);
        assert_eq!(tickets(ids[..TICKETS_MAX].join(",")).map(|ids| ids.len()).unwrap(), TICKETS_MAX);
        assert!(tickets(ids.join(",")).is_err());
        assert!(tickets("tkt_1".to_owned()).is_err());
        assert!(StreamQuery { tickets: None }.tickets().unwrap().is_empty());
    }
}
