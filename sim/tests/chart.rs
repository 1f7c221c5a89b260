//! Charts: the contract's own, the language, the verdicts, the drawing and the files.

use lwm2m_carrier::carrier::{Deferred, ErrorKind, Event};
use lwm2m_carrier::time::Instant;
use lwm2m_carrier_sim::chart::{
    Chart, Contract, Happening, Heads, Kind, Line, Live, Recorder, Shape, Style, SvgError, Verdict,
    compare, draw_svg, parse, parse_rst,
};

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn event(event: Event<'_>) -> Happening {
    Happening::event(&event)
}

/// What happens in a run as each chart wants it, with the milliseconds.
fn good(contract: Contract) -> Vec<(u64, Happening)> {
    match contract {
        Contract::Initialization => vec![
            (0, Happening::Call("lwm2m_carrier_init()".into())),
            (2, event(Event::BsdlibInit)),
            (3, event(Event::Connecting)),
            (105, event(Event::Connected)),
            (105, Happening::returned(0)),
            (106, Happening::Call("lwm2m_carrier_run()".into())),
            (107, Happening::NoReturn),
            (108, Happening::Passing),
        ],
        Contract::Bootstrap => vec![
            (0, Happening::Note("Device is not bootstrapped yet".into())),
            (1, event(Event::Disconnecting)),
            (51, event(Event::Disconnected)),
            (52, Happening::Action("Write keys to modem".into())),
            (60, event(Event::Connecting)),
            (160, event(Event::Connected)),
            (190, Happening::Remark("bootstrap server coaps://127.0.0.1:5784".into())),
            (1204, event(Event::Bootstrapped)),
            (1204, event(Event::LteReady)),
            (1288, event(Event::Registered)),
        ],
        Contract::Fota => vec![
            (0, Happening::Note("Carrier initiates modem update".into())),
            (1, event(Event::FotaStart { uri: None })),
            (2, Happening::Passing),
            (900, event(Event::Disconnecting)),
            (950, event(Event::Disconnected)),
            (1500, event(Event::Connecting)),
            (1600, event(Event::Connected)),
            (1600, event(Event::LteReady)),
            (12_700, event(Event::Registered)),
        ],
    }
}

fn recorded(happenings: &[(u64, Happening)]) -> Recorder {
    let mut recorder = Recorder::new(ms(0));
    for (at, happening) in happenings {
        recorder.record(ms(*at), happening.clone());
    }
    recorder
}

fn judge(contract: Contract, happenings: &[(u64, Happening)]) -> Verdict {
    compare(&contract.chart().unwrap(), &recorded(happenings).chart())
}

fn drawn(contract: Contract, happenings: &[(u64, Happening)], style: Style) -> String {
    let mut out = Vec::new();
    let about = (contract.name(), contract.title());
    let mut live = Live::begin(&mut out, style, ms(0), about, contract.chart().unwrap()).unwrap();
    for (at, happening) in happenings {
        live.happens(ms(*at), happening.clone()).unwrap();
    }
    live.finish().unwrap();
    String::from_utf8(out).unwrap()
}

const STYLE: Style = Style { width: 80, ascii: false, colour: false };

mod contract {
    use super::*;

