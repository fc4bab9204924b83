//! An event as the outside sees it: the one JSON that a webhook's body and the event list share.

use foundation::{Mode, event::LoggedEvent};
use serde_json::json;
use tenancy::webhook_endpoints::PayloadVersion;

/// Where an event is from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The region of its cell.
    pub region: &'a str,
    /// Its tenant's environment.
    pub mode: Mode,
}

/// The JSON of an event in this form. Members, in this order:
/// `id` (`evt_…`, the same in every delivery), `type`, `api_version` (the form), `timestamp` (when it happened), `mode`, `region`,
/// `position` (its place in the reseller's log), `object_type`, `sequence` (which event of its object it is: 1, 2, 3 without
/// gaps), `version` (the object's after the change), and `data` (the object as it then was: ids, states, amounts). The same
/// event gives the same bytes each time.
#[must_use]
pub fn payload(event: &LoggedEvent, origin: Origin<'_>, version: PayloadVersion) -> String {
    match version {
        PayloadVersion::V1 => json!({
            "id": event.event_id,
            "type": event.kind,
            "api_version": version,
            "timestamp": event.occurred_at,
            "mode": origin.mode,
            "region": origin.region,
            "position": event.position,
            "object_type": event.object_type,
            "sequence": event.sequence,
            "version": event.version,
            "data": event.data,
        })
        .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use foundation::{Instant, id::EventId};

    use super::*;

    #[test]
    fn the_members_stand_in_their_documented_order() {
        let occurred_at: Instant = serde_json::from_value(json!("2027-05-01T19:30:00Z")).unwrap();
        let event_id: EventId = "evt_0192f0c1000070008000000000000001".parse().unwrap();
        let event = LoggedEvent {
            position: 7,
            event_id,
            kind: "order.paid".to_owned(),
            object_type: "order".to_owned(),
            object_id: event_id.uuid(),
            sequence: Some(2),
            version: Some(3),
            occurred_at,
            data: json!({"order_id": "ord_1", "total": {"amount": "49.90", "currency": "EUR"}}),
        };
        assert_eq!(
            payload(&event, Origin { region: "eu", mode: Mode::Test }, PayloadVersion::V1),
            r#"{"id":"evt_0192f0c1000070008000000000000001","type":"order.paid","api_version":"v1","#.to_owned()
                + r#""timestamp":"2027-05-01T19:30:00Z","mode":"test","region":"eu","position":7,"object_type":"order","#
                + r#""sequence":2,"version":3,"data":{"order_id":"ord_1","total":{"amount":"49.90","currency":"EUR"}}}"#
        );
    }
}
