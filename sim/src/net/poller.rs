//! Waiting for whichever comes first: a readable socket, a line on standard input, a signal, a
//! deadline.

use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use lwm2m_carrier::time::Instant;
use mio::{Events, Interest, Poll, Token, Waker};

use super::now;

/// Wakes the thread that waits; what for is in the channel.
const WAKE: Token = Token(0);
/// Any socket: there are few, so whoever wakes up looks at all of them.
const SOCKET: Token = Token(1);

/// Something that did not come over a socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// A line of standard input, without its line break.
    Line(String),
    /// Standard input ended.
    EndOfInput,
    /// The system or the user asks the process to end (SIGTERM, SIGINT, SIGHUP, Ctrl-C).
    Terminate,
}

/// The one place where the thread sleeps.
#[derive(Debug)]
pub struct Poller {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    sender: Sender<Said>,
    said: Receiver<Said>,
}

impl Poller {
    /// A poller that waits for nothing yet.
    ///
    /// # Errors
    /// The system has no more handles.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (sender, said) = channel();
        Ok(Self { poll, events: Events::with_capacity(64), waker, sender, said })
    }

    /// From now on lines of standard input wake the poller up. Called once.
    ///
    /// # Errors
    /// The reading thread could not be started.
    pub fn watch_stdin(&self) -> io::Result<()> {
        self.watch(io::BufReader::new(io::stdin()))
    }

    /// As [`watch_stdin`](Self::watch_stdin), for any source of lines.
    ///
    /// # Errors
    /// The reading thread could not be started.
    pub fn watch(&self, mut source: impl BufRead + Send + 'static) -> io::Result<()> {
        let (sender, waker) = (self.sender.clone(), Arc::clone(&self.waker));
        // The thread is never joined: a blocked read of standard input cannot be interrupted.
        std::thread::Builder::new().name("input".into()).spawn(move || {
            let mut line = Vec::new();
            loop {
                line.clear();
                let said = match source.read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => Said::EndOfInput,
                    Ok(_) => {
                        let text = String::from_utf8_lossy(&line);
                        Said::Line(text.trim_end_matches(['\r', '\n']).to_owned())
                    }
                };
                let end = said == Said::EndOfInput;
                if sender.send(said).is_err() || waker.wake().is_err() || end {
                    return;
                }
            }
        })?;
        Ok(())
    }

    /// From now on a request to end the process wakes the poller up instead of ending it. Called
    /// once in a process.
    ///
    /// # Errors
    /// The system refuses, or it was called before.
    pub fn watch_signals(&self) -> io::Result<()> {
        let (sender, waker) = (self.sender.clone(), Arc::clone(&self.waker));
        ctrlc::set_handler(move || {
            // Nobody listens any more once the poller is gone; the process is ending then.
            let _ = sender.send(Said::Terminate);
            let _ = waker.wake();
        })
        .map_err(io::Error::other)
    }

    /// Sleeps until something happens or `deadline` has come (`None`: until something happens).
    ///
    /// # Errors
    /// The system cannot wait; nothing will work any more.
    pub fn wait(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let timeout = deadline.map(|at| Duration::from_millis(at.since(now()).as_millis()));
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    /// What came in besides datagrams; `None` when there is nothing more.
    pub fn said(&self) -> Option<Said> {
        self.said.try_recv().ok()
    }

    /// Lets incoming datagrams of `socket` wake the poller up, until the socket is dropped.
    pub(super) fn register(&self, socket: &mut mio::net::UdpSocket) -> io::Result<()> {
        self.poll.registry().register(socket, SOCKET, Interest::READABLE)
    }

    /// A handle to register further sockets with later.
    pub(super) fn registry(&self) -> io::Result<Registry> {
        self.poll.registry().try_clone().map(Registry)
    }
}

/// The poller's registering half.
#[derive(Debug)]
pub(super) struct Registry(mio::Registry);

impl Registry {
    /// Another handle.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// As [`Poller::register`].
    pub(super) fn register(&self, socket: &mut mio::net::UdpSocket) -> io::Result<()> {
        self.0.register(socket, SOCKET, Interest::READABLE)
    }
}
