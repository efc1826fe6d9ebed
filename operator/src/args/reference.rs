//! `docs/reference/operator.md`, made from the definition of the arguments. `SLIPWAY_UPDATE=1` rewrites it.

use std::{fs, path::Path};

use clap::Arg;

use super::{file, reading};

const PAGE: &str = "docs/reference/operator.md";

const HEAD: &str = "<!-- Made from operator/src/args by its tests; SLIPWAY_UPDATE=1 cargo test -p slipway rewrites it. -->
# slipway: the operator's arguments

`slipway` runs the operator. `slipway check`, with the same arguments, says whether it could run: the Kubernetes API, the definitions of the kinds, the rights
in each namespace, the files; it ends with 0 when all is well and with 1 when not. `slipway --help` has this list too.

A value is taken from the first of these that has one: the flag, the environment variable, the key of the file that `--config` names, the default. Lists
are separated by commas in a variable, are lists in the file, and as flags are given several times. Durations are
written as `90s`, `45m` or `1h30m`. A switch is given as `--flag`, or as `--flag=false` to go before a variable or a file that says `true`.

| Flag | Variable | Key | Default | Meaning |
| --- | --- | --- | --- | --- |
";

const TAIL: &str = "
A file is YAML; a key that is unknown or stands there twice, and a value that cannot be used, are errors:

```
namespaces: [metal, edge]
pollInterval: 60s
denyNetworks: [10.128.0.0/14, 172.30.0.0/16]
allowInsecureTls: false
```
";

fn row(arg: &Arg) -> String {
    let field = arg.get_id().as_str();
    let key = if field == "config" { String::new() } else { format!("`{}`", file::key(field)) };
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.display())).collect();
    let default = if arg.is_hide_default_value_set() { String::new() } else { defaults.join(", ") };
    let help =
        arg.get_long_help().or(arg.get_help()).unwrap().to_string().replace('\n', " ").replace('|', "\\|");
    let help = if help.ends_with('.') { help } else { help + "." };
    let words: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    let is_switch = arg.get_default_values() == ["false"];
    let choice =
        if is_switch || words.is_empty() { String::new() } else { format!(" One of {}.", words.join(", ")) };
    let flag = arg.get_long().unwrap();
    format!("| `--{flag}` | `{}` | {key} | {default} | {help}{choice} |\n", reading::variable(field))
}

fn page() -> String {
    let rows: String = reading::command().get_arguments().map(row).collect();
    let plain = "| `--help`, `--version` | | | | Says what there is, and which version this is. |\n";
    format!("{HEAD}{rows}{plain}{TAIL}").replace("|  |", "| |").replace("|  |", "| |")
}

#[test]
fn the_reference_is_in_step() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    let wanted = page();
    if std::env::var_os("SLIPWAY_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, &wanted).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(there, wanted, "{PAGE} is out of step; run the tests with SLIPWAY_UPDATE=1");
}

#[test]
fn the_example_of_the_reference_is_taken() {
    let example = TAIL.split("```").nth(1).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("config.yaml");
    fs::write(&path, example).unwrap();
    assert_eq!(file::read(&path, &reading::command()).unwrap().len(), 4);
}
