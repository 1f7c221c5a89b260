//! Scripts and firmware campaigns.

use crate::bench::*;

#[test]
fn a_script_runs_after_the_registration() {
    let mut bench = Bench::new(exact(Config::management()));
    let value = || "/3/0/9".to_string();
    bench.server.script(vec![
        ScriptStep::Request(Operation::observe("/3/0/9")),
        ScriptStep::WaitNotification(value(), Some(b"60".to_vec())),
        ScriptStep::WaitNotification(value(), None),
        ScriptStep::WaitRegistered,
        ScriptStep::Request(Operation::execute("/3/0/4", "")),
    ]);
    bench.ask(register(&[]));
    let request = bench.request();
    let token = request.get_token().to_vec();
    bench.give(&with(answer(&request, "2.05", b"50"), CoapOption::Observe, 1));
    bench.give(&notification(Non, 21, &token, 2, b"60"));
    bench.give(&notification(Non, 22, &token, 3, b"61"));
    bench.nothing();
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "3/0/4");
    bench.give(&answer(&request, "4.05", b""));
    let failed = ServerEvent::ScriptDone { endpoint: "dev".into(), result: Err(4) };
    assert_eq!(bench.events().last(), Some(&failed));
}

/// Takes the package, block by block, and returns it.
fn download(bench: &mut Bench) -> Vec<u8> {
    let mut image = Vec::new();
    loop {
        let request = bench.request();
        assert_eq!(uri(&request), "5/0/0");
        let (number, more, size) = block(&request, CoapOption::Block1).unwrap();
        assert_eq!(number as usize * size, image.len());
        image.extend(&request.payload);
        let code = if more { "2.31" } else { "2.04" };
        let value = block_value(number, more, size);
        bench.give(&with(answer(&request, code, b""), CoapOption::Block1, value));
        if !more {
            return image;
        }
    }
}

#[test]
fn a_firmware_campaign_ends_with_the_result_of_the_update() {
    let image: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
    let mut bench = Bench::new(exact(Config::management()));
    bench.server.campaign(FirmwareCampaign::new(image.clone()));
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/3");
    let token = request.get_token().to_vec();
    bench.give(&with(answer(&request, "2.05", b"0"), CoapOption::Observe, 1));
    assert_eq!(download(&mut bench), image);
    bench.nothing();
    bench.give(&notification(Non, 21, &token, 2, b"1"));
    bench.nothing();
    bench.give(&notification(Non, 22, &token, 3, b"2"));
    let request = bench.request();
    assert_eq!((code(&request).as_str(), uri(&request).as_str()), ("0.02", "5/0/2"));
    bench.give(&answer(&request, "2.04", b""));
    bench.give(&notification(Non, 23, &token, 4, b"3"));
    bench.nothing();
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/5");
    bench.give(&answer(&request, "2.05", b"1"));
    let done = ServerEvent::CampaignDone { endpoint: "dev".into(), result: Some(1) };
    assert_eq!(bench.events().last(), Some(&done));
}

#[test]
fn a_campaign_survives_a_lost_device_and_tells_a_failed_download() {
    let mut bench = Bench::registered_with(exact(Config::management()), &[]);
    bench.server.campaign(FirmwareCampaign::new(vec![3; 2000]));
    bench.settle();
    let request = bench.request();
    bench.give(&with(answer(&request, "2.05", b"0"), CoapOption::Observe, 1));
    bench.request();
    // The device starts anew in the middle of the download.
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/3");
    let token = request.get_token().to_vec();
    bench.give(&with(answer(&request, "2.05", b"0"), CoapOption::Observe, 1));
    assert_eq!(download(&mut bench).len(), 2000);
    // It does not like the image: state 0, result 5.
    bench.give(&notification(Non, 22, &token, 2, b"0"));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/5");
    bench.give(&answer(&request, "2.05", b"5"));
    let done = ServerEvent::CampaignDone { endpoint: "dev".into(), result: Some(5) };
    assert_eq!(bench.events().last(), Some(&done));
}
