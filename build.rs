//! Passes the application's Kconfig values on to the library.
//!
//! Zephyr's build names its configuration file in `DOTCONFIG`. Without it (on a PC) the library has its
//! defaults.

use std::env;
use std::fs;

/// The prefix of the module's symbols in a configuration file.
const PREFIX: &str = "CONFIG_CARRIER_";

/// What can be compiled in, by names of Kconfig without the prefix.
const MODEMS: [&str; 3] = ["modem_nrf91", "modem_simulated", "modem_uart"];

/// Features that Kconfig adds, and its symbols without the prefix.
const FEATURES: [(&str, &str); 34] = [
    ("OBJECT_ACCESS_CONTROL", "access-control"),
    ("OBJECT_CONNECTIVITY", "connectivity"),
    ("OBJECT_FIRMWARE", "firmware"),
    ("OBJECT_LOCATION", "location"),
    ("OBJECT_CONNECTIVITY_STATISTICS", "connectivity-statistics"),
    ("OBJECT_CONNECTIVITY_STATISTICS", "modem-statistics"),
    ("OBJECT_CONNECTIVITY_STATISTICS", "modem-settings"),
    ("OBJECT_CELLULAR", "cellular"),
    ("OBJECT_CELLULAR", "power-saving"),
    ("OBJECT_CELLULAR", "modem-settings"),
    ("OBJECT_APN_PROFILES", "apn-profiles"),
    ("OBJECT_APN_PROFILES", "pdn-contexts"),
    ("OBJECT_APN_PROFILES", "modem-settings"),
    ("OBJECT_PORTFOLIO", "portfolio"),
    ("OBJECT_BINARY_APP_DATA", "binary-app-data"),
    ("OBJECT_EVENT_LOG", "event-log"),
    ("OBJECT_APP_DATA", "app-data"),
    ("FORMAT_LWM2M_CBOR", "lwm2m-cbor"),
    ("COMPOSITE", "composite"),
    ("BOOTSTRAP_PACK", "bootstrap-pack"),
    ("OBSERVE", "observe"),
    ("ATTRIBUTES", "attributes"),
    ("DISCOVER", "discover"),
    ("SEND", "send"),
    ("FRESH", "fresh"),
    ("FLOAT", "float"),
    ("CREATE", "create"),
    ("BLOCK_WISE", "block-wise"),
    ("BASE64", "base64"),
    ("QUEUE", "queue-mode"),
    ("FORMAT_CBOR", "cbor"),
    ("FORMAT_SENML_JSON", "senml-json"),
    ("MODEM_NRF91", "key-digest"),
    ("SMARTCARD", "smartcard"),
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DOTCONFIG");
    for modem in MODEMS {
        println!("cargo:rustc-check-cfg=cfg(carrier_{modem})");
    }
    if env::var_os("CARGO_FEATURE_ZEPHYR").is_none() {
        return;
    }
    let Ok(path) = env::var("DOTCONFIG") else {
        panic!(
            "the feature `zephyr` of lwm2m-carrier is for Zephyr's build, which names its \
             configuration in the environment variable DOTCONFIG"
        );
    };
    println!("cargo:rerun-if-changed={path}");
    let config = match fs::read_to_string(&path) {
        Ok(config) => config,
        Err(error) => panic!("DOTCONFIG names {path}, which cannot be read: {error}"),
    };
    assert!(
        config.lines().any(|line| line == "CONFIG_CARRIER=y"),
        "the application uses lwm2m-carrier with the feature `zephyr`, but {path} has no \
         CONFIG_CARRIER=y: enable it in prj.conf"
    );
    assert!(
        !config.lines().any(|line| line == "CONFIG_CARRIER_MODEM_NRF91=y")
            || env::var_os("CARGO_FEATURE_NRF_MODEM").is_some(),
        "CONFIG_CARRIER_MODEM_NRF91 needs the feature `nrf9160` or `nrf9120` of lwm2m-carrier: add it in \
         the application's Cargo.toml"
    );
    for line in config.lines() {
        // Numbers and truth values; texts come from the shim.
        if let Some((name, value)) = line.strip_prefix(PREFIX).and_then(|line| line.split_once('='))
            && !value.starts_with('"')
        {
            println!("cargo:rustc-env=CARRIER_{name}={value}");
            for (_, feature) in FEATURES.iter().filter(|(symbol, _)| *symbol == name) {
                // Known as a feature of this package, so that no application need name it.
                println!("cargo:rustc-cfg=feature=\"{feature}\"");
            }
            let name = name.to_lowercase();
            if value == "y" && MODEMS.contains(&name.as_str()) {
                println!("cargo:rustc-cfg=carrier_{name}");
            }
        }
    }
}
