@echo off
setlocal
rem The command line for the integrated terminal, on the editor's own Node.
if defined TRAINYARD_NODE (
  set ELECTRON_RUN_AS_NODE=1
  "%TRAINYARD_NODE%" "%~dp0..\dist\cli.cjs" %*
) else (
  node "%~dp0..\dist\cli.cjs" %*
)
