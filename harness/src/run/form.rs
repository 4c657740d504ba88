//! Reading the one form of a sign-in page, as a program that fills real pages does.

use html5gum::{Token, Tokenizer};

/// A form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// Fields with their names and values, in order.
    pub(crate) fields: Vec<Field>,
    /// Submit buttons with names and values.
    pub(crate) buttons: Vec<(String, String)>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Form {
    /// The first form of a page.
    pub(crate) fn read(page: &str) -> Option<Self> {
        // Most of what is read has none, and to find that out so costs the least.
        let begins =
            |(at, _): (usize, &str)| page.get(at + 1..at + 5).is_some_and(|it| it.eq_ignore_ascii_case("form"));
        if !page.match_indices('<').any(begins) {
            return None;
        }
        let mut form: Option<Self> = None;
        for token in Tokenizer::new(page) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => {
                    let attribute = |name: &str| {
                        tag.attributes
                            .iter()
                            .find(|(key, _)| key.as_slice() == name.as_bytes())
                            .map(|(_, value)| String::from_utf8_lossy(value.as_slice()).into_owned())
                    };
                    match (tag.name.as_slice(), &mut form) {
                        (b"form", None) => {
                            form = Some(Self { action: attribute("action").unwrap_or_default(), ..Self::default() });
                        }
                        (b"input", Some(form)) => {
                            if let Some(name) = attribute("name") {
                                form.fields.push(Field { name, value: attribute("value").unwrap_or_default() });
                            }
                        }
                        (b"button", Some(form)) => {
                            if let Some(name) = attribute("name") {
                                form.buttons.push((name, attribute("value").unwrap_or_default()));
                            }
                        }
                        (_, _) => {}
                    }
                }
                Token::EndTag(tag) if tag.name.as_slice() == b"form" && form.is_some() => return form,
                Token::EndTag(_) | Token::String(_) | Token::Comment(_) | Token::Doctype(_) => {}
                _ => {}
            }
        }
        form
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// The same, leaving fields out that are not filled in, as boxes that are not checked are.
    pub(crate) fn filled_without(
        &self,
        values: &[(&str, &str)],
        checked: Option<(&str, &str)>,
        boxes: &[&str],
    ) -> String {
        let fields = self.fields.iter().filter(|field| !boxes.contains(&field.name.as_str())).cloned().collect();
        Self { action: String::new(), fields, buttons: Vec::new() }.filled(values, checked)
    }

    /// The form's body with some fields filled in and one button pressed.
    pub(crate) fn filled(&self, values: &[(&str, &str)], button: Option<(&str, &str)>) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in &self.fields {
            let value = values.iter().find(|(name, _)| *name == field.name).map_or(field.value.as_str(), |(_, v)| v);
            body.append_pair(&field.name, value);
        }
        if let Some((name, value)) = button {
            body.append_pair(name, value);
        }
        body.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_and_buttons_of_a_page_are_read_and_filled() {
        let page = r#"<p>hi<form id=x method=post action="/go"><input type=hidden name=i value="a&amp;b">
            <input name="user"><button name="consent" value="allow">Allow</button></form><form action="/other"></form>"#;
        let form = Form::read(page).unwrap();
        assert_eq!(form.action, "/go");
        assert!(form.has("user") && !form.has("password"));
        assert_eq!(form.filled(&[("user", "x y")], Some(("consent", "allow"))), "i=a%26b&user=x+y&consent=allow");
        assert_eq!(Form::read("<p>no form"), None);
        assert_eq!(Form::read("<!-- <form> --><p>no form"), None);
        assert_eq!(Form::read("<FORM ACTION=/go><INPUT NAME=i VALUE=1>é").unwrap().action, "/go");
    }
}
