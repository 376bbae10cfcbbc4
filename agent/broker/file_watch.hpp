// SPDX-License-Identifier: GPL-2.0-or-later
// FileWatch: notices that files have changed, or been replaced (inotify(7)).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/event_loop.hpp"
#include "base/fd.hpp"

namespace ktls {

class FileWatch {
public:
  // Changes that come together are told once, when this long nothing has followed them: whoever
  // replaces a certificate replaces its key, too.
  static constexpr std::chrono::seconds settling{1};

  // `loop` must outlive it.
  FileWatch(EventLoop& loop, std::function<void()> on_change)
      : loop_(loop), on_change_(std::move(on_change)) {}

  // From here on these files and directories are watched, and no others. What cannot be watched is
  // logged.
  void watch(const std::set<std::string>& paths);
  void stop();

private:
  void add(const std::string& directory, const std::string& name);
  void on_events();
  void settle();

  EventLoop& loop_;
  std::function<void()> on_change_;
  Fd inotify_;
  EventSource events_;
  EventSource settling_;
  // By watch: the names in that directory; an empty one: all of them.
  std::map<int, std::set<std::string>> names_;
};

} // namespace ktls