    #[test]
    fn the_charts_are_read_and_are_what_the_library_promises() {
        let labels = |contract: Contract| -> Vec<String> {
            let chart = contract.chart().unwrap();
            chart.elements.iter().map(|element| element.label().to_owned()).collect()
        };
        let event = |name: &str| format!("LWM2M_CARRIER_EVENT_{name}");
        let mut expected: Vec<String> = vec!["lwm2m_carrier_init()".into()];
        expected.extend(["BSDLIB_INIT", "CONNECTING", "CONNECTED"].map(event));
        let rest = ["Success", "lwm2m_carrier_run()", "", "(no return)", ""];
        expected.extend(rest.map(String::from));
        assert_eq!(labels(Contract::Initialization), expected);
        assert_eq!(labels(Contract::Bootstrap)[1], "Device is not bootstrapped yet");
        assert_eq!(labels(Contract::Bootstrap).len(), 11);
        assert_eq!(labels(Contract::Fota).len(), 12);

        let chart = Contract::Initialization.chart().unwrap();
        assert_eq!(chart.options[0].value, "1.1");
        let kinds: Vec<Kind> = chart.elements.iter().map(|element| element.kind).collect();
        let arc = |line, from, to| Kind::Arc { line, heads: Heads::One, from, to: Some(to) };
        assert_eq!(kinds[0], arc(Line::Method, 0, 1));
        assert_eq!(kinds[1], arc(Line::Callback, 1, 0));
        assert_eq!(kinds[4], arc(Line::Return, 1, 0));
        assert_eq!(kinds[6..], [Kind::Room, arc(Line::Emphasised, 1, 1), Kind::Passing]);
        let chart = Contract::Bootstrap.chart().unwrap();
        let boxed = Kind::Box { shape: Shape::Rounded, from: 1, to: 1 };
        assert_eq!(chart.elements[5].kind, boxed);
    }

    #[test]
    fn a_chart_written_again_is_the_same_file() {
        for contract in Contract::ALL {
            let source = contract.source();
            let title = source.lines().next().unwrap().trim_start_matches("# ");
            assert_eq!(shape(&contract.chart().unwrap().to_msc(title)), shape(source));
        }
    }

    /// The text without the blanks that line up the labels.
    fn shape(text: &str) -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }
}

mod language {
    use super::*;

    fn arcs(body: &str) -> Chart {
        parse(&format!("msc {{ a, b; {body} }}")).unwrap()
    }

    #[test]
    fn every_kind_of_arc_is_read_and_written() {
        let signs = [
            "->", "<-", "=>", "<=", ">>", "<<", "=>>", "<<=", ":>", "<:", "-x", "x-", "<->", "<=>",
            "<<>>", "<<=>>", "<:>", "--", "==", "..", "::", "box", "rbox", "abox", "note",
        ];
        for sign in signs {
            let chart = arcs(&format!("a {sign} b;"));
            assert_eq!(chart.elements.len(), 1, "{sign}");
            assert_eq!(parse(&chart.to_msc("again")).unwrap(), chart, "{sign}");
        }
        // No blanks: the longest match counts.
        for tight in ["a=>>b;", "a<<=b;", "a--b;", "a..b;", "a-xb;", "a->*;", "*<-a;"] {
            let chart = arcs(tight);
            assert_eq!(parse(&chart.to_msc("")).unwrap(), chart, "{tight}");
        }
    }

    #[test]
    fn an_arrow_to_the_left_is_one_from_the_right() {
        assert_eq!(arcs("a<<=b;"), arcs("b=>>a;"));
        assert_eq!(arcs("a x- b;"), arcs("b -x a;"));
        assert_eq!(arcs("*<-a;"), arcs("a->*;"));
    }

    #[test]
    fn comments_blanks_and_quotes_are_as_mscgen_has_them() {
        let chart = parse(
            "# one\n/* two\n lines */ msc{hscale=\"2\",width=600;// three\n\"a b\",c [label=\"C \\\"x\\\"\"];\n\
             \"a b\"->c[label=\"1; [2], 3\",textcolour=red],c->\"a b\";...;---[label=x];|||;}",
        )
        .unwrap();
        assert_eq!(chart.options.len(), 2);
        assert_eq!(chart.entities[1].label(), "C \"x\"");
        assert_eq!(chart.elements[0].label(), "1; [2], 3");
        assert!(chart.elements[1].beside && !chart.elements[2].beside);
        assert_eq!(parse(&chart.to_msc("two\nlines")).unwrap(), chart);
    }

