//! QR codes as SVG.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The empty margin in modules (ISO/IEC 18004 section 5.3.8).
const MARGIN: i32 = 4;

/// The code of a text: dark on light in both colour schemes, since scanners want it so. None for a text that is too long.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
    }
    let whole = size + 2 * MARGIN;
    Some(format!(
        "<svg viewBox=\"0 0 {whole} {whole}\" width=\"240\" height=\"240\" shape-rendering=\"crispEdges\">\
         <rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}
