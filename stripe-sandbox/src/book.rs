//! Everything one account has: its objects, what is due when, and what changed since last asked. It does no I/O and asks no clock.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;

use serde_json::Value;

use crate::callbacks::Receiver;
use crate::delays::Delays;
use crate::funds::Balances;
use crate::idempotency::Answer;
use crate::journal::Record;
use crate::metadata::Metadata;
use crate::money::Fee;
use crate::objects::account::Account;
use crate::objects::account_link::AccountLink;
use crate::objects::balance_transaction::BalanceTransaction;
use crate::objects::bank_account::BankAccount;
use crate::objects::charge::Charge;
use crate::objects::checkout_session::{CheckoutSession, Status as SessionStatus};
use crate::objects::customer::Customer;
use crate::objects::dispute::{Dispute, Status as DisputeStatus};
use crate::objects::early_fraud_warning::EarlyFraudWarning;
use crate::objects::event::{Cause, Event, EventLog};
use crate::objects::payment_intent::{PaymentIntent, Status};
use crate::objects::payment_method::PaymentMethod;
use crate::objects::payout::Payout;
use crate::objects::refund::Refund;
use crate::objects::transfer::{Reversal, Transfer};
use crate::objects::webhook_endpoint::WebhookEndpoint;
use crate::table::Table;

/// How many refunds a charge shows.
const REFUNDS_SHOWN: usize = 10;

/// When, why and on what terms something is done.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) now_ms: i64,
    pub(crate) cause: Option<Cause>,
    /// Where this provider's pages are.
    pub(crate) address: Arc<str>,
    pub(crate) fee: Fee,
    pub(crate) delay_ms: i64,
    pub(crate) delays: Delays,
    pub(crate) receivers: Arc<[Receiver]>,
}

impl Context {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms / 1000
    }
}

/// Something that happens by itself when its time has come.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// A captured charge gets its balance transaction.
    Settle(String),
    /// A payment that is `processing` ends.
    Finish(String),
    /// A Checkout Session is open no longer.
    Expire(String),
    /// Reserved money that nobody took is given back.
    Release(String),
    /// A refund changes its status.
    Turn(String),
    /// The bank disputes a charge, or warns of fraud.
    Trouble(String),
    /// The bank decides a dispute.
    Verdict(String),
    /// The time to answer a dispute is over.
    Deadline(String),
    /// A payout takes its next step.
    Payout(String),
    /// Something of a connected account's.
    Of(Arc<str>, Box<Task>),
}

/// What an operation leaves behind for the world outside: lines for the journal, events for the receiver.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) records: Vec<Record>,
    pub(crate) events: Vec<Event>,
    /// There are other receivers now.
    pub(crate) receivers: bool,
}

/// The objects of one account.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// The connected account whose book this is; none for the platform's own.
    pub(crate) account: Option<Arc<str>>,
    connected: BTreeMap<Arc<str>, Book>,
    pub(crate) accounts: Table<Account>,
    pub(crate) account_links: Table<AccountLink>,
    pub(crate) bank_accounts: Table<BankAccount>,
    pub(crate) transfers: Table<Transfer>,
    pub(crate) reversals: Table<Reversal>,
    pub(crate) payouts: Table<Payout>,
    pub(crate) balances: Balances,
    pub(crate) intents: Table<PaymentIntent>,
    pub(crate) methods: Table<PaymentMethod>,
    pub(crate) charges: Table<Charge>,
    pub(crate) customers: Table<Customer>,
    pub(crate) sessions: Table<CheckoutSession>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) balance_transactions: Table<BalanceTransaction>,
    pub(crate) disputes: Table<Dispute>,
    pub(crate) fraud_warnings: Table<EarlyFraudWarning>,
    pub(crate) webhook_endpoints: Table<WebhookEndpoint>,
    pub(crate) events: EventLog,
    agenda: BTreeMap<(i64, u64), Task>,
    agenda_count: u64,
    by_metadata: HashMap<(String, String), Vec<String>>,
    changes: Changes,
}