    #[test]
    fn every_directive_of_a_document_is_read() {
        let text = "Title\n#####\n\n.. msc::\n    :scale: 50\n\n    a,b;\n    a->b;\n\n\n    ...;\n\
                    text\n\n  .. msc::\n     x,y;\n  end\n";
        let charts = parse_rst(text).unwrap();
        assert_eq!(charts.len(), 2);
        assert_eq!(charts[0].elements.len(), 2);
        assert_eq!(charts[1].entities[1].name, "y");
        let error = parse_rst(&text.replace("a->b", "a->c")).unwrap_err();
        assert_eq!((error.line, error.column), (8, 8), "{error}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let table = [
            ("", "line 1, column 1: expected the name of an entity, found the end of the text"),
            ("msc { a,b", "line 1, column 10: expected `,` or `;` after an entity, found the end"),
            ("msc { a,b;\n a->b", "line 2, column 6: expected `,` or `;` after an arc, found the"),
            ("msc { a,b;\n a->c; }", "line 2, column 5: there is no entity \"c\""),
            ("msc { a,b; a b; }", "line 1, column 14: `b` is no kind of arc or box"),
            ("msc { a,b; a [label=\"x\"]; }", "expected an arc such as `->`, found `[`"),
            ("msc { a,b; a->b [label]; }", "line 1, column 23: expected `=`, found `]`"),
            ("msc { a,b; a->b [label=]; }", "expected a value, found `]`"),
            ("msc { a,b; a->b [label=x; }", "expected `,` or `]` after an attribute, found `;`"),
            ("msc { a,b; a->b [label=\"x]; }", "line 1, column 24: this string has no end"),
            ("msc { a,b; /* }", "line 1, column 12: this comment has no end (`*/`)"),
            ("msc { a,b; a -> § b; }", "line 1, column 17: `§` is not of the language"),
            ("msc { a,a; }", "line 1, column 9: the entity \"a\" is there already"),
            ("msc { a,b; * -> b; }", "`*` can only be where an arrow ends"),
            ("msc { a,b; a box *; }", "a box has an entity on both sides"),
            ("msc { a,b; a->b; } more", "expected the end of the text, found `more`"),
            ("msc { a,b; a->b; ", "expected `}`, found the end of the text"),
            ("a,b; a->b; }", "expected the end of the text, found `}`"),
            ("msc { hscale=\"1\" a,b; }", "expected `,` or `;` after an option, found `a`"),
        ];
        for (text, expected) in table {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}\n  {error}\n  {expected}");
        }
    }

    #[test]
    fn no_cut_of_a_chart_makes_the_parser_panic() {
        for contract in Contract::ALL {
            let source = contract.source();
            for end in 0..source.len() {
                let _ = parse(&source[..end]);
                let _ = parse(&source[end..]);
            }
        }
    }
}

mod random {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Pieces of the language in any order, and any characters between them.
        #[test]
        fn a_soup_of_words_is_read_or_refused_and_what_is_read_is_written_the_same(
            words in prop::collection::vec(
                prop_oneof![
                    8 => prop::sample::select(vec![
                        "msc", "{", "}", "a", "b", "\"c d\"", ",", ";", "->", "<<=", ":>", "x-",
                        "-x", "..", "...", "---", "|||", "*", "box", "note", "[", "]", "=", "label",
                        "\"", "\\", "#", "//", "/*", "*/", "\n", "\u{e9}",
                    ]).prop_map(String::from),
                    1 => ".{0,3}",
                ],
                0..40,
            ),
            wrapped: bool,
        ) {
            let body = words.join(" ");
            let text = if wrapped { format!("msc {{ a,b,\"c d\"; {body} }}") } else { body };
            if let Ok(chart) = parse(&text) {
                prop_assert_eq!(parse(&chart.to_msc("again")).unwrap(), chart);
            }
            let _ = parse_rst(&text);
        }
    }
}

mod verdict {
    use super::*;

