'use strict';
// The Git extension's native helper clones files on macOS and falls back to Node's own copying elsewhere.
const fs = require('node:fs/promises');

exports.cp = fs.cp;
exports.copyFile = fs.copyFile;