impl Book {
    pub(crate) fn put_intent(&mut self, intent: PaymentIntent) {
        let before = self.intents.get(&intent.id).map(|intent| &intent.metadata);
        for (key, value) in &intent.metadata {
            if before.and_then(|metadata| metadata.get(key)) != Some(value) {
                let ids = self.by_metadata.entry((key.clone(), value.clone())).or_default();
                // Only an intent that had the pair before can be there already.
                if before.is_none() || !ids.contains(&intent.id) {
                    ids.push(intent.id.clone());
                }
            }
        }
        self.changes.records.push(Record::PaymentIntent(Box::new(intent.clone())));
        self.intents.put(intent);
    }

    pub(crate) fn put_method(&mut self, method: PaymentMethod) {
        self.changes.records.push(Record::PaymentMethod(Box::new(method.clone())));
        self.methods.put(method);
    }

    pub(crate) fn put_charge(&mut self, charge: Charge) {
        self.changes.records.push(Record::Charge(Box::new(charge.clone())));
        self.charges.put(charge);
    }

    pub(crate) fn put_customer(&mut self, customer: Customer) {
        self.changes.records.push(Record::Customer(Box::new(customer.clone())));
        self.customers.put(customer);
    }

    pub(crate) fn put_session(&mut self, session: CheckoutSession) {
        self.changes.records.push(Record::CheckoutSession(Box::new(session.clone())));
        self.sessions.put(session);
    }

    pub(crate) fn put_refund(&mut self, refund: Refund) {
        self.changes.records.push(Record::Refund(Box::new(refund.clone())));
        self.refunds.put(refund);
    }

    pub(crate) fn put_balance_transaction(&mut self, transaction: BalanceTransaction) {
        self.changes.records.push(Record::BalanceTransaction(Box::new(transaction.clone())));
        if self.balance_transactions.get(&transaction.id).is_none() {
            self.balances.add(&transaction);
        }
        self.balance_transactions.put(transaction);
    }

    pub(crate) fn put_dispute(&mut self, dispute: Dispute) {
        self.changes.records.push(Record::Dispute(Box::new(dispute.clone())));
        self.disputes.put(dispute);
    }

    pub(crate) fn put_fraud_warning(&mut self, warning: EarlyFraudWarning) {
        self.changes.records.push(Record::FraudWarning(Box::new(warning.clone())));
        self.fraud_warnings.put(warning);
    }

    pub(crate) fn put_webhook_endpoint(&mut self, endpoint: WebhookEndpoint) {
        self.changes.records.push(Record::WebhookEndpoint(Box::new(endpoint.clone())));
        self.changes.receivers = true;
        self.webhook_endpoints.put(endpoint);
    }

    pub(crate) fn put_account(&mut self, account: Account) {
        self.changes.records.push(Record::Account(Box::new(account.clone())));
        self.accounts.put(account);
    }

    pub(crate) fn put_account_link(&mut self, link: AccountLink) {
        self.changes.records.push(Record::AccountLink(Box::new(link.clone())));
        self.account_links.put(link);
    }

    pub(crate) fn put_bank_account(&mut self, bank: BankAccount) {
        self.changes.records.push(Record::BankAccount(Box::new(bank.clone())));
        self.bank_accounts.put(bank);
    }

    pub(crate) fn put_transfer(&mut self, transfer: Transfer) {
        self.changes.records.push(Record::Transfer(Box::new(transfer.clone())));
        self.transfers.put(transfer);
    }

    pub(crate) fn put_reversal(&mut self, reversal: Reversal) {
        self.changes.records.push(Record::Reversal(Box::new(reversal.clone())));
        self.reversals.put(reversal);
    }

    pub(crate) fn put_payout(&mut self, payout: Payout) {
        self.changes.records.push(Record::Payout(Box::new(payout.clone())));
        self.payouts.put(payout);
    }

    /// The book of a connected account, to look at.
    pub(crate) fn connected(&self, account: &str) -> Option<&Book> {
        self.connected.get(account)
    }

