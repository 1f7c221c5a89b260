//! Hands the linker script to the linker.

fn main() {
    println!("cargo::rerun-if-changed=link.x");
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-arg-bins=-T{here}/link.x");
}
