//! The screen alone, under its own name.

fn main() -> std::process::ExitCode {
    jetsonscope::applet::main(&jetsonscope::applet::jscope::APPLET, jetsonscope::applet::COMPANIONS)
}
