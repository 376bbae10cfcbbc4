// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl: the command for administrators.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "ktlsctl/command_line.hpp"
#include "ktlsctl/status.hpp"

namespace {

int run(int count, char** arguments) {
  int status = ktls::command::success;
  CLI::App app("Looks at and steers ktlsd, the agent for TLS in the kernel");
  app.set_version_flag("--version", "ktlsctl " KTLS_VERSION);
  ktls::command::add_commands(app, status);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0; // for help, or the version
    (void)app.exit(error);
    return asked ? ktls::command::success : ktls::command::misused;
  }
  return status;
}

} // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "ktlsctl: %s\n", error.what());
  } catch (...) {
    (void)std::fputs("ktlsctl: unknown error\n", stderr);
  }
  return ktls::command::failed;
}
