//! What FETCH says of a message: envelope, structure, sections (RFC 9051 section 7.5.2).

use imap_codec::imap_types::fetch::{Part, Section};
use mail_parser::{Address, HeaderValue, Message, MessagePart, MimeHeaders as _, PartType};

use crate::proto::mail::imap::text::{list, nstring, ntext, string};

/// Subject, people and identifiers of a message.
pub(super) fn envelope(message: &Message<'_>) -> Vec<u8> {
    let date = message.header_raw("Date").map(str::trim);
    let subject = message.header_raw("Subject").map(unfolded);
    let people = |name: &str| addresses(message.header(name).and_then(HeaderValue::as_address));
    let from = people("From");
    let or_from = |name: &str| Some(people(name)).filter(|it| it != b"NIL").unwrap_or_else(|| from.clone());
    list(&[
        ntext(date),
        ntext(subject.as_deref()),
        from.clone(),
        or_from("Sender"),
        or_from("Reply-To"),
        people("To"),
        people("Cc"),
        people("Bcc"),
        ntext(message.header_raw("In-Reply-To").map(str::trim)),
        ntext(message.header_raw("Message-ID").map(str::trim)),
    ])
}

fn unfolded(text: &str) -> String {
    text.trim().replace("\r\n", "").replace('\n', "")
}

fn addresses(people: Option<&Address<'_>>) -> Vec<u8> {
    let people: Vec<Vec<u8>> = people
        .into_iter()
        .flat_map(Address::iter)
        .map(|one| {
            let (mailbox, host) = one.address().map_or((None, None), |address| {
                address.rsplit_once('@').map_or((Some(address), None), |(name, host)| (Some(name), Some(host)))
            });
            list(&[ntext(one.name()), b"NIL".to_vec(), ntext(mailbox), ntext(host)])
        })
        .collect();
    if people.is_empty() { b"NIL".to_vec() } else { [b"(".to_vec(), people.concat(), b")".to_vec()].concat() }
}

/// The structure of a message; with extension data for BODYSTRUCTURE, without for BODY.
pub(super) fn structure(message: &Message<'_>, is_extended: bool) -> Vec<u8> {
    message.parts.first().map_or_else(|| b"NIL".to_vec(), |part| part_structure(message, part, is_extended))
}

fn part_structure(message: &Message<'_>, part: &MessagePart<'_>, is_extended: bool) -> Vec<u8> {
    let content = part.content_type();
    if let PartType::Multipart(children) = &part.body {
        let children = children.iter().filter_map(|at| message.parts.get(usize::try_from(*at).ok()?));
        let bodies: Vec<u8> = children.flat_map(|child| part_structure(message, child, is_extended)).collect();
        let subtype = content.and_then(|it| it.subtype()).unwrap_or("mixed").to_ascii_uppercase();
        let mut out = [b"(".to_vec(), bodies, b" ".to_vec(), string(subtype.as_bytes())].concat();
        if is_extended {
            out = [out, b" ".to_vec(), parameters(content), b" NIL NIL NIL".to_vec()].concat();
        }
        out.push(b')');
        return out;
    }
    let default = |part: &MessagePart<'_>| match part.body {
        PartType::Text(_) => ("TEXT", "PLAIN"),
        PartType::Html(_) => ("TEXT", "HTML"),
        PartType::Message(_) => ("MESSAGE", "RFC822"),
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Multipart(_) => ("APPLICATION", "OCTET-STREAM"),
    };
    let (kind, subtype) = default(part);
    let kind = content.map_or(kind.to_owned(), |it| it.ctype().to_ascii_uppercase());
    let subtype = content.and_then(|it| it.subtype()).map_or(subtype.to_owned(), str::to_ascii_uppercase);
    let raw = raw_body(message, part);
    let encoding = part.content_transfer_encoding().unwrap_or("7BIT").to_ascii_uppercase();
    let mut items = vec![
        string(kind.as_bytes()),
        string(subtype.as_bytes()),
        parameters(content),
        ntext(part.content_id()),
        ntext(part.content_description()),
        string(encoding.as_bytes()),
        raw.len().to_string().into_bytes(),
    ];
    if let PartType::Message(inner) = &part.body {
        items.push(envelope(inner));
        items.push(structure(inner, is_extended));
    }
    if kind == "TEXT" || matches!(part.body, PartType::Message(_)) {
        items.push(raw.iter().filter(|byte| **byte == b'\n').count().to_string().into_bytes());
    }
    if is_extended {
        let disposition = part
            .content_disposition()
            .map_or_else(|| b"NIL".to_vec(), |it| list(&[string(it.ctype().as_bytes()), parameters(Some(it))]));
        items.extend([b"NIL".to_vec(), disposition, b"NIL".to_vec(), b"NIL".to_vec()]);
    }
    list(&items)
}

