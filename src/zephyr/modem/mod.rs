//! The modem that Kconfig names.

#[cfg(carrier_modem_nrf91)]
mod nrf91;
#[cfg(carrier_modem_simulated)]
mod simulated;
#[cfg(carrier_modem_uart)]
mod uart;

#[cfg(carrier_modem_nrf91)]
pub(super) use nrf91::{Modem, sockets};
#[cfg(carrier_modem_simulated)]
pub(super) use simulated::Modem;
#[cfg(carrier_modem_uart)]
pub(super) use uart::Modem;
