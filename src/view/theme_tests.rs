//! Looks, as they are sent.

use super::super::paint::{Paint, Tone};
use super::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const TONES_SHOWN: [Tone; 15] = [
    Tone::Plain,
    Tone::Name,
    Tone::Heading,
    Tone::Strong,
    Tone::Off,
    Tone::Calm,
    Tone::High,
    Tone::Full,
    Tone::Alarm,
    Tone::Part(0),
    Tone::Part(1),
    Tone::Part(2),
    Tone::Part(3),
    Tone::Part(4),
    Tone::Part(5),
];

fn sent(theme: &str, color: bool, depth: Depth, tone: Tone) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
    Paint { ascii: true, color }.text(&mut buffer, Rect::new(0, 0, 1, 1), "x", tone);
    let palette = Palette::new(named(theme).expect(theme), color, depth);
    let mut out = Vec::new();
    palette.push(palette.look(&buffer.content[0]), &mut out);
    String::from_utf8(out).expect("ASCII").replace('\x1b', "")
}

#[test]
fn ok_looks() {
    use Depth::*;
    for (theme, color, depth, tone, wanted) in [
        ("default", true, Sixteen, Tone::Plain, "[0m"),
        ("default", true, True, Tone::Name, "[0;36m"),
        ("default", true, Many, Tone::Full, "[0;1;31m"),
        ("default", true, Sixteen, Tone::Alarm, "[0;1;7;33m"),
        ("default", true, Sixteen, Tone::Chosen, "[0;7m"),
        ("default", true, Sixteen, Tone::Part(5), "[0m"),
        ("default", true, Sixteen, Tone::Part(200), "[0m"),
        ("default", false, True, Tone::Full, "[0;1;4m"),
        ("mono", true, True, Tone::Alarm, "[0;1;7m"),
        ("neon", true, Sixteen, Tone::Plain, "[0;97;40m"),
        ("neon", true, Sixteen, Tone::Name, "[0;96;40m"),
        ("neon", true, Many, Tone::Alarm, "[0;1;30;48;5;226m"),
        ("neon", true, True, Tone::Calm, "[0;38;2;57;255;20;40m"),
        ("neon", false, True, Tone::Calm, "[0m"),
        ("light", true, Sixteen, Tone::High, "[0;33m"),
        ("light", true, Many, Tone::High, "[0;38;5;130m"),
        ("safe", true, Sixteen, Tone::Calm, "[0;94m"),
        ("safe", true, Many, Tone::Full, "[0;1;4;38;5;208m"),
    ] {
        assert_eq!(sent(theme, color, depth, tone), wanted, "{theme} {color} {depth:?} {tone:?}");
    }
}

#[test]
fn ok_what_must_be_told_apart_is() {
    let levels = [Tone::Calm, Tone::High, Tone::Full, Tone::Alarm];
    for theme in THEMES.each_ref().map(|theme| theme.name) {
        for depth in [Depth::Sixteen, Depth::Many, Depth::True] {
            let mut looks = levels.map(|tone| sent(theme, true, depth, tone)).to_vec();
            looks.sort();
            looks.dedup();
            assert_eq!(looks.len(), levels.len(), "{theme} {depth:?}");
        }
    }
    for tone in TONES_SHOWN {
        for depth in [Depth::Sixteen, Depth::Many, Depth::True] {
            let looks = sent("mono", true, depth, tone);
            assert!(!looks.contains(";3") && !looks.contains(";9"), "{tone:?}: {looks}");
            assert_eq!(looks, sent("neon", false, depth, tone), "{tone:?}");
        }
        let safe = sent("safe", true, Depth::Sixteen, tone);
        let bad = [";31", ";32", ";91", ";92"].iter().any(|code| safe.contains(code));
        assert!(!bad, "{tone:?}: {safe}");
    }
}

#[test]
fn ok_what_terminals_say() {
    for (term, colorterm, wanted) in [
        ("xterm", "", Depth::Sixteen),
        ("linux", "", Depth::Sixteen),
        ("vt100", "", Depth::Sixteen),
        ("screen", "yes", Depth::Sixteen),
        ("tmux", "", Depth::Sixteen),
        ("tmux-256color", "", Depth::Many),
        ("screen.xterm-256color", "", Depth::Many),
        ("xterm-256color", "truecolor", Depth::True),
        ("xterm", "24bit", Depth::True),
        ("xterm-direct", "", Depth::True),
        ("", "", Depth::Sixteen),
    ] {
        assert_eq!(depth(term, colorterm), wanted, "{term:?} {colorterm:?}");
    }
    assert_eq!(named("nean"), None);
}
