//! The command line alone, under its own name.

fn main() -> std::process::ExitCode {
    jetsonscope::applet::main(&jetsonscope::applet::jscopectl::APPLET, jetsonscope::applet::COMPANIONS)
}
