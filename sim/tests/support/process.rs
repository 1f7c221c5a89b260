//! The program as a process that is driven by lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything takes that a test waits for; a DTLS handshake may take 10 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. It is killed at the end.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    /// Starts the program.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lwm2m-carrier"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { input: child.stdin.take(), child, lines }
    }

    fn line(&mut self) -> Result<String, ()> {
        self.lines.recv_timeout(PATIENCE).map_err(drop)
    }

    /// All lines up to the first that contains `text`.
    pub fn lines_until(&mut self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.line() {
                Ok(line) => {
                    let found = line.contains(text);
                    lines.push(line);
                    if found {
                        return lines;
                    }
                }
                Err(()) => panic!("no `{text}` in {lines:#?}"),
            }
        }
    }

    /// The next line that contains `text`.
    pub fn until(&mut self, text: &str) -> String {
        self.lines_until(text).pop().unwrap()
    }

    /// Gives a command: its answer, all lines of it but without what happened meanwhile.
    pub fn ask(&mut self, command: &str) -> Vec<String> {
        writeln!(self.input.as_mut().unwrap(), "{command}").unwrap();
        let mut lines = Vec::new();
        loop {
            match self.line() {
                Ok(line) => {
                    let over = line.starts_with("OK") || line.starts_with("ERROR");
                    // Lines of things that happen begin with a time.
                    if !line.starts_with(|c: char| c.is_ascii_digit()) {
                        lines.push(line);
                    }
                    if over {
                        return lines;
                    }
                }
                Err(()) => panic!("no answer to `{command}`: {lines:#?}"),
            }
        }
    }

    /// Ends standard input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Asks the process to end, as the system does.
    #[cfg(unix)]
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// How it ended.
    pub fn status(&mut self) -> Option<i32> {
        // Its output ends when it does.
        while self.line().is_ok() {}
        self.child.wait().unwrap().code()
    }

    /// What it said on standard error, after it ended.
    pub fn errors(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command `server` on free ports.
pub struct Servers {
    process: Process,
    /// URI of the bootstrap server.
    pub bootstrap: String,
    /// URI of the management server.
    pub management: String,
}

impl Servers {
    /// Starts it with further arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let line = ["server", "--port", "0", "--bootstrap-port", "0"];
        let mut process = Process::start(&[&line[..], arguments].concat());
        let mut uri = |role| {
            let line = process.until(&format!("LISTENING {role} "));
            line.rsplit(' ').next().unwrap().to_owned()
        };
        let (bootstrap, management) = (uri("bootstrap"), uri("management"));
        Self { process, bootstrap, management }
    }
}

impl Deref for Servers {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Servers {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// A folder that is gone at the end.
pub struct Folder(PathBuf);

impl Folder {
    /// A folder of its own for each test.
    pub fn new(name: &str) -> Self {
        let name = format!("lwm2m-carrier-device-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