    fn differs(contract: Contract, happenings: &[(u64, Happening)], says: &str) {
        let verdict = judge(contract, happenings);
        assert!(!verdict.is_equal());
        let text = verdict.to_string();
        assert!(text.contains(says), "{text}\n{says}");
    }

    #[test]
    fn a_run_as_the_chart_says_is_equal() {
        let steps = [7, 9, 8];
        for (contract, steps) in Contract::ALL.into_iter().zip(steps) {
            assert_eq!(judge(contract, &good(contract)), Verdict::Equal { steps });
        }
    }

    #[test]
    fn every_step_is_needed_and_in_order() {
        for contract in Contract::ALL {
            let run = good(contract);
            for index in 0..run.len() {
                if matches!(run[index].1, Happening::Passing | Happening::Remark(_)) {
                    continue;
                }
                let mut less = run.clone();
                less.remove(index);
                assert!(!judge(contract, &less).is_equal(), "{contract:?} without {index}");
            }
            for index in 1..run.len() {
                let mut swapped = run.clone();
                swapped.swap(index - 1, index);
                let element = |it: &Happening| it.element().filter(|it| it.kind != Kind::Passing);
                let free = element(&run[index].1).is_none() || element(&run[index - 1].1).is_none();
                assert_eq!(judge(contract, &swapped).is_equal(), free, "{contract:?} {index}");
            }
        }
    }

    #[test]
    fn the_first_difference_is_named() {
        let mut run = good(Contract::Bootstrap);
        run.insert(1, (1, event(Event::Deferred { reason: Deferred::NoReason, seconds: 60 })));
        differs(
            Contract::Bootstrap,
            &run,
            "differs at step 2: expected the event LWM2M_CARRIER_EVENT_DISCONNECTING, \
             happened the event LWM2M_CARRIER_EVENT_DEFERRED",
        );
        let mut run = good(Contract::Bootstrap);
        run.retain(|(_, it)| !matches!(it, Happening::Action(_)));
        differs(Contract::Bootstrap, &run, "expected the box Write keys to modem, happened the ev");
        let mut run = good(Contract::Bootstrap);
        run.push((2000, event(Event::Reboot)));
        differs(
            Contract::Bootstrap,
            &run,
            "differs at step 10: expected nothing more, happened the event LWM2M_CARRIER_EVENT_REBOOT",
        );
        let run = &good(Contract::Bootstrap)[..6];
        differs(
            Contract::Bootstrap,
            run,
            "LWM2M_CARRIER_EVENT_BOOTSTRAPPED, happened nothing more",
        );
        let mut run = good(Contract::Initialization);
        run[4].1 = Happening::returned(-5);
        differs(
            Contract::Initialization,
            &run,
            "expected the return Success, happened the return E",
        );
        differs(Contract::Initialization, &[], "step 1: expected the call lwm2m_carrier_init(), h");
    }

    #[test]
    fn anything_may_happen_where_the_chart_has_dots_and_only_there() {
        let deferred = || event(Event::Deferred { reason: Deferred::ServerConnect, seconds: 1 });
        let mut run = good(Contract::Fota);
        run.insert(2, (1, deferred()));
        run.insert(2, (1, event(Event::Disconnecting)));
        run.push((13_000, deferred()));
        assert!(judge(Contract::Fota, &run).is_equal());

        let mut run = good(Contract::Fota);
        run.insert(6, (1, deferred()));
        differs(Contract::Fota, &run, "expected the event LWM2M_CARRIER_EVENT_CONNECTED, happened");
        let run = &good(Contract::Fota)[..2];
        differs(
            Contract::Fota,
            run,
            "step 3: expected the event LWM2M_CARRIER_EVENT_DISCONNECTING",
        );
    }

    #[test]
    fn the_direction_counts() {
        let a = parse("a,b; a->b [label=x];").unwrap();
        let b = parse("a,b; b->a [label=x];").unwrap();
        let text = compare(&a, &b).to_string();
        assert!(text.contains("expected the message x (a to b), happened the message x (b to a)"));
    }
}

