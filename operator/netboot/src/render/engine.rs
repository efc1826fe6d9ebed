//! The template engine, kept on a short lead: no loader, no undefined values, little fuel, bounded output.

use std::{collections::BTreeSet, io, ops::Range};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use slipway_core::{failure::Failure, reason::Reason};

/// Instructions that one template may run; the largest sample needs about 300.
const FUEL: u64 = 100_000;

/// Renders one template; a mistake names place, line and expression, never a value.
pub(crate) fn render(place: &str, template: &str, values: &Value, most: usize) -> Result<String, Failure> {
    let environment = environment();
    let mut output = Bounded { bytes: Vec::new(), most };
    environment
        .template_from_named_str(place, template)
        .and_then(|template| template.render_captured_to(values, &mut output).map(drop))
        .map_err(|error| mistake(place, template, &error, most))?;
    String::from_utf8(output.bytes).map_err(|_| invalid(place, "does not render to UTF-8 text"))
}

/// Names that a template uses, as `values.hostname`; fails where the template cannot be read.
pub(crate) fn names(place: &str, template: &str) -> Result<BTreeSet<String>, Failure> {
    let environment = environment();
    let parsed = environment
        .template_from_named_str(place, template)
        .map_err(|error| mistake(place, template, &error, usize::MAX))?;
    let builtin = |name: &String| environment.globals().any(|(known, _)| known == name);
    Ok(parsed.undeclared_variables(true).into_iter().filter(|name| !builtin(name)).collect())
}

pub(crate) fn invalid(place: &str, why: &str) -> Failure {
    Failure::new(Reason::TemplateInvalid, format!("{place}: {why}"))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    // Lets an error show which expression failed.
    environment.set_debug(true);
    let mut syntax = environment.syntax().to_builder();
    // A line with nothing but `{% … %}` leaves no trace, as YAML needs.
    if let Ok(syntax) = syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment.remove_global("debug");
    environment.add_filter("json", json);
    environment.add_filter("shell", shell);
    environment.add_filter("line", line);
    environment
}

/// A JSON string, which YAML takes too.
fn json(value: &Value) -> Result<String, Error> {
    let given = Some(value).filter(|value| !value.is_undefined()).ok_or(ErrorKind::UndefinedError)?;
    serde_json::to_string(given)
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, "is nothing that JSON can express"))
}

/// One word of a POSIX shell.
fn shell(value: &Value) -> Result<String, Error> {
    Ok(format!("'{}'", text(value)?.replace('\'', r"'\''")))
}

/// The text itself, if it is a single line.
fn line(value: &Value) -> Result<String, Error> {
    let text = text(value)?;
    if text.chars().any(char::is_control) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "holds a line break or another control character",
        ));
    }
    Ok(text)
}

fn text(value: &Value) -> Result<String, Error> {
    if value.is_undefined() { Err(ErrorKind::UndefinedError.into()) } else { Ok(value.to_string()) }
}

fn mistake(place: &str, template: &str, error: &Error, most: usize) -> Failure {
    let line = error.line().map(|line| format!(" line {line}")).unwrap_or_default();
    let expression = error.range().and_then(|range| expression(template, &range)).unwrap_or_default();
    let why = match error.kind() {
        ErrorKind::UndefinedError => format!("`{expression}` has no value"),
        ErrorKind::OutOfFuel => "takes too many steps".to_owned(),
        ErrorKind::WriteFailure => format!("renders to more than {most} bytes"),
        kind => {
            let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{kind}{detail} at `{expression}`")
        }
    };
    invalid(&format!("{place}{line}"), &why)
}

/// The whole of `{{ … }}` or `{% … %}` around a part of it.
fn expression<'a>(template: &'a str, part: &Range<usize>) -> Option<&'a str> {
    let (before, behind) = (template.get(..part.start)?, template.get(part.end..)?);
    let start = before.rfind("{{").max(before.rfind("{%")).map_or(part.start, |start| start + 2);
    let ends = [behind.find("}}"), behind.find("%}")];
    let end = ends.into_iter().flatten().min().map_or(part.end, |end| part.end + end);
    template.get(start..end).map(str::trim)
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use minijinja::{Value, context};

    use super::{names, render};

    fn values() -> Value {
        context! { values => context! { a => "x", quote => "it's", two => "a\nb" } }
    }

    fn failure(template: &str) -> String {
        render("file f", template, &values(), 100).unwrap_err().message
    }

    #[test]
    fn filters_quote_for_their_language() {
        let all = "{{ values.two | json }} {{ values.quote | shell }} {{ values.a | line }}\n";
        assert_eq!(render("f", all, &values(), 100).unwrap(), "\"a\\nb\" 'it'\\''s' x\n");
    }

    #[test]
    fn a_mistake_names_place_line_and_expression() {
        assert_eq!(failure("ok\n{{ values.hostname }}"), "file f line 2: `values.hostname` has no value");
        for filter in ["line", "shell", "json"] {
            let missing = failure(&format!("{{{{ values.gone | {filter} }}}}"));
            assert_eq!(missing, format!("file f line 1: `values.gone | {filter}` has no value"));
        }
        assert!(failure("{% if %}").starts_with("file f line 1: syntax error"), "{}", failure("{% if %}"));
        assert!(
            failure("{{ values.two | line }}").contains("line break"),
            "{}",
            failure("{{ values.two | line }}")
        );
        assert!(failure("{% include 'x' %}").contains("syntax error"), "{}", failure("{% include 'x' %}"));
    }

    #[test]
    fn a_template_can_neither_run_for_ever_nor_grow_for_ever() {
        let nested = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        assert_eq!(failure(nested), "file f line 1: takes too many steps");
        assert!(
            failure("{% for a in range(99) %}xx{% endfor %}").ends_with("renders to more than 100 bytes")
        );
    }

    #[test]
    fn names_are_those_that_have_to_be_given() {
        let found =
            names("f", "{{ values.a }}{% for x in range(2) %}{{ x }}{% endfor %}{{ secrets['b'] }}").unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["secrets", "values.a"]);
    }
}
