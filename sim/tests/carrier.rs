//! The carrier machine in virtual time: on the road of the charts, and off it, where things are
//! retried, told and remembered.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::{Config, Input, Profile, Request};
use lwm2m_carrier::lwm2m::Retry;
use lwm2m_carrier::storage::Record;
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem::{self, Card, Fault, When};
use lwm2m_carrier_sim::server::{self, Code, Operation, Server, ServerEvent};
use lwm2m_carrier_sim::state::State;
use world::{ENDPOINT, IDENTITY, KEY, World};

const CHART: [&str; 13] = [
    "BSDLIB_INIT",
    "CONNECTING",
    "CONNECTED",
    "init 0",
    "DISCONNECTING",
    "DISCONNECTED",
    "key",
    "key",
    "CONNECTING",
    "CONNECTED",
    "BOOTSTRAPPED",
    "LTE_READY",
    "REGISTERED",
];
const RESTART: [&str; 6] =
    ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "init 0", "LTE_READY", "REGISTERED"];

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Puts the servers of the tests into a world: 0 bootstraps, 1 manages.
fn with_servers(world: World, plan: server::BootstrapPlan) -> World {
    world.serve_secure(plan);
    world
}

fn secure_world() -> World {
    let config = world::config(world::bootstrap_server(true));
    with_servers(World::new(config, Weather::FAIR, 7), world::accounts(true, 300))
}

/// The same device after a restart: same flash, same keys in the modem.
fn restarted(world: World, card: Option<Card>) -> World {
    let config = world::config(world::bootstrap_server(true));
    let keys: Vec<_> = (25..34)
        .filter_map(|tag| {
            let (identity, key) = world.host.modem.modem.keys().get(tag)?;
            Some((tag, identity.to_vec(), key.to_vec()))
        })
        .collect();
    let mut modem = modem::Config::default();
    if card.is_some() {
        modem.card = card;
    }
    let mut again = World::with(config, Weather::FAIR, 8, &mut [], modem, world.host.state);
    for (tag, identity, key) in keys {
        again.host.modem.modem.provision(tag, &identity, &key);
    }
    again.air = world.air.clone();
    again.host.network = world.air;
    again.now = world.now;
    again
}

#[test]
fn firmware_goes_as_the_chart_says() {
    let mut world = secure_world();
    world.register();
    let (result, told) = push(&mut world, modem::image("mfw_sim_2.0.0", 20_000));
    assert_eq!(result, Some(1));
    assert_eq!(
        told,
        [
            "FOTA_START",
            "DISCONNECTING",
            "DISCONNECTED",
            "CONNECTING",
            "CONNECTED",
            "LTE_READY",
            "REGISTERED"
        ]
    );
}

#[test]
fn a_bootstrapped_device_registers_after_a_restart_without_another_bootstrap() {
    let mut world = secure_world();
    world.register();
    assert_eq!(world.names(), CHART);
    let mut world = restarted(world, None);
    world.register();
    assert_eq!(world.names(), RESTART);
}

#[test]
fn no_record_holds_a_key_or_an_identity() {
    let mut world = secure_world();
    world.register();
    for record in Record::ALL {
        let bytes = world.host.state.load(record).unwrap_or_default();
        for secret in [IDENTITY, KEY] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{record:?}");
        }
        assert!(!bytes.windows(7).any(|part| part == b"3456789"), "an IMSI in {record:?}");
    }
    assert!(world.host.state.load(Record::Accounts).is_some());
}

#[test]
fn another_operators_sim_leads_to_a_new_bootstrap() {
    let mut world = secure_world();
    world.register();
    let card = Card { imsi: "262019876543210".into(), ..Card::default() };
    let mut world = restarted(world, Some(card));
    world.register();
    assert!(world.names().contains(&"BOOTSTRAPPED"), "{:?}", world.told);
    // From now on this operator is the known one.
    let card = Card { imsi: "262015555555555".into(), ..Card::default() };
    let mut world = restarted(world, Some(card));
    world.register();
    assert_eq!(world.names(), RESTART);
}

#[test]
fn a_damaged_accounts_record_leads_to_a_bootstrap() {
    let mut world = secure_world();
    world.register();
    let record = world.host.state.load(Record::Accounts).unwrap().to_vec();
    for cut in [0, 1, 5, record.len() - 1] {
        let mut state = State::in_memory();
        state.store(Record::Accounts, &record[..cut]).unwrap();
        let config = world::config(world::bootstrap_server(true));
        let modem = modem::Config::default();
        let world = World::with(config, Weather::FAIR, 9, &mut [], modem, state);
        let mut world = with_servers(world, world::accounts(true, 300));
        world.register();
        assert_eq!(world.names(), CHART, "cut at {cut}");
    }
}

