//! Our device as its users have it: the program `lwm2m-carrier device`, driven over its standard input and output.
//!
//! `lwm2m-carrier device --help` documents both.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer to a command may take; it comes at once.
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Said {
    lines: Vec<String>,
    /// Lines before this one were taken as events.
    events: usize,
    /// Lines before this one were taken as answers.
    answers: usize,
    log: String,
    ended: bool,
}

#[derive(Default)]
struct Shared {
    said: Mutex<Said>,
    changed: Condvar,
}

/// A running device. It is killed with the value.
pub struct Device {
    child: Child,
    stdin: ChildStdin,
    shared: Arc<Shared>,
}

impl Device {
    /// Starts the program with these arguments behind `device`.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lwm2m-carrier"))
            .arg("device")
            .args(arguments)
            .arg("-v")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let shared = Arc::new(Shared::default());
        let stdout = child.stdout.take().expect("piped above");
        let stderr = child.stderr.take().expect("piped above");
        let stdin = child.stdin.take().expect("piped above");
        let lines = Arc::clone(&shared);
        thread::spawn(move || {
            read(stdout, &lines, |said, line| said.lines.push(line));
            lines.said.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
            lines.changed.notify_all();
        });
        let log = Arc::clone(&shared);
        thread::spawn(move || read(stderr, &log, |said, line| said.log += &(line + "\n")));
        Self { child, stdin, shared }
    }

    fn wait<T>(
        &self,
        what: &str,
        timeout: Duration,
        mut take: impl FnMut(&mut Said) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + timeout;
        let mut said = self.shared.said.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = take(&mut said) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !said.ended,
                "no {what} from the device; it said:\n{}\nand logged:\n{}",
                said.lines.join("\n"),
                said.log
            );
            said = self
                .shared
                .changed
                .wait_timeout(said, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for the next event with this name (without `LWM2M_CARRIER_EVENT_`); what came before it is passed over.
    /// Gives what stands behind its number.
    pub fn event(&self, name: &str, timeout: Duration) -> String {
        let wanted = format!("LWM2M_CARRIER_EVENT_{name}");
        self.wait(name, timeout, |said| {
            while let Some(line) = said.lines.get(said.events) {
                said.events += 1;
                let mut words = line.splitn(5, ' ').skip(1);
                if words.next() == Some("EVENT") && words.next() == Some(&wanted) {
                    return Some(words.nth(1).unwrap_or_default().to_string());
                }
            }
            None
        })
    }

    /// The names of all events until now, in order.
    pub fn history(&self) -> Vec<String> {
        let said = self.shared.said.lock().unwrap_or_else(PoisonError::into_inner);
        let events = said.lines.iter().filter_map(|line| line.split_once(" EVENT "));
        let name = |(_, event): (_, &str)| {
            let name = event.trim_start_matches("LWM2M_CARRIER_EVENT_");
            name.split(' ').next().unwrap_or_default().to_string()
        };
        events.map(name).collect()
    }

    /// Gives a command and waits for its answer: the lines before the last, which says `OK`, and what that says.
    pub fn command(&mut self, line: &str) -> Result<(Vec<String>, String), String> {
        writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush()).expect("the device runs");
        let mut values = Vec::new();
        self.wait(&format!("answer to `{line}`"), ANSWER, |said| {
            while let Some(line) = said.lines.get(said.answers) {
                said.answers += 1;
                if let Some(value) = line.strip_prefix("VALUE ") {
                    values.push(value.to_string());
                } else if let Some(rest) = line.strip_prefix("OK") {
                    let rest = rest.trim_start().to_string();
                    return Some(Ok((std::mem::take(&mut values), rest)));
                } else if let Some(error) = line.strip_prefix("ERROR ") {
                    return Some(Err(error.to_string()));
                }
            }
            None
        })
    }

    /// Gives a command that must be answered with `OK`.
    pub fn must(&mut self, line: &str) {
        self.command(line).unwrap_or_else(|error| panic!("`{line}`: {error}"));
    }

    /// The single value at `path`, as `get` shows it: type and text.
    pub fn get(&mut self, path: &str) -> Option<String> {
        let (values, _) = self.command(&format!("get {path}")).ok()?;
        assert!(values.len() == 1, "{values:?}");
        values[0].split_once(' ').map(|(_, value)| value.to_string())
    }

    /// Ends it with `quit`; gives the exit status.
    pub fn quit(mut self) -> i32 {
        self.must("quit");
        self.status(Duration::from_secs(10))
    }

    /// Waits for the end of the process; gives the exit status.
    pub fn status(&mut self, timeout: Duration) -> i32 {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < deadline, "the device does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let said = self.shared.said.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("the device said:\n{}\nand logged:\n{}", said.lines.join("\n"), said.log);
        }
    }
}

fn read(source: impl Read, shared: &Shared, take: impl Fn(&mut Said, String)) {
    for line in BufReader::new(source).lines().map_while(Result::ok) {
        take(&mut shared.said.lock().unwrap_or_else(PoisonError::into_inner), line);
        shared.changed.notify_all();
    }
}
