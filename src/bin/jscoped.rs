//! The server alone, under its own name.
#![no_main]

use jetsonscope::applet;

jetsonscope::entry!(|arguments| applet::main(&applet::jscoped::APPLET, applet::COMPANIONS, arguments));