#[test]
fn an_unreachable_bootstrap_server_is_deferred_with_seconds_and_ends_in_error() {
    let mut config = world::config(world::bootstrap_server(true));
    let retry = Retry { count: 3, timer: 60, sequence_delay: 600, sequence_count: 1 };
    config.profile = Profile { bootstrap_retry: retry, ..Profile::GENERIC };
    let mut world = World::new(config, Weather::FAIR, 3);
    world.start();
    world.run_for(secs(3600));
    let failures: Vec<_> = world.told.iter().skip(10).collect();
    let [(first, one), (second, two), (third, error)] = failures[..] else {
        panic!("{failures:?}")
    };
    // Reason 2 is "no route to the bootstrap server"; the seconds hold, jitter included.
    let seconds = |text: &str| text.strip_prefix("DEFERRED 2 ").and_then(|s| s.parse::<u64>().ok());
    let (wait_one, wait_two) = (seconds(one).expect(one), seconds(two).expect(two));
    assert!((60..=67).contains(&wait_one) && (120..=135).contains(&wait_two), "{failures:?}");
    assert!(second.since(*first).as_secs().abs_diff(wait_one) <= 1);
    assert!(third.since(*second).as_secs().abs_diff(wait_two) <= 1);
    assert_eq!(error, "ERROR 3 0");
}

#[test]
fn a_wrong_key_is_deferred_as_a_failed_handshake() {
    let mut config = world::config(world::bootstrap_server(true));
    config.server.as_mut().unwrap().credentials =
        Some(lwm2m_carrier::secret::Secret::new((IDENTITY, b"not the right one")));
    let mut world = with_servers(World::new(config, Weather::FAIR, 3), world::accounts(true, 300));
    world.start();
    world.run_for(secs(30));
    assert!(world.told.last().unwrap().1.starts_with("DEFERRED 3 "), "{:?}", world.told);
}

#[test]
fn a_server_that_refuses_is_deferred_and_tried_again() {
    let mut world = secure_world();
    world.air.borrow_mut().server(1).faults().refuse_registers = Some((Code::FORBIDDEN, 2));
    world.start();
    world.run_for(secs(400));
    let names = world.names();
    let deferred = names.iter().filter(|name| name.starts_with("DEFERRED 7 ")).count();
    assert_eq!(deferred, 2, "{names:?}");
    assert_eq!(names.last(), Some(&"REGISTERED"));
}

