//! Driver of the Leshan harness (`tests/leshan`): a real LwM2M server and bootstrap server in their own process.
//!
//! A test includes this file with `#[path = "support/leshan.rs"] mod leshan;`, starts a [`Leshan`], and speaks to it in
//! JSON; `tests/leshan/README.md` lists commands and events. The harness is built on first use, which takes a JDK 17 and
//! Maven. The process ends with the value, or with the test if that is killed (its standard input closes).
#![allow(dead_code, reason = "each test file uses its part of the driver")]

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io, thread};

use serde_json::Value;

/// How long [`Leshan::call`] waits.
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);
/// From the start of the process to its ready line; 1.4 s on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// A first build downloads about 45 MB.
const BUILD_TIMEOUT: Duration = Duration::from_secs(300);
/// What is kept of standard error for the message of a failure.
const LOG_LIMIT: usize = 16 * 1024;

/// The UDP ports of the two servers on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Device management without security.
    pub dm_coap: u16,
    /// Device management over DTLS.
    pub dm_coaps: u16,
    /// Bootstrap without security.
    pub bs_coap: u16,
    /// Bootstrap over DTLS.
    pub bs_coaps: u16,
}

/// What the reader threads have seen and nobody has asked for yet.
#[derive(Default)]
struct Inbox {
    replies: HashMap<u64, Value>,
    events: VecDeque<Value>,
    log: String,
    /// Standard output has ended.
    ended: bool,
}

#[derive(Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    changed: Condvar,
}

impl Shared {
    /// A test that panics while it holds the lock leaves the inbox whole.
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `take` finds what it looks for; `None` after `timeout`.
    ///
    /// # Panics
    /// If the process ends meanwhile.
    fn wait<T>(
        &self,
        timeout: Duration,
        mut take: impl FnMut(&mut Inbox) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + timeout;
        let mut inbox = self.inbox();
        loop {
            if let Some(found) = take(&mut inbox) {
                return Some(found);
            }
            let log = inbox.log.clone();
            assert!(!inbox.ended, "the Leshan harness ended; its log:\n{log}");
            let left = deadline.checked_duration_since(Instant::now())?;
            inbox =
                self.changed.wait_timeout(inbox, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A running harness.
pub struct Leshan {
    /// Where it listens.
    pub ports: Ports,
    child: Child,
    /// Where commands go, and the number of the next one.
    commands: Mutex<(ChildStdin, u64)>,
    shared: Arc<Shared>,
}

impl Leshan {
    /// Starts both servers on free ports. `flags` as in `&["--cid", "6"]`.
    ///
    /// # Panics
    /// If Java or Maven is missing, or the harness does not build or start.
    pub fn start(flags: &[&str]) -> Leshan {
        let jar = jar();
        let mut child = Command::new("java")
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-jar"])
            .arg(&jar)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}", missing("java", &error)));
        let shared = Arc::new(Shared::default());
        let stdout = child.stdout.take().expect("piped above");
        let stderr = child.stderr.take().expect("piped above");
        let stdin = child.stdin.take().expect("piped above");
        let lines = Arc::clone(&shared);
        thread::spawn(move || read_lines(stdout, &lines));
        let log = Arc::clone(&shared);
        thread::spawn(move || read_log(stderr, &log));
        let mut leshan = Leshan {
            ports: Ports { dm_coap: 0, dm_coaps: 0, bs_coap: 0, bs_coaps: 0 },
            child,
            commands: Mutex::new((stdin, 1)),
            shared,
        };
        let ready = leshan.event("ready", |_| true, START_TIMEOUT);
        let port = |name: &str| {
            ready[name].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port")
        };
        leshan.ports = Ports {
            dm_coap: port("dm_coap"),
            dm_coaps: port("dm_coaps"),
            bs_coap: port("bs_coap"),
            bs_coaps: port("bs_coaps"),
        };
        leshan
    }

    /// Sends a command and waits up to 30 s for its reply, which may hold `error` instead of `code`.
    ///
    /// # Panics
    /// If no reply comes.
    pub fn call(&self, command: Value) -> Value {
        self.call_within(command, REPLY_TIMEOUT)
    }

    /// [`Leshan::call`] with another limit, for transfers that take long.
    ///
    /// # Panics
    /// If no reply comes.
    pub fn call_within(&self, command: Value, timeout: Duration) -> Value {
        let name = command["cmd"].to_string();
        let id = self.send(command);
        self.reply(id, timeout)
            .unwrap_or_else(|| panic!("no reply to {name} in {timeout:?}\n{}", self.log()))
    }

    /// Sends a command without waiting; the answer is the number for [`Leshan::reply`]. For tests that run the client on
    /// the same thread.
    ///
    /// # Panics
    /// If the process is gone.
    pub fn send(&self, mut command: Value) -> u64 {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, next_id) = &mut *commands;
        let id = *next_id;
        *next_id += 1;
        command["id"] = id.into();
        let sent = writeln!(stdin, "{command}").and_then(|()| stdin.flush());
        assert!(sent.is_ok(), "the Leshan harness is gone; its log:\n{}", self.log());
        id
    }

    /// The reply to a command sent with [`Leshan::send`], if it comes within `timeout` (zero: only look).
    ///
    /// # Panics
    /// If the process ends meanwhile.
    pub fn reply(&self, id: u64, timeout: Duration) -> Option<Value> {
        self.shared.wait(timeout, |inbox| inbox.replies.remove(&id))
    }

    /// Takes the oldest event of this name that `wanted` accepts, and waits for it if need be. Other events stay queued.
    ///
    /// # Panics
    /// If none comes within `timeout`; the message lists the events that did.
    pub fn event(
        &self,
        name: &str,
        wanted: impl FnMut(&Value) -> bool,
        timeout: Duration,
    ) -> Value {
        self.try_event(name, wanted, timeout).unwrap_or_else(|| {
            let queued: Vec<String> =
                self.shared.inbox().events.iter().map(Value::to_string).collect();
            panic!(
                "no event {name} in {timeout:?}; queued:\n{}\nlog:\n{}",
                queued.join("\n"),
                self.log()
            )
        })
    }

    /// [`Leshan::event`] that gives `None` where that panics; with a zero `timeout` it only looks.
    ///
    /// # Panics
    /// If the process ends meanwhile.
    pub fn try_event(
        &self,
        name: &str,
        mut wanted: impl FnMut(&Value) -> bool,
        timeout: Duration,
    ) -> Option<Value> {
        self.shared.wait(timeout, |inbox| {
            let position =
                inbox.events.iter().position(|event| event["event"] == name && wanted(event))?;
            inbox.events.remove(position)
        })
    }

    /// Takes all events that are queued now, oldest first.
    pub fn take_events(&self) -> Vec<Value> {
        self.shared.inbox().events.drain(..).collect()
    }

    /// The end of what the servers logged.
    pub fn log(&self) -> String {
        self.shared.inbox().log.clone()
    }
}

impl Drop for Leshan {
    fn drop(&mut self) {
        // It may have ended by itself; nothing can be done about other errors here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(stdout: impl Read, shared: &Shared) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let mut inbox = shared.inbox();
        match serde_json::from_str::<Value>(&line) {
            Ok(value) => match value.get("reply") {
                Some(id) => {
                    inbox.replies.insert(id.as_u64().unwrap_or(0), value);
                }
                None => inbox.events.push_back(value),
            },
            Err(error) => inbox.log.push_str(&format!("not JSON ({error}): {line}\n")),
        }
        shared.changed.notify_all();
    }
    shared.inbox().ended = true;
    shared.changed.notify_all();
}

fn read_log(stderr: impl Read, shared: &Shared) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let mut inbox = shared.inbox();
        inbox.log.push_str(&line);
        inbox.log.push('\n');
        if inbox.log.len() > 2 * LOG_LIMIT {
            let from = inbox.log.len() - LOG_LIMIT;
            let from =
                inbox.log.char_indices().map(|(at, _)| at).find(|&at| at >= from).unwrap_or(0);
            inbox.log.drain(..from);
        }
    }
}

