//! Small things, done when nothing else is to be done.

use slipway_core::host::{
    BootFrom, Effect, Indicator, InstallStep, Power, PowerWish, Properties, PropertyChange,
};

use crate::scene::Scene;

fn scene(has: Properties, wanted: &[PropertyChange]) -> Scene {
    let mut scene = Scene::new(Power::On);
    scene.seen.properties = has;
    scene.wish.properties = wanted.to_vec();
    scene
}

fn indicator(has: Indicator, wanted: Indicator) -> Vec<Effect> {
    let has = Properties { indicator: Some(has), ..Properties::default() };
    scene(has, &[PropertyChange::Indicator(wanted)]).plan().effects
}

#[test]
fn a_property_is_written_when_it_exists_and_differs() {
    let wanted = [
        PropertyChange::AssetTag("U07".to_owned()),
        PropertyChange::Indicator(Indicator::Lit),
        PropertyChange::HostWatchdog(true),
    ];
    let all = |tag: &str, indicator, watchdog| Properties {
        asset_tag: Some(tag.to_owned()),
        indicator: Some(indicator),
        host_watchdog: Some(watchdog),
    };
    assert_eq!(scene(Properties::default(), &wanted).plan().effects, []);
    assert_eq!(scene(all("U07", Indicator::Lit, true), &wanted).plan().effects, []);
    let different = scene(all("old", Indicator::Off, false), &wanted).plan().effects;
    assert_eq!(different, [Effect::WriteProperties(wanted.to_vec())]);
    let one = scene(all("U07", Indicator::Lit, false), &wanted).plan().effects;
    assert_eq!(one, [Effect::WriteProperties(wanted[2..].to_vec())]);
}

#[test]
fn where_only_lit_exists_blinking_is_lit() {
    assert_eq!(indicator(Indicator::Lit, Indicator::Blinking), []);
    assert_eq!(indicator(Indicator::Off, Indicator::Blinking).len(), 1);
    assert_eq!(indicator(Indicator::Blinking, Indicator::Lit).len(), 1);
    assert_eq!(indicator(Indicator::Lit, Indicator::Off).len(), 1);
}

#[test]
fn the_boot_override_is_cleared_once_the_host_is_installed() {
    for (step, clears) in
        [(Some(InstallStep::Installed), true), (Some(InstallStep::Failed), false), (None, false)]
    {
        let mut scene = Scene::new(Power::On);
        scene.record.install = step.map(|step| scene.attempt("1", step, 1));
        scene.seen.network_override_set = true;
        let expected: &[Effect] = if clears { &[Effect::BootFrom(BootFrom::Disk)] } else { &[] };
        assert_eq!(scene.plan().effects, expected, "{step:?}");
        scene.seen.network_override_set = false;
        assert_eq!(scene.plan().effects, []);
    }
}

#[test]
fn small_things_wait_until_the_power_is_as_asked() {
    let has = Properties { host_watchdog: Some(false), ..Properties::default() };
    let mut scene = scene(has, &[PropertyChange::HostWatchdog(true)]).power_wish(PowerWish::Off);
    assert!(matches!(scene.plan().effects[..], [Effect::Reset { .. }]));
    scene.seen.power = Power::Off;
    assert!(matches!(scene.plan().effects[..], [Effect::WriteProperties(_)]));
}
