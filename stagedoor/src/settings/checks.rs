//! The single checks that the rules are made of; each says what is wrong with a value and what would be right. None may
//! show a secret.

use super::Secret;
use super::wrong::Broken;

/// Nothing, or the rule that is broken.
pub(super) type Checked = Result<(), Broken>;

pub(super) fn rule(kept: bool, key: &str, value: &str, remedy: &str) -> Checked {
    if kept {
        return Ok(());
    }
    Err(Broken { key: key.to_owned(), problem: format!("{value} is not usable"), remedy: remedy.to_owned() })
}

pub(super) fn within(key: &str, value: u64, least: u64, most: u64) -> Checked {
    rule((least..=most).contains(&value), key, &value.to_string(), &format!("set it to {least} to {most}"))
}

pub(super) fn filled(key: &str, text: &str, least: usize) -> Checked {
    if text.len() >= least {
        return Ok(());
    }
    let problem =
        if text.is_empty() { "it is empty".to_owned() } else { format!("it is shorter than {least} characters") };
    Err(Broken { key: key.to_owned(), problem, remedy: format!("give at least {least} characters") })
}

pub(super) fn web_address(key: &str, address: &str) -> Checked {
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let whole =
        host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace));
    rule(whole, key, address, "give an address that starts with https:// (or http://) and names a host")
}

pub(super) fn database_address(key: &str, address: &Secret) -> Checked {
    let address = address.reveal();
    let known = address.starts_with("postgres://") || address.starts_with("postgresql://");
    // The value is not shown: it holds a password.
    rule(known, key, "its value", "write postgres://role:password@host/database")
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

pub(super) fn number(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
