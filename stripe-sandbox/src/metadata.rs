//! The key-value pairs a client may hang on an object, and the change a request asks for. Limits are Stripe's.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::Error;

/// Pairs as kept.
pub(crate) type Metadata = BTreeMap<String, String>;

const MOST_KEYS: usize = 50;
const LONGEST_KEY: usize = 40;
const LONGEST_VALUE: usize = 500;

/// A change: given pairs are set, a pair with an empty value is taken away, `metadata=` (empty) takes all away.
#[derive(Debug)]
pub(crate) enum Change {
    Clear,
    Merge(Vec<(String, String)>),
}

impl Change {
    /// Reads the change from the parameter's value.
    pub(crate) fn parse(value: Value) -> Result<Self, Error> {
        match value {
            Value::String(text) if text.is_empty() => Ok(Self::Clear),
            Value::Object(map) => pairs(map).map(Self::Merge),
            _ => Err(Error::parameter("parameter_invalid_map", "Invalid object", "metadata")),
        }
    }

    /// Applies the change; nothing is changed when it would exceed a limit.
    pub(crate) fn apply(&self, metadata: &mut Metadata) -> Result<(), Error> {
        match self {
            Self::Clear => metadata.clear(),
            Self::Merge(pairs) => {
                let mut merged = metadata.clone();
                for (key, value) in pairs {
                    if value.is_empty() {
                        merged.remove(key);
                    } else {
                        merged.insert(key.clone(), value.clone());
                    }
                }
                if merged.len() > MOST_KEYS {
                    let message = format!("Metadata can have up to {MOST_KEYS} keys.");
                    return Err(Error::parameter("parameter_invalid", &message, "metadata"));
                }
                *metadata = merged;
            }
        }
        Ok(())
    }
}

fn pairs(map: Map<String, Value>) -> Result<Vec<(String, String)>, Error> {
    map.into_iter().map(|(key, value)| pair(key, value)).collect()
}

fn pair(key: String, value: Value) -> Result<(String, String), Error> {
    let param = format!("metadata[{key}]");
    let Value::String(text) = value else {
        return Err(Error::parameter("parameter_invalid_string", "Metadata values must be strings.", &param));
    };
    if key.chars().count() > LONGEST_KEY || text.chars().count() > LONGEST_VALUE {
        let message =
            format!("Metadata keys can have up to {LONGEST_KEY} characters and values up to {LONGEST_VALUE}.");
        return Err(Error::parameter("parameter_invalid_string", &message, &param));
    }
    Ok((key, text))
}
