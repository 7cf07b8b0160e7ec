//! Tools that fail, hang or do nothing, and what is put back then.

use jetsonscope::control::Kind;
use jetsonscope::control::plan::Step;
use jetsonscope::control::run::{Progress, Run};

use super::*;

/// What goes wrong in a tool: the change fails, and all is put back.
#[test]
fn err_tools_that_fail() {
    let broken = |action: &str, what: &str| format!("case $1 in {action}) {what} ;; esac\n{SYSTEMCTL}");
    for (value, script, wanted, calls) in [
        // A stop that is refused.
        (
            "60",
            broken("stop", "echo 'access denied' >&2; exit 4"),
            "systemctl: ended with status 4 \"access denied\"",
            "start\n",
        ),
        // A service that does not come up with its new profile.
        (
            "quiet",
            broken("start", "[ -e $JETSONSCOPE_ROOT/run/once ] || { >$JETSONSCOPE_ROOT/run/once; exit 1; }"),
            "systemctl: ended with status 1",
            "stop\nstop\nstart\n",
        ),
        // One that ends at once.
        (
            "quiet",
            broken(
                "is-active",
                "[ -e $JETSONSCOPE_ROOT/run/once ] || { >$JETSONSCOPE_ROOT/run/once; exit 3; }",
            ),
            "systemctl: ended with status 3",
            "stop\nstart\nstop\nstart\n",
        ),
    ] {
        let board = served("orin-nx-r36", "tools");
        board.tool("systemctl", &script);
        let before = board.files(&[]);
        let mut desk = Desk::open(board.root());
        let refusal = set(&mut desk, "fan", value).expect_err(wanted);
        assert_eq!((refusal.kind, refusal.why.as_str()), (Kind::Failed, wanted));
        let changed: Vec<_> =
            board.changed(&before).into_iter().filter(|(name, _)| !name.starts_with(GROUP)).collect();
        assert_eq!(changed, [], "{wanted}");
        assert!(board.0.join(GROUP).exists() && !desk.is_holding(), "{wanted}");
        assert!(desk.journal().records().is_empty(), "{wanted}");
        assert_eq!(board.text("run/calls"), calls, "{wanted}");
    }
}

/// The fan cannot be handed back: full speed, and what is to be undone stays written down.
#[test]
fn err_nobody_takes_the_fan_back() {
    let board = served("orin-nx-r36", "nobody");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "40").unwrap();
    board.tool("systemctl", "exit 1");
    let refusal = set(&mut desk, "fan", "auto").unwrap_err();
    assert_eq!(refusal.why, "systemctl: ended with status 1");
    assert!(desk.is_holding(), "it is held as it was");
    assert_eq!(board.text(NX_PWM), "102");
    let refusal = desk.restore(false, Duration::from_secs(20)).unwrap_err();
    assert_eq!(refusal.why, "systemctl: ended with status 1");
    assert_eq!((board.text(NX_PWM).as_str(), desk.is_holding()), ("255", false));
    assert_eq!(desk.take_news(), ["fan: pwmfan could not be handed back, full speed"]);
    drop(desk);
    board.tool("systemctl", SYSTEMCTL);
    let mut desk = Desk::open(board.root());
    assert_eq!(desk.recover().len(), 1);
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert!(board.0.join(GROUP).exists() && desk.journal().records().is_empty());
}

#[test]
fn err_a_tool_that_hangs() {
    let board = served("orin-nx-r36", "hangs");
    board.tool("systemctl", "exec sleep 60");
    let root = board.root();
    let mut journal = jetsonscope::control::journal::Journal::read(&root);
    let desk = Desk::open(board.root());
    let mut plan = (fan().plan)(&desk.scene(change("fan", "60").wishes), "60").unwrap();
    for step in &mut plan.steps {
        if let Step::Run { within, .. } = step {
            *within = Duration::from_millis(200);
        }
    }
    let mut run = Run::new("fan", 1, change("fan", "60").wishes, plan.steps);
    let start = Instant::now();
    let refusal = loop {
        match run.turn(&root, &mut journal, Instant::now()) {
            Progress::Failed(refusal) => break refusal,
            Progress::Done => panic!("it is not done"),
            Progress::On => std::thread::sleep(Duration::from_millis(10)),
        }
        assert!(start.elapsed() < Duration::from_secs(20));
    };
    assert_eq!(
        (refusal.kind, refusal.why.as_str()),
        (Kind::Timeout, "systemctl: did not end in time, and was ended")
    );
    assert!(journal.holds("fan"), "an undo starts it again");
    assert_eq!(board.text(NX_PWM).trim(), "110");
}
