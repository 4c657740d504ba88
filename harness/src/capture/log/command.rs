//! The command line of `curl`, where it stands above its output: it has the body of the request, which the output has not.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::draft::field;
use crate::capture::model::HeaderField;

/// What `curl` leaves as it is in `--data-urlencode`: the unreserved characters of RFC 3986 section 2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Options that take an argument, beside those whose argument matters.
const WITH_ARGUMENT: [&str; 26] = [
    "-o",
    "--output",
    "-b",
    "--cookie",
    "-c",
    "--cookie-jar",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-x",
    "--proxy",
    "--cacert",
    "-E",
    "--cert",
    "--key",
    "--resolve",
    "--connect-to",
    "--trace",
    "--trace-ascii",
    "-w",
    "--write-out",
    "--retry",
    "-D",
    "--dump-header",
    "--stderr",
    "--max-redirs",
];
/// Options of one letter that take an argument, which may follow without a blank.
const LETTERS: &str = "XdHuAeFobcmxEwDT";

/// A command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) url: Option<String>,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<HeaderField>,
    pub(super) body: Sent,
}

/// What a command sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing.
    #[default]
    Nothing,
    /// This text.
    Text(String),
    /// Something that the command line does not have.
    Elsewhere(&'static str),
}

/// A word of a shell's line.
#[derive(Debug, Default)]
struct Word {
    text: String,
    /// Whether the shell puts something into it that the line does not have.
    has_variable: bool,
}

/// What is behind the prompt, if it is a call of `curl`.
pub(super) fn called(line: &str) -> Option<&str> {
    let is_call = |rest: &str| ["curl ", "curl.exe "].iter().any(|name| rest.starts_with(name));
    let trimmed = line.trim_start();
    if is_call(trimmed) {
        return Some(trimmed);
    }
    let prompts = ["$ ", "# ", "% ", "> "].into_iter();
    let behind = prompts.filter_map(|end| Some((trimmed.find(end)?, trimmed.split_once(end)?.1)));
    // A line of the output that is sent begins with `> ` itself.
    behind.filter(|(at, rest)| *at < 80 && is_call(rest) && !trimmed.starts_with("> ")).map(|(_, rest)| rest).next()
}

/// Reads the line of a call.
pub(super) fn read(line: &str) -> Command {
    let mut command = Command::default();
    let (mut is_query, mut is_head) = (false, false);
    let mut words = split(line).into_iter().skip(1);
    while let Some(word) = words.next() {
        let Some((option, attached)) = option(&word.text) else {
            command.url.get_or_insert(word.text);
            continue;
        };
        let argument = || attached.map_or_else(|| words.next().unwrap_or_default(), |text| Word { text, ..word });
        match option.as_str() {
            "-X" | "--request" => command.method = Some(argument().text),
            "--url" => command.url = Some(argument().text),
            "-H" | "--header" => command.headers.extend(field(&argument().text)),
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" | "--json" => {
                let data = argument();
                let is_file = data.text.starts_with('@') && option != "--data-raw";
                command.body.add(&data.text, is_file, data.has_variable);
            }
            "--data-urlencode" => {
                let data = argument();
                let (text, is_file) = encoded(&data.text);
                command.body.add(&text, is_file, data.has_variable);
            }
            "-F" | "--form" | "--form-string" | "-T" | "--upload-file" => {
                drop(argument());
                command.body = Sent::Elsewhere("it is a form with files, or a file");
            }
            "-G" | "--get" => is_query = true,
            "-I" | "--head" => is_head = true,
            "-u" | "--user" | "-A" | "--user-agent" | "-e" | "--referer" => drop(argument()),
            other if WITH_ARGUMENT.contains(&other) => drop(argument()),
            _ => {}
        }
    }
    if is_query && let (Sent::Text(query), Some(url)) = (&command.body, &mut command.url) {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(query);
        command.body = Sent::Nothing;
    }
    if command.method.is_none() {
        let method = match command.body {
            Sent::Nothing if is_head => "HEAD",
            Sent::Nothing => "GET",
            Sent::Text(_) | Sent::Elsewhere(_) => "POST",
        };
        command.method = Some(method.to_owned());
    }
    command
}

impl Sent {
    fn add(&mut self, text: &str, is_file: bool, has_variable: bool) {
        if is_file {
            *self = Self::Elsewhere("it is in a file");
        } else if has_variable {
            *self = Self::Elsewhere("the command line has variables");
        }
        match self {
            Self::Nothing => *self = Self::Text(text.to_owned()),
            Self::Text(before) => {
                before.push('&');
                before.push_str(text);
            }
            Self::Elsewhere(_) => {}
        }
    }
}

/// The option, and its argument where that is attached to it. Letters without an argument may stand before one that has one (`-svd x`).
fn option(word: &str) -> Option<(String, Option<String>)> {
    if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
        // `curl` knows no `--name=value`.
        return Some((format!("--{long}"), None));
    }
    let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty())?;
    let Some(at) = letters.find(|letter| LETTERS.contains(letter) || "GI".contains(letter)) else {
        return Some((word.to_owned(), None));
    };
    let (_, rest) = letters.split_at_checked(at)?;
    let letter = rest.chars().next()?;
    let attached = rest.get(letter.len_utf8()..).filter(|attached| !attached.is_empty() && LETTERS.contains(letter));
    Some((format!("-{letter}"), attached.map(str::to_owned)))
}

