//! Wrappings that an error text comes in: JSON and other backslash escapes, percent-encoding, HTML character references.

/// How deep wrappings may lie in one another: a JSON string in a query in a page.
const DEPTH: usize = 3;

/// The text without its wrappings. Line breaks that are escaped become line breaks; those that are there stay where they are.
pub(crate) fn unwrapped(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..DEPTH {
        let next = references(&percent(&escapes(&text)));
        if next == text {
            break;
        }
        text = next;
    }
    text
}

/// `\n`, `\"`, `\u00eb` and the like. A backslash before anything else stays: paths have many.
fn escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = behind.chars();
        rest = chars.as_str();
        match chars.next() {
            Some('"' | '\'' | '/') => {}
            // An escape that was escaped: the next round reads it.
            Some('\\') => {
                out.push('\\');
                rest = chars.as_str();
            }
            Some('r') if behind.starts_with("r\\n") => {
                out.push('\n');
                rest = behind.get(3..).unwrap_or_default();
            }
            Some('u') => match behind.get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
                Some(unit) => {
                    out.push(char::from_u32(unit).unwrap_or(' '));
                    rest = behind.get(5..).unwrap_or_default();
                }
                None => out.push('\\'),
            },
            Some('n') => {
                // `groep\naam` is a name, `used.\nThe` are two lines.
                let is_break = !before.chars().next_back().is_some_and(char::is_alphanumeric)
                    || chars.as_str().starts_with(|next: char| !next.is_lowercase());
                if is_break {
                    out.push('\n');
                    rest = chars.as_str();
                } else {
                    out.push('\\');
                }
            }
            _ => out.push('\\'),
        }
    }
    out.push_str(rest);
    out
}

/// `%3a`, and `+` between words where there is any such code beside it.
fn percent(text: &str) -> String {
    let is_coded = |word: &str| {
        word.split('%').skip(1).any(|after| after.get(..2).is_some_and(|two| u8::from_str_radix(two, 16).is_ok()))
    };
    let decoded = text.split_inclusive(char::is_whitespace).map(|word| {
        if is_coded(word) {
            let spaced = word.replace('+', " ");
            percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        } else {
            word.to_owned()
        }
    });
    decoded.collect()
}

/// The character references that error pages use (HTML section 13.5), by name or number.
fn references(text: &str) -> String {
    const NAMES: [(&str, char); 14] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("eacute", 'é'),
        ("euml", 'ë'),
        ("iuml", 'ï'),
        ("ouml", 'ö'),
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        // No further than names go: a text may have many ampersands and no semicolon.
        let end = behind.bytes().take(9).position(|byte| byte == b';');
        let named = end.and_then(|end| Some((behind.get(..end)?, behind.get(end + 1..)?)));
        let meant = named.and_then(|(name, after)| {
            let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => digits.parse().ok(),
            });
            let by_name = || NAMES.iter().find(|(known, _)| *known == name).map(|(_, meant)| *meant);
            number.and_then(char::from_u32).or_else(by_name).map(|meant| (meant, after))
        });
        if let Some((meant, after)) = meant {
            out.push(meant);
            rest = after;
        } else {
            out.push('&');
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappings_come_off_in_any_order_and_what_is_none_stays() {
        for (wrapped, text) in [
            (r#"{\"error\":\"a\\u00eb\"}"#, r#"{"error":"aë"}"#),
            (
                "error_description=AADSTS50011%3a+The+redirect%2520URI",
                "error_description=AADSTS50011: The redirect URI",
            ),
            ("&lsquo;groep&rsquo; &#8216;x&#x2019; &amp;amp; AT&T", "‘groep’ ‘x’ & AT&T"),
            (r"C:\Users\naam 100%", r"C:\Users\naam 100%"),
            (r"used.\nThe remote\r\nserver", "used.\nThe remote\nserver"),
            ("1 + 1 %zz", "1 + 1 %zz"),
        ] {
            assert_eq!(unwrapped(wrapped), text);
        }
    }
}