#[test]
fn lightweightm2m_1_1_int_7_a_failed_registration_leads_to_a_bootstrap() {
    let mut world = secure_world();
    world.register();
    let mut world = restarted(world, None);
    // Five attempts with the defaults; then the bootstrap server is asked, and all is well.
    world.air.borrow_mut().server(1).faults().refuse_registers = Some((Code::FORBIDDEN, 5));
    world.start();
    world.run_for(secs(1200));
    let names = world.names();
    assert_eq!(names[4], "LTE_READY");
    assert!(names[5..9].iter().all(|name| name.starts_with("DEFERRED 7 ")), "{names:?}");
    assert_eq!(names[9..], ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"]);
}

#[test]
fn a_bootstrap_that_breaks_off_leaves_the_old_accounts_usable() {
    for step in 0..4 {
        // The session stays open, so that the server can ask at any time.
        let config =
            Config { session_idle_timeout: None, ..world::config(world::bootstrap_server(true)) };
        let world = World::new(config, Weather::FAIR, 7);
        let mut world = with_servers(world, world::accounts(true, 300));
        world.register();
        world.told.clear();
        world.air.borrow_mut().server(0).faults().stop_bootstraps = Some((step, 1));
        let answer = world.ask(1, Operation::execute("/1/0/9", ""));
        assert_eq!(answer.code, Code::CHANGED);
        world.run_for(secs(1000));
        assert_eq!(world.names(), ["ERROR 3 0", "LTE_READY", "REGISTERED"], "step {step}");
        assert!(world.air.borrow_mut().server(1).registration(ENDPOINT).is_some());
        let read = world.ask(1, Operation::read("/1/0/0").accept(0));
        assert_eq!(read.payload, b"101", "step {step}");
    }
}

#[test]
fn lightweightm2m_1_1_int_5_a_server_triggers_a_bootstrap() {
    let mut world = secure_world();
    world.register();
    world.told.clear();
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
    world.run_for(secs(60));
    assert_eq!(world.names(), ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"]);
}

#[test]
fn factory_reset_forgets_everything_and_bootstraps() {
    let mut world = secure_world();
    world.register();
    world.told.clear();
    assert_eq!(world.ask(1, Operation::execute("/3/0/5", "")).code, Code::CHANGED);
    world.run_for(secs(60));
    assert_eq!(world.names(), ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"]);
    assert!(world.server_events().iter().any(|e| matches!(e, ServerEvent::Deregistered { .. })));
}

#[test]
fn lightweightm2m_1_0_int_241_reboot_asks_the_application() {
    // Not ready: the application reboots by itself, the library goes on.
    let mut world = secure_world();
    world.register();
    world.told.clear();
    assert_eq!(world.ask(1, Operation::execute("/3/0/4", "")).code, Code::CHANGED);
    world.run_for(secs(10));
    assert_eq!(world.names(), ["REBOOT"]);
    assert!(!world.rebooted);
    assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(0)).payload, b"U");
    // Ready: the modem is turned off, then the device reboots.
    world.reboot_answer = 0;
    assert_eq!(world.ask(1, Operation::execute("/3/0/4", "")).code, Code::CHANGED);
    world.run_for(secs(10));
    assert!(world.rebooted);
    assert_eq!(world.names(), ["REBOOT", "REBOOT", "reboot"]);
}

#[test]
fn a_quiet_session_is_closed_and_opened_again_with_a_new_registration() {
    let mut world = secure_world();
    world.register();
    world.server_events();
    // The default idle time-out is 60 s; with a lifetime of 300 s an Update is due after 207.
    world.run_for(secs(250));
    let events = world.server_events();
    let again =
        |event: &&ServerEvent| matches!(event, ServerEvent::Registered { replaced: true, .. });
    assert_eq!(events.iter().filter(again).count(), 1, "{events:?}");
    assert_eq!(world.names(), CHART, "nothing that the application must know happened");
}

#[test]
fn a_link_that_cannot_be_brought_up_is_retried_then_an_error() {
    let mut config = world::config(world::bootstrap_server(true));
    let retry = Retry { count: 2, timer: 30, sequence_delay: 0, sequence_count: 1 };
    config.profile = Profile { link_retry: retry, attach_timeout: secs(20), ..Profile::GENERIC };
    let modem = modem::Config {
        script: vec![(When::At(Instant::ZERO), Fault::AttachTime(None))],
        ..modem::Config::default()
    };
    let mut world = World::with(config, Weather::FAIR, 1, &mut [], modem, State::in_memory());
    world.start();
    world.run_for(secs(300));
    let names = world.names();
    assert_eq!(names[..2], ["BSDLIB_INIT", "CONNECTING"]);
    assert!(names[2].starts_with("DEFERRED 0 3"), "{names:?}");
    assert_eq!(names[3..], ["CONNECTING", "ERROR 1 -110", "init -110"]);
}

#[test]
fn lost_coverage_is_ridden_out() {
    let mut world = secure_world();
    world.register();
    let now = world.now;
    world.host.modem.modem.lose_coverage(now);
    world.run_for(secs(30));
    let now = world.now;
    world.host.modem.modem.regain_coverage(now);
    world.run_for(secs(600));
    assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(0)).payload, b"U");
}

#[test]
fn the_application_takes_the_link_down_and_up_again() {
    let mut world = secure_world();
    world.register();
    world.told.clear();
    world.host.input(Input::Request(Request::LinkDown));
    world.run_for(secs(60));
    assert_eq!(world.names(), ["DISCONNECTING", "DISCONNECTED"]);
    assert!(world.server_events().iter().any(|e| matches!(e, ServerEvent::Deregistered { .. })));
    world.told.clear();
    world.host.input(Input::Request(Request::LinkUp));
    world.run_for(secs(60));
    assert_eq!(world.names(), ["CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"]);
}

