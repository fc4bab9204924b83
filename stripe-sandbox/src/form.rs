//! Stripe's request encoding: `application/x-www-form-urlencoded` with brackets for nesting, read into a tree. It knows no parameter.

use serde_json::{Map, Value};

use crate::error::Error;

const MOST_PAIRS: usize = 1000;
const DEEPEST: usize = 6;

/// Reads `a[b]=1&c[]=2&d[0][e]=3`. Leaves are strings; `[]` makes a list, every other bracket a map.
pub(crate) fn parse(input: &[u8]) -> Result<Map<String, Value>, Error> {
    let mut root = Value::Object(Map::new());
    let pairs = input.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    for (count, pair) in pairs.enumerate() {
        if count == MOST_PAIRS {
            return Err(Error::parameter("parameter_invalid", "The request has too many parameters.", ""));
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let text = decode(halves.next().unwrap_or_default())?;
        let path = segments(&name)?;
        insert(&mut root, &path, text).map_err(|()| malformed(&name))?;
    }
    match root {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn malformed(name: &str) -> Error {
    Error::parameter("parameter_invalid", &format!("Invalid parameter name: {name}"), name)
}

fn segments(name: &str) -> Result<Vec<&str>, Error> {
    let (head, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut path = vec![head];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').and_then(|text| text.split_once(']'));
        let Some((segment, tail)) = inner else {
            return Err(malformed(name));
        };
        path.push(segment);
        rest = tail;
    }
    if head.is_empty() || path.len() > DEEPEST { Err(malformed(name)) } else { Ok(path) }
}

fn insert(slot: &mut Value, path: &[&str], text: String) -> Result<(), ()> {
    let Some((head, rest)) = path.split_first() else {
        *slot = Value::String(text);
        return Ok(());
    };
    if slot.is_null() {
        *slot = if head.is_empty() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match slot {
        Value::Array(items) if head.is_empty() => {
            let mut item = Value::Null;
            insert(&mut item, rest, text)?;
            items.push(item);
            Ok(())
        }
        Value::Object(map) if !head.is_empty() => insert(map.entry(*head).or_insert(Value::Null), rest, text),
        _ => Err(()),
    }
}

fn decode(encoded: &[u8]) -> Result<String, Error> {
    let mut plain = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => plain.push(b' '),
            b'%' => {
                let pair = [bytes.next().copied().unwrap_or_default(), bytes.next().copied().unwrap_or_default()];
                let mut decoded = [0];
                hex::decode_to_slice(pair, &mut decoded).map_err(|_| undecodable())?;
                plain.extend(decoded);
            }
            other => plain.push(*other),
        }
    }
    String::from_utf8(plain).map_err(|_| undecodable())
}

fn undecodable() -> Error {
    Error::parameter("parameter_invalid", "The request is not validly form-encoded.", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn brackets_nest() {
        let parsed = parse(b"amount=1099&metadata%5Border%5D=o+1&types[]=card&types[]=link&x[0][y]=%E2%82%AC").unwrap();
        let expected = json!({
            "amount": "1099", "metadata": {"order": "o 1"}, "types": ["card", "link"], "x": {"0": {"y": "€"}}
        });
        assert_eq!(Value::Object(parsed), expected);
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in ["a[b", "[b]=1", "a=1&a[b]=2", "a=%zz", "a=%ff", "a[b][c][d][e][f][g]=1"] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
