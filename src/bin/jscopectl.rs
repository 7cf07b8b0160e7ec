//! The command line alone, under its own name.
#![no_main]

use jetsonscope::applet;

jetsonscope::entry!(|arguments| applet::main(&applet::jscopectl::APPLET, applet::COMPANIONS, arguments));