/// `name=content`, `=content`, `content`, `name@file` or `@file`: what is sent, and whether it is in a file.
fn encoded(data: &str) -> (String, bool) {
    let text = |content: &str| utf8_percent_encode(content, ENCODED).to_string().replace("%20", "+");
    match data.find(['=', '@']).and_then(|at| data.split_at_checked(at)) {
        Some((name, rest)) if rest.starts_with('=') => {
            let content = text(rest.get(1..).unwrap_or_default());
            (if name.is_empty() { content } else { format!("{name}={content}") }, false)
        }
        Some(_) => (String::new(), true),
        None => (text(data), false),
    }
}

/// The words of a line, as a POSIX shell parts them, and `$'…'`, which browsers write.
fn split(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let here = word.get_or_insert_default();
        match c {
            '\'' => here.text.extend(chars.by_ref().take_while(|c| *c != '\'')),
            '"' => quoted(&mut chars, here),
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                escaped(&mut chars, here);
            }
            '\\' => here.text.extend(chars.next()),
            _ => {
                here.has_variable |= c == '`' || (c == '$' && chars.peek().is_some_and(is_variable));
                here.text.push(c);
            }
        }
    }
    words.extend(word);
    words
}

fn is_variable(next: &char) -> bool {
    next.is_ascii_alphabetic() || ['_', '{', '('].contains(next)
}

/// Up to the closing double quote.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, word: &mut Word) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' if chars.peek().is_some_and(|next| "\"\\$`".contains(*next)) => word.text.extend(chars.next()),
            _ => {
                word.has_variable |= c == '`' || (c == '$' && chars.peek().is_some_and(is_variable));
                word.text.push(c);
            }
        }
    }
}

/// Up to the closing quote of `$'…'`.
fn escaped(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, word: &mut Word) {
    while let Some(c) = chars.next() {
        match c {
            '\'' => return,
            '\\' => match chars.next() {
                Some('n') => word.text.push('\n'),
                Some('r') => word.text.push('\r'),
                Some('t') => word.text.push('\t'),
                Some(kind @ ('u' | 'x')) => {
                    let length = if kind == 'u' { 4 } else { 2 };
                    let digits: String = chars.by_ref().take(length).collect();
                    let unit = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    word.text.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(other) => word.text.push(other),
                None => return,
            },
            _ => word.text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(line: &str) -> Sent {
        read(line).body
    }

    #[test]
    fn a_call_is_told_from_the_output_and_from_prose() {
        for line in ["curl -v x", "$ curl x", "john@box:~/a$ curl x", "root@box:/# curl x", "PS C:\\> curl.exe x"] {
            assert!(called(line).is_some(), "{line}");
        }
        for line in ["> curl x", "curling x", "* using curl x", "we call curl x", "curl: (6) Could not resolve host"] {
            assert!(called(line).is_none(), "{line}");
        }
    }

    #[test]
    fn data_is_put_together_and_encoded_as_curl_does() {
        let text = |text: &str| Sent::Text(text.to_owned());
        assert_eq!(
            body("curl u -d a=1 -d 'b=2 3' --data-urlencode 'c=é f&g' -dh=4"),
            text("a=1&b=2 3&c=%C3%A9+f%26g&h=4")
        );
        assert_eq!(body("curl u --data-urlencode =a=b --data-urlencode 'c d'"), text("a%3Db&c+d"));
        assert_eq!(body(r#"curl u -d "a=\"1\" b""#), text(r#"a="1" b"#));
        assert_eq!(body(r"curl u --data-raw $'a=it\'s\u0021\n'"), text("a=it's!\n"));
        assert_eq!(body("curl u --data-raw @a"), text("@a"));
    }

    #[test]
    fn what_the_line_does_not_have_is_said_to_be_elsewhere() {
        for line in
            ["curl u -d @a", "curl u -d \"a=$TOKEN\"", "curl u -d a=$(cat b)", "curl u -F a=b", "curl u -d a=`b`"]
        {
            assert!(matches!(body(line), Sent::Elsewhere(_)), "{line}");
        }
        assert_eq!(body("curl u -d 'a=$TOKEN'"), Sent::Text("a=$TOKEN".to_owned()));
    }

    #[test]
    fn the_method_and_the_url_are_found_among_options() {
        let of = |line: &str| {
            let command = read(line);
            (command.method.unwrap(), command.url.unwrap())
        };
        let is = |method: &str, url: &str| (method.to_owned(), url.to_owned());
        assert_eq!(of("curl -sS -o out https://a/ -H 'B: c'"), is("GET", "https://a/"));
        assert_eq!(of("curl -svd x https://a/"), is("POST", "https://a/"));
        assert_eq!(of("curl -XDELETE https://a/"), is("DELETE", "https://a/"));
        assert_eq!(of("curl -I --url https://a/"), is("HEAD", "https://a/"));
        assert_eq!(of("curl -G https://a/?x -d b=1"), is("GET", "https://a/?x&b=1"));
        assert_eq!(of("curl --cacert ca.pem --resolve a:1:2 https://a/"), is("GET", "https://a/"));
    }
}
