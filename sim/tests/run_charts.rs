//! The command `charts`, as a user runs it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use lwm2m_carrier_sim::chart::{Contract, compare, parse};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lwm2m-carrier")).args(arguments).output().unwrap()
}

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("lwm2m-carrier-charts-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn all_three_charts_are_as_the_contract_says() {
    let folder = Folder::new("all");
    let output = run(&["charts", "--ascii", "--msc", folder.0.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for contract in Contract::ALL {
        let steps = match compare(&contract.chart().unwrap(), &contract.chart().unwrap()) {
            lwm2m_carrier_sim::chart::Verdict::Equal { steps } => steps,
            differs => panic!("{differs}"),
        };
        let name = contract.name();
        let verdict = format!("{name}: as the chart says, all {steps} steps in order");
        assert!(text.contains(&verdict), "{verdict}\n{text}");

        // What was written is a chart of its own, and the contract's.
        let source = fs::read_to_string(folder.0.join(name).with_extension("msc")).unwrap();
        let run = parse(&source).unwrap();
        assert!(compare(&contract.chart().unwrap(), &run).is_equal(), "{source}");
        assert!(source.contains("[label=\"LWM2M_CARRIER_EVENT_CONNECTED\"]"), "{source}");
    }
    assert!(text.contains("Update Result 1, modem runs sim91_1.1.0"), "{text}");
    assert!(!text.contains('\x1b'), "no colours in a file");
}

#[test]
fn one_chart_alone_needs_no_other() {
    for contract in Contract::ALL {
        let output = run(&["--only", contract.name(), "--ascii"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert_eq!(text.matches("as the chart says").count(), 1, "{text}");
        assert!(text.contains(&format!("{}: as the chart says", contract.name())), "{text}");
    }
}

#[test]
fn a_log_goes_to_standard_error_and_shows_no_key() {
    let output = run(&["charts", "--only", "bootstrap", "-vvv"]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("BOOTSTRAPPED"), "{log}");
    assert!(!log.contains("lwm2m-carrier-charts"), "the identity of the key: {log}");
}

#[test]
fn a_folder_that_cannot_be_made_is_status_5() {
    let output = run(&["--only", "initialization", "--msc", "/dev/null/charts"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: /dev/null/charts"));
}