    /// Does something in the book of a connected account. Its changes, its events and what it has put on the agenda are this book's.
    pub(crate) fn within<T>(&mut self, account: &str, operation: impl FnOnce(&mut Book) -> T) -> T {
        let name: Arc<str> = account.into();
        let book = self.connected.entry(name.clone()).or_default();
        book.account = Some(name.clone());
        let result = operation(book);
        let changes = book.take_changes();
        let agenda = mem::take(&mut book.agenda);
        let wrap = |record| Record::Connected(name.clone(), Box::new(record));
        self.changes.records.extend(changes.records.into_iter().map(wrap));
        self.changes.events.extend(changes.events);
        for ((due, _), task) in agenda {
            self.schedule(due, Task::Of(name.clone(), Box::new(task)));
        }
        result
    }

    /// All events that some receiver does not have yet, of connected accounts too.
    pub(crate) fn unsent(&self) -> Vec<Event> {
        let books = std::iter::once(self).chain(self.connected.values());
        let events = books.flat_map(|book| book.events.events());
        let mut unsent: Vec<Event> = events.filter(|event| !event.pending.is_empty()).cloned().collect();
        unsent.sort_by_key(|event| event.created);
        unsent
    }

    /// Notes that `kind` happened to `object`; `previous` holds the former values of what changed.
    pub(crate) fn emit(&mut self, context: &Context, kind: &str, object: &Value, previous: Option<&Value>) {
        let receivers = context.receivers.iter().filter(|receiver| receiver.wants(kind, self.account.is_some()));
        let pending = receivers.map(|receiver| receiver.id.clone()).collect();
        let event = Event::new(kind, object, previous, context, self.account.clone(), pending);
        self.changes.records.push(Record::Event(Box::new(event.clone())));
        self.changes.events.push(event.clone());
        self.events.push(event);
    }

    /// Notes that the receiver has the event.
    pub(crate) fn mark_delivered(&mut self, event: &str, receiver: &str) {
        if self.events.mark_delivered(event, receiver) {
            self.changes.records.push(Record::Received(event.to_owned(), receiver.to_owned()));
        }
    }

    /// Notes the answer that an idempotency key got.
    pub(crate) fn note_answer(&mut self, answer: Answer) {
        self.changes.records.push(Record::Answer(Box::new(answer)));
    }

    /// What changed since this was last called.
    pub(crate) fn take_changes(&mut self) -> Changes {
        mem::take(&mut self.changes)
    }

    /// Puts back what an earlier run wrote.
    pub(crate) fn restore(&mut self, record: Record) {
        match record {
            Record::PaymentIntent(intent) => self.put_intent(*intent),
            Record::PaymentMethod(method) => self.put_method(*method),
            Record::Charge(charge) => self.put_charge(*charge),
            Record::Customer(customer) => self.put_customer(*customer),
            Record::CheckoutSession(session) => self.put_session(*session),
            Record::Refund(refund) => self.put_refund(*refund),
            Record::BalanceTransaction(transaction) => self.put_balance_transaction(*transaction),
            Record::Dispute(dispute) => self.put_dispute(*dispute),
            Record::FraudWarning(warning) => self.put_fraud_warning(*warning),
            Record::Event(event) => self.events.push(*event),
            Record::WebhookEndpoint(endpoint) => self.put_webhook_endpoint(*endpoint),
            Record::Account(account) => self.put_account(*account),
            Record::AccountLink(link) => self.put_account_link(*link),
            Record::BankAccount(bank) => self.put_bank_account(*bank),
            Record::Transfer(transfer) => self.put_transfer(*transfer),
            Record::Reversal(reversal) => self.put_reversal(*reversal),
            Record::Payout(payout) => self.put_payout(*payout),
            Record::Connected(account, record) => self.within(&account, |book| book.restore(*record)),
            Record::Received(event, receiver) => {
                self.events.mark_delivered(&event, &receiver);
            }
            Record::Answer(_) => {}
        }
        self.changes = Changes::default();
    }

