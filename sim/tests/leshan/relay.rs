//! A relay between a device and a server that keeps what it passes on: Leshan tells nothing of Reset, and nothing of what
//! did not come.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Passed {
    /// From the device.
    up: Vec<Vec<u8>>,
    /// From the server.
    down: Vec<Vec<u8>>,
    device: Option<SocketAddr>,
}

/// A relay for one device. Its threads end with the test program.
pub struct Relay {
    /// Where the device finds it.
    pub port: u16,
    passed: Arc<Mutex<Passed>>,
}

impl Relay {
    /// A relay to this port.
    pub fn to(server: u16) -> Self {
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        back.connect((Ipv4Addr::LOCALHOST, server)).expect("loopback");
        let port = front.local_addr().expect("bound").port();
        let passed = Arc::new(Mutex::new(Passed::default()));
        let (to_device, from_server) = (front.try_clone(), back.try_clone());
        let (to_device, from_server) =
            (to_device.expect("a socket"), from_server.expect("a socket"));
        let seen = Arc::clone(&passed);
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, device)) = front.recv_from(&mut buffer) {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.device = Some(device);
                seen.up.push(buffer[..length].to_vec());
                // A server that is gone is the test's affair.
                let _ = back.send(&buffer[..length]);
            }
        });
        let seen = Arc::clone(&passed);
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok(length) = from_server.recv(&mut buffer) {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.down.push(buffer[..length].to_vec());
                if let Some(device) = seen.device {
                    let _ = to_device.send_to(&buffer[..length], device);
                }
            }
        });
        Self { port, passed }
    }

    /// How many datagrams went up to the server, and down to the device.
    pub fn count(&self) -> (usize, usize) {
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        (passed.up.len(), passed.down.len())
    }

    /// Waits for this many datagrams each way; gives the last ones.
    pub fn last(&self, up: usize, down: usize) -> (Vec<u8>, Vec<u8>) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.count().0 < up || self.count().1 < down {
            assert!(Instant::now() < deadline, "{:?}, not {:?}", self.count(), (up, down));
            thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(self.count(), (up, down));
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        (passed.up[up - 1].clone(), passed.down[down - 1].clone())
    }
}
