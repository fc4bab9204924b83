//! The state file: one JSON line per changed object, appended by one writer off the request path, read back and compacted at start.
//!
//! A request waits for room in the writer's channel before it changes anything, so memory stays bounded and the order of the lines is
//! the order of the changes. Lines reach the operating system within moments, so they survive the end of the process; they are not
//! forced to the disk.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::idempotency::Answer;
use crate::objects::account::Account;
use crate::objects::account_link::AccountLink;
use crate::objects::balance_transaction::BalanceTransaction;
use crate::objects::bank_account::BankAccount;
use crate::objects::charge::Charge;
use crate::objects::checkout_session::CheckoutSession;
use crate::objects::customer::Customer;
use crate::objects::dispute::Dispute;
use crate::objects::early_fraud_warning::EarlyFraudWarning;
use crate::objects::event::Event;
use crate::objects::payment_intent::PaymentIntent;
use crate::objects::payment_method::PaymentMethod;
use crate::objects::payout::Payout;
use crate::objects::refund::Refund;
use crate::objects::transfer::{Reversal, Transfer};
use crate::objects::webhook_endpoint::WebhookEndpoint;

/// How many operations may wait for the writer.
const CHANNEL: usize = 1024;

/// One change of one account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    PaymentIntent(Box<PaymentIntent>),
    PaymentMethod(Box<PaymentMethod>),
    Charge(Box<Charge>),
    CheckoutSession(Box<CheckoutSession>),
    Customer(Box<Customer>),
    Refund(Box<Refund>),
    BalanceTransaction(Box<BalanceTransaction>),
    Dispute(Box<Dispute>),
    FraudWarning(Box<EarlyFraudWarning>),
    Event(Box<Event>),
    WebhookEndpoint(Box<WebhookEndpoint>),
    Account(Box<Account>),
    AccountLink(Box<AccountLink>),
    BankAccount(Box<BankAccount>),
    Transfer(Box<Transfer>),
    Reversal(Box<Reversal>),
    Payout(Box<Payout>),
    /// A change of this connected account.
    Connected(Arc<str>, Box<Record>),
    /// This event (first) has reached this receiver (second).
    Received(String, String),
    Answer(Box<Answer>),
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// How far the clock was moved, in milliseconds.
    ClockOffset(i64),
    /// A record of the account with this publishable key.
    Of(Arc<str>, Record),
}

#[derive(Debug)]
enum Message {
    Lines(Vec<Line>),
    End,
}

/// The way to the writer; none when no state is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    sender: Option<mpsc::Sender<Message>>,
}

/// Room for the lines of one operation.
#[derive(Debug)]
pub(crate) struct Room<'a>(Option<mpsc::Permit<'a, Message>>);

impl Journal {
    /// Starts the writer on a compacted file that holds `lines`. The handle ends with the writer.
    pub(crate) fn start(
        path: &Path,
        lines: impl Iterator<Item = Line>,
    ) -> io::Result<(Self, JoinHandle<io::Result<()>>)> {
        let file = compact(path, lines)?;
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let writer = spawn_blocking(move || write(receiver, file));
        Ok((Self { sender: Some(sender) }, writer))
    }

    /// Waits for room. When the writer has stopped, lines are lost; the server stops then, too.
    pub(crate) async fn room(&self) -> Room<'_> {
        match &self.sender {
            Some(sender) => Room(sender.reserve().await.ok()),
            None => Room(None),
        }
    }

    /// Tells the writer that nothing more will come.
    pub(crate) async fn close(&self) {
        if let Some(permit) = self.room().await.0 {
            permit.send(Message::End);
        }
    }
}

impl Room<'_> {
    /// Hands the lines to the writer.
    pub(crate) fn write(self, lines: Vec<Line>) {
        if let Some(permit) = self.0
            && !lines.is_empty()
        {
            permit.send(Message::Lines(lines));
        }
    }
}

fn write(mut receiver: mpsc::Receiver<Message>, file: File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    while let Some(first) = receiver.blocking_recv() {
        let mut next = Some(first);
        while let Some(message) = next {
            let Message::Lines(lines) = message else {
                return out.flush();
            };
            for line in lines {
                append(&mut out, &line)?;
            }
            next = receiver.try_recv().ok();
        }
        out.flush()?;
    }
    out.flush()
}

fn append(out: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Writes the lines to a new file, puts it in the old one's place and returns it, open at its end.
fn compact(path: &Path, lines: impl Iterator<Item = Line>) -> io::Result<File> {
    let mut fresh = PathBuf::from(path);
    fresh.as_mut_os_string().push(".new");
    let mut out = BufWriter::new(File::create(&fresh)?);
    for line in lines {
        append(&mut out, &line)?;
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    Ok(file)
}

/// Reads the file line by line; a missing file is an empty one. A last line that was cut off is left out.
pub(crate) fn read(path: &Path, mut each: impl FnMut(Line)) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::new(file);
    let mut text = String::new();
    while reader.read_line(&mut text)? > 0 {
        match serde_json::from_str(&text) {
            Ok(line) => each(line),
            Err(_) if !text.ends_with('\n') => {
                tracing::warn!("the last line of the state file was cut off and is left out");
            }
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
        text.clear();
    }
    Ok(())
}
