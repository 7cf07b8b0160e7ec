//! The executable: all applets in one file.

fn main() -> std::process::ExitCode {
    jetsonscope::applet::main(&jetsonscope::applet::jetsonscope::APPLET, jetsonscope::applet::APPLETS)
}
