// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl: the command for administrators.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "ktlsctl/map.hpp"
#include "ktlsctl/policy.hpp"
#include "ktlsctl/reload.hpp"
#include "ktlsctl/status.hpp"

int main(int count, char** arguments) {
  int status = ktls::command::success;
  CLI::App app("Looks at and steers ktlsd, the agent for TLS in the kernel");
  app.set_version_flag("--version", "ktlsctl " KTLS_VERSION);
  app.require_subcommand(1);
  ktls::command::add_policy(app, status);
  ktls::command::add_reload(app, status);
  ktls::command::add_map(app, status);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0; // for help, or the version
    (void)app.exit(error);
    return asked ? ktls::command::success : ktls::command::misused;
  }
  return status;
}