mod drawing {
    use super::*;

    const BOOTSTRAP: &str = "
  Bootstrap process

          ┌─────────────┐                              ┌───────────────────────┐
          │ Application │                              │ LwM2M carrier Library │
          └──────┬──────┘                              └───────────┬───────────┘
                 │                                                 │
    0.000 s ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ Device is not bootstrapped yet ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
                 │                                                 │
    0.001 s      │◀────── LWM2M_CARRIER_EVENT_DISCONNECTING ───────┤   4
    0.051 s      │◀─────── LWM2M_CARRIER_EVENT_DISCONNECTED ───────┤   5
                 │                                      ╭──────────┴──────────╮
    0.052 s      │                                      │ Write keys to modem │
                 │                                      ╰──────────┬──────────╯
    0.060 s      │◀──────── LWM2M_CARRIER_EVENT_CONNECTING ────────┤   2
    0.160 s      │◀──────── LWM2M_CARRIER_EVENT_CONNECTED ─────────┤   3
    0.190 s      │     bootstrap server coaps://127.0.0.1:5784     │
    1.204 s      │◀─────── LWM2M_CARRIER_EVENT_BOOTSTRAPPED ───────┤   6
    1.204 s      │◀──────── LWM2M_CARRIER_EVENT_LTE_READY ─────────┤  11
    1.288 s      │◀──────── LWM2M_CARRIER_EVENT_REGISTERED ────────┤   7

  ✔ bootstrap: as the chart says, all 9 steps in order
";

    const INITIALIZATION: &str = "
  Initialization of the LwM2M carrier library

          +-------------+          +-----------------------+
          | Application |          | LwM2M carrier Library |
          +------+------+          +-----------+-----------+
    0.000 s      |=== lwm2m_carrier_init() ===>|
    0.002 s      |<------- BSDLIB_INIT --------|   1
    0.003 s      |<-------- CONNECTING --------|   2
    0.105 s      |<-------- CONNECTED ---------|   3
    0.105 s      |<......... Success ..........|
    0.106 s      |=== lwm2m_carrier_run() ====>|
    0.107 s      |                 (no return) |--+
                 |                             |<-+
                 :                             :
                 :                             :

  OK: initialization: as the chart says, all 7 steps in order
";

    const TROUBLE: &str = "
  Initialization of the LwM2M carrier library

          ┌─────────────┐                              ┌───────────────────────┐
          │ Application │                              │ LwM2M carrier Library │
          └──────┬──────┘                              └───────────┬───────────┘
    0.000 s      ├━━━━━━━━━━━━━ lwm2m_carrier_init() ━━━━━━━━━━━━━▶│
    0.001 s      │◀──────── LWM2M_CARRIER_EVENT_CONNECTING ────────┤   2
    0.002 s      │◀───────── LWM2M_CARRIER_EVENT_DEFERRED ─────────┤   8
                 │              PdnActivate (1), 60 s              │
   60.002 s      │◀────────── LWM2M_CARRIER_EVENT_ERROR ───────────┤  20
                 │              ConnectFail (1), -116              │
   60.003 s      │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ Error -116 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤

  ✘ initialization: differs at step 2
      expected the event LWM2M_CARRIER_EVENT_BSDLIB_INIT
      happened the event LWM2M_CARRIER_EVENT_CONNECTING
";

    #[test]
    fn a_run_looks_like_this() {
        assert_eq!(drawn(Contract::Bootstrap, &good(Contract::Bootstrap), STYLE), BOOTSTRAP);
    }

    #[test]
    fn a_narrow_terminal_without_unicode_has_the_same_chart() {
        let style = Style { width: 60, ascii: true, colour: false };
        let text = drawn(Contract::Initialization, &good(Contract::Initialization), style);
        assert_eq!(text, INITIALIZATION);
        assert!(text.is_ascii());
    }

