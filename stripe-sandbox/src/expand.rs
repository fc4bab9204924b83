//! `expand[]=latest_charge.balance_transaction`: puts whole objects where an answer has only their ids.

use serde_json::Value;

use crate::book::Book;
use crate::list::DEFAULT_LIMIT;

/// The deepest path that Stripe follows.
const DEEPEST: usize = 4;

/// Expands `path` in `answer`. A path that leads to no id is left alone. `now` in seconds.
pub(crate) fn expand(book: &Book, answer: &mut Value, path: &str, now: i64) {
    let segments: Vec<&str> = path.split('.').take(DEEPEST).collect();
    follow(book, answer, &segments, now);
}

fn follow(book: &Book, value: &mut Value, path: &[&str], now: i64) {
    if let Value::Array(items) = value {
        for item in items {
            follow(book, item, path, now);
        }
        return;
    }
    let Some((field, rest)) = path.split_first() else {
        return;
    };
    add_lines(book, value, field);
    let Some(target) = value.get_mut(*field) else {
        return;
    };
    if let Some(object) = target.as_str().and_then(|id| book.object(id, now)) {
        *target = object;
    }
    follow(book, target, rest, now);
}

/// A session shows its lines only to those who ask for them.
fn add_lines(book: &Book, value: &mut Value, field: &str) {
    if field == "line_items"
        && value["object"] == "checkout.session"
        && let Some(session) = value["id"].as_str().and_then(|id| book.sessions.get(id))
        && let Ok(lines) = session.lines(None, DEFAULT_LIMIT)
    {
        value[field] = lines;
    }
}
