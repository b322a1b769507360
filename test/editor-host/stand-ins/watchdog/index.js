'use strict';
// The editor starts a native watchdog that ends the extension host with its parent. Our harness ends the whole
// process group itself, so there is nothing to watch.
exports.start = () => undefined;
