//! What a browser needs of a page: its form, the fields of the form, and cookies.

use std::collections::BTreeMap;

use mock_idp::proto::message::Response;

/// The first form of a page.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
}

/// An input or a button with a name.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// `type`, and `autocomplete` after a blank.
    pub(crate) kind: String,
}

impl Form {
    /// Reads the form of a page, as a browser would.
    pub(crate) fn of(page: &str) -> Option<Self> {
        let mut form: Option<Self> = None;
        for tag in page.split('<').filter_map(|part| part.split_once('>').map(|(tag, _)| tag)) {
            let (element, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let get = |name: &str| attribute(attributes, name).unwrap_or_default();
            match (element, &mut form) {
                ("form", None) => form = Some(Self { action: get("action"), fields: Vec::new() }),
                ("input" | "button", Some(form)) if !get("name").is_empty() => form.fields.push(Field {
                    name: get("name"),
                    value: get("value"),
                    kind: format!("{} {}", get("type"), get("autocomplete")).trim().to_owned(),
                }),
                _ => {}
            }
        }
        form
    }

    /// The first field whose type or use contains `kind`.
    pub(crate) fn field(&self, kind: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.kind.contains(kind))
    }

    /// The hidden fields, filled in as they stand.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let hidden = self.fields.iter().filter(|field| field.kind == "hidden");
        hidden.map(|field| (field.name.clone(), field.value.clone())).collect()
    }
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let at = attributes.match_indices(&start).find(|(at, _)| *at == 0 || attributes[..*at].ends_with(' '))?.0;
    attributes[at + start.len()..].split('"').next().map(unescape)
}

fn unescape(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A browser's cookies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cookies(BTreeMap<String, String>);

impl Cookies {
    /// Keeps what a response sets.
    pub(crate) fn keep(&mut self, response: &Response) {
        for line in response.headers.all("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Sets one as nobody asked for.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The `Cookie` header, if there are any.
    pub(crate) fn header(&self) -> Option<String> {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}
