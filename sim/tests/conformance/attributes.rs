//! Write-Attributes (Core 6.3.4, 7.3.2).

use crate::bench::*;

fn discover(world: &mut World, path: &str) -> String {
    let response = world.ask(0, Operation::discover(path));
    assert_eq!(response.code, Code::CONTENT);
    text(&response.payload).to_string()
}

#[test]
fn lightweightm2m_1_1_int_261_write_attributes_on_a_multiple_resource() {
    let mut world = World::equipped();
    let write = Operation::write_attributes;
    assert_eq!(world.code(write("/26241/0/7", "pmin=5&pmax=10")), Code::CHANGED);
    assert_eq!(world.code(write("/26241/0/7/3", "gt=80&lt=60&st=5")), Code::CHANGED);
    assert_eq!(
        discover(&mut world, "/26241/0/7"),
        "</26241/0/7>;dim=2;pmin=5;pmax=10,</26241/0/7/0>,</26241/0/7/3>;gt=80;lt=60;st=5"
    );
    let start = {
        let from = world.mark();
        let response = world.ask(0, Operation::observe("/26241/0/7/3").accept(TEXT));
        assert_eq!(response.observe, Some(1));
        world.sent_since(from)[0].0
    };
    // Periods come from the resource, thresholds from the instance.
    let from = world.mark();
    world.set("/26241/0/7/3", &Value::Integer(81));
    world.run_for(Duration::from_secs(20));
    let sent = world.sent_since(from);
    let at: Vec<(u64, &str)> =
        sent.iter().map(|(at, m)| ((at - start) / 1000, text(&m.payload))).collect();
    assert_eq!(at, [(5, "81"), (15, "81")]);
}

#[test]
fn each_attribute_is_shown_as_it_was_written() {
    let mut world = World::equipped();
    let all = "pmin=1&pmax=2&epmin=3&epmax=4&gt=-1.25&lt=-7&st=0.5";
    assert_eq!(world.code(Operation::write_attributes("/26241/0/1", all)), Code::CHANGED);
    let expected = all.replace('&', ";");
    assert_eq!(discover(&mut world, "/26241/0/1"), format!("</26241/0/1>;{expected}"));
    // Those that are not named stay, one without a value goes.
    let code = world.code(Operation::write_attributes("/26241/0/1", "pmin=9&gt&lt&epmin&epmax"));
    assert_eq!(code, Code::CHANGED);
    assert_eq!(discover(&mut world, "/26241/0/1"), "</26241/0/1>;pmin=9;pmax=2;st=0.5");
}

#[test]
fn attributes_go_with_the_instance() {
    let mut world = World::equipped_with(2, |_| {});
    let write = Operation::write_attributes("/26241/1/0", "pmin=9");
    assert_eq!(world.code(write), Code::CHANGED);
    assert_eq!(world.code(Operation::delete("/26241/1")), Code::new(2, 2));
    let create = Operation::create("/26241", TLV, &unhex("0301 c10007"));
    assert_eq!(world.code(create), Code::CREATED);
    assert_eq!(discover(&mut world, "/26241/1/0"), "</26241/1/0>");
}

#[test]
fn attributes_that_there_is_no_room_for_are_refused() {
    let mut world = World::equipped_with(20, |_| {});
    let room = lwm2m_carrier::capacity::ATTRIBUTES;
    for instance in 0..room {
        let write = Operation::write_attributes(&format!("/26241/{instance}/0"), "pmin=9");
        assert_eq!(world.code(write), Code::CHANGED);
    }
    let write = Operation::write_attributes(&format!("/26241/{room}/0"), "pmin=9");
    assert_eq!(world.code(write), Code::new(5, 0));
    assert_eq!(discover(&mut world, &format!("/26241/{room}/0")), format!("</26241/{room}/0>"));
    // One that is taken back makes room.
    assert_eq!(world.code(Operation::write_attributes("/26241/0/0", "pmin")), Code::CHANGED);
    let write = Operation::write_attributes(&format!("/26241/{room}/0"), "pmin=9");
    assert_eq!(world.code(write), Code::CHANGED);
}

#[test]
fn a_put_with_a_payload_is_a_write_even_with_a_query() {
    let mut world = World::equipped();
    let write = Operation::write("/26241/0/0", TEXT, b"33").option(option::URI_QUERY, b"pmin=5");
    let code = world.code(write);
    // Neither half of it may be done without the other.
    let value = world.get("/26241/0/0");
    let attributes = discover(&mut world, "/26241/0/0");
    match code {
        Code::CHANGED => assert_eq!(value, Some(Owned::Integer(33))),
        _ => assert_eq!(value, Some(Owned::Integer(10))),
    }
    assert_eq!(attributes, "</26241/0/0>");
}
