//! Whatever a modem says.

use crate::bench::{Bench, DELETE, FIND, PSK};
use lwm2m_carrier::modem::{Command, FunctionalMode, KeyKind, Technology};
use lwm2m_carrier::secret::Secret;
use proptest::prelude::*;

const SEARCH: Command<'_> =
    Command::SearchKeys { first: 0, kind: KeyKind::Psk, value: Secret::new(&[1]) };

fn commands() -> impl Strategy<Value = Command<'static>> {
    prop::sample::select(vec![
        Command::Initialise,
        Command::SetFunctionalMode(FunctionalMode::Normal),
        Command::SetFunctionalMode(FunctionalMode::PowerOff),
        Command::ReadSim,
        Command::ReadAddress,
        Command::ReadSignal,
        Command::ReadClock,
        FIND,
        PSK,
        DELETE,
        Command::BeginUpdate,
        Command::ReadFunctionalMode,
        Command::ReadPdn,
        SEARCH,
        Command::ReadSystemMode,
        Command::NewContext,
        Command::ReadPdnId(1),
        Command::SetContext { context: 1, active: true },
        Command::SetEdrx { technology: Technology::NbIot, cycle: Some(3) },
        Command::SetPowerSaving(None),
        Command::ReadMonitor,
        Command::ReadStatistics,
        Command::ReadSmartcard,
    ])
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "OK",
        "ERROR",
        "+CME ERROR: ",
        "Ready",
        "+CEREG: ",
        "+CGEV: ME PDN ACT ",
        "+CNEC_ESM: ",
        "%CESQ: ",
        "%XTIME: ",
        "+CCLK: ",
        "%CMNG: ",
        "+CGDCONT: ",
        "+CGPADDR: ",
        "+COPS: ",
        "+CESQ: ",
        "%XSIM: ",
        "%XICCID: ",
        "+CNUM: ",
        "+CGSN: ",
        "+CFUN: ",
        "+CGACT: ",
        "+CPIN: ",
        "%MDMEV: ",
        "%XSYSTEMMODE: ",
        "%XNEWCID: ",
        "%XGETPDNID: ",
        "+CEDRXP: ",
        "%XMONITOR: ",
        "%XCONNSTAT: ",
        "+CSIM: ",
        "",
    ]);
    let rest = prop_oneof![
        "[0-9,\"]{0,20}".prop_map(String::into_bytes),
        "[0-9A-F\",/:+ -]{0,300}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    (known, rest, prop::sample::select(vec!["\r\n", "\r", "\n", ""])).prop_map(
        |(known, mut rest, end)| {
            rest.splice(0..0, known.bytes());
            rest.extend(end.bytes());
            rest
        },
    )
}

proptest! {
    /// Whatever a modem says, each command ends exactly once, and only when one is in hand.
    #[test]
    fn every_command_ends_once(
        talk in prop::collection::vec((commands(), prop::collection::vec(lines(), 0..12)), 1..6),
    ) {
        let mut bench = Bench::new();
        let ends = |bench: &mut Bench| {
            let is_end = |report: &String| report == "Done" || report.starts_with("Failed");
            bench.reported().iter().filter(|report| is_end(report)).count()
        };
        for (command, lines) in talk {
            bench.modem.command(bench.now, &command).unwrap();
            for line in lines {
                bench.hear(line);
            }
            bench.wait(60);
            // A modem that started meanwhile is asked a second time.
            bench.wait(60);
            prop_assert_eq!(ends(&mut bench), 1);
            prop_assert_eq!(bench.modem.deadline(), None);
        }
        bench.hear("\r\nOK\r\n");
        prop_assert_eq!(ends(&mut bench), 0);
    }

    /// After any noise, the next whole line is understood.
    #[test]
    fn noise_does_not_last(noise in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut bench = Bench::new();
        bench.hear(noise);
        bench.hear("\r\n+CEREG: 90\r\n");
        let reports = bench.reported();
        prop_assert_eq!(reports.last().map(String::as_str), Some("Registration(SimFailure)"));
    }

    /// Cutting a stream of any lines anywhere changes nothing.
    #[test]
    fn cuts_change_nothing(
        command in commands(),
        lines in prop::collection::vec(lines(), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = lines.concat();
        let at = cut.index(bytes.len() + 1);
        let mut whole = Bench::new();
        whole.command(&command);
        whole.hear(&bytes);
        let mut pieces = Bench::new();
        pieces.command(&command);
        pieces.hear(&bytes[..at]);
        pieces.hear(&bytes[at..]);
        prop_assert_eq!(pieces.said(), whole.said());
        prop_assert_eq!(pieces.reported(), whole.reported());
    }

    /// Identities that can be said come out as they went in; the others are refused.
    #[test]
    fn identities_are_said_exactly_or_not_at_all(value in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut bench = Bench::new();
        bench.command(&Command::WriteKey {
            tag: 1,
            kind: KeyKind::Identity,
            value: Secret::new(&value),
        });
        let plain = value.iter().all(|byte| (0x20..0x7F).contains(byte) && *byte != b'"');
        if plain {
            let text = String::from_utf8(value).unwrap();
            prop_assert_eq!(bench.said(), format!("AT%CMNG=0,1,4,\"{text}\"\r\n"));
        } else {
            prop_assert_eq!(bench.said(), "");
            prop_assert_eq!(bench.reported(), ["Failed(Refused)"]);
        }
    }
}
