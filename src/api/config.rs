//! The configuration as an application gives it: what deviates from Kconfig.

use super::{TEXT, fitting};
use crate::capacity;
use crate::carrier::{Config, EndpointName, ServerConfig, errno};
use crate::lwm2m::objects::Uri;
use crate::modem::PdnType;
use crate::secret::Secret;
use crate::time::Duration;

/// Bytes of an Access Point Name.
pub const APN: usize = 63;
/// Lifetime of a registration in seconds, where the base has no server.
const LIFETIME: usize = capacity::setting(option_env!("CARRIER_SERVER_LIFETIME"), 3600);
/// Client Hold Off Time in seconds, likewise.
const HOLD_OFF: usize = capacity::setting(option_env!("CARRIER_CLIENT_HOLD_OFF"), 0);

/// What deviates from Kconfig; as it is by default, nothing does. The fields are those of
/// `lwm2m_carrier_config_t`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the header documents them")]
pub struct Changes<'a> {
    pub bootstrap_uri: Option<&'a str>,
    pub server_uri: Option<&'a str>,
    /// The decoded key, see [`decode_key`].
    pub key: Option<Secret<&'a [u8]>>,
    pub identity: Option<Secret<&'a str>>,
    pub certification_mode: bool,
    pub security_tag: u32,
    pub lifetime: i32,
    pub session_idle_timeout: i32,
    pub confirm_interval: i32,
    pub pdn_type: u8,
    pub apn: Option<&'a str>,
    pub manufacturer: Option<&'a str>,
    pub model_number: Option<&'a str>,
    pub device_type: Option<&'a str>,
    pub hardware_version: Option<&'a str>,
    pub software_version: Option<&'a str>,
    pub endpoint_name: Option<Secret<&'a str>>,
}

impl<'a> Changes<'a> {
    /// The configuration that becomes of `base`.
    ///
    /// # Errors
    /// As `lwm2m_carrier_init` has them: `EINVAL`, `E2BIG`.
    pub fn apply(&self, base: Config<'a>) -> Result<Config<'a>, i32> {
        let mut config = base;
        config.server = self.server(&base)?;
        if self.security_tag != 0 {
            config.security_tag = self.security_tag;
        }
        match self.session_idle_timeout {
            0 => {}
            -1 => config.session_idle_timeout = None,
            seconds => config.session_idle_timeout = Some(duration(seconds)?),
        }
        match self.confirm_interval {
            0 => {}
            -1 => config.confirm_interval = Duration::ZERO,
            seconds @ 1..=86400 => config.confirm_interval = duration(seconds)?,
            _ => return Err(errno::EINVAL),
        }
        match self.pdn_type {
            0 => {}
            1 => config.pdn_type = PdnType::Ipv4,
            2 => config.pdn_type = PdnType::Ipv6,
            _ => return Err(errno::EINVAL),
        }
        for (field, text) in [
            (&mut config.apn, self.apn),
            (&mut config.manufacturer, self.manufacturer),
            (&mut config.model_number, self.model_number),
            (&mut config.device_type, self.device_type),
            (&mut config.hardware_version, self.hardware_version),
            (&mut config.software_version, self.software_version),
        ] {
            *field = text.unwrap_or(field);
        }
        if let Some(name) = self.endpoint_name {
            config.endpoint = EndpointName::Custom(name.expose());
        }
        check(&config)?;
        Ok(config)
    }

    fn server(&self, base: &Config<'a>) -> Result<Option<ServerConfig<'a>>, i32> {
        let server = match (self.bootstrap_uri, self.server_uri) {
            (Some(_), Some(_)) => return Err(errno::EINVAL),
            (None, None) if self.certification_mode => return Err(errno::EINVAL),
            (None, None) => base.server,
            (Some(uri), None) | (None, Some(uri)) => Some(ServerConfig {
                uri,
                bootstrap: self.bootstrap_uri.is_some(),
                credentials: base.server.and_then(|server| server.credentials),
                lifetime: base.server.map_or(LIFETIME as u32, |server| server.lifetime),
                hold_off: base.server.map_or(HOLD_OFF as u32, |server| server.hold_off),
            }),
        };
        let changed = self.key.is_some() || self.identity.is_some();
        let Some(mut server) = server else {
            // A key for no server is a mistake.
            return if changed { Err(errno::EINVAL) } else { Ok(None) };
        };
        match u32::try_from(self.lifetime) {
            Ok(0) => {}
            Ok(lifetime) => server.lifetime = lifetime,
            Err(_) => return Err(errno::EINVAL),
        }
        if changed {
            let (identity, key) = server.credentials.map(Secret::expose).unzip();
            let identity = self.identity.map(|identity| identity.expose().as_bytes()).or(identity);
            let key = self.key.map(Secret::expose).or(key);
            let (Some(identity), Some(key)) = (identity, key) else { return Err(errno::EINVAL) };
            server.credentials = Some(Secret::new((identity, key)));
        }
        Ok(Some(server))
    }
}

fn duration(seconds: i32) -> Result<Duration, i32> {
    u64::try_from(seconds).map(Duration::from_secs).map_err(|_| errno::EINVAL)
}

/// Whether a configuration can be used.
///
/// # Errors
/// `E2BIG` when a text, an identity or a key is too long; `EINVAL` for everything else.
pub fn check(config: &Config<'_>) -> Result<(), i32> {
    if let Some(server) = &config.server {
        fitting(server.uri, capacity::URI)?;
        let uri = Uri::parse(server.uri).ok_or(errno::EINVAL)?;
        match server.credentials.map(Secret::expose) {
            Some((identity, key)) => {
                if identity.len() > capacity::IDENTITY || key.len() > capacity::KEY {
                    return Err(errno::E2BIG);
                }
                if identity.is_empty() || key.is_empty() {
                    return Err(errno::EINVAL);
                }
            }
            None if uri.secure && config.security_tag == 0 => return Err(errno::EINVAL),
            None => {}
        }
        if server.lifetime == 0 && !server.bootstrap {
            return Err(errno::EINVAL);
        }
    }
    fitting(config.apn, APN)?;
    for text in [
        config.manufacturer,
        config.model_number,
        config.device_type,
        config.hardware_version,
        config.software_version,
    ] {
        fitting(text, TEXT)?;
    }
    match config.endpoint {
        EndpointName::Custom("") => Err(errno::EINVAL),
        EndpointName::Custom(name) => fitting(name, capacity::ENDPOINT).map(|_| ()),
        EndpointName::Imei | EndpointName::ImeiMsisdn => Ok(()),
    }
}

/// Decodes hexadecimal digits, of either case, into `key`; how many bytes these are.
///
/// # Errors
/// `E2BIG` when there are too many, `EINVAL` when there are none, an odd number, or others than
/// digits.
pub fn decode_key(text: &str, key: &mut [u8; capacity::KEY]) -> Result<usize, i32> {
    if text.len() > 2 * key.len() {
        return Err(errno::E2BIG);
    }
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return Err(errno::EINVAL);
    }
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = 0;
        for digit in pair {
            let digit = char::from(*digit).to_digit(16).ok_or(errno::EINVAL)?;
            *byte = *byte << 4 | digit as u8;
        }
    }
    Ok(text.len() / 2)
}
