//! What every test begins with: one Leshan for all of them, and a device of its own, over plain UDP or DTLS.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::device::Device;
use crate::leshan::Leshan;

/// How long anything may take that happens at once.
pub const SOON: Duration = Duration::from_secs(10);
/// The lifetime that devices register with.
pub const LIFETIME: u32 = 300;
/// Content-Formats.
pub const TEXT: u32 = 0;
pub const LINK: u32 = 40;
pub const OPAQUE: u32 = 42;
pub const CBOR: u32 = 60;
pub const SENML_JSON: u32 = 110;
pub const SENML_CBOR: u32 = 112;
pub const TLV: u32 = 11542;

/// How long a device in queue mode counts as awake.
pub const AWAKE: Duration = Duration::from_millis(1500);

/// The servers of all tests. A test knows its device by the endpoint name, which no other has. The process ends with
/// the test program, when its standard input closes.
pub static LESHAN: LazyLock<Leshan> = LazyLock::new(|| {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/leshan/models");
    Leshan::start(&["--awake-ms", "1500", "--models", models])
});

/// Bytes as the harness takes and gives them.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a device reaches the servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// Plain UDP.
    NoSec,
    /// DTLS with a pre-shared key.
    Psk,
}

/// The key of a device, and its identity.
pub const KEY: &str = "000102030405060708090a0b0c0d0e0f";
pub fn identity(endpoint: &str) -> String {
    format!("{endpoint}-id")
}

/// Each function as two tests: over plain UDP and over DTLS.
macro_rules! over_both {
    ($($name:ident),* $(,)?) => {
        mod over_udp { $(#[test] fn $name() { super::$name($crate::bench::Link::NoSec); })* }
        mod over_dtls { $(#[test] fn $name() { super::$name($crate::bench::Link::Psk); })* }
    };
}
pub(crate) use over_both;

/// A device, and the servers' look at it.
pub struct Bench<'l> {
    pub leshan: &'l Leshan,
    pub endpoint: String,
    pub device: Device,
    /// What the last event `registered` said.
    pub registered: Value,
}

impl Bench<'static> {
    /// A device that has registered, without bootstrap.
    pub fn new(link: Link, name: &str) -> Self {
        Self::with(link, name, &[])
    }

    /// The same with further arguments.
    pub fn with(link: Link, name: &str, arguments: &[&str]) -> Self {
        Self::at(&LESHAN, link, name, arguments)
    }
}

impl<'l> Bench<'l> {
    /// A device that has registered with servers of the test's own.
    pub fn at(leshan: &'l Leshan, link: Link, name: &str, arguments: &[&str]) -> Self {
        let port = match link {
            Link::NoSec => leshan.ports.dm_coap,
            Link::Psk => leshan.ports.dm_coaps,
        };
        Self::through(leshan, port, link, name, arguments)
    }

    /// A device that finds its server at another port.
    pub fn through(
        leshan: &'l Leshan,
        port: u16,
        link: Link,
        name: &str,
        arguments: &[&str],
    ) -> Self {
        let endpoint = format!("{name}-{link:?}");
        let scheme = if link == Link::Psk { "coaps" } else { "coap" };
        let uri = format!("{scheme}://127.0.0.1:{port}");
        let lifetime = LIFETIME.to_string();
        let mut all = vec!["--server", &uri, "--endpoint", &endpoint, "--lifetime", &lifetime];
        let identity = identity(&endpoint);
        if link == Link::Psk {
            add_psk(leshan, &endpoint, "dm");
            all.extend(["--identity", &identity, "--psk", KEY]);
        }
        all.extend(arguments);
        let device = Device::start(&all);
        let mut bench = Self { leshan, endpoint, device, registered: Value::Null };
        bench.await_registered();
        bench
    }

    /// Waits until the device has registered (again).
    pub fn await_registered(&mut self) {
        self.registered = self.event("registered");
        self.device.event("REGISTERED", SOON);
    }

    /// The next event of the device with this name.
    pub fn event(&self, name: &str) -> Value {
        self.event_where(name, |_| true)
    }

    /// The next event of the device with this name that `wanted` takes.
    pub fn event_where(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let ours = |event: &Value| event["endpoint"] == self.endpoint.as_str() && wanted(event);
        self.leshan.event(name, ours, SOON)
    }

    /// Whether no such event is there.
    pub fn no_event(&self, name: &str) -> bool {
        self.no_event_within(name, Duration::ZERO)
    }

    /// Whether no such event comes within this time.
    pub fn no_event_within(&self, name: &str, time: Duration) -> bool {
        let ours = |event: &Value| event["endpoint"] == self.endpoint.as_str();
        self.leshan.try_event(name, ours, time).is_none()
    }

    /// A command of the harness for this device: `call("read", json!({"path": "/3/0"}))`.
    pub fn call(&self, command: &str, members: Value) -> Value {
        let mut whole = members;
        whole["cmd"] = command.into();
        whole["endpoint"] = self.endpoint.as_str().into();
        if whole.get("timeout_ms").is_none() {
            whole["timeout_ms"] = 10_000.into();
        }
        self.leshan.call(whole)
    }

    /// Executes something after which the device de-registers at once: if Leshan handles that first, it takes the
    /// request for cancelled, though its answer came before.
    pub fn execute_and_leave(&self, path: &str) {
        let reply = self.call("execute", json!({ "path": path }));
        let overtaken = reply["error"] == "RequestCanceledException";
        assert!(overtaken || reply["code"] == "2.04", "{path}: {reply}");
    }

    /// A command whose answer must have this code.
    pub fn expect(&self, code: &str, command: &str, members: Value) -> Value {
        let told = members.to_string();
        let reply = self.call(command, members);
        assert!(reply.get("error").is_none(), "{command} {told}: {reply}");
        assert_eq!(reply["code"], code, "{command} {told}: {reply}");
        assert_eq!(reply["coap_type"], "ACK", "{command} {told}: {reply}");
        reply
    }

    /// Reads a path in a format; gives the values.
    pub fn read(&self, path: &str, format: u32) -> Value {
        let reply = self.expect("2.05", "read", json!({ "path": path, "format": format }));
        assert_eq!(reply["content_format"], format, "{path}: {reply}");
        reply["values"].clone()
    }

    /// The single value at a path, read in text.
    pub fn value(&self, path: &str) -> Value {
        self.read(path, TEXT)[path].clone()
    }
}

/// Lets a device in, with the key of all tests.
pub fn add_psk(leshan: &Leshan, endpoint: &str, server: &str) {
    let reply = leshan.call(json!({
        "cmd": "add_psk", "endpoint": endpoint, "identity": identity(endpoint), "key": KEY, "server": server
    }));
    assert_eq!(reply.get("error"), None);
}
