//! Draws a QR code as the path of an SVG picture. The page that sets up a second factor uses it; it writes nothing.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// The white edge that readers need, in squares.
const EDGE: usize = 4;

/// A drawing on a grid of `size` by `size` squares.
#[derive(Clone, Debug)]
pub struct QrDrawing {
    /// Squares on each side.
    pub size: usize,
    /// The dark squares, row by row.
    pub path: String,
}

/// The drawing of a text; `None` when the text is too long.
pub fn draw(text: &str) -> Option<QrDrawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, mut path) = (code.width(), String::new());
    for (at, color) in code.to_colors().iter().enumerate() {
        if *color == Color::Dark {
            // Writing into a text cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", at % width + EDGE, at / width + EDGE);
        }
    }
    Some(QrDrawing { size: width + 2 * EDGE, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_its_three_corners_and_its_edge() {
        let drawing =
            draw("otpauth://totp/SMS%20Opt%2DIn:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let last = drawing.size - EDGE - 1;
        for (x, y) in [(EDGE, EDGE), (last, EDGE), (EDGE, last)] {
            assert!(drawing.path.contains(&format!("M{x} {y}h1v1h-1z")), "{x} {y}");
        }
        assert!(!drawing.path.contains("M3 ") && !drawing.path.contains(&format!("M{} ", last + 1)));
        assert!(draw(&"x".repeat(5000)).is_none());
    }
}
