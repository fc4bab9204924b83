//! The parameters of one request. Each is taken out as it is understood; what is left at the end is unknown and refused, as Stripe does.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::metadata::Change;

/// Parameters not yet taken.
#[derive(Debug, Default)]
pub(crate) struct Params {
    left: Map<String, Value>,
    parent: Option<String>,
}

impl Params {
    pub(crate) fn new(left: Map<String, Value>) -> Self {
        Self { left, parent: None }
    }

    fn full_name(&self, name: &str) -> String {
        self.parent.as_ref().map_or_else(|| name.to_owned(), |parent| format!("{parent}[{name}]"))
    }

    /// A text, or `None` if it was not sent.
    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::parameter("parameter_invalid_string", "Invalid string", &self.full_name(name))),
        }
    }

    /// A text that is not empty.
    pub(crate) fn filled(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.string(name)? {
            Some(text) if text.is_empty() => {
                let message = format!(
                    "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset."
                );
                Err(Error::parameter("parameter_invalid_empty", &message, &self.full_name(name)))
            }
            other => Ok(other),
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, Error> {
        self.filled(name)?.ok_or_else(|| Error::missing_parameter(&self.full_name(name)))
    }

    /// The address of a web page.
    pub(crate) fn web_address(&mut self, name: &str) -> Result<Option<String>, Error> {
        let Some(text) = self.filled(name)? else {
            return Ok(None);
        };
        let parsed = reqwest::Url::parse(&text).ok();
        // Any scheme but those that a browser would run: an app may have its own.
        if parsed.is_some_and(|url| !matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file")) {
            return Ok(Some(text));
        }
        Err(Error::parameter("url_invalid", "Not a valid URL", &self.full_name(name)))
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Error> {
        let Some(text) = self.filled(name)? else {
            return Ok(None);
        };
        let message = format!("Invalid integer: {text}");
        text.parse()
            .map(Some)
            .map_err(|_| Error::parameter("parameter_invalid_integer", &message, &self.full_name(name)))
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Error> {
        let Some(text) = self.filled(name)? else {
            return Ok(None);
        };
        let message = format!("Invalid boolean: {text}");
        text.parse()
            .map(Some)
            .map_err(|_| Error::parameter("parameter_invalid_boolean", &message, &self.full_name(name)))
    }

    /// One of some words; `parse` tells whether it is one.
    pub(crate) fn choice<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Error> {
        let Some(text) = self.filled(name)? else {
            return Ok(None);
        };
        let message = format!("Invalid {name}: {text}");
        parse(&text).map(Some).ok_or_else(|| Error::parameter("parameter_invalid", &message, &self.full_name(name)))
    }

    /// A list of texts, sent as `name[]=…` or `name[0]=…`.
    pub(crate) fn strings(&mut self, name: &str) -> Result<Vec<String>, Error> {
        let items: Vec<Value> = match self.left.remove(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(Value::Object(map)) => map.into_iter().map(|(_, item)| item).collect(),
            Some(Value::String(text)) if text.is_empty() => Vec::new(),
            Some(_) => {
                return Err(Error::parameter("parameter_invalid", "Invalid array", &self.full_name(name)));
            }
        };
        let text = |item| match item {
            Value::String(text) => Ok(text),
            _ => Err(Error::parameter("parameter_invalid_string", "Invalid string", &self.full_name(name))),
        };
        items.into_iter().map(text).collect()
    }

    /// Nested parameters such as `card[…]`.
    pub(crate) fn nested(&mut self, name: &str) -> Result<Option<Self>, Error> {
        let parent = self.full_name(name);
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::Object(left)) => Ok(Some(Self { left, parent: Some(parent) })),
            Some(_) => Err(Error::parameter("parameter_invalid", "Invalid object", &parent)),
        }
    }

    /// A list of nested parameters, sent as `name[0][…]`.
    pub(crate) fn items(&mut self, name: &str) -> Result<Vec<Self>, Error> {
        let parent = self.full_name(name);
        let items: Vec<(String, Value)> = match self.left.remove(name) {
            None => Vec::new(),
            Some(Value::Object(map)) => map.into_iter().collect(),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect()
            }
            Some(_) => return Err(Error::parameter("parameter_invalid", "Invalid array", &parent)),
        };
        let nested = |(place, item)| match item {
            Value::Object(left) => Ok(Self { left, parent: Some(format!("{parent}[{place}]")) }),
            _ => Err(Error::parameter("parameter_invalid", "Invalid object", &format!("{parent}[{place}]"))),
        };
        items.into_iter().map(nested).collect()
    }

    /// Any value as it was sent, for what is only kept and shown.
    pub(crate) fn raw(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name)
    }

    /// The change to an object's metadata.
    pub(crate) fn metadata(&mut self) -> Result<Option<Change>, Error> {
        self.left.remove("metadata").map(Change::parse).transpose()
    }

    /// Takes parameters that Stripe knows and that make no difference here.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.left.remove(*name);
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => {
                let name = self.full_name(name);
                Err(Error::parameter("parameter_unknown", &format!("Received unknown parameter: {name}"), &name))
            }
        }
    }
}
