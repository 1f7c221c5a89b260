//! The configuration that Kconfig gives.

use super::os::kconfig;
use super::shared::{Guard, Place};
use crate::api;
use crate::capacity::{KEY, setting};
use crate::carrier::{Config, EndpointName, Profile, ServerConfig, errno};
use crate::coap::Parameters;
use crate::lwm2m::Version;
use crate::modem::PdnType;
use crate::secret::Secret;
use crate::time::Duration;
use core::cell::OnceCell;
use heapless::Vec;

/// Whether a Kconfig symbol is `y`.
macro_rules! is_enabled {
    ($symbol:literal) => {
        option_env!(concat!("CARRIER_", $symbol)).is_some()
    };
}
pub(super) use is_enabled;

/// A number from Kconfig; `-1` is `None`.
const fn number(text: Option<&str>, default: usize) -> Option<usize> {
    match text {
        Some(text) if matches!(text.as_bytes(), [b'-', ..]) => None,
        text => Some(setting(text, default)),
    }
}

/// `session_idle_timeout` in seconds as the C API and Kconfig tell it: -1 never, 0 the default.
pub(crate) fn idle_timeout(seconds: i32) -> Option<Duration> {
    match seconds {
        0 => Some(Duration::from_secs(60)),
        seconds => u64::try_from(seconds).ok().map(Duration::from_secs),
    }
}

/// `coap_con_interval` in seconds, likewise: -1 each notification, 0 the default.
pub(crate) fn confirm_interval(seconds: i32) -> Duration {
    match seconds {
        0 => Duration::from_secs(86400),
        seconds => Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
    }
}

/// The bytes of `CONFIG_CARRIER_PSK`, once they were wanted.
static PSK: Place<OnceCell<Vec<u8, KEY>>> = Place::new(OnceCell::new());

/// The key of the first server, as Kconfig has it; empty when it has none.
fn psk(_: &Guard) -> Result<&'static [u8], i32> {
    // SAFETY: the lock is held. The cell gives shared references only.
    let psk: &'static OnceCell<_> = unsafe { PSK.peek() };
    if psk.get().is_none() && !kconfig::psk().is_empty() {
        let mut bytes = [0; KEY];
        let len = api::decode_key(kconfig::psk(), &mut bytes)?;
        let _ =
            psk.set(bytes.get(..len).and_then(|key| Vec::from_slice(key).ok()).unwrap_or_default());
    }
    Ok(psk.get().map_or(&[], Vec::as_slice))
}

/// What Kconfig says.
///
/// # Errors
/// `EINVAL`: `CONFIG_CARRIER_PSK` has no identity, or is not hexadecimal.
pub(super) fn from_kconfig(guard: &Guard) -> Result<Config<'static>, i32> {
    const LIFETIME: usize = setting(option_env!("CARRIER_SERVER_LIFETIME"), 3600);
    const HOLD_OFF: usize = setting(option_env!("CARRIER_CLIENT_HOLD_OFF"), 0);
    const TAG: usize = setting(option_env!("CARRIER_SECURITY_TAG"), 25);
    const ACK_TIMEOUT: usize = setting(option_env!("CARRIER_ACK_TIMEOUT_MS"), 2000);
    const IDLE: Option<usize> = number(option_env!("CARRIER_SESSION_IDLE_TIMEOUT"), 60);
    const CONFIRM: Option<usize> = number(option_env!("CARRIER_COAP_CON_INTERVAL"), 86400);

    let uri = kconfig::server_uri();
    let credentials = match (kconfig::psk_identity().as_bytes(), psk(guard)?) {
        (_, []) => None,
        ([], _) => return Err(errno::EINVAL),
        credentials => Some(Secret::new(credentials)),
    };
    let server = (!uri.is_empty()).then_some(ServerConfig {
        uri,
        bootstrap: is_enabled!("IS_BOOTSTRAP_SERVER"),
        credentials,
        lifetime: LIFETIME as u32,
        hold_off: HOLD_OFF as u32,
    });
    let endpoint = match kconfig::endpoint_name() {
        "" if is_enabled!("ENDPOINT_IMEI_MSISDN") => EndpointName::ImeiMsisdn,
        "" => EndpointName::Imei,
        name => EndpointName::Custom(name),
    };
    let transmission = Parameters {
        ack_timeout: Duration::from_millis(ACK_TIMEOUT as u64),
        ..Parameters::DEFAULT
    };
    Ok(Config {
        profile: Profile { transmission, ..Profile::GENERIC },
        server,
        security_tag: TAG as u32,
        endpoint,
        apn: kconfig::apn(),
        pdn_type: match (is_enabled!("PDN_IPV4"), is_enabled!("PDN_IPV6")) {
            (true, _) => PdnType::Ipv4,
            (_, true) => PdnType::Ipv6,
            _ => PdnType::Ipv4v6,
        },
        version: match (is_enabled!("LWM2M_1_0"), is_enabled!("LWM2M_1_2")) {
            (true, _) => Version::V1_0,
            (_, true) => Version::V1_2,
            _ => Version::V1_1,
        },
        queue_mode: is_enabled!("QUEUE_MODE"),
        session_idle_timeout: IDLE.and_then(|seconds| idle_timeout(seconds as i32)),
        confirm_interval: CONFIRM.map_or(Duration::ZERO, |s| confirm_interval(s as i32)),
        manufacturer: kconfig::manufacturer(),
        model_number: kconfig::model_number(),
        device_type: kconfig::device_type(),
        hardware_version: kconfig::hardware_version(),
        software_version: kconfig::software_version(),
    })
}
