//! One frame, without a terminal.

use std::io;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::back::Back;
use crate::source::Feed;
use crate::sys;
use crate::view::frame::{self, PAGES, View};
use crate::view::more::More;
use crate::view::paint::Paint;

/// Questions of a page, one after the other, at most.
const QUESTIONS: u32 = 8;

/// What is asked again after that is whole.
const AGAIN: Duration = Duration::from_secs(1);

/// Draws the page with that number from what the source has, after the answers that the page wants.
///
/// # Errors
/// Those of poll(2).
pub fn frame(feed: &Feed, back: Back, paint: Paint, page: usize, area: Rect) -> io::Result<Buffer> {
    let mut more = More { simulated: feed.origin().simulated, ..More::default() };
    learn(feed, back, page, &mut more)?;
    let now = Instant::now();
    more.tick(now, sys::unix_ms());
    let (origin, sample) = (feed.origin(), feed.sample(now));
    let view = View { origin, sample, paint, notice: None, page, scroll: 0, more: &more };
    let mut buffer = Buffer::empty(area);
    frame::draw(&view, area, &mut buffer);
    Ok(buffer)
}

/// Asks what the page wants to know, each thing once.
fn learn(feed: &Feed, mut back: Back, page: usize, more: &mut More) -> io::Result<()> {
    let mut last = None;
    for _ in 0..QUESTIONS {
        let Some((topic, request, every)) = PAGES.get(page).and_then(|page| (page.wants)(more)) else {
            break;
        };
        if last.as_ref() == Some(&(topic, request.clone())) {
            if every >= AGAIN {
                break;
            }
            // What is asked again so soon lacks the rates between two answers.
            std::thread::sleep(every);
        }
        last = Some((topic, request.clone()));
        let mut answer = back.ask(topic, request, feed, Instant::now());
        while answer.is_none() && !back.is_free() {
            let due = back.due().unwrap_or_else(|| Instant::now() + Duration::from_secs(1));
            sys::wait([back.descriptor()], due)?;
            answer = back.turn(Instant::now());
        }
        if let Some((topic, result)) = answer {
            more.answered(topic, result);
        }
    }
    Ok(())
}