    #[test]
    fn what_went_wrong_is_drawn_too() {
        let run = [
            (0, Happening::Call("lwm2m_carrier_init()".into())),
            (1, event(Event::Connecting)),
            (2, event(Event::Deferred { reason: Deferred::PdnActivate, seconds: 60 })),
            (60_002, event(Event::Error { kind: ErrorKind::ConnectFail, value: -116 })),
            (60_003, Happening::returned(-116)),
        ];
        assert_eq!(drawn(Contract::Initialization, &run, STYLE), TROUBLE);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [60, 61, 72, 80, 99, 100, 300] {
            for contract in Contract::ALL {
                let mut run = good(contract);
                let long = "long ".repeat(40);
                run.push((99_999_999, Happening::Remark(long.clone())));
                run.push((99_999_999, Happening::Note(long.clone())));
                run.push((99_999_999, Happening::Action(long.clone())));
                run.push((99_999_999, Happening::Call(long)));
                let text = drawn(contract, &run, Style { width, ..STYLE });
                let (drawing, _verdict) = text.rsplit_once("\n\n").unwrap();
                for line in drawing.lines() {
                    assert!(line.chars().count() <= width.min(100), "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn colours_change_nothing_else() {
        for contract in Contract::ALL {
            let plain = drawn(contract, &good(contract), STYLE);
            let coloured = drawn(contract, &good(contract), Style { colour: true, ..STYLE });
            assert!(!plain.contains('\x1b'));
            assert!(coloured.contains("\x1b[32mLWM2M_CARRIER_EVENT_CONNECTED\x1b[0m"));
            let mut stripped = String::new();
            for (number, part) in coloured.split('\x1b').enumerate() {
                stripped += if number == 0 { part } else { part.split_once('m').unwrap().1 };
            }
            assert_eq!(stripped, plain);
        }
    }
}

mod files {
    use super::*;

    #[test]
    fn a_run_is_written_as_the_contract_is() {
        let text = recorded(&good(Contract::Bootstrap)).chart().to_msc("Bootstrap process");
        let expected = "# Bootstrap process
msc {
    hscale = \"1.1\";
    Application,\"LwM2M carrier Library\";
    ---                                        [label=\"Device is not bootstrapped yet\"];
    Application<<=\"LwM2M carrier Library\"      [label=\"LWM2M_CARRIER_EVENT_DISCONNECTING\"];
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains(
            "    \"LwM2M carrier Library\" rbox \"LwM2M carrier Library\" [label=\"Write keys to modem\"];\n"
        ));
        for contract in Contract::ALL {
            let chart = recorded(&good(contract)).chart();
            let again = parse(&chart.to_msc(contract.title())).unwrap();
            assert_eq!(again, chart);
            assert!(compare(&contract.chart().unwrap(), &again).is_equal());
        }
    }

    #[test]
    fn mscgen_draws_what_is_written_where_it_is_installed() {
        let folder = std::env::temp_dir().join(format!("lwm2m-carrier-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for contract in Contract::ALL {
            let [source, target] =
                ["msc", "svg"].map(|it| folder.join(contract.name()).with_extension(it));
            let text = recorded(&good(contract)).chart().to_msc(contract.title());
            std::fs::write(&source, text).unwrap();
            match draw_svg(&source, &target) {
                Ok(()) => {
                    let svg = std::fs::read_to_string(&target).unwrap();
                    assert!(svg.contains("LWM2M_CARRIER_EVENT_CONNECTED"));
                }
                Err(SvgError::NoTool) => eprintln!("mscgen is not installed here"),
                Err(error) => panic!("{error}"),
            }
        }
        let nonsense = folder.join("nonsense.msc");
        std::fs::write(&nonsense, "nonsense").unwrap();
        let error = draw_svg(&nonsense, &folder.join("nonsense.svg")).unwrap_err();
        assert!(matches!(error, SvgError::NoTool | SvgError::Refused(_)), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
