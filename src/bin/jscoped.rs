//! The server alone, under its own name.

fn main() -> std::process::ExitCode {
    jetsonscope::applet::main(&jetsonscope::applet::jscoped::APPLET, jetsonscope::applet::COMPANIONS)
}
