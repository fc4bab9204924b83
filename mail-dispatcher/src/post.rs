//! Where letters go: a mail server, or a folder for whoever develops on this machine.

use std::{path::PathBuf, time::Duration};

use foundation::id::LetterId;
use lettre::{Address, Message};
use url::Url;

use crate::smtp::Smtp;

/// The most that is kept of an answer.
const ANSWER_MAX: usize = 500;

/// Where a cell's letters go, and the address that they come from.
pub struct Post {
    from: Address,
    way: Way,
}

enum Way {
    Smtp(Box<Smtp>),
    Folder(PathBuf),
}

/// Why a post cannot be opened. The text says what would be right; nothing of the address is in it, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPost {
    /// The sender's address is none.
    #[error("give a bare e-mail address such as tickets@example.com")]
    From,
    /// The server's address cannot be read.
    #[error("write smtps://user:password@mail.example.com, or smtp://mail.example.com:587")]
    Address,
    /// A password would go over the network in the clear.
    #[error("a password needs TLS: write smtps://, or smtp:// without tls=none")]
    PasswordInTheClear,
    /// A password without a user, or the other way round.
    #[error("give user and password, percent-encoded, or neither")]
    Credentials,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Taken. With the server's words, as all of these.
    Accepted(String),
    /// Not now.
    PutOff(String),
    /// Never.
    Refused(String),
}

impl Verdict {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::PutOff(_) => "put_off",
            Self::Refused(_) => "refused",
        }
    }

    /// The answer, as text that PostgreSQL takes, which knows no NUL.
    pub(crate) fn answer(&self) -> String {
        let (Self::Accepted(answer) | Self::PutOff(answer) | Self::Refused(answer)) = self;
        answer.chars().take(ANSWER_MAX).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
    }
}

impl Post {
    /// Opens a post. `url` is a mail server's address: `smtps://` with TLS from the first byte (port 465), `smtp://` with TLS
    /// after `STARTTLS` (port 587), or without TLS if it ends in `?tls=none`; with a user and a password, percent-encoded, where
    /// the server wants them. Or `file:///…`, a folder into which letters are written as `.eml`. Nothing is connected to yet.
    ///
    /// # Errors
    /// If either cannot be used.
    pub fn open(url: &str, from: &str, patience: Duration) -> Result<Self, BadPost> {
        let from: Address = from.parse().map_err(|_| BadPost::From)?;
        let url = Url::parse(url).map_err(|_| BadPost::Address)?;
        let way = if url.scheme() == "file" {
            Way::Folder(url.to_file_path().map_err(|()| BadPost::Address)?)
        } else {
            Way::Smtp(Box::new(Smtp::new(&url, from.domain(), patience)?))
        };
        Ok(Self { from, way })
    }

    /// Whether letters can be handed over: what is in the way, if anything.
    ///
    /// # Errors
    /// What is in the way, in words without a secret.
    pub async fn check(&self) -> Result<(), String> {
        match &self.way {
            Way::Smtp(smtp) => smtp.check().await,
            Way::Folder(folder) => {
                tokio::fs::create_dir_all(folder).await.map_err(|error| format!("{}: {error}", folder.display()))
            }
        }
    }

    pub(crate) fn from(&self) -> &Address {
        &self.from
    }

    /// The longest that a try may take.
    pub(crate) fn patience(&self) -> Duration {
        match &self.way {
            Way::Smtp(smtp) => smtp.patience(),
            Way::Folder(_) => Duration::ZERO,
        }
    }

    pub(crate) async fn send(&self, letter: LetterId, message: &Message) -> Verdict {
        match &self.way {
            Way::Smtp(smtp) => smtp.send(message).await,
            Way::Folder(folder) => match write(folder, letter, message).await {
                Ok(path) => Verdict::Accepted(format!("written to {}", path.display())),
                Err(error) => Verdict::PutOff(format!("it could not be written: {error}")),
            },
        }
    }

    /// Ends connections that wait for the next letter.
    pub(crate) async fn hang_up(&self) {
        if let Way::Smtp(smtp) = &self.way {
            smtp.hang_up().await;
        }
    }
}

/// Under the letter's own name, so that a second delivery is the same file.
async fn write(folder: &std::path::Path, letter: LetterId, message: &Message) -> std::io::Result<PathBuf> {
    tokio::fs::create_dir_all(folder).await?;
    let path = folder.join(format!("{letter}.eml"));
    tokio::fs::write(&path, message.formatted()).await?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str, from: &str) -> Option<BadPost> {
        Post::open(url, from, Duration::from_secs(1)).err()
    }

    #[test]
    fn an_address_is_read_or_its_slip_is_named() {
        const FROM: &str = "tickets@example.com";
        for good in [
            "smtps://user:pass%2Fword@mail.example.com",
            "smtp://user:password@mail.example.com:2525",
            "smtp://127.0.0.1:25?tls=none",
            "smtp://[::1]?tls=none",
            "file:///var/mail/stagedoor",
        ] {
            assert_eq!(refused(good, FROM), None, "{good}");
        }
        for bad in ["", "mail.example.com", "smtp://", "http://mail.example.com", "smtp://mail.example.com?tls=maybe"] {
            assert_eq!(refused(bad, FROM), Some(BadPost::Address), "{bad}");
        }
        assert_eq!(refused("smtp://u:p@mail.example.com?tls=none", FROM), Some(BadPost::PasswordInTheClear));
        for half in ["smtps://user@mail.example.com", "smtps://:password@mail.example.com"] {
            assert_eq!(refused(half, FROM), Some(BadPost::Credentials), "{half}");
        }
        for bad in ["", "tickets", "Tickets <tickets@example.com>", "a@b.example\r\nBcc: c@d.example"] {
            assert_eq!(refused("smtp://mail.example.com", bad), Some(BadPost::From), "{bad}");
        }
    }

    #[test]
    fn an_answer_is_kept_as_text_that_the_database_takes() {
        let long = "é\0".repeat(ANSWER_MAX);
        let kept = Verdict::PutOff(long).answer();
        assert_eq!((kept.chars().count(), kept.contains('\0')), (ANSWER_MAX, false));
    }
}
