//! The switches with which a test stalls, loses, doubles and swaps callbacks: for all events, or for those of some types.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::objects::event::Event;

/// What a test does to callbacks.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Control {
    /// Every event is sent this much later.
    pub(crate) delay_ms: u32,
    /// So many of the next events are lost.
    pub(crate) drop_next: u32,
    /// So many of the next events are sent twice.
    pub(crate) double_next: u32,
    /// So many of the next events are kept until all of them are there, then sent one by one, the last first.
    pub(crate) reorder_next: u32,
    /// Nothing is sent.
    pub(crate) paused: bool,
}

/// What is done with one new event.
#[derive(Debug)]
pub(super) enum Fate {
    Lost,
    /// It waits for others to be swapped with.
    Kept,
    /// So many copies go out, so many milliseconds later.
    Sent {
        copies: usize,
        delay_ms: u32,
    },
    /// These go out now, in this order.
    Swapped(Vec<Event>),
}

/// The controls of one account, by what they are for: `*` for all, `charge.*` for a family, or one type. Of those that fit an event, the
/// most precise rules alone.
#[derive(Debug, Default)]
pub(super) struct Controls {
    by_pattern: BTreeMap<String, Switch>,
}

#[derive(Debug, Default)]
struct Switch {
    control: Control,
    kept: Vec<Event>,
}

impl Controls {
    /// Changes the control for `pattern` and returns it as it is then, with the events that it no longer keeps.
    pub(super) fn set(&mut self, pattern: &str, change: impl FnOnce(&mut Control)) -> (Control, Vec<Event>) {
        let switch = self.by_pattern.entry(pattern.to_owned()).or_default();
        change(&mut switch.control);
        let released = if switch.control.reorder_next == 0 { std::mem::take(&mut switch.kept) } else { Vec::new() };
        (switch.control, released)
    }

    /// How many patterns have a control.
    pub(super) fn len(&self) -> usize {
        self.by_pattern.len()
    }

    pub(super) fn has(&self, pattern: &str) -> bool {
        self.by_pattern.contains_key(pattern)
    }

    pub(super) fn is_paused(&self, kind: &str) -> bool {
        patterns(kind).find_map(|pattern| self.by_pattern.get(pattern)).is_some_and(|switch| switch.control.paused)
    }

    /// Decides what is done with `event`.
    pub(super) fn take(&mut self, event: &Event) -> Fate {
        let pattern = patterns(&event.kind).find(|pattern| self.by_pattern.contains_key(*pattern));
        let Some(Switch { control, kept }) = pattern.and_then(|pattern| self.by_pattern.get_mut(pattern)) else {
            return Fate::Sent { copies: 1, delay_ms: 0 };
        };
        if control.drop_next > 0 {
            control.drop_next -= 1;
            return Fate::Lost;
        }
        if control.reorder_next > 0 {
            control.reorder_next -= 1;
            kept.push(event.clone());
            if control.reorder_next > 0 {
                return Fate::Kept;
            }
            kept.reverse();
            return Fate::Swapped(std::mem::take(kept));
        }
        let copies = if control.double_next > 0 { 2 } else { 1 };
        control.double_next = control.double_next.saturating_sub(1);
        Fate::Sent { copies, delay_ms: control.delay_ms }
    }
}

/// The patterns that fit a type, the most precise first: `a.b.c`, `a.b.*`, `a.*`, `*`.
fn patterns(kind: &str) -> impl Iterator<Item = &str> {
    // A family is written with its star in the map; its stem is enough to find it here.
    std::iter::once(kind).chain(kind.rmatch_indices('.').map(|(place, _)| &kind[..=place])).chain(["*"])
}

/// How the pattern `charge.*` is kept: `charge.`. `None` if it is no pattern.
pub(super) fn stem(pattern: &str) -> Option<String> {
    let plain = |text: &str| !text.is_empty() && !text.contains('*');
    match pattern {
        "*" => Some(pattern.to_owned()),
        _ => match pattern.strip_suffix(".*") {
            Some(family) => plain(family).then(|| format!("{family}.")),
            None => plain(pattern).then(|| pattern.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_precise_pattern_rules() {
        let mut controls = Controls::default();
        for (pattern, paused) in [("*", true), ("charge.*", false), ("charge.dispute.created", true)] {
            controls.set(&stem(pattern).unwrap(), |control| control.paused = paused);
        }
        assert!(controls.is_paused("payment_intent.created"));
        assert!(!controls.is_paused("charge.refunded"));
        assert!(!controls.is_paused("charge.dispute.closed"));
        assert!(controls.is_paused("charge.dispute.created"));
        assert_eq!((stem("charge*"), stem("*.x"), stem(""), stem(".*")), (None, None, None, None));
    }
}
