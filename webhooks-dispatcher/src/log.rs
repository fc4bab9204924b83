//! What this process has read of resellers' logs lately, so that the endpoints of one reseller share one reading and one writing of
//! each body. What stands in a log never changes, so nothing here grows old; what is not here is read. It judges nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use foundation::{
    Result, TenantTx,
    event::LoggedEvent,
    id::{EventId, ResellerId},
};
use tenancy::webhook_endpoints::{PINGED, PayloadVersion};
use uuid::Uuid;

use crate::{
    payload::{Origin, payload},
    shows, store,
};

/// The positions of one piece of a log.
const PIECE: i64 = 128;
/// The most pieces that are kept: some ten megabytes of events of the usual size.
const PIECES: usize = 128;

/// An event as it is sent.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) position: i64,
    pub(crate) event_id: EventId,
    pub(crate) kind: String,
    /// The object whose shows are this event's.
    pub(crate) subject: (String, Uuid),
    /// Whose ping it is, if it is one.
    pub(crate) pinged: Option<Uuid>,
    /// The body in its only form, [`PayloadVersion::V1`].
    v1: Bytes,
}

impl Entry {
    pub(crate) fn of(event: &LoggedEvent, origin: Origin<'_>) -> Arc<Self> {
        let (object_type, object_id) = shows::subject(&event.object_type, event.object_id, &event.data);
        Arc::new(Self {
            position: event.position,
            event_id: event.event_id,
            subject: (object_type.to_owned(), object_id),
            pinged: (event.kind == PINGED).then_some(event.object_id),
            v1: payload(event, origin, PayloadVersion::V1).into(),
            kind: event.kind.clone(),
        })
    }

    /// What is sent to an endpoint of this form.
    pub(crate) fn body(&self, version: PayloadVersion) -> Bytes {
        match version {
            PayloadVersion::V1 => self.v1.clone(),
        }
    }
}

/// A piece of a log, from its first position on as far as it has been read.
#[derive(Debug)]
struct Piece {
    read_to: i64,
    entries: Vec<Arc<Entry>>,
}

/// Whose it is, and its number in the log.
type Key = (ResellerId, i64);

#[derive(Debug, Default)]
struct Kept {
    pieces: HashMap<Key, Arc<tokio::sync::Mutex<Piece>>>,
    /// The longest kept first.
    in_order: VecDeque<Key>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    kept: Mutex<Kept>,
}

impl Log {
    /// The events after this position that are told to anybody, to the end of their piece of the log or up to `up_to`, whichever
    /// comes first; and where that is. `up_to` must be a position that this transaction has seen.
    pub(crate) async fn after(
        &self,
        tx: &mut TenantTx,
        origin: Origin<'_>,
        position: i64,
        up_to: i64,
    ) -> Result<(Vec<Arc<Entry>>, i64)> {
        let number = position / PIECE;
        let end = up_to.min((number + 1) * PIECE);
        let piece = self.piece((tx.reseller(), number));
        // Whoever comes first reads, with a connection that it has already; the others wait for that and not for a connection.
        let mut piece = piece.lock().await;
        if piece.read_to < end {
            let events = store::logged(tx, piece.read_to, end).await?;
            piece.entries.extend(events.iter().map(|event| Entry::of(event, origin)));
            piece.read_to = end;
        }
        let wanted = |entry: &&Arc<Entry>| entry.position > position && entry.position <= end;
        Ok((piece.entries.iter().filter(wanted).cloned().collect(), end))
    }

    fn piece(&self, key: Key) -> Arc<tokio::sync::Mutex<Piece>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(piece) = kept.pieces.get(&key) {
            return Arc::clone(piece);
        }
        if kept.in_order.len() >= PIECES
            && let Some(oldest) = kept.in_order.pop_front()
        {
            kept.pieces.remove(&oldest);
        }
        let piece = Arc::new(tokio::sync::Mutex::new(Piece { read_to: key.1 * PIECE, entries: Vec::new() }));
        kept.in_order.push_back(key);
        kept.pieces.insert(key, Arc::clone(&piece));
        piece
    }
}