#[test]
fn a_link_that_is_wanted_again_while_it_goes_down_comes_up() {
    let mut world = secure_world();
    world.register();
    world.told.clear();
    // While the registration ends, it need not go down at all.
    world.host.input(Input::Request(Request::LinkDown));
    world.host.input(Input::Request(Request::LinkUp));
    world.run_for(secs(60));
    assert_eq!(world.names(), ["LTE_READY", "REGISTERED"]);
    world.told.clear();
    world.host.input(Input::Request(Request::LinkDown));
    assert!(world.run_until_told(secs(60), "DISCONNECTING"));
    world.host.input(Input::Request(Request::LinkUp));
    world.run_for(secs(60));
    assert_eq!(
        world.names(),
        ["DISCONNECTING", "DISCONNECTED", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"]
    );
}

#[test]
fn new_keys_from_the_bootstrap_server_are_written_before_bootstrapped_is_told() {
    let other: &[u8] = b"another key 9876";
    let security = server::Security::psk(1, "coaps://dm.example:5684", 101, b"device-at-dm", other);
    let account = server::ServerAccount::new(0, 101, 300);
    let plan =
        server::BootstrapPlan::Accounts(server::Accounts::new(vec![security], vec![account]));
    let config: Config<'static> = world::config(world::bootstrap_server(true));
    let mut world = World::new(config, Weather::FAIR, 5);
    {
        let mut air = world.air.borrow_mut();
        let bootstrap = Server::new(server::Config::bootstrap(plan));
        air.add("bs.example", 5684, Some((IDENTITY, KEY)), bootstrap);
        let management = Server::new(server::Config::management());
        air.add("dm.example", 5684, Some((b"device-at-dm", other)), management);
    }
    world.register();
    let mut expected = CHART[..10].to_vec();
    expected.extend(["DISCONNECTING", "DISCONNECTED", "key", "key", "CONNECTING", "CONNECTED"]);
    expected.extend(["BOOTSTRAPPED", "LTE_READY", "REGISTERED"]);
    assert_eq!(world.names(), expected);
    // After a restart the keys are found under the stored tags.
    let mut world = restarted(world, None);
    world.register();
    assert_eq!(world.names(), RESTART);
}

#[test]
fn a_key_that_the_modem_does_not_take_is_told_and_the_link_comes_back() {
    let config = world::config(world::bootstrap_server(true));
    let modem = modem::Config {
        script: vec![(When::At(Instant::ZERO), Fault::FailKeys(1))],
        ..modem::Config::default()
    };
    let world = World::with(config, Weather::FAIR, 7, &mut [], modem, State::in_memory());
    let mut world = with_servers(world, world::accounts(true, 300));
    world.start();
    world.run_for(secs(60));
    let names = world.names();
    assert_eq!(
        names[4..],
        ["DISCONNECTING", "DISCONNECTED", "ERROR 3 -13", "CONNECTING", "CONNECTED"]
    );
    world.told.clear();
    world.run_for(secs(86400));
    assert!(world.names().contains(&"REGISTERED"), "{:?}", world.told);
}

/// A firmware campaign's result, when it is over.
fn campaign_result(world: &World) -> Option<Option<u8>> {
    world.air.borrow().events.iter().find_map(|(_, _, event)| match event {
        ServerEvent::CampaignDone { result, .. } => Some(*result),
        _ => None,
    })
}

#[test]
fn a_power_cut_at_any_write_leaves_a_state_to_start_from() {
    let image = || modem::image("mfw_sim_2.0.0", 2_000);
    let mut cuts = 0;
    for writes in 0.. {
        // Bootstrap, a lifetime written by the server, a firmware update: until the power goes.
        let mut world = secure_world();
        world.host.cut_power_after(writes);
        world.start();
        world.run_for(secs(100));
        let alive = world.names().contains(&"REGISTERED");
        if alive {
            world.try_ask(1, Operation::write("/1/0/1", 0, b"400"));
            world.air.borrow_mut().server(1).campaign(server::FirmwareCampaign::new(image()));
            world.run_until(secs(2000), &mut |world| campaign_result(world).is_some());
        }
        let complete = campaign_result(&world) == Some(Some(1));
        let mut world = restarted(world, None);
        world.register();
        let read = world.ask(1, Operation::read("/1/0/0").accept(0));
        assert_eq!(read.payload, b"101", "after {writes} writes");
        let state = world.ask(1, Operation::read("/5/0/3").accept(0));
        assert!([&b"0"[..], b"2"].contains(&&state.payload[..]), "after {writes} writes");
        if complete {
            break;
        }
        cuts += 1;
        assert!(cuts < 50, "the run never completes");
    }
    assert!(cuts >= 5, "only {cuts} writes were cut");
}

/// A device whose modem follows a script, with its servers.
fn scripted_world(script: Vec<(When, Fault)>) -> World {
    let config =
        Config { session_idle_timeout: None, ..world::config(world::bootstrap_server(true)) };
    let modem = modem::Config { script, ..modem::Config::default() };
    let world = World::with(config, Weather::FAIR, 7, &mut [], modem, State::in_memory());
    with_servers(world, world::accounts(true, 300))
}

#[test]
fn a_refused_connection_is_deferred_and_tried_again() {
    // ESM cause 33: the service is not subscribed to.
    let mut world = scripted_world(vec![(When::At(Instant::ZERO), Fault::RefusePdn(Some(33)))]);
    world.start();
    world.run_for(secs(30));
    let names = world.names();
    assert_eq!(names[..2], ["BSDLIB_INIT", "CONNECTING"]);
    assert!(names[2].starts_with("DEFERRED 1 6"), "{names:?}");
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::RefusePdn(None));
    world.run_for(secs(60));
    assert!(world.names().contains(&"REGISTERED"), "{:?}", world.told);
}

