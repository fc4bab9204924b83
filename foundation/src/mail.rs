//! The mail outbox, its writing side: a letter is queued in the transaction of what it tells, so it is sent if and only if that
//! happened. What is in a letter is the caller's business; sending it is the mail dispatcher's.
//!
//! Nothing secret goes into a letter's data: no key, no client secret, nothing that pays or opens anything.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    cell::{Cell, TenantTx},
    id::LetterId,
    refusal::Result,
    time::Instant,
};

/// A language that letters are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Dutch.
    Nl,
}

impl Language {
    /// As in tables and on the wire (ISO 639-1).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A language that no letter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a language that letters are written in: en or nl")]
pub struct NotALanguage;

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        match text {
            "en" => Ok(Self::En),
            "nl" => Ok(Self::Nl),
            _ => Err(NotALanguage),
        }
    }
}

/// A letter to queue.
#[derive(Debug, Clone)]
pub struct NewLetter {
    /// What kind of letter it is, such as `order_confirmed`.
    pub kind: &'static str,
    /// The thing it is about, by which a newer letter finds it.
    pub about: Uuid,
    /// The letter's own name: a second one of the same name is not queued. It names kind, object and version.
    pub once: String,
    /// The e-mail address.
    pub recipient: String,
    /// The recipient's name, if known.
    pub recipient_name: Option<String>,
    /// The language, if the recipient has chosen one; else the reseller's is taken when it is sent.
    pub language: Option<Language>,
    /// What the letter says, as its kind defines it.
    pub data: Value,
    /// How long it waits before the first try, by the cell's own clock.
    pub wait: Duration,
    /// Until when it is worth sending, by the tenant's clock.
    pub useful_until: Instant,
    /// Kinds of letters about the same thing that this one makes untrue: those still waiting are never sent.
    pub outdates: &'static [&'static str],
    /// Whether it goes to the reseller itself, whose switch is for letters to buyers.
    pub to_reseller: bool,
}

/// Queues letters in the caller's transaction, unless their reseller has switched mail off or they were queued before.
///
/// # Errors
/// If the database refuses.
pub async fn queue(tx: &mut TenantTx, letters: &[NewLetter]) -> Result<(), sqlx::Error> {
    if letters.is_empty() {
        return Ok(());
    }
    let reseller = tx.reseller();
    // The text of an array each: an array of arrays cannot be of several lengths.
    let outdates = |letter: &NewLetter| format!("{{{}}}", letter.outdates.join(","));
    // The switch is asked here, so that nobody's address is stored for a letter that is not wanted.
    sqlx::query(
        "with letters as (
             select * from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
                                  $10::bigint[], $11::timestamptz[], $12::text[], $13::bool[])
                 as l (letter_id, kind, about, once, recipient, recipient_name, language, data, wait, useful_until, outdates,
                       to_reseller)),
         outdated as (
             update mail_outbox m set state = 'outdated' from letters l
             where m.reseller_id = $1 and m.about = any($4) and m.about = l.about and m.kind = any(l.outdates::text[])
               and m.state = 'pending')
         insert into mail_outbox (reseller_id, letter_id, kind, about, once, recipient, recipient_name, language, data,
                                  created_at, due_at, useful_until, to_reseller)
         select $1, l.letter_id, l.kind, l.about, l.once, l.recipient, l.recipient_name, l.language, l.data, c.now,
                c.now + l.wait * interval '1 millisecond', l.useful_until, l.to_reseller
         from resellers r, letters l, (select clock_timestamp() as now) c
         where r.reseller_id = $1 and (r.mail_enabled or l.to_reseller)
         on conflict (reseller_id, once) do nothing",
    )
    .bind(reseller)
    .bind(letters.iter().map(|_| LetterId::new()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.kind).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.about).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.once.as_str()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.recipient.as_str()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.recipient_name.as_deref()).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.language.map(Language::as_str)).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| &l.data).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| i64::try_from(l.wait.as_millis()).unwrap_or(i64::MAX)).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.useful_until).collect::<Vec<_>>())
    .bind(letters.iter().map(outdates).collect::<Vec<_>>())
    .bind(letters.iter().map(|l| l.to_reseller).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Outdates letters of these kinds about a thing that still wait: what they tell is not so any more, and there is nothing else to tell.
///
/// # Errors
/// If the database refuses.
pub async fn outdate(tx: &mut TenantTx, about: Uuid, kinds: &[&str]) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "update mail_outbox set state = 'outdated'
         where reseller_id = $1 and about = $2 and kind = any($3) and state = 'pending'",
    )
    .bind(reseller)
    .bind(about)
    .bind(kinds)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes letters, with their attempts, that are older than ninety days: who was written to is not kept for ever. Gives how
/// many.
///
/// # Errors
/// If the database does not answer.
pub async fn sweep(cell: &Cell) -> Result<u64> {
    let removed = sqlx::query("delete from mail_outbox where created_at < clock_timestamp() - interval '90 days'");
    Ok(removed.execute(cell.workers()).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_spelled_one_way() {
        for language in [Language::En, Language::Nl] {
            assert_eq!(language.as_str().parse(), Ok(language));
            assert_eq!(serde_json::to_value(language).unwrap(), language.as_str());
        }
        for other in ["EN", "de", "", "nl-BE"] {
            assert_eq!(other.parse::<Language>(), Err(NotALanguage), "{other}");
        }
    }
}
