//! The choice of what a control is to be: by the arrows, by first letters, or typed.

use super::super::controls;
use super::super::keys::Key;
use super::super::more::Act;
use super::{Dialog, Stage};
use crate::wire::Value;

/// Characters that are typed at most; no value is longer.
const LONGEST: usize = 60;

impl Dialog {
    /// Shows what a control may be. What was typed and refused is still there.
    pub(super) fn choose(&mut self, control: &Value) {
        if let Some(why) = controls::fixed(control) {
            return self.tell(why, true);
        }
        self.options = controls::options(control).into_iter().map(str::to_owned).collect();
        let (bounds, unit) = (controls::bounds(control), controls::word(control, "unit"));
        self.bounded = !bounds.is_empty();
        let now = controls::word(control, "value");
        self.at = self.options.iter().position(|option| option == now).unwrap_or(0);
        self.at = self.marked().unwrap_or(self.at);
        self.text = [controls::word(control, "description"), "\nnow ", &controls::value(control)].concat();
        if self.bounded {
            self.text.extend([", or type ", &bounds, " ", unit]);
        }
        (self.stage, self.has_choice) = (Stage::Choosing, true);
    }

    pub(super) fn key_of_choice(&mut self, key: Key) -> Act {
        match key {
            Key::Esc => self.stage = Stage::Closed,
            Key::Enter => match self.chosen() {
                Some(value) => return self.plan(value),
                None => return Act::Note("nothing is chosen".to_owned()),
            },
            Key::Backspace => _ = self.typed.pop(),
            Key::Char(c) if self.typed.len() < LONGEST => self.typed.push(c),
            _ => {
                self.typed.clear();
                return self.scroll(key, self.options.len().saturating_sub(1));
            }
        }
        self.at = self.marked().unwrap_or(self.at);
        Act::Draw
    }

    /// The option that Enter takes: the first that begins with what was typed, or where the arrows are. None
    /// for another word, nor for a number.
    pub(in super::super) fn marked(&self) -> Option<usize> {
        if self.typed.is_empty() {
            return Some(self.at);
        }
        let is_number = self.bounded && self.typed.bytes().all(|byte| byte.is_ascii_digit());
        let begins = |option: &String| {
            option.get(..self.typed.len()).is_some_and(|head| head.eq_ignore_ascii_case(&self.typed))
        };
        self.options.iter().position(begins).filter(|_| !is_number)
    }

    /// That option, or else what was typed.
    pub(super) fn chosen(&self) -> Option<String> {
        let typed = Some(&self.typed).filter(|typed| !typed.is_empty());
        self.marked().and_then(|at| self.options.get(at)).or(typed).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::In::{Answer, Error, Keys, List};
    use super::super::tests::{DRY, LISTED, follow, key, opened};
    use super::*;

    const ODD: &str = r#"{"SetControl":{"control":"nvpmodel","value":"21f","token":null,"dry_run":true}}"#;
    const NOT: &str = "invalid_control: nvpmodel: no mode \"21f\"";

    #[test]
    fn ok_what_is_marked() {
        for (name, keys, wanted) in [
            ("fan", "", Some(2)),
            ("fan", "_", Some(3)),
            ("fan", "a", Some(0)),
            ("fan", "x", None),
            ("fan", "60", None),
            ("fan", "x<", Some(2)),
            ("fan", "60^", Some(1)),
            ("nvpmodel", "21f", None),
            ("nvpmodel", "15", Some(2)),
            ("nvpmodel", "15<", Some(1)),
            ("nvpmodel", "15<<", Some(1)),
            ("cpu_cores", "0", None),
        ] {
            let (mut dialog, _) = opened(name, true);
            keys.chars().for_each(|c| _ = dialog.key(key(c)));
            assert_eq!(dialog.marked(), wanted, "{name} {keys:?}");
        }
    }

    /// What was refused is still there to be corrected, what was left is not.
    #[test]
    fn ok_typed_again() {
        for (answer, keys, wanted) in [
            (Error(NOT), "\r", "21f"),
            (Error(NOT), "\x1b", "21f"),
            (Error("reboot_required: x"), "\x1b", ""),
        ] {
            let rows = [
                (Keys("21f\r"), ODD, "looking", ""),
                (answer, ODD, "", ""),
                (Keys(keys), LISTED, "asking", ""),
            ];
            let (mut dialog, _) = opened("nvpmodel", true);
            for (input, ..) in rows {
                match input {
                    Keys(keys) => keys.chars().for_each(|c| _ = dialog.key(key(c))),
                    Error(why) => dialog.answered(&Err(why.to_owned()), std::time::Instant::now()),
                    _ => {}
                }
            }
            dialog.listed(&Ok(super::super::tests::list()));
            assert_eq!((dialog.typed.as_str(), dialog.stage), (wanted, Stage::Choosing), "{keys:?}");
        }
    }

    /// One that has no words, but takes a text, is chosen from again, too.
    #[test]
    fn ok_refused_without_options() {
        let odd = r#"{"SetControl":{"control":"odd","value":"x","token":null,"dry_run":true}}"#;
        follow(
            "odd",
            true,
            &[
                (Keys("x\r"), odd, "looking", ""),
                (Error("invalid_control: odd: no"), odd, "odd: no", "close"),
                (Keys("\r"), LISTED, "asking", ""),
                (List, LISTED, "now -", "Enter see"),
                (
                    Keys("<y\r"),
                    r#"{"SetControl":{"control":"odd","value":"y","token":null,"dry_run":true}}"#,
                    "look",
                    "",
                ),
            ],
        );
    }

    /// A plan without steps is only closed, unless it is to be kept.
    #[test]
    fn ok_nothing_to_do() {
        let already =
            r#"{"ControlState":{"control":"fan","old":"60","value":"60","steps":[],"dry_run":true}}"#;
        let kept = r#"{"SetControl":{"control":"fan","value":"60","token":null,"persist":true}}"#;
        for keys in ["y", "t", "\r", "\x1b", " ", "k"] {
            follow(
                "fan",
                true,
                &[
                    (Keys("60\r"), DRY, "looking", ""),
                    (Answer(already), DRY, "fan: 60 already", "Esc, Enter close  P kept over reboots: no"),
                    (Keys(keys), "draw", "", ""),
                ],
            );
        }
        follow(
            "fan",
            true,
            &[
                (Keys("60\r"), DRY, "looking", ""),
                (Answer(already), DRY, "fan: 60 already", "close"),
                (Keys("P"), "draw", "already", "y do it  Esc back  P kept over reboots: yes"),
                (Keys("P"), "draw", "already", "close"),
                (Keys("Py"), kept, "being set", ""),
            ],
        );
    }
}