fn parameters(content: Option<&mail_parser::ContentType<'_>>) -> Vec<u8> {
    let pairs: Vec<Vec<u8>> = content
        .and_then(mail_parser::ContentType::attributes)
        .into_iter()
        .flatten()
        .flat_map(|it| [string(it.name.as_bytes()), string(it.value.as_bytes())])
        .collect();
    if pairs.is_empty() { b"NIL".to_vec() } else { list(&pairs) }
}

fn raw_body<'a>(message: &'a Message<'_>, part: &MessagePart<'_>) -> &'a [u8] {
    range(message, part.raw_body_offset(), part.raw_end_offset())
}

fn range<'a>(message: &'a Message<'_>, from: impl TryInto<usize>, to: impl TryInto<usize>) -> &'a [u8] {
    let (Ok(from), Ok(to)) = (from.try_into(), to.try_into()) else { return &[] };
    message.raw_message().get(from..to).unwrap_or_default()
}

/// The bytes of a section; none where there is no such part.
pub(super) fn section(message: &Message<'_>, section: Option<&Section<'_>>) -> Option<Vec<u8>> {
    let Some(section) = section else { return Some(message.raw_message().to_vec()) };
    let find = |part: &Option<Part>| match part {
        None => message.parts.first(),
        Some(path) => part_at(message, path),
    };
    let header = |part: &MessagePart<'_>| range(message, part.raw_header_offset(), part.raw_body_offset()).to_vec();
    Some(match section {
        Section::Part(path) => raw_body(message, part_at(message, path)?).to_vec(),
        Section::Text(path) => raw_body(message, find(path)?).to_vec(),
        Section::Header(path) => header(find(path)?),
        Section::Mime(path) => header(part_at(message, path)?),
        Section::HeaderFields(path, names) => {
            let wanted: Vec<Vec<u8>> = names.as_ref().iter().map(|name| name.as_ref().to_ascii_lowercase()).collect();
            fields(&header(find(path)?), |name| wanted.iter().any(|known| known == name))
        }
        Section::HeaderFieldsNot(path, names) => {
            let wanted: Vec<Vec<u8>> = names.as_ref().iter().map(|name| name.as_ref().to_ascii_lowercase()).collect();
            fields(&header(find(path)?), |name| !wanted.iter().any(|known| known == name))
        }
    })
}

/// The part at a path such as 1.2 (RFC 9051 section 6.4.5.1): the first of a message without parts is its body.
fn part_at<'a, 'b>(message: &'a Message<'b>, path: &Part) -> Option<&'a MessagePart<'b>> {
    let mut part = message.parts.first()?;
    for number in path.0.as_ref() {
        let at = usize::try_from(number.get()).ok()?.checked_sub(1)?;
        part = if let PartType::Multipart(children) = &part.body {
            message.parts.get(usize::try_from(*children.get(at)?).ok()?)?
        } else if at == 0 {
            part
        } else {
            return None;
        };
    }
    Some(part)
}

/// The fields of a header that are wanted, folded as they are, and the empty line.
fn fields(header: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut is_wanted = false;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            is_wanted = line.contains(&b':') && wanted(&name.trim_ascii().to_ascii_lowercase());
        }
        if is_wanted {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// A part of bytes, as FETCH asks for it.
pub(super) fn partial(bytes: Vec<u8>, from: u32, length: u32) -> Vec<u8> {
    let (from, length) = (usize::try_from(from).unwrap_or(usize::MAX), usize::try_from(length).unwrap_or(usize::MAX));
    bytes.into_iter().skip(from).take(length).collect()
}

/// A section's bytes as they go over the wire.
pub(super) fn shown(bytes: Option<&[u8]>) -> Vec<u8> {
    match bytes {
        // Content is a literal always: a client that reads lines is not misled by what stands in it.
        Some(bytes) => [format!("{{{}}}\r\n", bytes.len()).into_bytes(), bytes.to_vec()].concat(),
        None => nstring(None),
    }
}
