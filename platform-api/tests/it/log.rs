//! The log as an operator could set it at its most talkative, kept by thread: a test and all that it serves run on one.

use std::{cell::RefCell, io::Write, sync::OnceLock};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Here;

impl Write for Here {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to listen, once in a run: for all threads, because what is logged is decided for all of them together.
pub(crate) fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let ours = ["request", "platform_api", "ticketing", "tenancy", "accounting", "foundation"];
        let targets = ours.iter().fold(Targets::new().with_default(LevelFilter::INFO), |targets, ours| {
            targets.with_target(*ours, LevelFilter::TRACE)
        });
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Here);
        tracing_subscriber::registry().with(targets).with(lines).init();
    });
}

/// What this thread has logged.
pub(crate) fn lines() -> String {
    LINES.with_borrow(|lines| String::from_utf8(lines.clone()).unwrap())
}
