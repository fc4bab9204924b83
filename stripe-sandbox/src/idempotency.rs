//! `Idempotency-Key`: the first request with a key is carried out, every later one gets its answer. Memory is bounded by time and size.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;

const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The most memory for the answers of one account, in bytes; beyond it the oldest go early.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// What an answer weighs besides its body.
const OVERHEAD: usize = 512;

/// An answer as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    key: String,
    fingerprint: String,
    expires_ms: i64,
    /// The request that was carried out.
    pub(crate) request_id: String,
    pub(crate) status: u16,
    pub(crate) body: Arc<str>,
}

#[derive(Debug)]
enum Entry {
    Running(String),
    Done(Answer),
}

/// The keys of one account.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    /// Answers in the order of their expiry.
    order: VecDeque<(i64, String)>,
    bytes: usize,
}

/// What a key says about the request that carries it.
#[derive(Debug)]
pub(crate) enum Turn<'a> {
    First(Claim<'a>),
    Replay(Answer),
}

/// The right to carry out the request. Dropped without an answer, it frees the key.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    answers: &'a Answers,
    key: String,
    fingerprint: String,
    completed: bool,
}

/// What makes two requests the same: the endpoint and the parameters, in whatever order their names come.
pub(crate) fn fingerprint(method: &str, path: &str, body: &[u8]) -> String {
    let mut pairs: Vec<&[u8]> = body.split(|byte| *byte == b'&').collect();
    // A stable sort: what has the same name, such as the items of a list, keeps its order.
    pairs.sort_by_key(|pair| pair.split(|byte| *byte == b'=').next());
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes()].into_iter().chain(pairs) {
        hash.update(part);
        hash.update(b"\n");
    }
    hex::encode(hash.finalize())
}

impl Answers {
    /// Takes the key for a request, or tells its answer. The same key means something else in each `scope`: a connected account, or
    /// nothing for the platform itself.
    pub(crate) fn begin(&self, scope: &str, key: &str, fingerprint: String, now_ms: i64) -> Result<Turn<'_>, Error> {
        let mut kept = self.lock();
        kept.forget(now_ms);
        // No header can hold a line break, so a key cannot pretend to be of a scope.
        let full = if scope.is_empty() { key.to_owned() } else { format!("{scope}\n{key}") };
        match kept.entries.get(&full) {
            Some(Entry::Running(other)) if *other == fingerprint => Err(Error::idempotency_in_use(key)),
            Some(Entry::Done(answer)) if answer.fingerprint == fingerprint => Ok(Turn::Replay(answer.clone())),
            Some(_) => Err(Error::idempotency_mismatch(key)),
            None => {
                kept.entries.insert(full.clone(), Entry::Running(fingerprint.clone()));
                Ok(Turn::First(Claim { answers: self, key: full, fingerprint, completed: false }))
            }
        }
    }

    /// Puts back an answer of an earlier run.
    pub(crate) fn restore(&self, answer: Answer) {
        self.lock().keep(answer);
    }

    /// All answers that are still good at `now_ms`, oldest first.
    pub(crate) fn all(&self, now_ms: i64) -> Vec<Answer> {
        let mut kept = self.lock();
        kept.forget(now_ms);
        let done = |(_, key): &(i64, String)| match kept.entries.get(key) {
            Some(Entry::Done(answer)) => Some(answer.clone()),
            _ => None,
        };
        kept.order.iter().filter_map(done).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, answer: Answer) {
        self.bytes += answer.body.len() + OVERHEAD;
        self.order.push_back((answer.expires_ms, answer.key.clone()));
        self.entries.insert(answer.key.clone(), Entry::Done(answer));
    }

    fn forget(&mut self, now_ms: i64) {
        while let Some((expires, _)) = self.order.front()
            && (*expires <= now_ms || self.bytes > MOST_BYTES)
            && let Some((_, key)) = self.order.pop_front()
        {
            if let Some(Entry::Done(answer)) = self.entries.remove(&key) {
                self.bytes -= answer.body.len() + OVERHEAD;
            }
        }
    }
}

impl Claim<'_> {
    /// Keeps the answer for the key and returns it.
    pub(crate) fn complete(mut self, status: u16, body: Arc<str>, request_id: &str, now_ms: i64) -> Answer {
        let answer = Answer {
            key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            expires_ms: now_ms + KEPT_MS,
            request_id: request_id.to_owned(),
            status,
            body,
        };
        self.completed = true;
        self.answers.lock().keep(answer.clone());
        answer
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.completed {
            self.answers.lock().entries.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first<'a>(answers: &'a Answers, key: &str) -> Claim<'a> {
        match answers.begin("", key, "a".to_owned(), 0) {
            Ok(Turn::First(claim)) => claim,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_order_of_names_makes_no_difference_but_that_of_items_does() {
        let of = |body: &str| fingerprint("POST", "/v1/refunds", body.as_bytes());
        assert_eq!(of("a=1&b=2&l[]=x&l[]=y"), of("b=2&l[]=x&a=1&l[]=y"));
        assert_ne!(of("l[]=x&l[]=y"), of("l[]=y&l[]=x"));
        assert_ne!(of("a=1"), of("a=2"));
        assert_ne!(of("a=1"), fingerprint("POST", "/v1/charges", b"a=1"));
    }

    #[test]
    fn a_running_key_conflicts_and_a_dropped_one_is_free() {
        let answers = Answers::default();
        let claim = first(&answers, "k");
        assert_eq!(answers.begin("", "k", "a".to_owned(), 0).unwrap_err().status(), 409);
        assert_eq!(answers.begin("", "k", "b".to_owned(), 0).unwrap_err().status(), 400);
        drop(claim);
        drop(first(&answers, "k"));
    }

    #[test]
    fn an_answer_is_replayed_for_a_day() {
        let answers = Answers::default();
        first(&answers, "k").complete(402, "{}".into(), "req_1", 0);
        let replay = answers.begin("", "k", "a".to_owned(), KEPT_MS - 1).unwrap();
        assert!(matches!(replay, Turn::Replay(Answer { status: 402, .. })));
        assert_eq!(answers.begin("", "k", "b".to_owned(), 1).unwrap_err().status(), 400);
        assert!(matches!(answers.begin("", "k", "b".to_owned(), KEPT_MS), Ok(Turn::First(_))));
    }

    #[test]
    fn memory_is_bounded() {
        let answers = Answers::default();
        let body: Arc<str> = "x".repeat(MOST_BYTES / 4).into();
        for key in 0..8 {
            first(&answers, &key.to_string()).complete(200, body.clone(), "req_1", 0);
        }
        assert!(answers.all(1).len() < 4);
        assert!(matches!(answers.begin("", "7", "a".to_owned(), 1), Ok(Turn::Replay(_))));
    }
}