fn missing(program: &str, error: &io::Error) -> String {
    format!(
        "cannot start `{program}` ({error}): the tests against Leshan need a JDK 17 and Maven 3.8 on the PATH"
    )
}

/// The harness, built if it is absent or older than its sources.
fn jar() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/leshan");
    let jar = project.join("target/leshan-harness.jar");
    // The lock comes before the look: a jar that is just being written is not to be used.
    let _lock = BuildLock::take();
    if !is_fresh(&jar, &project) {
        let status = build(&project).unwrap_or_else(|error| panic!("{}", missing("mvn", &error)));
        assert!(status.success(), "`mvn -q -B package` in tests/leshan failed: {status}");
    }
    jar
}

fn build(project: &Path) -> io::Result<ExitStatus> {
    Command::new("mvn")
        .args(["-q", "-B", "package"])
        .current_dir(project)
        .stdin(Stdio::null())
        .status()
}

fn is_fresh(jar: &Path, project: &Path) -> bool {
    let Ok(built) = fs::metadata(jar).and_then(|data| data.modified()) else {
        return false;
    };
    newest(&project.join("src")).max(newest(&project.join("pom.xml"))) <= Some(built)
}

/// The latest change of a file, or below a directory.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let entries = fs::read_dir(path).ok()?;
        return entries.filter_map(Result::ok).filter_map(|entry| newest(&entry.path())).max();
    }
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// One build at a time, over threads and processes: a directory that only one of them can create.
struct BuildLock(PathBuf);

impl BuildLock {
    fn take() -> BuildLock {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("leshan-build.lock");
        let deadline = Instant::now() + BUILD_TIMEOUT;
        loop {
            match fs::create_dir(&path) {
                Ok(()) => return BuildLock(path),
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists
                        && Instant::now() < deadline =>
                {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!(
                    "cannot lock the build of tests/leshan ({error}); if no other test is building it, remove {}",
                    path.display()
                ),
            }
        }
    }
}

impl Drop for BuildLock {
    fn drop(&mut self) {
        // Should this fail, the next test says which directory to remove.
        let _ = fs::remove_dir(&self.0);
    }
}
