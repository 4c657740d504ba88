//! FETCH (RFC 9051 section 6.4.5).

use std::collections::BTreeSet;

use imap_codec::imap_types::fetch::{MacroOrMessageDataItemNames, MessageDataItemName, Section};
use mail_parser::MessageParser;

use crate::proto::mail::imap::message::{envelope, partial, section, shown, structure};
use crate::proto::mail::imap::text::{list, string};
use crate::proto::mail::store::Message;

/// Flags in parentheses.
pub(super) fn flag_list(flags: &BTreeSet<String>) -> String {
    format!("({})", flags.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// What is asked for, without abbreviations; UID among it where the command was by UID.
pub(super) fn items(asked: &MacroOrMessageDataItemNames<'_>, by_uid: bool) -> Vec<MessageDataItemName<'static>> {
    use imap_codec::imap_types::ToStatic as _;
    let mut items: Vec<MessageDataItemName<'static>> = match asked {
        MacroOrMessageDataItemNames::Macro(it) => it.expand().iter().map(|item| item.to_static()).collect(),
        MacroOrMessageDataItemNames::MessageDataItemNames(items) => items.iter().map(|item| item.to_static()).collect(),
    };
    if by_uid && !items.contains(&MessageDataItemName::Uid) {
        items.insert(0, MessageDataItemName::Uid);
    }
    items
}

/// Whether an item makes a message seen.
pub(super) const fn makes_seen(item: &MessageDataItemName<'_>) -> bool {
    match item {
        MessageDataItemName::BodyExt { peek, .. } | MessageDataItemName::Binary { peek, .. } => !*peek,
        MessageDataItemName::Rfc822 | MessageDataItemName::Rfc822Text => true,
        MessageDataItemName::Body
        | MessageDataItemName::BodyStructure
        | MessageDataItemName::Envelope
        | MessageDataItemName::Flags
        | MessageDataItemName::InternalDate
        | MessageDataItemName::Rfc822Header
        | MessageDataItemName::Rfc822Size
        | MessageDataItemName::Uid
        | MessageDataItemName::BinarySize { .. } => false,
    }
}

/// A message with what is asked of it, as a line.
pub(super) fn render(sequence: u32, message: &Message, items: &[MessageDataItemName<'_>]) -> Vec<u8> {
    let parsed = MessageParser::new().parse(&*message.raw).unwrap_or_default();
    let whole = |name: &str, bytes: Option<Vec<u8>>| {
        [name.as_bytes().to_vec(), b" ".to_vec(), shown(bytes.as_deref())].concat()
    };
    let named = |name: &str, value: Vec<u8>| [name.as_bytes().to_vec(), b" ".to_vec(), value].concat();
    let rendered: Vec<Vec<u8>> = items
        .iter()
        .map(|item| match item {
            MessageDataItemName::Uid => named("UID", message.uid.to_string().into_bytes()),
            MessageDataItemName::Flags => named("FLAGS", flag_list(&message.flags).into_bytes()),
            MessageDataItemName::InternalDate => {
                named("INTERNALDATE", string(message.received.strftime("%e-%b-%Y %H:%M:%S +0000").as_bytes()))
            }
            MessageDataItemName::Rfc822Size => named("RFC822.SIZE", message.raw.len().to_string().into_bytes()),
            MessageDataItemName::Envelope => named("ENVELOPE", envelope(&parsed)),
            MessageDataItemName::Body => named("BODY", structure(&parsed, false)),
            MessageDataItemName::BodyStructure => named("BODYSTRUCTURE", structure(&parsed, true)),
            MessageDataItemName::Rfc822 => whole("RFC822", section(&parsed, None)),
            MessageDataItemName::Rfc822Header => whole("RFC822.HEADER", section(&parsed, Some(&Section::Header(None)))),
            MessageDataItemName::Rfc822Text => whole("RFC822.TEXT", section(&parsed, Some(&Section::Text(None)))),
            MessageDataItemName::BodyExt { section: asked, partial: part, .. } => {
                let found = section(&parsed, asked.as_ref());
                let name = format!("BODY[{}]", section_name(asked.as_ref()));
                match part {
                    None => whole(&name, found),
                    Some((from, length)) => {
                        let cut = found.map(|bytes| partial(bytes, *from, length.get()));
                        whole(&format!("{name}<{from}>"), cut)
                    }
                }
            }
            // BINARY (RFC 3516) is not announced.
            MessageDataItemName::Binary { .. } => named("BINARY[]", b"NIL".to_vec()),
            MessageDataItemName::BinarySize { .. } => named("BINARY.SIZE[]", b"0".to_vec()),
        })
        .collect();
    [format!("* {sequence} FETCH ").into_bytes(), list(&rendered), b"\r\n".to_vec()].concat()
}

fn section_name(section: Option<&Section<'_>>) -> String {
    use imap_codec::imap_types::fetch::Part;
    let path = |part: &Part| part.0.as_ref().iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    let with = |part: &Option<Part>, name: &str| {
        part.as_ref().map_or(name.to_owned(), |part| format!("{}.{name}", path(part)))
    };
    let fields = |names: &[imap_codec::imap_types::core::AString<'_>]| {
        let names: Vec<String> = names.iter().map(|name| String::from_utf8_lossy(name.as_ref()).into_owned()).collect();
        names.join(" ")
    };
    match section {
        None => String::new(),
        Some(Section::Part(part)) => path(part),
        Some(Section::Header(part)) => with(part, "HEADER"),
        Some(Section::Text(part)) => with(part, "TEXT"),
        Some(Section::Mime(part)) => format!("{}.MIME", path(part)),
        Some(Section::HeaderFields(part, names)) => with(part, &format!("HEADER.FIELDS ({})", fields(names.as_ref()))),
        Some(Section::HeaderFieldsNot(part, names)) => {
            with(part, &format!("HEADER.FIELDS.NOT ({})", fields(names.as_ref())))
        }
    }
}
