//! The executable: all applets in one file.
#![no_main]

use jetsonscope::applet;

jetsonscope::entry!(|arguments| applet::main(&applet::jetsonscope::APPLET, applet::APPLETS, arguments));
