//! Lines, and the JSON objects among them: one to a line, over several lines, in a list, or in the envelope of a log collector.

use serde_json::Value;

use super::json::get;
use super::lines::Line;
use super::time::leading;

/// An object over several lines ends within so many bytes.
const LONGEST_OBJECT: usize = 1 << 20;
/// So many bytes may be looked at in vain for the ends of objects over several lines.
const IN_VAIN: usize = 64 << 20;
/// The names under which exports have their lists.
const LISTS: [&str; 6] = ["entries", "records", "value", "logs", "events", "items"];

/// A piece of a log.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// A line of text.
    Line(Line),
    /// An object, and the line on which it begins.
    Object(usize, Value),
}

/// The pieces of a log, in their order.
pub(super) fn pieces(lines: &[Line]) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut in_vain = 0;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let trimmed = line.text.trim();
        if !trimmed.starts_with(['{', '[']) {
            found.push(Piece::Line(line.clone()));
            at += 1;
            continue;
        }
        // Exports of whole logs may be long, and begin with the file.
        let most = if at == 0 { usize::MAX } else { LONGEST_OBJECT.min(IN_VAIN.saturating_sub(in_vain)) };
        match object(lines.get(at..).unwrap_or_default(), most) {
            Ok((value, count)) => {
                flatten(line.number, value, &mut found);
                at += count;
            }
            Err(looked_at) => {
                in_vain += looked_at;
                found.push(Piece::Line(line.clone()));
                at += 1;
            }
        }
    }
    found
}

/// The object or list that begins on the first line and ends on the last of so many, or how many bytes were looked at.
fn object(lines: &[Line], most: usize) -> Result<(Value, usize), usize> {
    let first = lines.first().map(|line| line.text.as_str()).unwrap_or_default();
    if let Ok(value) = serde_json::from_str(first)
        && is_structured(&value)
    {
        return Ok((value, 1));
    }
    // On one line it is text: `[2021-11-03 …`, `{0} of {1}`.
    let opens = first.trim();
    if opens.len() > 1 && !opens.ends_with(['{', '[', ',']) {
        return Err(first.len());
    }
    let mut joined = String::new();
    for line in lines {
        if joined.len() + line.text.len() >= most {
            break;
        }
        joined.push_str(&line.text);
        joined.push('\n');
    }
    let mut values = serde_json::Deserializer::from_str(&joined).into_iter::<Value>();
    let read = values.next();
    let end = values.byte_offset();
    match read {
        Some(Ok(value)) if is_structured(&value) => {
            let (read, rest) = joined.split_at_checked(end).unwrap_or((&joined, ""));
            // What is behind it on its last line is not read.
            let is_alone = rest.split('\n').next().unwrap_or_default().trim_matches([' ', ',', ';']).is_empty();
            if is_alone { Ok((value, read.matches('\n').count() + 1)) } else { Err(joined.len()) }
        }
        Some(_) | None => Err(joined.len()),
    }
}

/// Whether there is something with names in it: `[1]` is no log.
fn is_structured(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(list) => list.iter().any(Value::is_object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn flatten(line: usize, value: Value, found: &mut Vec<Piece>) {
    match value {
        Value::Array(list) => list.into_iter().for_each(|it| flatten(line, it, found)),
        Value::Object(mut members) => {
            let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().any(Value::is_object));
            let list = LISTS.iter().find(|name| members.get(**name).is_some_and(is_list));
            if let Some(list) = list.and_then(|name| members.remove(*name)) {
                flatten(line, list, found);
                return;
            }
            // Docker writes each line of a container as an object.
            let time = get(&members, &["time"]).and_then(Value::as_str).map(str::to_owned);
            if let (Some(Value::String(log)), true, Some(time)) =
                (members.get("log"), members.contains_key("stream"), time)
            {
                let inner = log.trim_end();
                match serde_json::from_str::<Value>(inner) {
                    Ok(value) if value.is_object() => flatten(line, value, found),
                    _ => {
                        let is_timed = inner.starts_with(char::is_whitespace) || leading(inner).is_some();
                        let text = if is_timed { inner.to_owned() } else { format!("{time} {inner}") };
                        found.push(Piece::Line(Line { number: line, text }));
                    }
                }
                return;
            }
            found.push(Piece::Object(line, Value::Object(members)));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
