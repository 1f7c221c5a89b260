//! `tests/CONFORMANCE.md` and the tests here say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The test ids of the OMA Enabler Test Specifications for LwM2M 1.0 and 1.1 and the objects of
/// cellular devices.
const IDS: &[u16] = &[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 101, 102, 103, 104, 105, 106, 107, 108, 109, 201, 203, 204, 205,
    211, 212, 215, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235,
    236, 237, 241, 256, 257, 260, 261, 280, 281, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310,
    311, 401, 402, 403, 651, 652, 680, 685, 701, 710, 751, 755, 756, 760, 770, 771, 772, 773, 774,
    775, 776, 777, 778, 779, 780, 801, 810, 901, 905, 910, 950, 951, 1200, 1201, 1202, 1203, 1204,
    1250, 1350, 1630, 1635, 1900, 1901, 2000, 2001,
];

/// A row: what it says, and the tests that it names.
struct Row {
    says: String,
    tests: Vec<String>,
}

fn rows() -> BTreeMap<u16, Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/CONFORMANCE.md");
    let table = fs::read_to_string(path).expect("tests/CONFORMANCE.md");
    let mut rows = BTreeMap::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (Ok(id), [_, says, tests]) = (cells[0].parse(), &cells[..]) else { continue };
        let tests = tests.split('`').skip(1).step_by(2).map(String::from).collect();
        let row = Row { says: says.to_string(), tests };
        assert!(rows.insert(id, row).is_none(), "two rows for {id}");
    }
    rows
}

/// The tests in this directory, and whether each is ignored.
fn tests() -> BTreeMap<String, bool> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut tests = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("the sources") {
        let source = fs::read_to_string(entry.expect("a file").path()).expect("a source");
        for part in source.split("#[test]\n").skip(1) {
            let Some((attributes, rest)) = part.split_once("fn ") else { continue };
            let Some((name, _)) = rest.split_once('(') else { continue };
            let ignored = attributes.contains("#[ignore");
            assert!(tests.insert(name.to_string(), ignored).is_none(), "two tests called {name}");
        }
    }
    tests
}

/// The id in a test's name.
fn id(test: &str) -> Option<u16> {
    let rest = test.strip_prefix("lightweightm2m_1_")?;
    let (_, rest) = rest.split_once("_int_")?;
    rest.split('_').next()?.parse().ok()
}

#[test]
fn every_id_has_a_row_and_no_other_number_has() {
    let listed: BTreeSet<u16> = rows().into_keys().collect();
    assert_eq!(listed, IDS.iter().copied().collect());
}

#[test]
fn every_test_that_a_row_names_is_there_and_bears_its_id() {
    let tests = tests();
    for (row, Row { says, tests: named }) in rows() {
        for test in &named {
            let ignored = tests.get(test).unwrap_or_else(|| panic!("{row}: no test {test}"));
            assert!(!ignored || says.contains("ignored"), "{row} does not say that it is ignored");
        }
        let own = named.iter().any(|test| id(test) == Some(row));
        let later = says.starts_with("later: ") || says.starts_with("does not apply: ");
        assert!(own != later, "{row} is tested or has a reason why not");
        assert!(own == says.starts_with("held"), "{row}");
    }
}

#[test]
fn every_test_with_an_id_is_named_in_the_row_of_its_id() {
    let (rows, tests) = (rows(), tests());
    let mut count = 0;
    for test in tests.keys() {
        let Some(id) = id(test) else { continue };
        let row = rows.get(&id).unwrap_or_else(|| panic!("no row for {test}"));
        assert!(row.tests.contains(test), "row {id} does not name {test}");
        count += 1;
    }
    assert!(count > 50, "the tests were found");
}
