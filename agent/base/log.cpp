// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"

#include <unistd.h>

#include <atomic>
#include <string>

namespace ktls::log {
namespace {

std::atomic<Level> threshold{Level::Info};

// Under systemd the prefix gives the journal its priority; on a terminal it would be noise.
bool wants_prefix() {
  static const bool prefix = ::isatty(STDERR_FILENO) == 0;
  return prefix;
}

} // namespace

void set_level(Level level) {
  threshold = level;
}

void write(Level level, std::string_view text) {
  if (level > threshold)
    return;
  std::string line;
  if (wants_prefix())
    line = fmt::format("<{}>", static_cast<int>(level));
  line += text;
  line += '\n';
  // one write for each line, so that lines of several processes do not mix; a full or closed
  // standard error loses the line and nothing else
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace ktls::log
