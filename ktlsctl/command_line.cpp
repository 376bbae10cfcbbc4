// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/command_line.hpp"

#include <CLI/CLI.hpp>

#include "ktlsctl/agent_questions.hpp"
#include "ktlsctl/log_level.hpp"
#include "ktlsctl/map.hpp"
#include "ktlsctl/monitor.hpp"
#include "ktlsctl/policy.hpp"
#include "ktlsctl/query.hpp"
#include "ktlsctl/rekey.hpp"
#include "ktlsctl/reload.hpp"
#include "ktlsctl/revalidate.hpp"
#include "ktlsctl/sessions.hpp"
#include "ktlsctl/show.hpp"
#include "ktlsctl/terminate.hpp"

namespace ktls::command {

void add_commands(CLI::App& app, int& status) {
  app.require_subcommand(1);
  add_status(app, status);
  add_sessions(app, status);
  add_show(app, status);
  add_query(app, status);
  add_terminate(app, status);
  add_rekey(app, status);
  add_revalidate(app, status);
  add_monitor(app, status);
  add_stats(app, status);
  add_credentials(app, status);
  add_log_level(app, status);
  add_policy(app, status);
  add_reload(app, status);
  add_map(app, status);
}

} // namespace ktls::command
