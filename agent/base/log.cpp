// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"

#include <unistd.h>

#include <atomic>

#include "base/line_sink.hpp"

namespace ktls::log {
namespace {

std::atomic<Level> threshold{Level::Info};

LineSink& standard_error() {
  static LineSink sink(STDERR_FILENO);
  return sink;
}

} // namespace

void prepare() {
  (void)standard_error();
}

void set_level(Level level) {
  threshold = level;
}

void write(Level level, std::string_view text) {
  if (level <= threshold)
    write_always(level, text);
}

void write_always(Level level, std::string_view text) {
  standard_error().write(level, text);
}

} // namespace ktls::log