#[test]
fn a_device_that_is_detached_comes_back_and_registers_again() {
    let mut world = scripted_world(vec![]);
    world.register();
    world.told.clear();
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Detach);
    world.run_for(secs(60));
    assert_eq!(
        world.names(),
        ["DISCONNECTED", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"]
    );
}

#[test]
fn a_modem_that_restarts_by_itself_is_initialised_anew() {
    let mut world = scripted_world(vec![]);
    world.register();
    world.told.clear();
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Restart);
    world.run_for(secs(60));
    assert_eq!(world.names().last(), Some(&"REGISTERED"), "{:?}", world.told);
    assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(0)).payload, b"U");
}

/// Pushes an image and gives the campaign's result and what was told.
fn push(world: &mut World, image: Vec<u8>) -> (Option<u8>, Vec<String>) {
    world.told.clear();
    world.air.borrow_mut().server(1).campaign(server::FirmwareCampaign::new(image));
    world.run_until(secs(3600), &mut |world| campaign_result(world).is_some());
    let told = world.told.iter().map(|(_, name)| name.clone()).collect();
    (campaign_result(world).flatten(), told)
}

#[test]
fn lightweightm2m_1_0_int_776_a_damaged_image_is_refused() {
    let mut world = scripted_world(vec![]);
    world.register();
    let mut image = modem::image("mfw_sim_2.0.0", 5_000);
    image[3_000] ^= 1;
    let (result, told) = push(&mut world, image);
    assert_eq!(result, Some(5), "integrity");
    assert_eq!(told, ["FOTA_START", "ERROR 4 -22"]);
    // The next image, a good one, is taken.
    world.server_events();
    let (result, _) = push(&mut world, modem::image("mfw_sim_2.0.0", 5_000));
    assert_eq!(result, Some(1));
}

#[test]
fn lightweightm2m_1_0_int_779_an_update_that_fails_is_told_to_both_sides() {
    let mut world = scripted_world(vec![(When::At(Instant::ZERO), Fault::FailInstall(true))]);
    world.register();
    let (result, told) = push(&mut world, modem::image("mfw_sim_2.0.0", 5_000));
    assert_eq!(result, Some(8), "failed");
    assert_eq!(
        told,
        [
            "FOTA_START",
            "DISCONNECTING",
            "DISCONNECTED",
            "ERROR 8 -14",
            "CONNECTING",
            "CONNECTED",
            "LTE_READY",
            "REGISTERED"
        ]
    );
}

#[test]
fn the_bootstrap_servers_account_goes_after_its_time() {
    let config: Config<'static> = world::config(world::bootstrap_server(true));
    let world = World::new(config, Weather::FAIR, 7);
    let security = server::Security::psk(1, "coaps://dm.example:5684", 101, IDENTITY, KEY);
    let mut bootstrap = server::Security::psk(0, "coaps://bs.example:5684", 0, IDENTITY, KEY);
    bootstrap.bootstrap = true;
    bootstrap.more = vec![(12, server::Datum::Integer(500))];
    let account = server::ServerAccount::new(0, 101, 300);
    let accounts = server::Accounts::new(vec![bootstrap, security], vec![account]);
    let mut world = with_servers(world, server::BootstrapPlan::Accounts(accounts));
    world.register();
    let has_account = |world: &mut World| {
        let objects = world.host.carrier.objects();
        objects.get(0).is_some_and(|security| security.instance(1).is_some())
    };
    world.run_for(secs(490));
    assert!(has_account(&mut world));
    world.run_for(secs(20));
    assert!(!has_account(&mut world));
    // It stays gone after a restart.
    let mut world = restarted(world, None);
    world.register();
    assert_eq!(world.names(), RESTART);
    assert!(!has_account(&mut world));
}
