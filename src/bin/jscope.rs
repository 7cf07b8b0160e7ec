//! The screen alone, under its own name.
#![no_main]

use jetsonscope::applet;

jetsonscope::entry!(|arguments| applet::main(&applet::jscope::APPLET, applet::COMPANIONS, arguments));
