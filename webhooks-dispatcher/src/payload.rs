//! An event as the outside sees it: the one JSON that a webhook's body and the event list share.

use foundation::event::LoggedEvent;
use serde_json::json;

/// The JSON of an event. Members, in this order:
/// `id` (`evt_…`, the same in every delivery), `type`, `timestamp` (when it happened), `position` (its place in the
/// reseller's log), `object_type`, `version` (the object's after the change: a receiver keeps the highest it has seen),
/// `region`, and `data` (the object as it then was: ids, states, amounts). The same event gives the same bytes each time.
#[must_use]
pub fn payload(event: &LoggedEvent, region: &str) -> String {
    json!({
        "id": event.event_id,
        "type": event.kind,
        "timestamp": event.occurred_at,
        "position": event.position,
        "object_type": event.object_type,
        "version": event.version,
        "region": region,
        "data": event.data,
    })
    .to_string()
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
            version: Some(3),
            occurred_at,
            data: json!({"order_id": "ord_1", "total": {"amount": "49.90", "currency": "EUR"}}),
        };
        assert_eq!(
            payload(&event, "eu"),
            r#"{"id":"evt_0192f0c1000070008000000000000001","type":"order.paid","timestamp":"2027-05-01T19:30:00Z","position":7,"#.to_owned()
                + r#""object_type":"order","version":3,"region":"eu","data":{"order_id":"ord_1","total":{"amount":"49.90","currency":"EUR"}}}"#
        );
    }
}
