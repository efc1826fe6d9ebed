//! Every small world: one machine, one API server, one operator, and whatever can go wrong between them in any order.

mod law;
mod machine;
mod operator;
mod scenario;
mod search;
mod step;
mod world;

use slipway_core::{
    host::{Completion, RebootMode},
    reason::Reason,
};

use machine::Disk;
use scenario::{Fault, Scenario};
use search::{Found, search};

/// Asserts that no law is broken and that hosts come to rest with these reasons and no other.
#[track_caller]
fn assert_holds(scenario: &Scenario, ends: &[Reason]) -> Found {
    let found = search(scenario);
    println!("{}: {} worlds, ends {:?}", scenario.name, found.worlds, found.ends);
    if let Some(broken) = &found.broken {
        panic!("{}: {broken}", scenario.name);
    }
    assert_eq!(found.ends, ends.iter().copied().collect(), "{}", scenario.name);
    found
}

const BMC: &[Fault] = &[Fault::AnswerLost, Fault::RequestLost, Fault::Refused, Fault::Ignored, Fault::Crash];

#[test]
fn survey() {
    use Fault::*;
    let all = [Reason::Installed];
    let mut list = vec![];
    let api = &[Wipe, Amnesia, Crash];
    let boot = &[Stuck, Hang, Crash];
    for (fl, n, faults) in [
        ("bmc", 2, BMC),
        ("api", 2, &api[..]),
        ("boot", 2, &boot[..]),
        ("restore", 2, &[Restore, Crash][..]),
        ("restore alive", 1, &[Restore][..]),
    ] {
        let fresh = Scenario::new("fresh").faults(faults, n);
        let with = |s: &Scenario, f: &dyn Fn(&mut Scenario)| {
            let mut s = s.clone();
            f(&mut s);
            s
        };
        list.push((fl, "fresh", fresh.clone()));
        list.push((fl, "fresh lrt", with(&fresh, &|s| s.shows_resets = true)));
        list.push((fl, "poweroff", with(&fresh, &|s| s.completion = Completion::PowerOff)));
        list.push((fl, "served", with(&fresh, &|s| s.completion = Completion::ScriptServed)));
        let run = fresh.clone().running(Disk::Foreign);
        list.push((fl, "running", run.clone()));
        list.push((fl, "proceed", with(&run, &|s| s.proceed = true)));
        list.push((
            fl,
            "proceed lrt",
            with(&run, &|s| {
                s.proceed = true;
                s.shows_resets = true
            }),
        ));
        let re = fresh.clone().running(Disk::Installed(0));
        list.push((fl, "reinstall", re.clone()));
        list.push((fl, "reinstall lrt", with(&re, &|s| s.shows_resets = true)));
        list.push((fl, "reinstall memlast", with(&re, &|s| s.remembers_first = false)));
        list.push((
            fl,
            "change",
            with(&fresh, &|s| {
                s.changes_to = Some(2);
                s.at_most = 1
            }),
        ));
        list.push((fl, "installed", with(&re, &|s| s.wanted = Some(0))));
        for mode in [RebootMode::Force, RebootMode::Graceful, RebootMode::PowerCycle] {
            for lrt in [false, true] {
                list.push((
                    fl,
                    "reboot",
                    with(&re, &|s| {
                        s.wanted = Some(0);
                        s.reboot = Some(5);
                        s.mode = mode;
                        s.shows_resets = lrt;
                    }),
                ));
            }
        }
    }
    let mut total = 0;
    list.retain(|(fl, n, _)| *fl == "api" || fl.starts_with("restore") || n.contains("poweroff"));
    for (fl, name, s) in list {
        let t = std::time::Instant::now();
        let f = search(&s);
        total += f.worlds;
        println!(
            "{fl} {name} {:?} {}: {} worlds {:?} {:?} {}",
            s.mode,
            s.shows_resets,
            f.worlds,
            t.elapsed(),
            f.ends,
            f.broken.unwrap_or("holds".to_owned())
        );
    }
    println!("{total}");
    let _ = all;
}
