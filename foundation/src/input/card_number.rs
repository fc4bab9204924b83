//! Card numbers, which are never taken: whoever has one sends it to the payment provider, not here (PCI DSS 3.3).
//!
//! It must never repeat what it found.

use serde_json::Value;

use crate::refusal::{Code, FieldError, Refusal};

/// The refusal of a card number in this place; none of it is repeated, stored or logged.
#[must_use]
pub fn refusal(place: &str) -> Refusal {
    let detail = "looks like a card number, which is never taken here: card data goes to the payment provider only";
    let mut refusal =
        Refusal::new(Code::CardData, format!("{} {detail}.", if place.is_empty() { "This" } else { place }));
    refusal.errors.push(FieldError { pointer: place.to_owned(), detail: detail.to_owned() });
    refusal
}

/// Whether a text has the form of a card number in it: 13 to 19 digits as they are printed on cards, alone or in groups, that begin
/// as an issuer's do and pass the Luhn test (ISO/IEC 7812-1). Digits within a word, such as an id's, are none.
#[must_use]
pub fn is_in(text: &[u8]) -> bool {
    if text.is_ascii() { is_in_plain(text) } else { is_in_plain(plain(&String::from_utf8_lossy(text)).as_bytes()) }
}

/// The first of the ten digits in other scripts that keyboards write: Arabic, Persian, Devanagari, and full width.
const OTHER_ZEROS: [u32; 4] = [0x0660, 0x06F0, 0x0966, 0xFF10];

/// The text with what only looks different made the same: digits of other scripts, dashes, spaces of every width, and those of none.
fn plain(text: &str) -> String {
    let value =
        |c: char| OTHER_ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(*zero).filter(|value| *value < 10));
    let digit = |c: char| value(c).and_then(|value| char::from_digit(value, 10));
    let seen = text.chars().filter(|c| !matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'));
    seen.map(|c| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c if c.is_whitespace() => ' ',
        c => digit(c).unwrap_or(c),
    })
    .collect()
}

fn is_in_plain(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(begin) = text.iter().skip(at).position(u8::is_ascii_digit).map(|found| at + found) {
        let groups = groups(text, begin);
        at = groups.last().map_or(begin, |(_, end)| *end).max(begin + 1);
        let in_word = begin.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|b| is_word(*b));
        let ends_in_word = text.get(at).is_some_and(|b| is_word(*b));
        for first in usize::from(in_word)..groups.len() {
            let last = groups.len() - usize::from(ends_in_word);
            for end in first + 1..=last {
                if is_card(text, groups.get(first..end).unwrap_or_default()) {
                    return true;
                }
            }
        }
    }
    false
}

/// A letter: what makes digits beside it part of a word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || !byte.is_ascii()
}

/// The groups of digits from here on that stand one after the other with up to three spaces, hyphens, dots, commas, slashes or
/// underscores between them, at most as many as a card number could have.
fn groups(text: &[u8], begin: usize) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut at = begin;
    loop {
        let end = at + text.iter().skip(at).take_while(|b| b.is_ascii_digit()).count();
        groups.push((at, end));
        let parts = |b: &&u8| matches!(b, b' ' | b'-' | b'.' | b',' | b'/' | b'_');
        let next = end + text.iter().skip(end).take_while(parts).count();
        let parted = (1..=3).contains(&(next - end)) && text.get(next).is_some_and(u8::is_ascii_digit);
        if !parted || groups.len() == 8 {
            return groups;
        }
        at = next;
    }
}

fn is_card(text: &[u8], groups: &[(usize, usize)]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(|(begin, end)| end - begin).collect();
    // As cards are printed; dates, telephone numbers and UUIDs are grouped otherwise.
    if !matches!(lengths.as_slice(), [_] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5]) {
        return false;
    }
    let digits: Vec<u32> = groups
        .iter()
        .flat_map(|(begin, end)| text.get(*begin..*end).unwrap_or_default())
        .map(|byte| u32::from(byte - b'0'))
        .collect();
    let length = match digits.first() {
        Some(4) => 13..=19,
        Some(2 | 3 | 5 | 6) => 14..=19,
        _ => return false,
    };
    length.contains(&digits.len()) && luhn(&digits)
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, digit)| if i % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

/// Where in a JSON body a card number stands, if there is one; the whole body, if it cannot be told.
pub(super) fn place_in(body: &[u8]) -> Option<String> {
    // Most bodies are plain and clean, and are not read twice. In others an escape may hide what is only seen once it is read.
    let plain = body.is_ascii() && !body.windows(2).any(|two| two == b"\\u");
    if plain && !is_in_plain(body) {
        return None;
    }
    match serde_json::from_slice(body) {
        Ok(value) => look(&value, ""),
        Err(_) => is_in(body).then(String::new),
    }
}

fn look(value: &Value, place: &str) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let below = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
            if is_in(name.as_bytes()) { Some(place.to_owned()) } else { look(value, &below) }
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, value)| look(value, &format!("{place}/{i}"))),
        Value::String(text) => is_in(text.as_bytes()).then(|| place.to_owned()),
        Value::Number(number) => is_in(number.to_string().as_bytes()).then(|| place.to_owned()),
        Value::Null | Value::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_found_however_they_are_written() {
        for card in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "my card is 5555 5555 5555 4444, thanks",
            "3782 822463 10005",
            "378282246310005",
            "30569309025904",
            "6011111111111117",
            "3566002020360505",
            "2223003122003222",
            "4222222222222",
            "card:4000056655665556;12/30",
            "12 4242 4242 4242 4242",
            "4242 4242 4242 4242 12/30 123",
            "{\"amount\": 4242424242424242}",
            "4242.4242.4242.4242",
            "4242/4242/4242/4242",
            "4242_4242_4242_4242",
            "order_4242424242424242",
            "pm_4242424242424242",
            "4242\u{A0}4242\u{A0}4242\u{A0}4242",
            "4242\u{202F}4242\u{202F}4242\u{202F}4242",
            "42\u{200B}42424242424242",
            "４２４２４２４２４２４２４２４２",
            "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
            "4242–4242–4242–4242",
            "4242  4242  4242  4242",
            "4242, 4242, 4242, 4242",
        ] {
            assert!(is_in(card.as_bytes()), "{card}");
        }
    }

    #[test]
    fn what_is_no_card_passes() {
        for text in [
            "",
            "4242424242424241",
            "ord_01a1fdfd028b7303b8f99023e320bb40",
            "01a1fdfd-028b-7303-b8f9-9023e320bb40",
            "12345678-1234-4234-8234-123456789012",
            "A4242424242424242",
            "4242424242424242b",
            "1763727600000",
            "2031-05-01T18:00:00Z",
            "2031-05-01/2031-06-03",
            "4242.42",
            "+31 20 555 55 55",
            "NL91ABNA0417164300",
            "1234 5678 9012 3456 7890",
            "00000000000000",
        ] {
            assert!(!is_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn its_place_is_told_and_nothing_of_it() {
        let body = br#"{"buyer": {"name": "Ada"}, "items": [{"a": 1}, {"note/x": "4242 4242 4242 4242"}]}"#;
        assert_eq!(place_in(body).as_deref(), Some("/items/1/note~1x"));
        assert!(!format!("{:?}", refusal("/items/1/note~1x")).contains("4242"));
        let escaped = br#"{"note": "4242\u00a04242\u00a04242\u00a04242"}"#;
        assert_eq!(place_in(escaped).as_deref(), Some("/note"));
        assert_eq!(place_in(b"{\"amounts\": [4242, 4242, 4242, 4242]}"), None, "four numbers are four numbers");
    }
}
