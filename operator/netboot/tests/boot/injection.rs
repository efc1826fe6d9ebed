//! No value of anybody's adds a line, a word or a command to a script.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{prelude::*, test_runner::TestRunner};
use slipway_core::boot::{BootAnswer, BootEntry, BootPort, Ticket};

use crate::{
    checker::broken_rule,
    rig::{Rig, entry, host, installs, ticket},
};

/// Texts of the kind that breaks scripts, mixed with anything.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        any::<String>(),
        Just("\nexit 0\n".to_owned()),
        Just("\r\nshell".to_owned()),
        Just(" || shell".to_owned()),
        Just("${net0/mac}".to_owned()),
        Just("&&".to_owned()),
        Just("; shell".to_owned()),
        Just("#!ipxe".to_owned()),
        Just("{{ secrets.password }}".to_owned()),
        "[a-z0-9.:/-]{0,12}",
    ];
    prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_value_reaches_a_script_but_as_one_word() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let rig = Rig::new();
    runtime.block_on(rig.install(1));
    let benign = runtime.block_on(rig.script());
    let mut runner = TestRunner::new(ProptestConfig { cases: 400, ..ProptestConfig::default() });
    let mut served = 0;
    runner
        .run(&(nasty(), nasty(), nasty()), |(value, name, install_id)| {
            let mut ticket = Ticket { values: BTreeMap::from([("hostname".to_owned(), value)]), ..ticket(1) };
            ticket.attempt.host.name.clone_from(&name);
            ticket.attempt.install_id = install_id;
            let host = ticket.attempt.host.clone();
            rig.service.publish(BootEntry { host, ..entry(BootAnswer::Install(Arc::new(ticket))) });
            let script = runtime.block_on(rig.script());
            prop_assert_eq!(broken_rule(&script), None, "{}", script);
            prop_assert!(!script.contains("canary"), "{}", script);
            if installs(&script) {
                prop_assert_eq!(shape(&script), shape(&benign), "{}", script);
            }
            rig.service.withdraw(&slipway_core::host::HostKey { name, ..crate::rig::host() });
            Ok(())
        })
        .unwrap();
    // Of the benign values some have to come through, or nothing was tested.
    for value in ["u07", "a-b.c:/", "x=1,2"] {
        let ticket =
            Ticket { values: BTreeMap::from([("hostname".to_owned(), value.to_owned())]), ..ticket(1) };
        rig.service.publish(BootEntry { host: host(), ..entry(BootAnswer::Install(Arc::new(ticket))) });
        served += usize::from(runtime.block_on(rig.script()).contains(&format!("name={value} ||")));
    }
    assert_eq!(served, 3);
}

/// Commands and number of words of each line; an `echo` may have any.
fn shape(script: &str) -> Vec<(String, usize)> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let command = words.first().copied().unwrap_or_default().to_owned();
        let count = if command == "echo" { 0 } else { words.len() };
        (command, count)
    };
    script.lines().map(line).collect()
}

#[test]
fn no_query_reaches_a_script() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let rig = Rig::new();
    let mut runner = TestRunner::new(ProptestConfig { cases: 200, ..ProptestConfig::default() });
    runner
        .run(&nasty(), |text| {
            let escaped =
                url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
            for name in ["mac", "uuid", "serial", "platform", "round"] {
                let script = runtime.block_on(rig.get(&format!("/v1/script?{name}={escaped}"))).body;
                prop_assert_eq!(broken_rule(&script), None, "{}", script);
                prop_assert_eq!(script.lines().count(), 3, "{}", script);
            }
            Ok(())
        })
        .unwrap();
}
