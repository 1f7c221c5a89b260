//! A byte stream in memory with two ends, as a UART between host and modem would be.

use embedded_io::{ErrorType, Read, ReadReady, Write};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Queue = Arc<Mutex<VecDeque<u8>>>;

/// One end. Clones are the same end.
#[derive(Clone)]
pub struct Pipe {
    input: Queue,
    output: Queue,
}

impl Pipe {
    /// Two ends that are connected.
    pub fn pair() -> (Self, Self) {
        let (one, other) = (Queue::default(), Queue::default());
        let end = Self { input: one.clone(), output: other.clone() };
        let far = Self { input: other, output: one };
        (end, far)
    }

    fn lock(queue: &Queue) -> MutexGuard<'_, VecDeque<u8>> {
        queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        Self::lock(&self.input).is_empty()
    }

    /// Takes everything there is to read.
    pub fn take(&mut self) -> Vec<u8> {
        Self::lock(&self.input).drain(..).collect()
    }
}

impl std::fmt::Debug for Pipe {
    /// Without the bytes: identities and keys pass here.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}

impl ErrorType for Pipe {
    type Error = Infallible;
}

impl Read for Pipe {
    /// Does not block: 0 bytes when nothing is there.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let mut queue = Self::lock(&self.input);
        let count = buffer.len().min(queue.len());
        for (slot, byte) in buffer.iter_mut().zip(queue.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }
}

impl ReadReady for Pipe {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.is_empty())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Self::lock(&self.output).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