    /// Everything, as the lines of a fresh journal.
    pub(crate) fn records(&self) -> Box<dyn Iterator<Item = Record> + '_> {
        let methods = self.methods.rows().iter().map(|row| Record::PaymentMethod(Box::new(row.clone())));
        let intents = self.intents.rows().iter().map(|row| Record::PaymentIntent(Box::new(row.clone())));
        let charges = self.charges.rows().iter().map(|row| Record::Charge(Box::new(row.clone())));
        let customers = self.customers.rows().iter().map(|row| Record::Customer(Box::new(row.clone())));
        let sessions = self.sessions.rows().iter().map(|row| Record::CheckoutSession(Box::new(row.clone())));
        let refunds = self.refunds.rows().iter().map(|row| Record::Refund(Box::new(row.clone())));
        let transactions =
            self.balance_transactions.rows().iter().map(|row| Record::BalanceTransaction(Box::new(row.clone())));
        let disputes = self.disputes.rows().iter().map(|row| Record::Dispute(Box::new(row.clone())));
        let warnings = self.fraud_warnings.rows().iter().map(|row| Record::FraudWarning(Box::new(row.clone())));
        let endpoints = self.webhook_endpoints.rows().iter().map(|row| Record::WebhookEndpoint(Box::new(row.clone())));
        let accounts = self.accounts.rows().iter().map(|row| Record::Account(Box::new(row.clone())));
        let links = self.account_links.rows().iter().map(|row| Record::AccountLink(Box::new(row.clone())));
        let banks = self.bank_accounts.rows().iter().map(|row| Record::BankAccount(Box::new(row.clone())));
        let transfers = self.transfers.rows().iter().map(|row| Record::Transfer(Box::new(row.clone())));
        let reversals = self.reversals.rows().iter().map(|row| Record::Reversal(Box::new(row.clone())));
        let payouts = self.payouts.rows().iter().map(|row| Record::Payout(Box::new(row.clone())));
        let connected = self.connected.iter().flat_map(|(name, book)| {
            book.records().map(move |record| Record::Connected(name.clone(), Box::new(record)))
        });
        let own = accounts.chain(links).chain(banks).chain(transfers).chain(reversals).chain(payouts).chain(connected);
        let events = self.events.events().iter().map(|event| Record::Event(Box::new(event.clone())));
        Box::new(
            customers
                .chain(sessions)
                .chain(methods)
                .chain(intents)
                .chain(charges)
                .chain(refunds)
                .chain(transactions)
                .chain(disputes)
                .chain(warnings)
                .chain(endpoints)
                .chain(own)
                .chain(events),
        )
    }

    /// Puts `task` on the agenda for `due_ms`.
    pub(crate) fn schedule(&mut self, due_ms: i64, task: Task) {
        self.agenda_count += 1;
        self.agenda.insert((due_ms, self.agenda_count), task);
    }

    /// When the next task is due, in milliseconds.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.agenda.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes the next task off the agenda if it is due at `now_ms`; also tells when it was due.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Option<(i64, Task)> {
        let first = self.agenda.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        let due = first.key().0;
        Some((due, first.remove()))
    }

    /// Rebuilds the agenda from the objects, after a restart.
    pub(crate) fn reschedule(&mut self, delay_ms: i64) {
        let mut agenda = Vec::new();
        for charge in self.charges.rows().iter().filter(|charge| charge.balance_transaction.is_none()) {
            agenda.extend(charge.captured_at_ms.map(|at| (at + delay_ms, Task::Settle(charge.id.clone()))));
        }
        for intent in self.intents.rows() {
            agenda.extend(intent.finishes_at_ms.map(|at| (at, Task::Finish(intent.id.clone()))));
            let reserved = intent.charges.last().filter(|_| intent.status == Status::RequiresCapture);
            let end = reserved.and_then(|charge| self.charges.get(charge)?.capture_before);
            agenda.extend(end.map(|at| (at * 1000, Task::Release(intent.id.clone()))));
        }
        for session in self.sessions.rows().iter().filter(|session| session.status == SessionStatus::Open) {
            agenda.push((session.expires_at * 1000, Task::Expire(session.id.clone())));
        }
        for refund in self.refunds.rows() {
            agenda.extend(refund.changes_at_ms.map(|at| (at, Task::Turn(refund.id.clone()))));
        }
        for payout in self.payouts.rows() {
            agenda.extend(payout.changes_at_ms.map(|at| (at, Task::Payout(payout.id.clone()))));
        }
        for charge in self.charges.rows() {
            agenda.extend(charge.trouble_at_ms.map(|at| (at, Task::Trouble(charge.id.clone()))));
        }
        for dispute in self.disputes.rows().iter().filter(|dispute| !dispute.status.is_closed()) {
            agenda.push((dispute.due_by * 1000, Task::Deadline(dispute.id.clone())));
            agenda.extend(dispute.verdict.map(|(at, _)| (at, Task::Verdict(dispute.id.clone()))));
        }
        for (due, task) in agenda {
            self.schedule(due, task);
        }
        let connected: Vec<Arc<str>> = self.connected.keys().cloned().collect();
        for account in connected {
            self.within(&account, |book| book.reschedule(delay_ms));
        }
    }

    /// The payment intents that have this pair now, oldest first.
    pub(crate) fn with_metadata(&self, key: &str, value: &str) -> impl Iterator<Item = &PaymentIntent> {
        let wanted = (key.to_owned(), value.to_owned());
        let ids = self.by_metadata.get(&wanted).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.intents.get(id)).filter(move |intent| has_pair(&intent.metadata, &wanted))
    }

    /// A charge with its newest refunds.
    pub(crate) fn charge_json(&self, charge: &Charge) -> Value {
        let refunds = charge.refunds.iter().rev().take(REFUNDS_SHOWN).filter_map(|id| self.refunds.get(id));
        let refunds: Vec<Value> = refunds.map(Refund::to_json).collect();
        charge.to_json(&refunds)
    }

    /// A dispute with its movements of money. `now` in seconds.
    pub(crate) fn dispute_json(&self, dispute: &Dispute, now: i64) -> Value {
        let transactions = dispute.balance_transactions.iter().filter_map(|id| self.balance_transactions.get(id));
        let transactions: Vec<Value> = transactions.map(|transaction| transaction.to_json(now)).collect();
        let inquiry = matches!(dispute.status, DisputeStatus::WarningNeedsResponse | DisputeStatus::WarningUnderReview);
        let left = self.charges.get(&dispute.charge).is_some_and(|charge| charge.refundable() > 0);
        dispute.to_json(&transactions, inquiry && left, now)
    }

    /// Any object of this account by its id. `now` in seconds.
    pub(crate) fn object(&self, id: &str, now: i64) -> Option<Value> {
        let (prefix, _) = id.split_once('_')?;
        match prefix {
            "pi" => self.intents.get(id).map(PaymentIntent::to_json),
            "pm" => self.methods.get(id).map(PaymentMethod::to_json),
            "ch" | "py" => self.charges.get(id).map(|charge| self.charge_json(charge)),
            "cus" => self.customers.get(id).map(Customer::to_json),
            "cs" => self.sessions.get(id).map(CheckoutSession::to_json),
            "re" => self.refunds.get(id).map(Refund::to_json),
            "acct" => self.accounts.get(id).map(|account| self.account_json(account)),
            "ba" => self.bank_accounts.get(id).map(|bank| bank.to_json(self.account.as_deref())),
            "tr" => self.transfers.get(id).map(|transfer| self.transfer_json(transfer)),
            "trr" => self.reversals.get(id).map(Reversal::to_json),
            "po" => self.payouts.get(id).map(Payout::to_json),
            "du" => self.disputes.get(id).map(|dispute| self.dispute_json(dispute, now)),
            "issfr" => self.fraud_warnings.get(id).map(EarlyFraudWarning::to_json),
            "txn" => self.balance_transactions.get(id).map(|transaction| transaction.to_json(now)),
            _ => None,
        }
    }
}

fn has_pair(metadata: &Metadata, (key, value): &(String, String)) -> bool {
    metadata.get(key) == Some(value)
}
