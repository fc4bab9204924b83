//! The part of Stripe's search language that names payments: `metadata['order']:'ord_1' AND status:'succeeded'`.

use crate::book::Book;
use crate::error::Error;
use crate::objects::payment_intent::PaymentIntent;

const MOST_CLAUSES: usize = 10;

/// One condition; all of a query's conditions must hold.
#[derive(Debug, PartialEq, Eq)]
enum Clause {
    Metadata(String, String),
    Status(String),
    Currency(String),
}

/// A search for payment intents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query(Vec<Clause>);

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let clauses: Option<Vec<Clause>> = text.split(" AND ").take(MOST_CLAUSES + 1).map(clause).collect();
        match clauses {
            Some(clauses) if clauses.len() <= MOST_CLAUSES => Ok(Self(clauses)),
            _ => {
                let message = "We were unable to parse your search query. Here is metadata['key']:'value', status:'…' and currency:'…', joined by AND.";
                Err(Error::parameter("parameter_invalid", message, "query"))
            }
        }
    }

    /// What is found, newest first.
    pub(crate) fn run<'a>(&'a self, book: &'a Book) -> Vec<&'a PaymentIntent> {
        let indexed = self.0.iter().find_map(|clause| match clause {
            Clause::Metadata(key, value) => Some((key, value)),
            _ => None,
        });
        let mut found: Vec<&PaymentIntent> = match indexed {
            Some((key, value)) => book.with_metadata(key, value).filter(|intent| self.holds(intent)).collect(),
            None => book.intents.rows().iter().filter(|intent| self.holds(intent)).collect(),
        };
        found.reverse();
        found
    }

    fn holds(&self, intent: &PaymentIntent) -> bool {
        self.0.iter().all(|clause| match clause {
            Clause::Metadata(key, value) => intent.metadata.get(key) == Some(value),
            Clause::Status(status) => intent.status.as_str() == status,
            Clause::Currency(currency) => intent.currency == currency.to_lowercase(),
        })
    }
}

fn clause(text: &str) -> Option<Clause> {
    let (field, value) = text.trim().split_once(':')?;
    let value = quoted(value)?;
    match field {
        "status" => Some(Clause::Status(value)),
        "currency" => Some(Clause::Currency(value)),
        _ => {
            let key = field.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some(Clause::Metadata(quoted(key)?, value))
        }
    }
}

/// The text between quotes of one kind; inside, that kind of quote stands behind a backslash.
fn quoted(text: &str) -> Option<String> {
    let (mark, inner) =
        ['\'', '"'].into_iter().find_map(|mark| Some((mark, text.strip_prefix(mark)?.strip_suffix(mark)?)))?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next()?),
            other if other == mark => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_read() {
        let query = Query::parse("metadata['order']:'ord_1' AND status:\"succeeded\"").unwrap();
        let expected = vec![Clause::Metadata("order".into(), "ord_1".into()), Clause::Status("succeeded".into())];
        assert_eq!(query, Query(expected));
        for wrong in ["", "order:1", "metadata[order]:'x'", "status:'a' OR status:'b'"] {
            assert!(Query::parse(wrong).is_err(), "{wrong}");
        }
    }
}
