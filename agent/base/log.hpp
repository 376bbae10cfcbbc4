// SPDX-License-Identifier: GPL-2.0-or-later
// Log lines on standard error, with the priority prefix of sd-daemon(3). Never key material.
// Nothing here waits or fails: what standard error does not take at once is lost and counted.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace ktls::log {

// The numbers of syslog(3).
enum class Level { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

// Finds out what standard error is, with calls that a system-call filter may forbid. Default: done
// with the first line.
void prepare();
// Lines above this level are dropped. Default: Info.
void set_level(Level level);
void write(Level level, std::string_view text);
// Whatever the level is: whoever calls has asked for another one.
void write_always(Level level, std::string_view text);

template<class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Error, fmt::format(format, std::forward<Args>(args)...));
}
template<class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Warning, fmt::format(format, std::forward<Args>(args)...));
}
template<class... Args>
void notice(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Notice, fmt::format(format, std::forward<Args>(args)...));
}
template<class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Info, fmt::format(format, std::forward<Args>(args)...));
}
template<class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Debug, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace ktls::log
