'use strict';
// A stand-in in plain JavaScript for the editor's native logger, with which the host needs no compiler. It has the
// members that the editor calls, no rotation and no pattern.
const fs = require('node:fs');

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];
const nothing = () => undefined;

class Logger {
  constructor(file) {
    this.file = file;
    this.level = LEVELS.indexOf('info');
    LEVELS.forEach((name, level) => {
      this[name] = (message) => this.write(level, name, message);
    });
  }

  write(level, name, message) {
    if (level < this.level) return;
    try {
      fs.appendFileSync(this.file, `${new Date().toISOString()} [${name}] ${message}\n`);
    } catch {
      // The log folder may be gone already when the host shuts down; a lost line must not end it.
    }
  }

  getLevel() {
    return this.level;
  }

  setLevel(level) {
    this.level = level;
  }
}
for (const member of ['setPattern', 'clearFormatters', 'flush', 'drop']) Logger.prototype[member] = nothing;

const create = async (_name, file) => new Logger(file);

// One assignment a name: the editor imports this file as a module, and Node finds the names by reading the text.
exports.Logger = Logger;
exports.version = 0;
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
exports.setLevel = nothing;
exports.setFlushOn = nothing;
exports.setPattern = nothing;
exports.shutdown = nothing;
