//! Texts of a profile with places for data, in the syntax of Jinja.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, Value};

use crate::proto::time::Timestamp;

/// A template. Its filters are those of minijinja, and `strftime(pattern)` for moments, which templates see as
/// milliseconds since 1970, `json_date` for moments as `/Date(0)/`, and `json_text` for text inside a JSON string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize))]
pub struct Template(String);

/// The data that a template may use.
#[derive(Debug, Clone, Default)]
pub struct Context(BTreeMap<Cow<'static, str>, Value>);

impl Context {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Adds a moment.
    #[must_use]
    pub fn at(self, name: impl Into<Cow<'static, str>>, moment: Timestamp) -> Self {
        self.with(name, moment.as_millis())
    }

    /// Adds all of another one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// What the text is put into, which decides how values are made harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// HTML: values are escaped.
    Html,
    /// Anything else: values stand as they are.
    Plain,
}

impl Medium {
    /// By media type.
    #[must_use]
    pub fn of(content_type: &str) -> Self {
        if content_type.contains("html") { Self::Html } else { Self::Plain }
    }
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line} of the text)")]
pub struct TemplateError {
    message: String,
    line: usize,
}

impl Template {
    /// Checks and keeps the text.
    ///
    /// # Errors
    /// [`TemplateError`] when it is not a template.
    pub fn new(source: impl Into<String>) -> Result<Self, TemplateError> {
        let source = source.into();
        if is_plain(&source) {
            return Ok(Self(source));
        }
        environment(Medium::Plain).template_from_str(&source).map_err(|error| TemplateError {
            message: error.detail().unwrap_or("not a template").to_owned(),
            line: error.line().unwrap_or(1),
        })?;
        Ok(Self(source))
    }

    /// Its text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0
    }

    /// A text without places for data.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Tries the template with names that stand for themselves, and says what would fail at run time: a name that is not
    /// there, an unknown filter, a pattern that no moment can be printed by.
    ///
    /// # Errors
    /// [`TemplateError`] when it fails.
    pub fn check(&self, texts: &[&str], moments: &[&str]) -> Result<(), TemplateError> {
        if is_plain(&self.0) {
            return Ok(());
        }
        let context = texts.iter().fold(Context::default(), |context, name| context.with((*name).to_owned(), *name));
        let context =
            moments.iter().fold(context, |context, name| context.at((*name).to_owned(), Timestamp::default()));
        strict_environment().render_str(&self.0, &context.0).map(drop).map_err(|error| TemplateError {
            message: error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
            line: error.line().unwrap_or(1),
        })
    }

    /// Fills in the data. Unknown names are empty. A template that fails at run time gives its own text, so that the mistake
    /// is seen.
    #[must_use]
    pub fn render(&self, medium: Medium, context: &Context) -> String {
        if is_plain(&self.0) {
            return self.0.clone();
        }
        environment(medium).render_str(&self.0, &context.0).unwrap_or_else(|_| self.0.clone())
    }

    /// The same for many sets of data, reading the template only once.
    #[must_use]
    pub fn render_each(&self, medium: Medium, contexts: impl Iterator<Item = Context>) -> Vec<String> {
        let environment = environment(medium);
        let template = environment.template_from_str(&self.0).ok();
        let render = |context: Context| template.as_ref().and_then(|template| template.render(&context.0).ok());
        contexts.map(|context| render(context).unwrap_or_else(|| self.0.clone())).collect()
    }
}

/// The environments, made once: each holds tables of filters and functions that take longer to fill than a template to render.
fn environment(medium: Medium) -> &'static Environment<'static> {
    static PLAIN: OnceLock<Environment<'static>> = OnceLock::new();
    static HTML: OnceLock<Environment<'static>> = OnceLock::new();
    match medium {
        Medium::Plain => PLAIN.get_or_init(|| new_environment(medium)),
        Medium::Html => HTML.get_or_init(|| new_environment(medium)),
    }
}

/// That in which templates are checked: what fails at run time fails there.
fn strict_environment() -> &'static Environment<'static> {
    static STRICT: OnceLock<Environment<'static>> = OnceLock::new();
    STRICT.get_or_init(|| {
        let mut environment = new_environment(Medium::Plain);
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.add_filter("strftime", |millis: i64, pattern: String| {
            Timestamp::from_millis(millis).try_strftime(&pattern).ok_or_else(|| {
                let detail = format!("no moment can be printed by `{pattern}`");
                minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, detail)
            })
        });
        environment
    })
}

/// Whether a text has no place for data.
fn is_plain(text: &str) -> bool {
    !text.contains("{{") && !text.contains("{%") && !text.contains("{#")
}

fn new_environment(medium: Medium) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| match medium {
        Medium::Html => AutoEscape::Html,
        Medium::Plain => AutoEscape::None,
    });
    environment
        .add_filter("strftime", |millis: i64, pattern: String| Timestamp::from_millis(millis).strftime(&pattern));
    environment.add_filter("json_date", |millis: i64| format!("/Date({millis})/"));
    environment.add_filter("nbf_claim", |millis: i64| nbf_claim(Timestamp::from_millis(millis)));
    environment.add_filter("json_text", |text: String| json_text(&text));
    environment
}

/// A request for claims (OpenID Connect Core section 5.5): an access token that was not issued before this moment, as base64 of JSON.
fn nbf_claim(moment: Timestamp) -> String {
    let second = moment.as_seconds();
    STANDARD.encode(format!(r#"{{"access_token":{{"nbf":{{"essential":true, "value":"{second}"}}}}}}"#))
}

/// The text as it stands inside the quotes of a JSON string (RFC 8259 section 7).
pub(crate) fn json_text(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    // Nearly every text, tokens above all.
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push_str(text);
        return out;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(feature = "profiles")]
impl<'de> serde::Deserialize<'de> for Template {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_filled_in_and_made_harmless_for_its_medium() {
        let context = Context::default().with("uri", "<script>\"").at("at", "2022-10-11T21:18:20Z".parse().unwrap());
        let render = |source: &str, medium| Template::new(source).unwrap().render(medium, &context);
        assert_eq!(render("'{{ uri }}'", Medium::Html), "'&lt;script&gt;&quot;'");
        assert_eq!(render("{{ uri }}", Medium::Plain), "<script>\"");
        assert_eq!(render(r#"{"u":"{{ uri | json_text }}"}"#, Medium::Plain), r#"{"u":"<script>\""}"#);
        assert_eq!(
            render(r#"{{ at | strftime("%-m\\/%-d\\/%Y %-I:%M:%S %p") }}"#, Medium::Plain),
            r"10\/11\/2022 9:18:20 PM"
        );
        assert_eq!(render("{ \"plain\" }\n", Medium::Plain), "{ \"plain\" }\n");
    }

    #[test]
    fn a_text_that_is_no_template_is_refused_when_it_is_read() {
        let error = Template::new("ok\n{{ oops").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
