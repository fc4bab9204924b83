//! The program under test: found beside the tests, started, listened to, stopped. It must never outlive its test.

use std::{
    io::{BufRead as _, BufReader, Read},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything takes on a busy machine; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The program, as `cargo build` has put it beside the tests.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary = profile.join("stagedoor");
    assert!(binary.is_file(), "{} is missing; build it first: cargo build -p stagedoor", binary.display());
    binary
}

/// A call of the program in this directory, untouched by settings in our own environment.
pub(crate) fn stagedoor(directory: &Path) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(directory).stdin(Stdio::null()).process_group(0);
    let ours = std::env::vars_os().map(|(name, _)| name).filter(|name| name != "STAGEDOOR_POSTGRES_BIN");
    for name in ours.filter(|name| name.to_string_lossy().starts_with("STAGEDOOR_")) {
        command.env_remove(name);
    }
    command
}

/// What a stream has said so far.
#[derive(Clone, Default)]
struct Heard(Arc<(Mutex<Said>, Condvar)>);

#[derive(Default)]
struct Said {
    lines: Vec<String>,
    ended: bool,
}

impl Heard {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let heard = Self::default();
        let ear = heard.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                ear.note(|said| said.lines.push(line));
            }
            ear.note(|said| said.ended = true);
        });
        heard
    }

    fn note(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    /// Waits until that is so, or the stream has ended, or the time is over; gives whether it is so.
    fn until(&self, patience: Duration, so: impl Fn(&Said) -> bool) -> bool {
        let said = self.0.0.lock().unwrap();
        let (said, _) = self.0.1.wait_timeout_while(said, patience, |said| !so(said) && !said.ended).unwrap();
        so(&said)
    }

    fn lines(&self) -> Vec<String> {
        self.0.0.lock().unwrap().lines.clone()
    }
}

/// A running program; killed when dropped.
pub(crate) struct Program {
    child: Child,
    output: Heard,
    errors: Heard,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (output, errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child, output: Heard::of(output), errors: Heard::of(errors) }
    }

    /// Waits until standard output has a line with these words.
    pub(crate) fn tells(&self, words: &str) {
        let told = self.output.until(PATIENCE, |said| said.lines.iter().any(|line| line.contains(words)));
        assert!(told, "it never told: {words}\n{}", self.said());
    }

    /// Waits until the log, on standard error, has a line with these words.
    pub(crate) fn logs(&self, words: &str) {
        let logged = self.errors.until(PATIENCE, |said| said.lines.iter().any(|line| line.contains(words)));
        assert!(logged, "it never logged: {words}\n{}", self.said());
    }

    /// The lines of standard output so far.
    pub(crate) fn output(&self) -> Vec<String> {
        self.output.lines()
    }

    /// The lines of standard error so far.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.errors.lines()
    }

    /// Everything said so far, for a person who looks for what went wrong.
    pub(crate) fn said(&self) -> String {
        [self.output(), self.errors()].concat().join("\n")
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end, at most so long. The end of both streams is the end of the program and of all that it started.
    pub(crate) fn ends_within(&mut self, patience: Duration) -> ExitStatus {
        let began = Instant::now();
        for stream in [&self.output, &self.errors] {
            let ended = stream.until(patience.saturating_sub(began.elapsed()), |said| said.ended);
            assert!(ended, "it did not end within {patience:?}\n{}", self.said());
        }
        self.child.wait().unwrap()
    }

    /// Asks it to stop, which must succeed within this time.
    pub(crate) fn stops_within(mut self, signal: Signal, patience: Duration) {
        self.signal(signal);
        let ended = self.ends_within(patience);
        assert!(ended.success(), "{signal:?} ended it with {ended}\n{}", self.said());
    }

    /// Kills it, as the kernel does when memory runs out.
    pub(crate) fn dies(mut self) {
        self.signal(Signal::KILL);
        assert_eq!(self.child.wait().unwrap().signal(), Some(Signal::KILL.as_raw()));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already in every test that went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
